import type { Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import type { AppRecord } from '../store/apps.ts'
import { listChannels } from '../store/channels.ts'
import type { Tx } from '../store/open.ts'
import { getReleaseInTx, type ReleaseRecord } from '../store/releases.ts'
import { loadTarget, writeMove } from './move.ts'
import { warningsOf } from './policy.ts'

/**
 * Moves the channels of an app that follow announcements by themselves (`policy.auto`) to this release, where it is
 * higher than what they hold. Runs in the transaction of the announcement.
 */
export async function moveFollowers(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  release: ReleaseRecord,
  cause: Cause,
): Promise<void> {
  if (release.sortKey === null) return
  for (const channel of await listChannels(tx, app.id)) {
    const { policy } = channel
    // A channel whose movers are chosen does not move by itself.
    if (policy.auto === null || policy.protected || policy.movers.length > 0) continue
    if (release.prerelease && (policy.auto !== 'prerelease' || !policy.allowPrerelease)) continue
    const current = channel.releaseId === null ? undefined : await getReleaseInTx(tx, channel.releaseId)
    if (current?.sortKey != null && current.sortKey >= release.sortKey) continue
    const target = await loadTarget(tx, channel, release)
    if (policy.minChecks === 'no-warnings' && warningsOf(target).length > 0) continue
    await writeMove(tx, deps, app, channel, target, 'auto', null, cause)
  }
}
