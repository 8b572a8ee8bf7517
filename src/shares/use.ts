import type { Cause } from '../audit/append.ts'
import type { ShareRecord } from '../store/shares.ts'

const MINUTE_MS = 60_000

/** Who uses a link, for the audit log: the link itself, also where other links or a session came along. */
export function causeOf({ id, label }: ShareRecord, requestId: string | null): Cause {
  return { actor: { kind: 'share', id, name: label }, requestId }
}

/** Whether the log has nothing of this minute yet. @param last when it was written last @param nowMs epoch milliseconds */
export function isFirstInMinute(last: string | null, nowMs: number): boolean {
  return last === null || Math.floor(Date.parse(last) / MINUTE_MS) !== Math.floor(nowMs / MINUTE_MS)
}
