import type { Selectable } from 'kysely'
import type { Announcement } from '../model/announcement.ts'
import type { AnnouncementTable, AppTable, ReleaseTable } from './database.ts'
import type { Reads, Tx } from './open.ts'
import { firstRow, insertRow, rows } from './raw.ts'

export interface AnnouncementRecord {
  readonly id: Announcement['id']
  readonly title: string | null
  /** Markdown. */
  readonly body: string
  readonly createdAt: string
  /** Principal. */
  readonly createdBy: string
}

/** A release that an announcement made live, as it is now, with what says who may see it. */
export interface AnnouncedRelease extends Omit<Announcement['releases'][number], 'app' | 'name' | 'url'> {
  readonly announcementId: string
  readonly releaseId: string
  readonly app: Pick<Selectable<AppTable>, 'slug' | 'name' | 'visibility'>
  /** When it was yanked or purged; null while it is announced. */
  readonly goneAt: string | null
}

function toRecord(row: Selectable<AnnouncementTable>): AnnouncementRecord {
  return {
    id: row.id as AnnouncementRecord['id'],
    title: row.title,
    body: row.body,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}

/** @param releases in the order in which they were named */
export async function insertAnnouncement(
  tx: Tx,
  announcement: AnnouncementRecord,
  releases: readonly { readonly id: string; readonly appId: string }[],
): Promise<void> {
  const { id, title, body, createdAt, createdBy } = announcement
  await insertRow(tx, 'announcements', { id, title, body, created_at: createdAt, created_by: createdBy })
  for (const [position, release] of releases.entries()) {
    await insertRow(tx, 'announcement_releases', {
      announcement_id: id,
      position,
      app_id: release.appId,
      release_id: release.id,
    })
  }
}

export async function findAnnouncement(db: Reads | Tx, id: string): Promise<AnnouncementRecord | undefined> {
  const row = await firstRow<Selectable<AnnouncementTable>>(db, 'select * from announcements where id = ?', [id])
  return row && toRecord(row)
}

/**
 * Ids of those that made a release of the app live, newest first, with the bytes of what they say.
 * @param after id of the one that the page comes after
 */
export function listAnnouncements(
  db: Reads,
  appId: string,
  after: string | null,
  limit: number,
): Promise<{ id: string; sizeBytes: number }[]> {
  // Ids sort by time; the index gives them in order, each once. SQLite knows the length of a text without reading it.
  return rows(
    db,
    `select a.id, octet_length(a.body) as sizeBytes from announcements a where a.id in (
       select distinct announcement_id from announcement_releases
       where app_id = ? and announcement_id < ? order by announcement_id desc limit ?
     ) order by a.id desc`,
    [appId, after ?? '~', limit],
  )
}

/** Announcements by id, newest first. @param maxCharacters of the body of each */
export async function loadAnnouncements(
  db: Reads,
  ids: readonly string[],
  maxCharacters: number,
): Promise<AnnouncementRecord[]> {
  if (ids.length === 0) return []
  const found = await rows<Selectable<AnnouncementTable>>(
    db,
    `select id, title, substr(body, 1, ?) as body, created_at, created_by from announcements
     where id in (${ids.map(() => '?').join(', ')}) order by id desc`,
    [maxCharacters, ...ids],
  )
  return found.map(toRecord)
}

type MemberRow = Pick<Selectable<ReleaseTable>, 'id' | 'ref' | 'version' | 'build' | 'prerelease' | 'state'> &
  AnnouncedRelease['app'] & { readonly announcement_id: string; readonly gone_at: string | null }

/** The releases of these announcements, of each in the order in which they were named. */
export async function listAnnounced(
  db: Reads | Tx,
  announcementIds: readonly string[],
): Promise<Map<string, AnnouncedRelease[]>> {
  const found = new Map<string, AnnouncedRelease[]>(announcementIds.map((id) => [id, []]))
  if (announcementIds.length === 0) return found
  const members = await rows<MemberRow & Record<string, unknown>>(
    db,
    `select m.announcement_id, r.id, r.ref, r.version, r.build, r.prerelease, r.state,
       coalesce(r.purged_at, r.yanked_at) as gone_at, p.slug, p.name, p.visibility
     from announcement_releases m join releases r on r.id = m.release_id join apps p on p.id = m.app_id
     where m.announcement_id in (${announcementIds.map(() => '?').join(', ')})
     order by m.announcement_id, m.position`,
    announcementIds,
  )
  for (const row of members) {
    found.get(row.announcement_id)!.push({
      announcementId: row.announcement_id,
      releaseId: row.id,
      app: { slug: row.slug, name: row.name, visibility: row.visibility },
      ref: row.ref,
      version: row.version,
      build: row.build,
      prerelease: row.prerelease === 1,
      state: row.state,
      goneAt: row.gone_at,
    })
  }
  return found
}

/** The start of the notes of these releases. @param maxCharacters of each */
export async function listNotes(
  db: Reads,
  releaseIds: readonly string[],
  maxCharacters: number,
): Promise<Map<string, string>> {
  if (releaseIds.length === 0) return new Map()
  const found = await rows<{ id: string; notes: string }>(
    db,
    `select id, substr(notes, 1, ?) as notes from releases where id in (${releaseIds.map(() => '?').join(', ')})`,
    [maxCharacters, ...releaseIds],
  )
  return new Map(found.map(({ id, notes }) => [id, notes]))
}
