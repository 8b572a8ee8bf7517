import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { AppRecord } from '../store/apps.ts'
import { listChannelsHolding } from '../store/channels.ts'
import { changeRelease, deleteContents, loadContents, type ReleaseRecord } from '../store/releases.ts'
import { revokeSharesOf } from '../store/shares.ts'
import { getRelease, wrongState } from './get-release.ts'

/**
 * Removes the files and links of an announced or yanked release for good. A tombstone stays: all its URLs are gone, and
 * its ref is never given again; its share links are over. Purging twice gives the same tombstone.
 * @throws DistError release.not_found, release.wrong_state, release.in_use
 */
export async function purgeRelease(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  reason: string,
  cause: Cause,
): Promise<ReleaseRecord> {
  return deps.store.write(async (tx) => {
    const release = await getRelease(tx, releaseId)
    if (release.state === 'purged') return release
    if (release.state !== 'announced' && release.state !== 'yanked') {
      throw wrongState('purge', release, 'What was never announced can be discarded')
    }
    const holding = (await listChannelsHolding(tx, release.id)).map(({ name }) => name)
    if (holding.length > 0) {
      throw new DistError(
        'release.in_use',
        `Cannot purge release "${release.ref}": held by ${holding.map((name) => `"${name}"`).join(', ')}`,
        { hint: 'Move the channel first, or yank the release with a rollback', details: { channels: holding } },
      )
    }
    const { artifacts, links } = await loadContents(tx, release)
    const purged = { state: 'purged' as const, purgedAt: new Date(deps.clock.now()).toISOString(), purgeReason: reason }
    // The state first: the triggers keep what belongs to any other sealed release.
    await changeRelease(tx, release.id, release.state, purged)
    await deleteContents(tx, release.id)
    const endedShares = await revokeSharesOf(tx, release.id, purged.purgedAt)
    await appendAudit(tx, deps, cause, {
      action: 'release.purged',
      object: `release:${release.id}`,
      app: app.slug,
      before: {
        state: release.state,
        contentDigest: release.contentDigest,
        artifacts: artifacts.map(({ fileName, digest, sizeBytes }) => ({ fileName, digest, sizeBytes })),
        links: links.map(({ platform, kind, url }) => ({ platform, kind, url })),
      },
      after: { state: 'purged', ref: release.ref, reason, ...(endedShares.length === 0 ? {} : { endedShares }) },
    })
    return { ...release, ...purged }
  })
}
