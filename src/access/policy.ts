import { DistError, type ErrorCode } from '../errors.ts'
import type { BranchCategory } from '../model/branch.ts'
import { type BranchRestriction, globMatches, type TokenAction } from '../model/token.ts'
import type { Actor } from './actor.ts'

/**
 * The one access decision.
 *
 * Every route names one action of this table and the object it acts on; a page, a list, a file and a checksum of the
 * same app all come through {@link decide}. What is not granted here is denied.
 */
export const ACTIONS = {
  /** Public by nature: health, schemas, who am I. */
  'server.public': [],
  'app.list': [],
  'app.read': ['read', 'publish', 'promote', 'branch', 'repo', 'mirror', 'admin'],
  'app.create': ['publish', 'admin'],
  'app.edit': ['admin'],
  'app.delete': ['admin'],
  'release.read': ['read', 'publish', 'promote', 'branch', 'repo', 'mirror', 'admin'],
  /** Drafts and what is sealed but not announced, in lists and by id. */
  'release.read_unannounced': ['publish', 'promote', 'admin'],
  'release.draft': ['publish', 'admin'],
  'release.publish': ['publish', 'admin'],
  'release.announce': ['publish', 'admin'],
  'release.discard': ['publish', 'admin'],
  'release.yank': ['promote', 'admin'],
  'release.purge': ['admin'],
  /** Previews of what is published, by id. */
  'preview.manage': ['publish', 'admin'],
  'upload.write': ['publish', 'branch', 'admin'],
  'channel.read': ['read', 'publish', 'promote', 'branch', 'repo', 'mirror', 'admin'],
  /** Protected channels want more: see channels/policy.ts. */
  'channel.promote': ['publish', 'promote', 'admin'],
  'channel.rollback': ['promote', 'admin'],
  'channel.edit': ['admin'],
  'branch.read': ['read', 'publish', 'promote', 'branch', 'repo', 'mirror', 'admin'],
  'branch.push': ['branch', 'admin'],
  'branch.delete': ['branch', 'admin'],
  'token.manage': ['admin'],
  'token.revoke_self': ['read', 'publish', 'promote', 'branch', 'repo', 'mirror', 'admin'],
  'audit.read': ['admin'],
} as const satisfies Record<string, readonly TokenAction[]>

export type Action = keyof typeof ACTIONS

/** What the action is done to. `absent` stands for an app that does not exist: it must look like a hidden one. */
export type AccessObject =
  | { readonly kind: 'server' }
  | { readonly kind: 'new-app'; readonly slug: string }
  | { readonly kind: 'app'; readonly slug: string; readonly visibility: 'private' | 'unlisted' | 'public' }
  | {
      readonly kind: 'channel'
      readonly slug: string
      readonly visibility: 'private' | 'unlisted' | 'public'
      readonly channel: string
    }
  | {
      readonly kind: 'branch'
      readonly slug: string
      readonly visibility: 'private' | 'unlisted' | 'public'
      /** Decoded name. */
      readonly branch: string
      /** Known once the bytes were read; null when they name none. */
      readonly package?: string | null
      readonly category?: BranchCategory | null
    }
  | { readonly kind: 'absent' }

type AppObject = Extract<AccessObject, { kind: 'app' }>

export type Decision = 'allow' | 'deny' | 'unauthenticated' | 'invisible'

/** What is asked of an app itself. */
export function appObject({ slug, visibility }: Pick<AppObject, 'slug' | 'visibility'>): AppObject {
  return { kind: 'app', slug, visibility }
}

/**
 * What reading the bytes of an artifact is asked of. The bytes of an IPA are for credentials of its app, in every mode
 * and at every URL, however visible the app is.
 */
export function bytesOf(
  app: { readonly slug: string; readonly visibility: 'private' | 'unlisted' | 'public' },
  format: string,
): AccessObject {
  return { kind: 'app', slug: app.slug, visibility: format === 'ipa' ? 'private' : app.visibility }
}

/** Actions that visibility alone grants, to everyone who may see the app. */
const OPEN_READS: ReadonlySet<Action> = new Set(['app.read', 'release.read', 'channel.read', 'branch.read'])

/** Whether anybody may ask without a credential; what is not for them looks absent then. */
export function isOpen(action: Action): boolean {
  return ACTIONS[action].length === 0 || OPEN_READS.has(action)
}

function hasAction(actor: Actor, action: Action): boolean {
  if (actor.kind === 'system') return true
  if (actor.kind !== 'token') return false
  const granting: readonly TokenAction[] = ACTIONS[action]
  return actor.token.actions.some((granted) => granting.includes(granted))
}

function inScope(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => globMatches(pattern, name))
}

function coversApp(actor: Actor, slug: string): boolean {
  return actor.kind === 'system' || (actor.kind === 'token' && inScope(actor.token.apps, slug))
}

/** Whether the actor may see that the app exists: by visibility, or because a token covers it. */
export function canSee(actor: Actor, app: { slug: string; visibility: string }): boolean {
  return app.visibility !== 'private' || coversApp(actor, app.slug)
}

type BranchObject = Extract<AccessObject, { kind: 'branch' }>

/**
 * The first restriction of a token that a branch build does not meet. All that are set must match; package and category
 * are compared once they are known.
 */
export function unmetRestriction(
  restriction: BranchRestriction,
  object: Omit<BranchObject, 'kind' | 'slug' | 'visibility'>,
): keyof BranchRestriction | undefined {
  const { name, prefix, package: packageName, category } = restriction
  if (name !== undefined && object.branch !== name) return 'name'
  if (prefix !== undefined && !object.branch.startsWith(prefix)) return 'prefix'
  if (packageName !== undefined && object.package !== undefined && object.package !== packageName) return 'package'
  if (category !== undefined && object.category !== undefined && object.category !== category) return 'category'
  return undefined
}

/** Whether a server-wide right (tokens, audit) is not narrowed to some apps. */
function coversServer(actor: Actor): boolean {
  return actor.kind === 'system' || (actor.kind === 'token' && actor.token.apps.includes('*'))
}

/**
 * What the actor may do to the object: `invisible` must look like absence, `unauthenticated` asks for a credential,
 * `deny` admits that the object exists. Pure.
 */
export function decide(actor: Actor, action: Action, object: AccessObject): Decision {
  if (action === 'server.public' || action === 'app.list') return 'allow'
  const missing: Decision = actor.kind === 'anonymous' ? 'unauthenticated' : 'deny'
  switch (object.kind) {
    case 'server':
      // Own rights (uploads, revoking oneself) need no app; server-wide ones need a token for all apps.
      if (!hasAction(actor, action)) return missing
      if (action === 'upload.write' || action === 'token.revoke_self' || action === 'token.manage') return 'allow'
      // Which apps it is about is asked again when they are known.
      if (action === 'app.create' || action === 'release.announce' || action === 'preview.manage') return 'allow'
      return coversServer(actor) ? 'allow' : 'deny'
    case 'new-app':
      return hasAction(actor, action) && coversApp(actor, object.slug) ? 'allow' : missing
    case 'absent':
      return actor.kind === 'anonymous' && !OPEN_READS.has(action) ? 'unauthenticated' : 'invisible'
    case 'app':
    case 'branch':
    case 'channel': {
      if (!canSee(actor, object)) {
        return actor.kind === 'anonymous' && !OPEN_READS.has(action) ? 'unauthenticated' : 'invisible'
      }
      if (OPEN_READS.has(action)) return 'allow'
      if (!hasAction(actor, action) || !coversApp(actor, object.slug)) return missing
      if (object.kind === 'channel' && actor.kind === 'token' && !inScope(actor.token.channels, object.channel)) {
        return missing
      }
      if (object.kind === 'branch' && actor.kind === 'token' && unmetRestriction(actor.token.branches, object))
        return 'deny'
      return 'allow'
    }
  }
}

/** The answer that asks for a credential; `invalid` when one was sent and is not valid (RFC 6750 §3). */
export function unauthenticated(message?: string, reason?: 'invalid'): DistError {
  const challenge = `Bearer realm="distd"${reason === 'invalid' ? ', error="invalid_token"' : ''}`
  return new DistError('access.unauthenticated', message, { headers: { 'WWW-Authenticate': challenge } })
}

/** Whether {@link decide} allows it. */
export function can(actor: Actor, action: Action, object: AccessObject): boolean {
  return decide(actor, action, object) === 'allow'
}

/**
 * Throws what the decision means over HTTP: 401 without a credential, 404 as if the object were absent, 403 when it
 * is visible but the right is missing.
 */
export function authorize(
  actor: Actor,
  action: Action,
  object: AccessObject,
  absent: ErrorCode = 'app.not_found',
): void {
  const decision = decide(actor, action, object)
  if (decision === 'allow') return
  if (decision === 'unauthenticated') {
    throw unauthenticated()
  }
  if (decision === 'invisible') throw new DistError(absent)
  const needed: readonly string[] = ACTIONS[action]
  const outside = hasAction(actor, action) ? outsideScope(actor, object) : undefined
  const why = outside ?? 'the token does not have the action for it'
  const hint =
    outside === undefined
      ? `It needs ${needed.map((a) => `"${a}"`).join(' or ')}`
      : 'Use a token that covers it: a scope is given when a token is created'
  throw new DistError('access.denied', `Cannot do "${action}": ${why}`, {
    hint,
    details: { action, needsOneOf: needed },
  })
}

/** What keeps a token that has the action from the object: `the token covers acme-*, not other`. */
function outsideScope(actor: Actor, object: AccessObject): string | undefined {
  if (actor.kind !== 'token' || object.kind === 'absent') return undefined
  const { apps, channels } = actor.token
  if (object.kind === 'server') return `the token covers ${apps.join(', ')}, and this is about all apps`
  if (!inScope(apps, object.slug)) return `the token covers ${apps.join(', ')}, not ${object.slug}`
  if (object.kind === 'branch') {
    const unmet = unmetRestriction(actor.token.branches, object)
    return unmet && `the token is restricted to branch builds of ${unmet} "${actor.token.branches[unmet]}"`
  }
  if (object.kind !== 'channel') return undefined
  return `the token covers the channels ${channels.join(', ')}, not ${object.channel}`
}
