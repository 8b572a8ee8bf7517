import { type SlotKey, slotsFor } from '../model/branch.ts'
import { type BranchRecord, findBranch, findSlot, type SlotRecord } from '../store/branches.ts'
import type { Store } from '../store/open.ts'

/** Whether a branch build is there at this instant: it ends on its own, before a run removes it. */
export function isLive(branch: BranchRecord | undefined, nowMs: number): branch is BranchRecord {
  return branch !== undefined && (branch.expiresAt === null || Date.parse(branch.expiresAt) > nowMs)
}

/** The live branch build of this name. It never waits, as {@link findSlotFor}: in one turn both see one state. */
export function findLiveBranch(store: Store, appId: string, name: string, nowMs: number): BranchRecord | undefined {
  const branch = findBranch(store, appId, name)
  return isLive(branch, nowMs) ? branch : undefined
}

/** What a machine gets. Whoever names no platform or arch is given what runs everywhere, and never a guess. */
export function findSlotFor(store: Store, branchId: string, key: SlotKey): SlotRecord | undefined {
  for (const { platform, arch } of slotsFor(key)) {
    const slot = findSlot(store, branchId, platform, arch)
    if (slot !== undefined) return slot
  }
  return undefined
}
