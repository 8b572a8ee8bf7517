import { isShareAlive, isUsedUp } from '../access/shares.ts'
import { appendAudit } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import type { Tx } from '../store/open.ts'
import {
  addShareDownload,
  findShareDownload,
  findShareInTx,
  type SharedFile,
  type ShareRecord,
} from '../store/shares.ts'
import { causeOf, isFirstInMinute } from './use.ts'

/** So long after a counted download of a file, parts of it go uncounted: a download that was cut can go on. */
const RESUME_MS = 3_600_000

/**
 * How a download stands to the links that came with it: `counted` on one of them, `resumed` when it goes on with a
 * counted one, `used-up` when no link that lives has a download left, `ended` when none lives any more.
 */
export type DownloadOutcome = 'counted' | 'resumed' | 'used-up' | 'ended'

/**
 * Counts one download of a file before its bytes go out, on the link that was made last of those that have one left.
 *
 * A request that includes the first byte is one. A part without it is none; but with a limit of downloads only within an
 * hour after a counted download of that file, so that leaving out the first byte is no way around the limit.
 * @param shares that reach the file
 */
export async function countDownload(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  shares: readonly ShareRecord[],
  file: SharedFile,
  hasFirstByte: boolean,
  requestId: string,
): Promise<DownloadOutcome> {
  // Nothing is written for it, and nothing has to be read again: the request itself found a link without a limit alive.
  if (!hasFirstByte && shares.some(({ maxDownloads }) => maxDownloads === null)) return 'resumed'
  const ids = shares.map(({ id }) => id).sort((a, b) => (a < b ? 1 : -1))
  return deps.store.write(async (tx) => {
    const now = deps.clock.now()
    const living: ShareRecord[] = []
    for (const id of ids) {
      const share = await findShareInTx(tx, id)
      if (share !== undefined && isShareAlive(share, now)) living.push(share)
    }
    if (living.length === 0) return 'ended'
    if (!hasFirstByte && (await isResumed(tx, living, file, now))) return 'resumed'
    const share = living.find((link) => !isUsedUp(link))
    if (share === undefined) return 'used-up'
    const before = await findShareDownload(tx, share.id, file)
    await addShareDownload(tx, share.id, file, new Date(now).toISOString())
    if (isFirstInMinute(before?.lastAt ?? null, now)) {
      await appendAudit(tx, deps, causeOf(share, requestId), {
        action: 'share.downloaded',
        object: `share:${share.id}`,
        app: share.app,
        after: { ...file, count: (before?.count ?? 0) + 1, downloads: share.downloads + 1 },
      })
    }
    return 'counted'
  })
}

/** Whether a part goes on with a download that was counted on one of the links. @param nowMs epoch milliseconds */
async function isResumed(tx: Tx, shares: readonly ShareRecord[], file: SharedFile, nowMs: number): Promise<boolean> {
  for (const { id, maxDownloads } of shares) {
    if (maxDownloads === null) return true
    const last = (await findShareDownload(tx, id, file))?.lastAt
    if (last !== undefined && nowMs - Date.parse(last) <= RESUME_MS) return true
  }
  return false
}
