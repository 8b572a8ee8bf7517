import { type DistError, type ErrorCode, errorRow } from '../errors.ts'
import type { Artifact } from '../model/artifact.ts'
import type { ErrorPage } from '../model/view.ts'
import { fileItem } from './file-item.ts'

function filesOf(error: DistError): ErrorPage['files'] {
  if (error.code !== 'artifact.ambiguous') return []
  const { files } = error.details as { files: readonly Artifact[] }
  return files.map((file) => fileItem(file, file.url))
}

/** What strangers are told where others may see something. */
const HIDING: ReadonlySet<number> = new Set([401, 403, 404])

/** What people are told where programs are told something else. */
const WORDS: Readonly<Partial<Record<ErrorCode, { readonly title?: string; readonly hint?: string }>>> = {
  'route.not_found': { hint: 'Look whether the address is whole.' },
  'app.not_found': {
    hint: 'Look whether the address is whole. If the app is not public, sign in, or open the link that you were given.',
  },
  'release.not_found': { hint: 'Look whether the address is whole.' },
  'channel.not_found': { title: 'There is nothing in this channel' },
  'artifact.not_found': { title: 'There is no such file' },
  'release.purged': {
    title: 'This release was removed',
    hint: 'Its files are gone, and its version will not be used for others.',
  },
  'preview.expired': { hint: 'Ask whoever gave it to you for another one.' },
  'access.unauthenticated': {
    title: 'This is for people who are signed in',
    hint: 'Sign in, or open the share link that you were given.',
  },
  'access.denied': { title: 'You may not do this here' },
  'artifact.unread': { hint: 'Try again in a moment.' },
  'blob.unavailable': {
    title: 'The server cannot read this file',
    hint: 'Tell whoever runs this server what stands below.',
  },
  'server.failed': {
    title: 'Something went wrong on the server',
    hint: 'Try again. If it happens again, tell whoever runs this server what stands below.',
  },
}

/** `in 40 seconds`, `in 3 minutes`. @param text Retry-After, in seconds */
function waitText(text: string): string {
  const seconds = Number(text)
  if (seconds < 100) return seconds === 1 ? 'in a second' : `in ${seconds} seconds`
  return `in ${Math.ceil(seconds / 60)} minutes`
}

/**
 * An error for people: the facts of its problem details in their words, and links to what it lists.
 * @param retryAfter seconds that the answer asks to wait, as its field says it
 */
export function errorPage(
  error: DistError,
  answer: { readonly status: number; readonly requestId: string; readonly retryAfter: string | null },
  ways: ErrorPage['ways'],
): ErrorPage {
  const { status, requestId, retryAfter } = answer
  const row = errorRow(error.code)
  const words = WORDS[error.code]
  const title = words?.title ?? row.title
  const wait = status === 429 && retryAfter !== null ? `Try again ${waitText(retryAfter)}.` : undefined
  return {
    title,
    detail: error.message === row.title || error.message === title ? null : error.message,
    hint: wait ?? words?.hint ?? error.hint ?? null,
    mayNeedSignIn: HIDING.has(status),
    ways,
    facts: [
      { name: 'Status', value: String(status) },
      { name: 'Code', value: error.code },
      { name: 'Request', value: requestId },
    ],
    files: filesOf(error),
  }
}
