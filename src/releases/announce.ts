import { appendAudit, type Cause } from '../audit/append.ts'
import { moveFollowers } from '../channels/follow.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { AppRecord } from '../store/apps.ts'
import { changeRelease, getReleaseInTx, loadContents, type ReleaseContents } from '../store/releases.ts'

/**
 * Makes a published release live: listed, and eligible for `latest` and channels. Announcing twice is success.
 * @throws DistError release.not_found, release.wrong_state
 */
export async function announceRelease(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  cause: Cause,
): Promise<ReleaseContents> {
  return deps.store.write(async (tx) => {
    const release = await getReleaseInTx(tx, releaseId)
    if (!release || release.state === 'discarded') throw new DistError('release.not_found')
    const contents = await loadContents(tx, release)
    if (release.state === 'announced') return contents
    if (release.state !== 'published') {
      throw new DistError(
        'release.wrong_state',
        `Cannot announce release "${release.ref}": status is "${release.state}"`,
        {
          ...(release.state === 'draft' ? { hint: 'Publish it first' } : {}),
        },
      )
    }
    const announcedAt = new Date(deps.clock.now()).toISOString()
    await changeRelease(tx, release.id, 'published', { state: 'announced', announcedAt })
    const announced = { ...release, state: 'announced' as const, announcedAt }
    await appendAudit(tx, deps, cause, {
      action: 'release.announced',
      object: `release:${release.id}`,
      app: app.slug,
      before: { state: 'published' },
      after: { state: 'announced', ref: release.ref },
    })
    await moveFollowers(tx, deps, app, announced, cause)
    return { ...contents, release: announced }
  })
}
