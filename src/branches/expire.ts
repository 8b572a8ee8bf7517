import { appendAudit, type Cause, SYSTEM_CAUSE } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { type AppRecord, findAppByIdInTx } from '../store/apps.ts'
import {
  type BranchRecord,
  deleteBranch,
  findBranchInTx,
  forgetKeptBlobs,
  listExpiredBranches,
  listSlots,
} from '../store/branches.ts'
import type { Tx } from '../store/open.ts'
import { keepReplaced } from './keep.ts'
import { isLive } from './resolve.ts'

type ExpireDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>

/** Branch builds that one run collects; the next run goes on. */
const MAX_AT_ONCE = 1000

/** Removes a branch build with its slots; its bytes stay for the retention window. */
export async function dropBranch(
  tx: Tx,
  deps: Omit<ExpireDeps, 'store'>,
  app: AppRecord,
  branch: BranchRecord,
  because: 'request' | 'time',
  cause: Cause,
): Promise<void> {
  const slots = await listSlots(tx, branch.id)
  for (const { digest } of slots) await keepReplaced(tx, deps, app, digest)
  await deleteBranch(tx, branch.id)
  await appendAudit(tx, deps, cause, {
    action: because === 'time' ? 'branch.expired' : 'branch.deleted',
    object: `branch:${branch.id}`,
    app: app.slug,
    before: {
      branch: branch.name,
      kind: branch.kind,
      category: branch.category,
      expiresAt: branch.expiresAt,
      slots: slots.map(({ platform, arch, fileName, digest }) => ({ slot: `${platform}-${arch}`, fileName, digest })),
    },
  })
}

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
