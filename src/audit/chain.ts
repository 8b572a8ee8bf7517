import { type CreateHasher, digestHex, digestOf } from '../bytes/digest.ts'
import { AUDIT_FIELDS, type AuditEvent, type AuditHead, GENESIS_HASH } from '../model/audit.ts'

/**
 * JSON with the keys of every object in code point order and no white space: the same value always gives the same
 * text, whoever wrote it.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

export type UnsealedEvent = Omit<AuditEvent, 'hash'>

/** Lower-case hex SHA-256 of the previous hash, a line feed and the canonical JSON of {@link AUDIT_FIELDS}. */
export function eventHash(event: UnsealedEvent, createHasher?: CreateHasher): string {
  const row: Record<string, unknown> = {}
  for (const field of AUDIT_FIELDS) row[field] = event[field] ?? null
  const text = `${event.prevHash}\n${canonicalJson(row)}`
  return digestHex(digestOf(new TextEncoder().encode(text), createHasher))
}

/** Where the chain does not hold, and why. */
export interface ChainBreak {
  readonly seq: number
  readonly reason: string
}

/** Checks a log event by event; feed it in order of seq, from the first or from the one behind `start`. */
export function createChainVerifier(start: AuditHead = { seq: 0, hash: GENESIS_HASH }): {
  /** @returns the break when this event does not continue the chain */
  next(event: AuditEvent): ChainBreak | undefined
  head(): AuditHead
} {
  let head = start
  return {
    next(event) {
      const expected = head.seq + 1
      if (event.seq !== expected) {
        return { seq: expected, reason: `event ${expected} is missing: event ${event.seq} follows event ${head.seq}` }
      }
      if (event.prevHash !== head.hash) {
        return { seq: event.seq, reason: `event ${event.seq} does not continue event ${head.seq}` }
      }
      if (eventHash(event) !== event.hash) return { seq: event.seq, reason: `event ${event.seq} was changed` }
      head = { seq: event.seq, hash: event.hash }
      return undefined
    },
    head: () => head,
  }
}
