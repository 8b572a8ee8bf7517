import type { ShareId } from '../model/ids.ts'
import { hot } from './hot.ts'

/** What a request with a share link is decided by. */
export interface ShareRecord {
  readonly id: ShareId
  /** Slug of its app. */
  readonly app: string
  readonly appId: string
  readonly channel: string | null
  readonly releaseId: string | null
  /** Ref of the release; null for a channel. */
  readonly release: string | null
  readonly label: string
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string
  readonly revokedAt: string | null
  readonly maxDownloads: number | null
  readonly downloads: number
  readonly lastOpenedAt: string | null
}

export interface ShareRow {
  readonly id: string
  readonly app: string
  readonly app_id: string
  readonly channel: string | null
  readonly release_id: string | null
  readonly release: string | null
  readonly label: string
  readonly created_at: string
  readonly created_by: string
  readonly expires_at: string
  readonly revoked_at: string | null
  readonly max_downloads: number | null
  readonly downloads: number
  readonly last_opened_at: string | null
}

/** Columns of {@link ShareRow}; `s` is the share link, `a` its app, `r` its release or nothing. */
export const SHARE_ROWS = `select s.*, a.slug as app, r.ref as release
   from shares s join apps a on a.id = s.app_id left join releases r on r.id = s.release_id`

export function toShareRecord(row: ShareRow): ShareRecord {
  return {
    id: row.id as ShareId,
    app: row.app,
    appId: row.app_id,
    channel: row.channel,
    releaseId: row.release_id,
    release: row.release,
    label: row.label,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    maxDownloads: row.max_downloads,
    downloads: row.downloads,
    lastOpenedAt: row.last_opened_at,
  }
}

export const findShare = hot<ShareRow, ShareRecord, [id: string]>(`${SHARE_ROWS} where s.id = ?`, toShareRecord)
