import type { SlotRecord } from '../store/branches.ts'

/**
 * Epoch seconds for bytes that begin now to be what a URL of these slots gives: the whole second after now, and after
 * every date that any of them told, since one URL may give one slot after the other. Whoever read until now has an
 * earlier one.
 */
export function secondAfter(nowMs: number, slots: readonly Pick<SlotRecord, 'modifiedAt'>[]): number {
  return Math.max(Math.floor(nowMs / 1000), ...slots.map(({ modifiedAt }) => modifiedAt)) + 1
}
