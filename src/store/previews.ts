import type { Selectable } from 'kysely'
import type { PreviewTable } from './database.ts'
import { hot } from './hot.ts'

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

export const findPreviewOfRelease = hot<Selectable<PreviewTable>, PreviewRecord, [releaseId: string]>(
  'select * from previews where release_id = ?',
  toRecord,
)
