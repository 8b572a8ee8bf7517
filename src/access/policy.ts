import { DistError, type ErrorCode } from '../errors.ts'
import type { BranchCategory } from '../model/branch.ts'
import { includesRole, type Role } from '../model/role.ts'
import { type BranchRestriction, globMatches, globWithin, type TokenAction } from '../model/token.ts'
import type { ShareRecord } from '../store/shares.ts'
import { type Actor, roleOf, sharesOf } from './actor.ts'
import type { FileGrant } from './grants.ts'

/** Who an action is granted to: tokens that have one of `tokens`, and people who have `role` or a higher one. */
interface Grant {
  readonly tokens: readonly TokenAction[]
  /** `user`: whoever is signed in, with or without a role. Null: no person, since CI does it. */
  readonly role: Role | 'user' | null
}

const READERS = ['read', 'publish', 'promote', 'branch', 'repo', 'mirror', 'admin'] as const

/**
 * The one access decision.
 *
 * Every route names one action of this table and the object it acts on; a page, a list, a file and a checksum of the
 * same app all come through {@link decide}. What is not granted here is denied. What nobody is named for is public by
 * nature: health, schemas, signing in, who am I.
 */
export const ACTIONS = {
  'server.public': { tokens: [], role: null },
  'app.list': { tokens: [], role: null },
  'app.read': { tokens: READERS, role: 'viewer' },
  'app.create': { tokens: ['publish', 'admin'], role: 'admin' },
  'app.edit': { tokens: ['admin'], role: 'admin' },
  'app.delete': { tokens: ['admin'], role: 'admin' },
  'release.read': { tokens: READERS, role: 'viewer' },
  /** Drafts and what is sealed but not announced, in lists and by id. */
  'release.read_unannounced': { tokens: ['publish', 'promote', 'admin'], role: 'manager' },
  'release.draft': { tokens: ['publish', 'admin'], role: null },
  'release.publish': { tokens: ['publish', 'admin'], role: null },
  'release.announce': { tokens: ['publish', 'admin'], role: 'manager' },
  'release.discard': { tokens: ['publish', 'admin'], role: 'admin' },
  'release.yank': { tokens: ['promote', 'admin'], role: 'manager' },
  'release.purge': { tokens: ['admin'], role: 'admin' },
  /** Previews of what is published, by id. */
  'preview.manage': { tokens: ['publish', 'admin'], role: 'manager' },
  'upload.write': { tokens: ['publish', 'branch', 'admin'], role: null },
  'channel.read': { tokens: READERS, role: 'viewer' },
  /** Protected channels want more: see channels/policy.ts. */
  'channel.promote': { tokens: ['publish', 'promote', 'admin'], role: 'manager' },
  'channel.rollback': { tokens: ['promote', 'admin'], role: 'manager' },
  'channel.edit': { tokens: ['admin'], role: 'admin' },
  'branch.read': { tokens: READERS, role: 'viewer' },
  'branch.push': { tokens: ['branch', 'admin'], role: null },
  'branch.delete': { tokens: ['branch', 'admin'], role: 'admin' },
  'share.manage': { tokens: ['promote', 'admin'], role: 'manager' },
  'token.manage': { tokens: ['admin'], role: 'admin' },
  'token.revoke_self': { tokens: READERS, role: null },
  'user.manage': { tokens: ['admin'], role: 'admin' },
  /** One's own sessions and password. */
  'session.own': { tokens: [], role: 'user' },
  /** Events of apps; which ones is asked again when the app is known. */
  'audit.read': { tokens: ['admin'], role: 'manager' },
  /** The whole log. */
  'audit.read_all': { tokens: ['admin'], role: 'manager' },
} as const satisfies Record<string, Grant>

export type Action = keyof typeof ACTIONS

/** What the action is done to. `absent` stands for an app that does not exist: it must look like a hidden one. */
export type AccessObject =
  | { readonly kind: 'server' }
  | { readonly kind: 'new-app'; readonly slug: string }
  | {
      readonly kind: 'app'
      readonly slug: string
      readonly visibility: 'private' | 'unlisted' | 'public'
      /** Ref of the one release that is asked for; a share link of it reaches that far. */
      readonly ref?: string
      /** The one file of it, by the last segment of the address; only where a grant opens it. */
      readonly file?: string
    }
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
 * What reading the bytes of an artifact is asked of, beside reading that it is there. The bytes of an IPA are for
 * credentials of its app, share links of its release or channel and grants of the file, in every mode and at every URL,
 * however visible the app is.
 * @param object what was asked for
 */
export function bytesOf<T extends AccessObject>(object: T, format: string): T {
  return format === 'ipa' && 'visibility' in object ? { ...object, visibility: 'private' } : object
}

/** Actions that visibility alone grants, to everyone who may see the app. */
const OPEN_READS: ReadonlySet<Action> = new Set(['app.read', 'release.read', 'channel.read', 'branch.read'])

/** Whether anybody may ask without a credential; what is not for them looks absent then. */
export function isOpen(action: Action): boolean {
  return isPublic(action) || OPEN_READS.has(action)
}

/** Whether everybody may do it always. */
function isPublic(action: Action): boolean {
  const { tokens, role }: Grant = ACTIONS[action]
  return tokens.length === 0 && role === null
}

/** Nobody in particular: without a credential of their own, whatever links they were given. */
export function isStranger(actor: Actor): boolean {
  return actor.kind === 'anonymous' || actor.kind === 'share' || actor.kind === 'grant'
}

/** Whether the actor has the action on an app, by a token's action or a person's role. @param slug null: on the server */
function hasAction(actor: Actor, action: Action, slug: string | null): boolean {
  if (actor.kind === 'system') return true
  const { tokens, role }: Grant = ACTIONS[action]
  if (actor.kind === 'token') return actor.token.actions.some((granted) => tokens.includes(granted))
  if (actor.kind !== 'user' || role === null) return false
  return role === 'user' || includesRole(roleOf(actor.session, slug), role)
}

/** As {@link hasAction} on the server or on any app. */
function hasActionSomewhere(actor: Actor, action: Action): boolean {
  if (hasAction(actor, action, null)) return true
  return actor.kind === 'user' && Object.keys(actor.session.user.apps).some((slug) => hasAction(actor, action, slug))
}

function inScope(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => globMatches(pattern, name))
}

function coversApp(actor: Actor, slug: string): boolean {
  if (actor.kind === 'system') return true
  if (actor.kind === 'user') return roleOf(actor.session, slug) !== null
  return actor.kind === 'token' && inScope(actor.token.apps, slug)
}

/** Whether a share link reaches the object: its channel, or its release, and nothing beside them. */
export function reaches(share: ShareRecord, object: AccessObject): boolean {
  if (object.kind === 'channel') return share.app === object.slug && share.channel === object.channel
  if (object.kind !== 'app' || object.ref === undefined) return false
  return share.app === object.slug && share.release === object.ref
}

/** Whether a grant is of the object: one file of one release. */
function opens(grant: FileGrant, object: AccessObject): boolean {
  return object.kind === 'app' && object.slug === grant.slug && object.ref === grant.ref && object.file === grant.file
}

/** Whether the actor may see that it exists: by visibility, by a right on its app, or by a share link. */
function canSee(actor: Actor, object: Extract<AccessObject, { slug: string; visibility: string }>): boolean {
  if (object.visibility !== 'private' || coversApp(actor, object.slug)) return true
  return sharesOf(actor).some((share) => reaches(share, object))
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

/** Whether the actor is not narrowed to some apps, nor to some channels of them. */
function coversServer(actor: Actor): boolean {
  if (actor.kind === 'system') return true
  if (actor.kind === 'user') return actor.session.user.role !== null
  return actor.kind === 'token' && actor.token.apps.includes('*') && actor.token.channels.includes('*')
}

/** Globs of apps and of their channels, as a token has them. */
export interface Scope {
  readonly apps: readonly string[]
  readonly channels: readonly string[]
}

/** Whether the actor has the action on everything that the globs of a scope match, now and later. */
export function canWithin(actor: Actor, action: Action, { apps, channels }: Scope): boolean {
  if (actor.kind === 'token') {
    const { token } = actor
    const isWithin = (globs: readonly string[], wide: readonly string[]) =>
      globs.every((glob) => wide.some((covering) => globWithin(glob, covering)))
    return hasAction(actor, action, null) && isWithin(apps, token.apps) && isWithin(channels, token.channels)
  }
  if (hasAction(actor, action, null)) return true
  // Nobody has a role on a glob: who has roles on some apps names each of them.
  return apps.length > 0 && apps.every((slug) => hasAction(actor, action, slug))
}

/** Rights on the server that are one's own, or narrowed to some apps: about which apps is asked again when they are known. */
const NARROWED: ReadonlySet<Action> = new Set([
  'upload.write',
  'token.revoke_self',
  'session.own',
  'token.manage',
  'app.create',
  'release.announce',
  'preview.manage',
  'share.manage',
  'audit.read',
])

/**
 * What the actor may do to the object: `invisible` must look like absence, `unauthenticated` asks for a credential,
 * `deny` admits that the object exists. Pure.
 */
export function decide(actor: Actor, action: Action, object: AccessObject): Decision {
  if (isPublic(action)) return 'allow'
  const missing: Decision = isStranger(actor) ? 'unauthenticated' : 'deny'
  switch (object.kind) {
    case 'server':
      if (NARROWED.has(action)) return hasActionSomewhere(actor, action) ? 'allow' : missing
      return hasAction(actor, action, null) && coversServer(actor) ? 'allow' : missing
    case 'new-app':
      return hasAction(actor, action, null) && coversApp(actor, object.slug) ? 'allow' : missing
    case 'absent':
      return isStranger(actor) && !OPEN_READS.has(action) ? 'unauthenticated' : 'invisible'
    case 'app':
    case 'branch':
    case 'channel': {
      if (actor.kind === 'grant' && action === 'release.read' && opens(actor.grant, object)) return 'allow'
      if (!canSee(actor, object)) {
        return isStranger(actor) && !OPEN_READS.has(action) ? 'unauthenticated' : 'invisible'
      }
      if (OPEN_READS.has(action)) return 'allow'
      if (!hasAction(actor, action, object.slug) || !coversApp(actor, object.slug)) return missing
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
  const { tokens, role }: Grant = ACTIONS[action]
  const details = { action, needsOneOf: tokens, ...(role === null ? {} : { needsRole: role }) }
  if (actor.kind === 'user') {
    const needs = role === null ? 'It is for tokens: CI does it' : `It needs the role "${role}"`
    throw new DistError('access.denied', `Cannot do "${action}": your role does not allow it here`, {
      hint: needs,
      details,
    })
  }
  const outside = hasAction(actor, action, null) ? outsideScope(actor, object) : undefined
  const why = outside ?? 'the token does not have the action for it'
  const needs =
    tokens.length === 0 ? 'It is for people who are signed in' : `It needs ${tokens.map((a) => `"${a}"`).join(' or ')}`
  const hint = outside === undefined ? needs : 'Use a token that covers it: a scope is given when a token is created'
  throw new DistError('access.denied', `Cannot do "${action}": ${why}`, { hint, details })
}

/** What keeps a token that has the action from the object: `the token covers acme-*, not other`. */
function outsideScope(actor: Actor, object: AccessObject): string | undefined {
  if (actor.kind !== 'token' || object.kind === 'absent') return undefined
  const { apps, channels } = actor.token
  if (object.kind === 'server') {
    return apps.includes('*')
      ? `the token covers the channels ${channels.join(', ')}, and this is about all of them`
      : `the token covers ${apps.join(', ')}, and this is about all apps`
  }
  if (!inScope(apps, object.slug)) return `the token covers ${apps.join(', ')}, not ${object.slug}`
  if (object.kind === 'branch') {
    const unmet = unmetRestriction(actor.token.branches, object)
    return unmet && `the token is restricted to branch builds of ${unmet} "${actor.token.branches[unmet]}"`
  }
  if (object.kind !== 'channel') return undefined
  return `the token covers the channels ${channels.join(', ')}, not ${object.channel}`
}
