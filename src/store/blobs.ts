import type { Selectable } from 'kysely'
import type { AppRecord } from './apps.ts'
import type { BlobTable } from './database.ts'
import type { Reads, Store, Tx } from './open.ts'
import { change, firstRow, rows } from './raw.ts'

export interface BlobRecord {
  readonly digest: string
  readonly sizeBytes: number
  readonly state: BlobTable['state']
}

function toRecord(row: Selectable<BlobTable>): BlobRecord {
  return { digest: row.digest, sizeBytes: row.size_bytes, state: row.state }
}

export async function findBlob(db: Reads | Tx, digest: string): Promise<BlobRecord | undefined> {
  const row = await firstRow<Selectable<BlobTable>>(db, 'select * from blobs where digest = ?', [digest])
  return row && toRecord(row)
}

/** In order of digest, after `after`. */
export async function listBlobs(db: Reads, after: string, limit: number): Promise<BlobRecord[]> {
  const found = await db
    .selectFrom('blobs')
    .selectAll()
    .where('digest', '>', after)
    .orderBy('digest')
    .limit(limit)
    .execute()
  return found.map(toRecord)
}

/** Written since {@link forgetNewBlobs}, newest first. */
export async function listNewBlobs(db: Reads): Promise<BlobRecord[]> {
  const found = await rows<Selectable<BlobTable>>(
    db,
    'select * from blobs where is_new = 1 order by created_at desc, digest',
    [],
  )
  return found.map(toRecord)
}

/** From now on the blobs that are there are not new. */
export async function forgetNewBlobs(store: Store): Promise<void> {
  if ((await firstRow(store.reads, 'select 1 from blobs where is_new = 1 limit 1', [])) === undefined) return
  await store.write((tx) => change(tx, 'update blobs set is_new = 0 where is_new = 1', []))
}

/** Records bytes that are complete on disk; heals a blob that was known to be damaged. */
export async function saveLiveBlob(tx: Tx, digest: string, sizeBytes: number, at: string): Promise<void> {
  await change(
    tx,
    `insert into blobs (digest, size_bytes, state, is_new, created_at) values (?, ?, 'live', 1, ?)
     on conflict (digest) do update set state = 'live', is_new = 1, created_at = excluded.created_at`,
    [digest, sizeBytes, at],
  )
}

export async function markBlobDamaged(tx: Tx, digest: string): Promise<void> {
  await tx.updateTable('blobs').set({ state: 'damaged' }).where('digest', '=', digest).execute()
}

export async function countDamagedBlobs(db: Reads): Promise<number> {
  const row = await db
    .selectFrom('blobs')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('state', '=', 'damaged')
    .executeTakeFirstOrThrow()
  return row.n
}

/** The apps with a release, or a branch build, that holds these bytes in a state in which they may be read at `now`. */
export async function listAppsHolding(
  db: Reads | Tx,
  digest: string,
  now: string,
): Promise<{ slug: string; visibility: AppRecord['visibility']; format: string }[]> {
  return rows<{ slug: string; visibility: AppRecord['visibility']; format: string }>(
    db,
    `select apps.slug, apps.visibility, artifacts.format from artifacts
       join releases on releases.id = artifacts.release_id join apps on apps.id = releases.app_id
     where artifacts.digest = ? and releases.state in ('published', 'announced', 'yanked')
     union
     select apps.slug, apps.visibility, branch_slots.format from branch_slots
       join branches on branches.id = branch_slots.branch_id join apps on apps.id = branches.app_id
     where branch_slots.digest = ? and (branches.expires_at is null or branches.expires_at > ?)
     limit 1000`,
    [digest, digest, now],
  )
}
