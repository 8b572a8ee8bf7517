import type { Selectable } from 'kysely'
import type { Upload } from '../model/upload.ts'
import type { UploadTable } from './database.ts'
import { hot } from './hot.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow } from './raw.ts'

/** An upload without its URL, and with the token that owns it. */
export type UploadRecord = Omit<Upload, 'url'> & { readonly tokenId: string }

function toRecord(row: Selectable<UploadTable>): UploadRecord {
  return {
    id: row.id as UploadRecord['id'],
    tokenId: row.token_id,
    fileName: row.file_name,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    offset: row.offset_bytes,
    state: row.state,
    skipped: row.skipped === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

const BY_ID = 'select * from uploads where id = ?'

export const findUpload = hot<Selectable<UploadTable>, UploadRecord, [id: string]>(BY_ID, toRecord)

export async function getUploadInTx(tx: Tx, id: string): Promise<UploadRecord | undefined> {
  const row = await firstRow<Selectable<UploadTable>>(tx, BY_ID, [id])
  return row && toRecord(row)
}

export async function insertUpload(tx: Tx, upload: UploadRecord): Promise<void> {
  await insertRow(tx, 'uploads', {
    id: upload.id,
    token_id: upload.tokenId,
    file_name: upload.fileName,
    size_bytes: upload.sizeBytes,
    digest: upload.digest,
    offset_bytes: upload.offset,
    state: upload.state,
    skipped: upload.skipped ? 1 : 0,
    created_at: upload.createdAt,
    expires_at: upload.expiresAt,
  })
}

/** Records durable bytes; an offset never goes back. */
export async function advanceUpload(tx: Tx, id: string, offset: number): Promise<void> {
  await tx
    .updateTable('uploads')
    .set({ offset_bytes: offset })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .where('offset_bytes', '<=', offset)
    .execute()
}

/** Records the digest of all bytes of an upload that was opened before anybody knew it. */
export async function saveUploadDigest(tx: Tx, id: string, digest: string): Promise<void> {
  await change(tx, `update uploads set digest = ? where id = ? and state = 'open'`, [digest, id])
}

/** Records that the bytes of an upload had its digest, before they become a blob. */
export async function markVerified(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('uploads').set({ verified: 1 }).where('id', '=', id).execute()
}

/** Ids of open uploads whose own bytes had the digest. */
export async function listVerified(db: Reads): Promise<Set<string>> {
  const rows = await db
    .selectFrom('uploads')
    .select('id')
    .where('state', '=', 'open')
    .where('verified', '=', 1)
    .execute()
  return new Set(rows.map((row) => row.id))
}

/** Compare-and-set from `open`. @returns whether it was open */
export async function closeUpload(tx: Tx, id: string, state: Exclude<Upload['state'], 'open'>): Promise<boolean> {
  const offset = state === 'complete' ? ', offset_bytes = size_bytes' : ''
  const text = `update uploads set state = ?${offset} where id = ? and state = 'open'`
  return (await change(tx, text, [state, id])) === 1
}

export async function listOpenUploads(db: Reads | Tx, tokenId?: string): Promise<UploadRecord[]> {
  let query = db.selectFrom('uploads').selectAll().where('state', '=', 'open')
  if (tokenId !== undefined) query = query.where('token_id', '=', tokenId)
  return (await query.execute()).map(toRecord)
}

export async function listExpiredUploads(db: Reads, now: string, limit: number): Promise<UploadRecord[]> {
  const rows = await db
    .selectFrom('uploads')
    .selectAll()
    .where('state', '=', 'open')
    .where('expires_at', '<', now)
    .limit(limit)
    .execute()
  return rows.map(toRecord)
}

/** What open uploads take: how many one token has and what they promise, and what is staged for all tokens. */
export async function sumOpenUploads(
  tx: Tx,
  tokenId: string,
): Promise<{ count: number; promisedBytes: number; stagedBytes: number }> {
  const row = await firstRow<{ count: number; promised: number; staged: number }>(
    tx,
    `select count(*) filter (where token_id = ?) as count,
       coalesce(sum(size_bytes) filter (where token_id = ?), 0) as promised,
       coalesce(sum(offset_bytes), 0) as staged
     from uploads where state = 'open'`,
    [tokenId, tokenId],
  )
  return { count: row!.count, promisedBytes: row!.promised, stagedBytes: row!.staged }
}

/** Whether this principal sent or was granted these bytes before. */
export async function hasCompleteUpload(tx: Tx, tokenId: string, digest: string): Promise<boolean> {
  const row = await tx
    .selectFrom('uploads')
    .select('id')
    .where('token_id', '=', tokenId)
    .where('digest', '=', digest)
    .where('state', '=', 'complete')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Removes the records of uploads that ended and whose time is over; their bytes went before, or are blobs. */
export async function forgetUploads(tx: Tx, before: string): Promise<void> {
  await tx.deleteFrom('uploads').where('state', '!=', 'open').where('expires_at', '<', before).execute()
}
