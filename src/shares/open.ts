import { isShareAlive, isUsedUp, readShareGrant } from '../access/shares.ts'
import { appendAudit } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { findShareInTx, markShareOpened, type ShareRecord } from '../store/shares.ts'
import { causeOf, isFirstInMinute } from './use.ts'

/**
 * What a share link leads to.
 * @throws DistError share.not_found for what this server did not sign, share.gone for a link that has ended
 */
export function findOpenShare(deps: Pick<Deps, 'store' | 'clock' | 'signingKey'>, grant: string): ShareRecord {
  const share = readShareGrant(deps, grant)
  if (!share) throw new DistError('share.not_found')
  if (share.revokedAt !== null) throw new DistError('share.gone', 'The share link was revoked')
  if (!isShareAlive(share, deps.clock.now())) {
    throw new DistError('share.gone', `The share link expired on ${share.expiresAt.slice(0, 10)}`)
  }
  if (isUsedUp(share)) throw usedUp()
  return share
}

export function usedUp(): DistError {
  return new DistError('share.gone', 'All downloads that the share link allows were used')
}

/** Notes that a link was opened, at most once a minute: opening it again changes nothing else. */
export async function noteOpened(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  { id, lastOpenedAt }: ShareRecord,
  requestId: string,
): Promise<void> {
  if (!isFirstInMinute(lastOpenedAt, deps.clock.now())) return
  await deps.store.write(async (tx) => {
    const share = await findShareInTx(tx, id)
    const now = deps.clock.now()
    // Another request may have noted it, or ended the link, since this one began.
    if (!share || !isShareAlive(share, now) || !isFirstInMinute(share.lastOpenedAt, now)) return
    await markShareOpened(tx, id, new Date(now).toISOString())
    const { app, channel, release } = share
    await appendAudit(tx, deps, causeOf(share, requestId), {
      action: 'share.opened',
      object: `share:${id}`,
      app,
      after: { channel, release },
    })
  })
}
