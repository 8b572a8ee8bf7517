import type { Selectable } from 'kysely'
import type { Artifact } from '../model/artifact.ts'
import type { Release } from '../model/release.ts'
import type { ArtifactTable } from './database.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow, rows } from './raw.ts'

export type ArtifactRecord = Omit<Artifact, 'url'>

function toArtifact(row: Selectable<ArtifactTable>): ArtifactRecord {
  return {
    id: row.id as ArtifactRecord['id'],
    fileName: row.file_name,
    kind: row.kind,
    platform: row.platform as Artifact['platform'],
    arch: row.arch as Artifact['arch'],
    format: row.format as Artifact['format'],
    variant: row.variant,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    describes: row.describes,
    install: { mode: row.install_mode as Artifact['install']['mode'] },
    inspection: parseColumn(row.inspection),
    checks: parseColumn(row.checks),
    createdAt: row.created_at,
  }
}

export const findArtifact = hot<Selectable<ArtifactTable>, ArtifactRecord, [releaseId: string, fileName: string]>(
  'select * from artifacts where release_id = ? and file_name = ?',
  toArtifact,
)

export async function listArtifacts(
  db: Reads | Tx,
  releaseIds: readonly string[],
): Promise<Map<string, ArtifactRecord[]>> {
  const found = new Map<string, ArtifactRecord[]>(releaseIds.map((id) => [id, []]))
  if (releaseIds.length === 0) return found
  const all = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('release_id', 'in', [...releaseIds])
    .orderBy('file_name')
    .execute()
  for (const row of all) found.get(row.release_id)!.push(toArtifact(row))
  return found
}

export async function listArtifactsOf(db: Reads | Tx, releaseId: string): Promise<ArtifactRecord[]> {
  const found = await rows<Selectable<ArtifactTable>>(
    db,
    'select * from artifacts where release_id = ? order by file_name',
    [releaseId],
  )
  return found.map(toArtifact)
}

export async function insertArtifact(
  tx: Tx,
  releaseId: string,
  fileKey: string,
  artifact: ArtifactRecord,
): Promise<void> {
  await insertRow(tx, 'artifacts', {
    id: artifact.id,
    release_id: releaseId,
    file_name: artifact.fileName,
    file_key: fileKey,
    kind: artifact.kind,
    platform: artifact.platform,
    arch: artifact.arch,
    format: artifact.format,
    variant: artifact.variant,
    size_bytes: artifact.sizeBytes,
    digest: artifact.digest,
    describes: artifact.describes,
    install_mode: artifact.install.mode,
    inspection: JSON.stringify(artifact.inspection),
    checks: JSON.stringify(artifact.checks),
    icon_digest: artifact.inspection.icon?.digest ?? null,
    created_at: artifact.createdAt,
  })
}

/** Replaces what was read from the bytes; everything else of an artifact stays as it was published. */
export async function saveFacts(tx: Tx, artifact: Pick<ArtifactRecord, 'id' | 'inspection' | 'checks'>): Promise<void> {
  const { id, inspection, checks } = artifact
  await change(tx, 'update artifacts set inspection = ?, checks = ?, icon_digest = ? where id = ?', [
    JSON.stringify(inspection),
    JSON.stringify(checks),
    inspection.icon?.digest ?? null,
    id,
  ])
}

/** Links an artifact of a draft to the one that it is about. */
export async function saveDescribes(
  tx: Tx,
  artifact: Pick<ArtifactRecord, 'id' | 'describes' | 'checks'>,
): Promise<void> {
  const { id, describes, checks } = artifact
  await change(tx, 'update artifacts set describes = ?, checks = ? where id = ?', [
    describes,
    JSON.stringify(checks),
    id,
  ])
}

/** An artifact with the release and the app that it belongs to. */
export interface PlacedArtifact {
  readonly artifact: ArtifactRecord
  readonly release: Pick<Release, 'id' | 'ref' | 'version' | 'build'>
  readonly app: string
}

/** Every artifact on the server in order of id, after `after`. @param app slug; all apps without it */
export async function listPlacedArtifacts(
  db: Reads | Tx,
  after: string,
  limit: number,
  app?: string,
): Promise<PlacedArtifact[]> {
  let query = db
    .selectFrom('artifacts')
    .innerJoin('releases', 'releases.id', 'artifacts.release_id')
    .innerJoin('apps', 'apps.id', 'releases.app_id')
    .selectAll('artifacts')
    .select(['apps.slug as slug', 'releases.ref as ref', 'releases.version as version', 'releases.build as build'])
    .where('artifacts.id', '>', after)
    .orderBy('artifacts.id')
    .limit(limit)
  if (app !== undefined) query = query.where('apps.slug', '=', app)
  return (await query.execute()).map((row) => ({
    artifact: toArtifact(row),
    release: { id: row.release_id, ref: row.ref, version: row.version, build: row.build } as PlacedArtifact['release'],
    app: row.slug,
  }))
}

export async function findArtifactByKey(
  tx: Tx,
  releaseId: string,
  fileKey: string,
): Promise<ArtifactRecord | undefined> {
  const text = 'select * from artifacts where release_id = ? and file_key = ?'
  const row = await firstRow<Selectable<ArtifactTable>>(tx, text, [releaseId, fileKey])
  return row && toArtifact(row)
}

export async function deleteArtifact(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('artifacts').where('id', '=', id).execute()
}

/** Bytes of everything that was read from the files of a release. */
export async function sumOfFacts(tx: Tx, releaseId: string): Promise<number> {
  const row = await firstRow<{ bytes: number }>(
    tx,
    `select coalesce(sum(octet_length(inspection) + octet_length(checks)), 0) as bytes
     from artifacts where release_id = ?`,
    [releaseId],
  )
  return row!.bytes
}
