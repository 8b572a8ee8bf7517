import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { findShareInTx, revokeShare as revokeRow } from '../store/shares.ts'

/** Ends a share link for good: it is dead on the next request. Revoking twice is success. @throws DistError share.not_found */
export async function revokeShare(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  id: string,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    const share = await findShareInTx(tx, id)
    if (!share) throw new DistError('share.not_found')
    const at = new Date(deps.clock.now()).toISOString()
    if (!(await revokeRow(tx, id, at))) return
    await appendAudit(tx, deps, cause, {
      action: 'share.revoked',
      object: `share:${id}`,
      app: share.app,
      before: { revokedAt: null },
      after: { revokedAt: at, label: share.label, downloads: share.downloads },
    })
  })
}
