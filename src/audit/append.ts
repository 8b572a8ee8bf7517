import type { Deps } from '../deps.ts'
import type { ActorRecord } from '../model/audit.ts'
import { createId } from '../model/ids.ts'
import { auditHead, insertAuditEvent } from '../store/audit.ts'
import type { Tx } from '../store/open.ts'
import { eventHash } from './chain.ts'

/** Who acts and in which request; travels with every verb. */
export interface Cause {
  readonly actor: ActorRecord
  readonly requestId: string | null
}

/** The server itself acts, outside of any request. */
export const SYSTEM_CAUSE: Cause = { actor: { kind: 'system', id: null, name: null }, requestId: null }

export interface Entry {
  /** `noun.verb` in the past tense: `release.published`. */
  readonly action: string
  /** `app:acme-notes`, `release:rel_…`. */
  readonly object: string
  readonly app?: string
  readonly before?: unknown
  readonly after?: unknown
}

/** Who did it, as the short text kept with moves: `token:tok_… (ci)`. */
export function actorText({ kind, id, name }: ActorRecord): string {
  return `${kind}${id === null ? '' : `:${id}`}${name === null ? '' : ` (${name})`}`
}

/** Appends one event in the caller's transaction: no audit, no effect. */
export async function appendAudit(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  cause: Cause,
  entry: Entry,
): Promise<void> {
  const now = deps.clock.now()
  const head = await auditHead(tx)
  const event = {
    seq: head.seq + 1,
    id: createId('event', now, deps.random(10)),
    at: new Date(now).toISOString(),
    actor: cause.actor,
    action: entry.action,
    object: entry.object,
    app: entry.app ?? null,
    before: entry.before ?? null,
    after: entry.after ?? null,
    requestId: cause.requestId,
    prevHash: head.hash,
  }
  await insertAuditEvent(tx, { ...event, hash: eventHash(event, deps.createHasher) })
}
