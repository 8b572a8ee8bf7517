import type { ActorRecord } from '../model/audit.ts'
import { includesRole, type Role } from '../model/role.ts'
import type { Token } from '../model/token.ts'
import type { SessionRecord } from '../store/sessions.ts'
import type { ShareRecord } from '../store/shares.ts'
import type { FileGrant } from './grants.ts'

/**
 * Who asks: nobody in particular, somebody who was given share links, a device that was given one file, a person who is
 * signed in (and may have been given links too), the holder of a token, or the server's own host.
 */
export type Actor =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'share'; readonly shares: readonly [ShareRecord, ...ShareRecord[]] }
  | { readonly kind: 'grant'; readonly grant: FileGrant }
  | { readonly kind: 'user'; readonly session: SessionRecord; readonly shares: readonly ShareRecord[] }
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'system' }

/** A request without a credential. */
export const ANONYMOUS: Actor = { kind: 'anonymous' }
/** The server itself, and commands on its own host. */
export const SYSTEM: Actor = { kind: 'system' }

/** The actor as the audit log keeps it. */
export function recordOf(actor: Actor): ActorRecord {
  switch (actor.kind) {
    case 'token':
      return { kind: 'token', id: actor.token.id, name: actor.token.name }
    case 'user':
      return { kind: 'user', id: actor.session.user.id, name: actor.session.user.name }
    case 'share':
      return { kind: 'share', id: actor.shares[0].id, name: actor.shares[0].label }
    case 'grant': {
      // Whoever made it may have no name; of a share link, it is that link which is used.
      const { share } = actor.grant
      return share === null ? recordOf(ANONYMOUS) : { kind: 'share', id: share.id, name: share.label }
    }
    default:
      return { kind: actor.kind, id: null, name: null }
  }
}

/** The principal that drafts, uploads and what is created belong to. */
export function principalOf(actor: Actor): string {
  const { id, kind } = recordOf(actor)
  return id ?? kind
}

/** The living share links that came with the request. */
export function sharesOf(actor: Actor): readonly ShareRecord[] {
  return actor.kind === 'share' || actor.kind === 'user' ? actor.shares : []
}

/** The higher of the roles that a person has on the server and on an app. @param slug null for the server alone */
export function roleOf({ user }: SessionRecord, slug: string | null): Role | null {
  const own = slug !== null && Object.hasOwn(user.apps, slug) ? user.apps[slug]! : null
  return user.role === null || includesRole(own, user.role) ? own : user.role
}
