import type { ActorRecord } from '../model/audit.ts'
import type { Token } from '../model/token.ts'

/** Who asks: nobody in particular, the holder of a token, or the server's own host. */
export type Actor =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'system' }

/** A request without a credential. */
export const ANONYMOUS: Actor = { kind: 'anonymous' }
/** The server itself, and commands on its own host. */
export const SYSTEM: Actor = { kind: 'system' }

/** The actor as the audit log keeps it. */
export function recordOf(actor: Actor): ActorRecord {
  if (actor.kind === 'token') return { kind: 'token', id: actor.token.id, name: actor.token.name }
  return { kind: actor.kind, id: null, name: null }
}

/** The principal that drafts and uploads belong to. */
export function principalOf(actor: Actor): string {
  return actor.kind === 'token' ? actor.token.id : actor.kind
}
