import type { Share, ShareDetails } from '../src/model/share.ts'
import { age } from './age.ts'
import { fields } from './fields.ts'
import { table } from './width.ts'

/** What a share link opens, as it is typed: `acme-notes@beta`, `acme-notes@1.4.0`. */
export function shareTarget({ app, channel, release }: Share): string {
  return `${app}@${channel ?? release}`
}

/** Files fetched so far, and of how many: `2`, `2/5`. */
export function downloadsText({ downloads, maxDownloads }: Share): string {
  return maxDownloads === null ? String(downloads) : `${downloads}/${maxDownloads}`
}

/** A share link with the files that were fetched through it. @param creator name of who made it */
export function shareText(share: ShareDetails, creator: string, nowMs: number): string {
  const facts = fields({
    share: share.id,
    for: share.label,
    opens: shareTarget(share),
    state: share.state,
    created: `${share.createdAt} (${age(share.createdAt, nowMs)})`,
    creator,
    expires: `${share.expiresAt} (${age(share.expiresAt, nowMs)})`,
    revoked: share.revokedAt,
    opened: share.lastOpenedAt === null ? 'never' : age(share.lastOpenedAt, nowMs),
    downloads: downloadsText(share),
  })
  if (share.files.length === 0) return facts
  const rows = share.files.map((file) => [
    file.release,
    file.fileName,
    String(file.count),
    age(file.firstAt, nowMs),
    age(file.lastAt, nowMs),
  ])
  return `${facts}\n${table(['RELEASE', 'FILE', 'DOWNLOADS', 'FIRST', 'LAST'], rows)}`
}
