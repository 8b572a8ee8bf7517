import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { AppRecord } from '../store/apps.ts'
import { changeRelease, deleteContents, getReleaseInTx } from '../store/releases.ts'

/**
 * Drops a draft or a release that was never announced: its URLs are dead and its ref is free again. Discarding twice
 * is success. @throws DistError release.not_found, release.wrong_state
 */
export async function discardRelease(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    const release = await getReleaseInTx(tx, releaseId)
    if (!release) throw new DistError('release.not_found')
    if (release.state === 'discarded') return
    if (release.state !== 'draft' && release.state !== 'published') {
      throw new DistError(
        'release.wrong_state',
        `Cannot discard release "${release.ref}": status is "${release.state}"`,
        {
          hint: 'An announced release can be yanked',
        },
      )
    }
    await changeRelease(tx, release.id, release.state, { state: 'discarded' })
    await deleteContents(tx, release.id)
    await appendAudit(tx, deps, cause, {
      action: 'release.discarded',
      object: `release:${release.id}`,
      app: app.slug,
      before: { state: release.state, ref: release.ref },
      after: { state: 'discarded' },
    })
  })
}
