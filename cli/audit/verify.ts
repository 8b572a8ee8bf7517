import { createChainVerifier } from '../../src/audit/chain.ts'
import { DistError } from '../../src/errors.ts'
import type { AuditEvent, AuditHead } from '../../src/model/audit.ts'
import type { NotedHead } from './heads.ts'

export interface VerifiedLog {
  /** Events that were read and hold. */
  readonly events: number
  readonly head: AuditHead
}

/**
 * Recomputes the hash chain of a whole log and holds it against what is known of it.
 *
 * @param events all events from the first, in order of seq @param stated the head that the server gave *before*
 * `events` were asked for; later events may follow it @param noted the head that was verified here the last time
 * @throws DistError `audit.broken` with `details.seq`, the first event that does not hold
 */
export async function verifyLog(
  events: AsyncIterable<AuditEvent>,
  stated: AuditHead,
  noted: NotedHead | undefined,
): Promise<VerifiedLog> {
  const verifier = createChainVerifier()
  for await (const event of events) {
    const broken = verifier.next(event)
    if (broken !== undefined) throw broke(broken.seq, broken.reason)
    if (event.seq === noted?.seq && event.hash !== noted.hash) {
      throw broke(
        event.seq,
        `event ${event.seq} is another one than was verified here on ${noted.at}: it, or one before it, was rewritten`,
      )
    }
    if (event.seq === stated.seq && event.hash !== stated.hash) {
      throw broke(event.seq, `event ${event.seq} is another one than the server states as its head`)
    }
  }
  const head = verifier.head()
  if (noted !== undefined && head.seq < noted.seq) {
    throw broke(
      head.seq + 1,
      `the log ends at event ${head.seq}, but event ${noted.seq} was verified here on ${noted.at}`,
    )
  }
  if (head.seq < stated.seq) {
    throw broke(
      head.seq + 1,
      `the log ends at event ${head.seq}, but the server states event ${stated.seq} as its head`,
    )
  }
  return { events: head.seq, head }
}

function broke(seq: number, reason: string): DistError {
  return new DistError('audit.broken', `Cannot verify the audit log: ${reason}`, {
    details: { seq, reason },
    hint: 'Keep a copy of the database and of the noted heads, and find out who could write to the data folder',
  })
}
