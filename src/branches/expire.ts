import { SYSTEM_CAUSE } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { findAppByIdInTx } from '../store/apps.ts'
import { findBranchInTx, forgetKeptBlobs, listExpiredBranches } from '../store/branches.ts'
import { dropBranch } from './drop.ts'
import { isLive } from './resolve.ts'

type ExpireDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>

/** Branch builds that one run removes; the next run goes on. */
const MAX_AT_ONCE = 1000

/** Removes branch builds whose time is over, which nobody can read any more; run now and then. @returns how many */
export async function expireBranches(deps: ExpireDeps): Promise<number> {
  const instant = () => new Date(deps.clock.now()).toISOString()
  const expired = await listExpiredBranches(deps.store.reads, instant(), MAX_AT_ONCE)
  let dropped = 0
  for (const { appId, id, name } of expired) {
    await deps.store.write(async (tx) => {
      // A push may have renewed it, or made another one of this name.
      const branch = await findBranchInTx(tx, appId, name)
      if (branch?.id !== id || isLive(branch, deps.clock.now())) return
      const app = (await findAppByIdInTx(tx, appId))!
      await dropBranch(tx, deps, app, branch, 'time', SYSTEM_CAUSE)
      dropped++
    })
  }
  await deps.store.write((tx) => forgetKeptBlobs(tx, instant()))
  return dropped
}
