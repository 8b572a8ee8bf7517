import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import type { AppRecord } from '../store/apps.ts'
import { type BranchRecord, deleteBranch, listSlots } from '../store/branches.ts'
import type { Tx } from '../store/open.ts'
import { keepReplaced } from './keep.ts'

/** Removes a branch build with its slots; its bytes stay for the retention window. @param because what ended it */
export async function dropBranch(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
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
