import type { AuditHead } from '../model/audit.ts'
import { listAuditEvents } from '../store/audit.ts'
import type { Reads } from '../store/open.ts'
import { type ChainBreak, createChainVerifier } from './chain.ts'

export interface AuditReport {
  readonly events: number
  readonly head: AuditHead
  readonly broken: ChainBreak | undefined
}

/** Recomputes the whole chain, a thousand events at a time; stops at the first break. */
export async function verifyAudit(db: Reads): Promise<AuditReport> {
  const verifier = createChainVerifier()
  // From the very first row: an event before number 1 is a forgery too.
  let after: number | null = null
  for (;;) {
    const events = await listAuditEvents(db, { app: null, order: 'asc', after, limit: 1000 })
    for (const event of events) {
      const broken = verifier.next(event)
      if (broken) return { events: verifier.head().seq, head: verifier.head(), broken }
      after = event.seq
    }
    if (events.length < 1000) return { events: verifier.head().seq, head: verifier.head(), broken: undefined }
  }
}

/** Recomputes the last `count` events; what is before them is taken as it is. */
export async function verifyAuditTail(db: Reads, count: number): Promise<ChainBreak | undefined> {
  const newest = await listAuditEvents(db, { app: null, order: 'desc', after: null, limit: count + 1 })
  const events = newest.reverse()
  const isWhole = events.length <= count
  const before = isWhole ? undefined : events.shift()
  const verifier = createChainVerifier(before)
  for (const event of events) {
    const broken = verifier.next(event)
    if (broken) return broken
  }
  return undefined
}
