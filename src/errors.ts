/**
 * The one closed table of everything that can go wrong, and the one error class that carries a row of it.
 *
 * A code is `noun.reason` and never changes its meaning. The HTTP status, the exit code of `dist` and the advice
 * printed with it all come from this table, so server, command line and documentation cannot disagree.
 */

interface ErrorRow {
  /** HTTP status of the answer (RFC 9457 `status`); 0 for codes that only the command line can produce. */
  readonly status: number
  /** Exit code of `dist`, see `cli/exit-codes.ts`; 9 is no failure but the end of a publish. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 130
  /** What is wrong in general; the thrown message says what is wrong in this case. */
  readonly title: string
  /** What to do about it. */
  readonly hint?: string
  /** True when the same request may succeed later, unchanged. */
  readonly retryable?: true
}

export const ERRORS = {
  // The request itself
  'request.malformed': { status: 400, exit: 2, title: 'The request cannot be understood' },
  'request.invalid': { status: 422, exit: 2, title: 'The request has a field that is not valid' },
  'request.invalid_utf8': { status: 400, exit: 2, title: 'Text in the request is not valid UTF-8' },
  'request.too_large': { status: 413, exit: 2, title: 'The request body is larger than this route accepts' },
  'request.length_required': { status: 411, exit: 2, title: 'The request does not tell the length of its body' },
  'request.body_aborted': {
    status: 400,
    exit: 8,
    title: 'The request body ended before it was complete',
    retryable: true,
  },
  'request.token_in_query': {
    status: 400,
    exit: 2,
    title: 'A credential was sent in the query string',
    hint: 'Send it as "Authorization: Bearer …"; query strings end up in logs',
  },
  'request.unsupported_media_type': {
    status: 415,
    exit: 2,
    title: 'The content type of the request is not accepted here',
    hint: 'Send application/json',
  },
  'request.method_not_allowed': { status: 405, exit: 2, title: 'This URL does not answer that method' },
  'request.misdirected': {
    status: 421,
    exit: 8,
    title: 'This server does not answer for that host',
    hint: 'Use the public URL of the server (DISTD_PUBLIC_URL)',
  },
  'request.precondition_required': {
    status: 428,
    exit: 6,
    title: 'Moving a pointer needs If-Match with its ETag, or If-None-Match: * to create it',
  },
  'request.precondition_failed': { status: 412, exit: 6, title: 'The bytes are not those that If-Match names' },
  'request.range': { status: 416, exit: 1, title: 'No byte of the file is in the requested range' },
  'request.too_slow': { status: 408, exit: 8, title: 'The request body arrived too slowly', retryable: true },
  'request.idempotency_conflict': {
    status: 409,
    exit: 6,
    title: 'This Idempotency-Key was used before with a different request',
  },
  'route.not_found': { status: 404, exit: 5, title: 'There is nothing at this URL' },

  // Who is asking
  'access.unauthenticated': {
    status: 401,
    exit: 4,
    title: 'This needs a valid credential',
    hint: 'Send a token as "Authorization: Bearer …"',
  },
  'access.denied': { status: 403, exit: 4, title: 'The credential does not allow this' },
  'access.sign_in_failed': {
    status: 401,
    exit: 4,
    title: 'Name or password is wrong',
    hint: 'If you forgot the password, ask an admin of this server for a new link',
  },
  'access.too_many_tries': { status: 429, exit: 8, title: 'Too many tries', retryable: true },
  'access.busy': { status: 503, exit: 8, title: 'Too many people sign in at the moment', retryable: true },
  'access.reauthentication_required': {
    status: 403,
    exit: 4,
    title: 'This needs your password once more',
    hint: 'Confirm your password at /account/confirm, then do it again',
  },
  'access.insecure': {
    status: 403,
    exit: 4,
    title: 'Signing in is off over plain http',
    hint: 'Serve it over https (DISTD_PUBLIC_URL, DISTD_TRUSTED_PROXIES), or set DISTD_INSECURE_HTTP=true in a network you trust',
  },
  'access.too_many_requests': {
    status: 429,
    exit: 8,
    title: 'Too many requests without a credential',
    retryable: true,
  },
  'request.cross_site': {
    status: 403,
    exit: 4,
    title: 'The request comes from another site',
    hint: 'Open the page on this server and do it there',
  },
  'request.redirect': { status: 400, exit: 2, title: 'The page to go on to is not one of this server' },

  // Nouns
  'app.not_found': { status: 404, exit: 5, title: 'There is no such app, or you may not see it' },
  'app.exists': { status: 409, exit: 6, title: 'An app with this slug exists' },
  'app.platform_not_allowed': { status: 422, exit: 7, title: 'The app does not allow artifacts of this platform' },
  'app.in_use': { status: 409, exit: 6, title: 'The app still has releases' },
  'identity.mismatch': { status: 422, exit: 7, title: 'The artifact breaks an identity rule of its app' },

  'release.not_found': { status: 404, exit: 5, title: 'There is no such release' },
  'release.conflict': {
    status: 409,
    exit: 6,
    title: 'The version exists with different bytes',
    hint: 'Released versions never change: raise the version or the build',
  },
  'release.sealed': { status: 409, exit: 6, title: 'The release is sealed and cannot be changed' },
  'release.empty': { status: 422, exit: 7, title: 'A release needs at least one artifact or link' },
  'release.check_failed': { status: 422, exit: 7, title: 'An artifact has a finding of level error' },
  'release.wrong_state': { status: 409, exit: 6, title: 'The release is not in a state that allows this' },
  'release.in_use': {
    status: 409,
    exit: 6,
    title: 'A channel holds this release',
    hint: 'Move the channel first, or pass "rollback": true to move it in the same step',
  },
  'release.tag_mismatch': { status: 422, exit: 3, title: 'Tag and version do not agree' },
  'release.prerelease_mismatch': { status: 422, exit: 3, title: 'Version and prerelease flag do not agree' },
  'release.reserved': {
    status: 409,
    exit: 6,
    title: 'Another run planned this version and holds it',
    hint: 'Wait for that run to end, or discard its draft',
  },
  'release.purged': { status: 410, exit: 5, title: 'The release was purged' },
  'release.too_many_artifacts': { status: 422, exit: 7, title: 'The release has too many artifacts' },
  'release.too_many_facts': { status: 422, exit: 7, title: 'The files of the release tell too much of themselves' },

  'preview.not_found': { status: 404, exit: 5, title: 'There is no such preview' },
  'preview.expired': { status: 410, exit: 5, title: 'The preview has expired' },
  'icon.not_found': { status: 404, exit: 5, title: 'None of the files carries a picture' },
  'announcement.not_found': { status: 404, exit: 5, title: 'There is no such announcement' },

  'branch.not_found': { status: 404, exit: 5, title: 'There is no such branch build' },
  'branch.name': { status: 422, exit: 2, title: 'The name of the branch build is not allowed' },
  'branch.slot': {
    status: 422,
    exit: 2,
    title: 'The slot is not platform-arch',
    hint: 'For example linux-x64, macos-universal, any-any',
  },
  'branch.mismatch': {
    status: 409,
    exit: 6,
    title: 'The first upload fixed the kind, format and package name of this branch build',
    hint: 'Push under another name, or delete the branch build first',
  },
  'branch.stale': {
    status: 412,
    exit: 6,
    title: 'The slot of the branch build does not hold what the request expects',
    hint: 'Read the branch build again and decide anew',
  },

  'artifact.not_found': { status: 404, exit: 5, title: 'There is no such artifact' },
  'artifact.exists': {
    status: 409,
    exit: 6,
    title: 'The release already has a file of this name with other bytes',
  },
  'artifact.ambiguous': {
    status: 300,
    exit: 2,
    title: 'Several artifacts match',
    hint: 'Name one of the listed files',
  },
  'ota.not_offered': { status: 404, exit: 5, title: 'Devices cannot install this file from here' },
  'artifact.platform_unknown': {
    status: 422,
    exit: 7,
    title: 'Neither the bytes nor the publisher tell the platform',
    hint: 'Give "platform" (and "arch") for this file',
  },
  'artifact.contradiction': { status: 422, exit: 7, title: 'What was declared contradicts the bytes' },
  'artifact.install_too_wide': { status: 422, exit: 7, title: 'The bytes do not allow this install mode' },
  'artifact.file_name': { status: 422, exit: 3, title: 'The file name is not allowed' },
  'artifact.describes_unknown': { status: 422, exit: 3, title: 'The described file is not in the release' },

  'blob.damaged': {
    status: 409,
    exit: 6,
    title: 'The stored bytes are missing or damaged',
    hint: 'Upload the file again: the same bytes heal it',
  },

  'artifact.unread': { status: 503, exit: 8, title: 'The file is still being read', retryable: true },
  'blob.unavailable': { status: 503, exit: 8, title: 'The stored bytes are missing or damaged on the server' },

  'upload.not_found': { status: 404, exit: 5, title: 'There is no such upload' },
  'upload.gone': { status: 410, exit: 8, title: 'The upload is gone', hint: 'Start a new upload', retryable: true },
  'upload.offset_invalid': { status: 400, exit: 1, title: 'Upload-Offset is not a valid offset' },
  'upload.offset_mismatch': { status: 409, exit: 6, title: 'The upload continues at another offset', retryable: true },
  'upload.superseded': { status: 409, exit: 6, title: 'A newer request took over this upload', retryable: true },
  'upload.complete': { status: 409, exit: 6, title: 'The upload is complete and takes no more bytes' },
  'upload.incomplete': { status: 409, exit: 6, title: 'The upload is not complete' },
  'upload.too_long': { status: 413, exit: 6, title: 'More bytes arrived than the upload declared' },
  'upload.too_large': { status: 413, exit: 2, title: 'The file is larger than this server accepts' },
  'upload.digest_mismatch': {
    status: 422,
    exit: 7,
    title: 'The bytes do not have the declared digest',
    hint: 'The file changed while it was read, or the connection damaged it: run the command again',
  },
  'upload.too_many': { status: 429, exit: 8, title: 'This token has too many open uploads', retryable: true },
  'storage.full': { status: 507, exit: 8, title: 'The server has no room for these bytes', retryable: true },

  'channel.not_found': { status: 404, exit: 5, title: 'There is no such channel' },
  'channel.stale': {
    status: 412,
    exit: 6,
    title: 'The channel was moved by somebody else in the meantime',
    hint: 'Read the channel again and decide anew',
  },
  'channel.reserved_name': { status: 409, exit: 2, title: 'This channel name is a reserved word' },
  'channel.protected': {
    status: 403,
    exit: 4,
    title: 'The channel is protected',
    hint: 'Promote it with a token that has "promote", or let a person do it',
  },
  'channel.not_newer': { status: 409, exit: 6, title: 'The channel already holds a higher version' },
  'channel.downgrade': {
    status: 403,
    exit: 4,
    title: 'The channel does not allow a promotion to a lower version',
    hint: 'Use rollback, which is meant for this',
  },
  'channel.prerelease': { status: 409, exit: 6, title: 'The channel does not allow prereleases' },
  'channel.checks': { status: 409, exit: 6, title: 'The channel allows only releases without warnings' },
  'channel.mover': { status: 403, exit: 4, title: 'The channel is moved by named tokens or roles only' },
  'channel.nothing_to_roll_back': { status: 409, exit: 6, title: 'The channel has no earlier release to go back to' },

  'token.not_found': { status: 404, exit: 5, title: 'There is no such token' },
  'token.too_wide': { status: 403, exit: 4, title: 'A token can only create tokens within its own rights' },
  'token.expiry': { status: 422, exit: 2, title: 'The expiry of the token is not valid' },

  'user.not_found': { status: 404, exit: 5, title: 'There is no such person' },
  'user.exists': { status: 409, exit: 6, title: 'A person with this name exists' },
  'user.last_admin': {
    status: 409,
    exit: 6,
    title: 'It is the last admin who can sign in',
    hint: 'Make somebody else an admin of the server first',
  },
  'user.disabled': { status: 409, exit: 6, title: 'The person is disabled', hint: 'Enable the person first' },
  'password.weak': { status: 422, exit: 2, title: 'The password is too easy to guess' },
  'setup.not_found': {
    status: 404,
    exit: 5,
    title: 'There is no such link, or it was used or has expired',
    hint: 'Ask an admin for another one',
  },
  'session.not_found': { status: 404, exit: 5, title: 'There is no such session' },
  'share.not_found': {
    status: 404,
    exit: 5,
    title: 'There is no such share link',
    hint: 'Look whether the link is whole, or ask whoever gave it to you for another one',
  },
  'share.gone': {
    status: 410,
    exit: 5,
    title: 'The share link has ended',
    hint: 'Ask whoever gave it to you for another one',
  },

  'audit.broken': { status: 500, exit: 7, title: 'The audit log does not verify' },
  'update.version_invalid': { status: 422, exit: 2, title: 'The current version is not a version' },
  'feature.later': { status: 501, exit: 2, title: 'This server does not offer this yet' },

  // Reading artifacts
  'inspect.unreadable': { status: 422, exit: 7, title: 'The file cannot be read as the format it claims' },
  'inspect.limit': { status: 422, exit: 7, title: 'Reading the file would exceed a limit' },

  // The machine
  'server.unavailable': { status: 503, exit: 8, title: 'The server cannot do this at the moment', retryable: true },
  'server.failed': { status: 500, exit: 1, title: 'The server failed unexpectedly', retryable: true },

  // Only the command line
  'usage.invalid': { status: 0, exit: 2, title: 'The command line is not valid' },
  'usage.no_server': { status: 0, exit: 2, title: 'No server was given', hint: 'Set DIST_SERVER or pass --server' },
  'usage.no_token': { status: 0, exit: 2, title: 'No token was given', hint: 'Set DIST_TOKEN in the environment' },
  'state.unreadable': { status: 0, exit: 3, title: 'The state file of the pipeline cannot be read' },
  'state.invalid': { status: 0, exit: 3, title: 'The state file of the pipeline is not valid' },
  'state.mock': {
    status: 0,
    exit: 2,
    title: 'The state file is of a plan that was made with --mock: it is never uploaded',
    hint: 'Run "dist ci plan" without --mock',
  },
  'state.stage': { status: 0, exit: 6, title: 'The pipeline is not at the stage for this step' },
  'manifest.unreadable': { status: 0, exit: 3, title: 'dist.json cannot be read' },
  'manifest.invalid': { status: 0, exit: 3, title: 'dist.json is not valid' },
  'manifest.file_missing': { status: 0, exit: 3, title: 'A file that dist.json names does not exist' },
  'manifest.glob': {
    status: 0,
    exit: 3,
    title: 'A pattern must match exactly one file',
    hint: 'Make it narrower, or set "many": true',
  },
  'manifest.variable': { status: 0, exit: 3, title: 'dist.json uses a variable that is not set' },
  'manifest.later': { status: 0, exit: 3, title: 'dist.json asks for something that comes later' },
  'manifest.path': { status: 0, exit: 3, title: 'A path of dist.json leaves its folder' },
  'file.unreadable': { status: 0, exit: 5, title: 'The file cannot be read' },
  'file.changed': { status: 0, exit: 7, title: 'The file changed while it was being published' },
  'file.exists': { status: 0, exit: 6, title: 'The target file exists', hint: 'Pass --force to replace it' },
  'output.unwritable': { status: 0, exit: 1, title: 'The output, or the file that was asked for, cannot be written' },
  'verify.failed': { status: 0, exit: 7, title: 'The bytes do not verify' },
  'server.unreachable': { status: 0, exit: 8, title: 'The server cannot be reached', retryable: true },
  'server.nonsense': {
    status: 0,
    exit: 8,
    title: 'The server gave an answer that is not from distd',
    hint: 'Check --server: a proxy or another program may be answering',
  },
  interrupted: { status: 0, exit: 130, title: 'Interrupted' },
  internal: { status: 0, exit: 1, title: 'dist failed unexpectedly' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

export function errorRow(code: ErrorCode): ErrorRow {
  return ERRORS[code]
}

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text)
}

export interface DistErrorOptions {
  /** Data for programs; never secrets, paths of the server or SQL. */
  readonly details?: unknown
  /** Replaces the hint of the table. */
  readonly hint?: string
  readonly cause?: unknown
  /** Extra response headers, e.g. `Upload-Offset`. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * An expected failure with a code of {@link ERRORS}.
 *
 * The message follows one form: `Cannot publish release "1.4.0" of "notes": status is "yanked"`.
 */
export class DistError extends Error {
  override readonly name = 'DistError'
  readonly code: ErrorCode
  readonly details: unknown
  readonly hint: string | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(code: ErrorCode, message?: string, options: DistErrorOptions = {}) {
    const row = errorRow(code)
    super(message ?? row.title, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details
    this.hint = options.hint ?? row.hint
    this.headers = options.headers
  }
}
