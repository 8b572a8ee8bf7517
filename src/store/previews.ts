import type { Selectable } from 'kysely'
import type { PreviewTable } from './database.ts'
import { hot } from './hot.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow, rows } from './raw.ts'
import type { ReleaseRecord } from './releases.ts'

export interface PreviewRecord {
  readonly id: string
  readonly releaseId: string
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string
}

function toRecord(row: Selectable<PreviewTable>): PreviewRecord {
  return {
    id: row.id,
    releaseId: row.release_id,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
  }
}

/** Expired ones too, until their release is gone from the database. */
export const findPreview = hot<Selectable<PreviewTable>, PreviewRecord, [id: string]>(
  'select * from previews where id = ?',
  toRecord,
)

const BY_RELEASE = 'select * from previews where release_id = ?'
export const findPreviewOfRelease = hot<Selectable<PreviewTable>, PreviewRecord, [releaseId: string]>(
  BY_RELEASE,
  toRecord,
)

export async function findPreviewOfReleaseInTx(tx: Tx, releaseId: string): Promise<PreviewRecord | undefined> {
  const row = await firstRow<Selectable<PreviewTable>>(tx, BY_RELEASE, [releaseId])
  return row && toRecord(row)
}

export async function insertPreview(tx: Tx, preview: PreviewRecord): Promise<void> {
  await insertRow(tx, 'previews', {
    id: preview.id,
    release_id: preview.releaseId,
    created_at: preview.createdAt,
    created_by: preview.createdBy,
    expires_at: preview.expiresAt,
  })
}

export async function savePreviewEnd(tx: Tx, id: string, expiresAt: string): Promise<void> {
  await change(tx, 'update previews set expires_at = ? where id = ?', [expiresAt, id])
}

/** A preview with what it shows. */
export interface PlacedPreview {
  readonly preview: PreviewRecord
  readonly release: Pick<ReleaseRecord, 'id' | 'ref' | 'state'>
}

/** Previews of an app that have not expired, in order of id, after `after`. */
export async function listPreviews(
  db: Reads,
  appId: string,
  now: string,
  page: { readonly after: string; readonly limit: number },
): Promise<PlacedPreview[]> {
  const found = await rows<Selectable<PreviewTable> & { ref: string; state: ReleaseRecord['state'] }>(
    db,
    `select p.*, r.ref, r.state from previews p join releases r on r.id = p.release_id
     where r.app_id = ? and p.expires_at > ? and p.id > ? and r.state in ('published', 'announced', 'yanked')
     order by p.id limit ?`,
    [appId, now, page.after, page.limit],
  )
  return found.map((row) => ({
    preview: toRecord(row),
    release: { id: row.release_id as ReleaseRecord['id'], ref: row.ref, state: row.state },
  }))
}
