import type { ShareId } from '../model/ids.ts'
import type { ShareDownload } from '../model/share.ts'
import { hot } from './hot.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow, rows } from './raw.ts'

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

type ShareRow = {
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

/** `s` is the share link, `a` its app, `r` its release or nothing. */
const SHARE_ROWS = `select s.*, a.slug as app, r.ref as release
   from shares s join apps a on a.id = s.app_id left join releases r on r.id = s.release_id`

function toShareRecord(row: ShareRow): ShareRecord {
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

const BY_ID = `${SHARE_ROWS} where s.id = ?`
export const findShare = hot<ShareRow, ShareRecord, [id: string]>(BY_ID, toShareRecord)

export async function findShareInTx(tx: Tx, id: string): Promise<ShareRecord | undefined> {
  const row = await firstRow<ShareRow>(tx, BY_ID, [id])
  return row && toShareRecord(row)
}

/** In order of creation, after `after`; of one app, or of all. */
export async function listShares(
  db: Reads,
  page: { readonly appId: string | null; readonly after: string | null; readonly limit: number },
): Promise<ShareRecord[]> {
  const [where, of] = page.appId === null ? ['', []] : ['s.app_id = ? and', [page.appId]]
  const found = await rows<ShareRow>(db, `${SHARE_ROWS} where ${where} s.id > ? order by s.id limit ?`, [
    ...of,
    page.after ?? '',
    page.limit,
  ])
  return found.map(toShareRecord)
}

export async function insertShare(
  tx: Tx,
  share: Omit<ShareRecord, 'app' | 'release' | 'revokedAt' | 'downloads' | 'lastOpenedAt'>,
): Promise<void> {
  await insertRow(tx, 'shares', {
    id: share.id,
    app_id: share.appId,
    channel: share.channel,
    release_id: share.releaseId,
    label: share.label,
    created_at: share.createdAt,
    created_by: share.createdBy,
    expires_at: share.expiresAt,
    max_downloads: share.maxDownloads,
  })
}

/** @returns false when it was revoked before */
export async function revokeShare(tx: Tx, id: string, at: string): Promise<boolean> {
  return (await change(tx, 'update shares set revoked_at = ? where id = ? and revoked_at is null', [at, id])) === 1
}

/** Ends the share links of a release that goes: another one may have its ref then. @returns ids of those that lived */
export async function revokeSharesOf(tx: Tx, releaseId: string, at: string): Promise<string[]> {
  const living = await rows<{ id: string }>(
    tx,
    'select id from shares where release_id = ? and revoked_at is null and expires_at > ? order by id',
    [releaseId, at],
  )
  await change(tx, 'update shares set revoked_at = ? where release_id = ? and revoked_at is null', [at, releaseId])
  return living.map(({ id }) => id)
}

export async function markShareOpened(tx: Tx, id: string, at: string): Promise<void> {
  await change(tx, 'update shares set last_opened_at = ? where id = ?', [at, id])
}

/** A file of a release, as downloads are counted. */
export interface SharedFile {
  /** Ref. */
  readonly release: string
  readonly fileName: string
}

interface DownloadRow {
  readonly release: string
  readonly file_name: string
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  readonly [column: string]: unknown
}

function toDownload(row: DownloadRow): ShareDownload {
  return {
    release: row.release,
    fileName: row.file_name,
    count: row.count,
    firstAt: row.first_at,
    lastAt: row.last_at,
  }
}

/** The files that were fetched last, newest first. */
export async function listShareDownloads(db: Reads, id: string, limit: number): Promise<ShareDownload[]> {
  const found = await rows<DownloadRow>(
    db,
    'select * from share_downloads where share_id = ? order by last_at desc, release, file_name limit ?',
    [id, limit],
  )
  return found.map(toDownload)
}

export async function findShareDownload(tx: Tx, id: string, file: SharedFile): Promise<ShareDownload | undefined> {
  const row = await firstRow<DownloadRow>(
    tx,
    'select * from share_downloads where share_id = ? and release = ? and file_name = ?',
    [id, file.release, file.fileName],
  )
  return row && toDownload(row)
}

/** One more download of a file. @returns false when the link has none left */
export async function addShareDownload(tx: Tx, id: string, file: SharedFile, at: string): Promise<boolean> {
  const isCounted = await change(
    tx,
    'update shares set downloads = downloads + 1 where id = ? and (max_downloads is null or downloads < max_downloads)',
    [id],
  )
  if (isCounted === 0) return false
  await change(
    tx,
    `insert into share_downloads (share_id, release, file_name, count, first_at, last_at) values (?, ?, ?, 1, ?, ?)
     on conflict (share_id, release, file_name) do update set count = count + 1, last_at = excluded.last_at`,
    [id, file.release, file.fileName, at, at],
  )
  return true
}

/** Removes the share links of an app that goes. @returns ids of those that nobody had revoked */
export async function deleteSharesOf(tx: Tx, appId: string): Promise<string[]> {
  const open = await rows<{ id: string }>(
    tx,
    'select id from shares where app_id = ? and revoked_at is null order by id',
    [appId],
  )
  await change(tx, 'delete from share_downloads where share_id in (select id from shares where app_id = ?)', [appId])
  await change(tx, 'delete from shares where app_id = ?', [appId])
  return open.map(({ id }) => id)
}
