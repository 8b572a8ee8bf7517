import { ANONYMOUS } from '../access/actor.ts'
import { authorize, bytesOf, can, reaches, unauthenticated } from '../access/policy.ts'
import { countDownload } from '../shares/count.ts'
import { usedUp } from '../shares/open.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import type { ReleaseRecord } from '../store/releases.ts'
import type { ShareRecord } from '../store/shares.ts'
import type { RequestContext } from './context.ts'

/** The links that are used by a request; whoever has a right of their own to the app uses none. */
export function sharesFor({ actor, object }: Pick<RequestContext, 'actor' | 'object'>): readonly ShareRecord[] {
  if (actor.kind === 'grant') return actor.grant.share === null ? [] : [actor.grant.share]
  if (actor.kind !== 'share' && actor.kind !== 'user') return []
  if (actor.kind === 'user' && 'visibility' in object) {
    const hasRight = can({ ...actor, shares: [] }, 'release.read', { ...object, visibility: 'private' })
    if (hasRight) return []
  }
  return actor.shares.filter((share) => reaches(share, object))
}

/** Whether a share link stands behind the request. */
export function isShared(context: Pick<RequestContext, 'actor' | 'object'>): boolean {
  return sharesFor(context).length > 0
}

/**
 * Counts the download of a file on the share link that it is asked with; undefined when there is none. A link that has
 * ended takes nothing from anybody: what everybody may have is sent then, uncounted.
 */
export function countingOf(
  context: RequestContext,
  release: Pick<ReleaseRecord, 'ref'>,
  { fileName, format }: Pick<ArtifactRecord, 'fileName' | 'format'>,
): ((hasFirstByte: boolean) => Promise<void>) | undefined {
  const shares = sharesFor(context)
  if (shares.length === 0) return undefined
  return async (hasFirstByte) => {
    const file = { release: release.ref, fileName }
    const outcome = await countDownload(context.deps, shares, file, hasFirstByte, context.requestId)
    if (outcome === 'counted' || outcome === 'resumed') return
    if (can(ANONYMOUS, 'release.read', bytesOf(context.object, format))) return
    if (outcome === 'used-up') throw usedUp()
    // Ended since the request began: as it will be from the next one on.
    authorize(ANONYMOUS, 'release.read', context.object)
    throw unauthenticated()
  }
}
