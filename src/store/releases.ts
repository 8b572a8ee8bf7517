import { type Selectable, sql } from 'kysely'
import type { Link } from '../model/artifact.ts'
import type { Release, ReleaseState } from '../model/release.ts'
import { type ArtifactRecord, listArtifactsOf } from './artifacts.ts'
import type { ReleaseTable } from './database.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import { listLinksOf } from './links.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow, rows } from './raw.ts'

/** A release without what only a request knows: URLs and the slug of its app. */
export interface ReleaseRecord extends Omit<Release, 'app' | 'url' | 'setUrl' | 'previewUrl' | 'artifacts' | 'links'> {
  readonly appId: string
  readonly setId: string
  readonly sortKey: string | null
  readonly contentDigest: string | null
  readonly idempotencyKey: string | null
  readonly createdBy: string
  readonly purgedAt: string | null
  readonly purgeReason: string | null
}

/** A release with everything that belongs to it. */
export interface ReleaseContents {
  readonly release: ReleaseRecord
  readonly artifacts: ArtifactRecord[]
  readonly links: Link[]
}

function toRecord(row: Selectable<ReleaseTable>): ReleaseRecord {
  return {
    id: row.id as ReleaseRecord['id'],
    appId: row.app_id,
    version: row.version,
    build: row.build,
    ref: row.ref,
    sortKey: row.sort_key,
    tag: row.tag,
    prerelease: row.prerelease === 1,
    state: row.state,
    notes: row.notes,
    source: parseColumn(row.source),
    setId: row.set_id,
    idempotencyKey: row.idempotency_key,
    contentDigest: row.content_digest,
    createdAt: row.created_at,
    createdBy: row.created_by,
    publishedAt: row.published_at,
    announcedAt: row.announced_at,
    yankedAt: row.yanked_at,
    yankReason: row.yank_reason,
    reservedUntil: row.reserved_until,
    purgedAt: row.purged_at,
    purgeReason: row.purge_reason,
  }
}

const BY_REF = `select * from releases where app_id = ? and ref = ? and state not in ('draft', 'discarded')`
/** The release that holds this ref: published, announced, yanked or purged; never a draft. */
export const findReleaseByRef = hot<Selectable<ReleaseTable>, ReleaseRecord, [appId: string, ref: string]>(
  BY_REF,
  toRecord,
)

export const findReleaseById = hot<Selectable<ReleaseTable>, ReleaseRecord, [id: string]>(
  'select * from releases where id = ?',
  toRecord,
)

export const findReleaseBySetId = hot<Selectable<ReleaseTable>, ReleaseRecord, [setId: string]>(
  `select * from releases where set_id = ? and state <> 'discarded'`,
  toRecord,
)

/** The highest stable version that is announced and not yanked; the rule of `releases/latest.ts` as SQL. */
export const findLatestRelease = hot<Selectable<ReleaseTable>, ReleaseRecord, [appId: string]>(
  `select * from releases where app_id = ? and state = 'announced' and prerelease = 0 and sort_key is not null
   order by sort_key desc, announced_at desc, id desc limit 1`,
  toRecord,
)

export const findChannelRelease = hot<Selectable<ReleaseTable>, ReleaseRecord, [appId: string, channel: string]>(
  `select * from releases where id = (select release_id from channels where app_id = ? and name = ?)`,
  toRecord,
)

export async function getReleaseInTx(tx: Tx, id: string): Promise<ReleaseRecord | undefined> {
  const row = await firstRow<Selectable<ReleaseTable>>(tx, 'select * from releases where id = ?', [id])
  return row && toRecord(row)
}

export async function findReleaseByRefInTx(tx: Tx, appId: string, ref: string): Promise<ReleaseRecord | undefined> {
  const row = await firstRow<Selectable<ReleaseTable>>(tx, BY_REF, [appId, ref])
  return row && toRecord(row)
}

/** The newest draft that this principal began with this key. */
export async function findDraft(
  tx: Tx,
  appId: string,
  createdBy: string,
  idempotencyKey: string,
): Promise<ReleaseRecord | undefined> {
  const row = await tx
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .where('created_by', '=', createdBy)
    .where('idempotency_key', '=', idempotencyKey)
    .where('state', '=', 'draft')
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row && toRecord(row)
}

/** Another draft than `exceptId` whose reservation holds this ref now. */
export async function findReservation(
  tx: Tx,
  appId: string,
  ref: string,
  exceptId: string,
  now: string,
): Promise<ReleaseRecord | undefined> {
  const row = await firstRow<Selectable<ReleaseTable>>(
    tx,
    `select * from releases
     where app_id = ? and ref = ? and state = 'draft' and reserved_until is not null and reserved_until > ? and id <> ?
     limit 1`,
    [appId, ref, now, exceptId],
  )
  return row && toRecord(row)
}

/** Lets a draft hold its ref until then; null: no longer. */
export async function saveReservation(tx: Tx, id: string, until: string | null): Promise<void> {
  await change(tx, `update releases set reserved_until = ? where id = ? and state = 'draft'`, [until, id])
}

export interface ReleaseQuery {
  readonly states: readonly ReleaseState[]
  /** Id of the release that the page comes after; null for the first page. */
  readonly after: string | null
  readonly limit: number
}

/** A release as lists find it, without its texts: they are long, and sorting would carry them along. */
export interface ListedRelease extends Pick<ReleaseRecord, 'id' | 'ref' | 'prerelease' | 'announcedAt'> {
  /** Bytes of its notes and of what is known of its files. */
  readonly sizeBytes: number
}

/** Highest version first; releases without an order after them, newest announcement first. */
export async function listReleases(db: Reads, appId: string, query: ReleaseQuery): Promise<ListedRelease[]> {
  let select = db
    .selectFrom('releases as r')
    .select(['r.id', 'r.ref', 'r.prerelease', 'r.announced_at'])
    // SQLite knows the length of a text without reading it.
    .select(
      sql<number>`octet_length(r.notes) + coalesce((
        select sum(octet_length(a.inspection) + octet_length(a.checks)) from artifacts a where a.release_id = r.id), 0)`.as(
        'size_bytes',
      ),
    )
    .where('r.app_id', '=', appId)
    .where('r.state', 'in', [...query.states])
    .orderBy('r.sort_key', (o) => o.desc().nullsLast())
    .orderBy('r.announced_at', (o) => o.desc().nullsLast())
    .orderBy('r.id', 'desc')
    .limit(query.limit)
  if (query.after !== null) {
    // The order above as a condition on the row that the last page ended with; `is` holds for two nulls.
    select = select
      .innerJoin('releases as c', (join) => join.on('c.id', '=', query.after))
      .where(
        sql<boolean>`(
        r.sort_key < c.sort_key or (r.sort_key is null and c.sort_key is not null)
        or (r.sort_key is c.sort_key and (
          r.announced_at < c.announced_at or (r.announced_at is null and c.announced_at is not null)
          or (r.announced_at is c.announced_at and r.id < c.id)
        ))
      )`,
      )
  }
  return (await select.execute()).map((row) => ({
    id: row.id as ReleaseRecord['id'],
    ref: row.ref,
    prerelease: row.prerelease === 1,
    announcedAt: row.announced_at,
    sizeBytes: row.size_bytes,
  }))
}

/** Releases by id, in this order. */
export async function loadReleases(db: Reads, ids: readonly string[]): Promise<ReleaseRecord[]> {
  if (ids.length === 0) return []
  const found = await rows<Selectable<ReleaseTable> & Record<string, unknown>>(
    db,
    `select * from releases where id in (${ids.map(() => '?').join(', ')})`,
    ids,
  )
  const byId = new Map(found.map((row) => [row.id, toRecord(row)]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Refs of the announced builds of one version, highest first: the bare version leads to the first. */
export async function listBuildRefs(db: Reads, appId: string, version: string, limit: number): Promise<string[]> {
  // States are words of the text and no parameters, without which the index of builds is not used.
  const found = await rows<{ ref: string }>(
    db,
    `select ref from releases where app_id = ? and version = ? and state = 'announced' and build is not null
     order by sort_key desc, announced_at desc limit ?`,
    [appId, version, limit],
  )
  return found.map(({ ref }) => ref)
}

export async function loadContents(db: Reads | Tx, release: ReleaseRecord): Promise<ReleaseContents> {
  const artifacts = await listArtifactsOf(db, release.id)
  const links = await listLinksOf(db, release.id)
  return { release, artifacts, links }
}

export async function insertRelease(tx: Tx, release: ReleaseRecord): Promise<void> {
  await insertRow(tx, 'releases', {
    id: release.id,
    app_id: release.appId,
    version: release.version,
    build: release.build,
    ref: release.ref,
    sort_key: release.sortKey,
    tag: release.tag,
    prerelease: release.prerelease ? 1 : 0,
    state: release.state,
    notes: release.notes,
    source: JSON.stringify(release.source),
    set_id: release.setId,
    idempotency_key: release.idempotencyKey,
    content_digest: release.contentDigest,
    created_at: release.createdAt,
    created_by: release.createdBy,
    published_at: release.publishedAt,
    announced_at: release.announcedAt,
    yanked_at: release.yankedAt,
    yank_reason: release.yankReason,
    reserved_until: release.reservedUntil,
  })
}

/** The words of a draft; the triggers refuse it for anything that is sealed. */
export async function updateDraft(
  tx: Tx,
  id: string,
  words: Pick<ReleaseRecord, 'tag' | 'prerelease' | 'notes' | 'source'>,
): Promise<void> {
  await tx
    .updateTable('releases')
    .set({
      tag: words.tag,
      prerelease: words.prerelease ? 1 : 0,
      notes: words.notes,
      source: JSON.stringify(words.source),
    })
    .where('id', '=', id)
    .where('state', '=', 'draft')
    .execute()
}

/** The fields that change during a release's life. */
export interface ReleaseChange {
  readonly state: ReleaseState
  readonly contentDigest?: string
  readonly publishedAt?: string
  readonly announcedAt?: string
  readonly yankedAt?: string | null
  readonly yankReason?: string | null
  readonly reservedUntil?: string | null
  readonly purgedAt?: string
  readonly purgeReason?: string
}

/** Compare-and-set: changes the release only while it is in state `from`. @returns whether it was */
export async function changeRelease(tx: Tx, id: string, from: ReleaseState, next: ReleaseChange): Promise<boolean> {
  const columns = {
    state: next.state,
    content_digest: next.contentDigest,
    published_at: next.publishedAt,
    announced_at: next.announcedAt,
    yanked_at: next.yankedAt,
    yank_reason: next.yankReason,
    reserved_until: next.reservedUntil,
    purged_at: next.purgedAt,
    purge_reason: next.purgeReason,
  }
  const given = Object.entries(columns).filter(([, value]) => value !== undefined)
  const text = `update releases set ${given.map(([column]) => `${column} = ?`).join(', ')} where id = ? and state = ?`
  return (await change(tx, text, [...given.map(([, value]) => value), id, from])) === 1
}

/** Removes the files and links of a release that was discarded. */
export async function deleteContents(tx: Tx, releaseId: string): Promise<void> {
  await tx.deleteFrom('artifacts').where('release_id', '=', releaseId).execute()
  await tx.deleteFrom('links').where('release_id', '=', releaseId).execute()
}
