import { isShareAlive, isUsedUp } from '../access/shares.ts'
import type { Deps } from '../deps.ts'
import type { Share } from '../model/share.ts'
import type { ShareRecord } from '../store/shares.ts'

function stateOf(share: ShareRecord, nowMs: number): Share['state'] {
  if (share.revokedAt !== null) return 'revoked'
  if (!isShareAlive(share, nowMs)) return 'expired'
  return isUsedUp(share) ? 'used-up' : 'active'
}

/** A share link as the API tells it: without its URL, which nobody knows any more. */
export function presentShare({ clock }: Pick<Deps, 'clock'>, share: ShareRecord): Share {
  const { appId: _app, releaseId: _release, ...facts } = share
  return { ...facts, state: stateOf(share, clock.now()) }
}
