import type { z } from 'zod'
import { DistError } from '../errors.ts'
import { type AnnouncedEntry, MAX_ENTRIES, MAX_ENTRY_TEXT } from '../feeds/announcement-feed.ts'
import type { Announcement } from '../model/announcement.ts'
import { isId } from '../model/ids.ts'
import {
  type AnnouncedRelease,
  type AnnouncementRecord,
  findAnnouncement,
  listAnnounced,
  listAnnouncements,
  listNotes,
  loadAnnouncements,
} from '../store/announcements.ts'
import { presentAnnouncement, visibleReleases } from './announcement-view.ts'
import type { RequestContext } from './context.ts'
import { badCursor, decodeCursor, encodeCursor, type ListQuery, rowsThatFit } from './lists.ts'

/** Releases of an announcement without a text whose notes a feed reads. */
const MAX_NOTED = 8

/** An announcement and what this reader sees of it. */
export interface Shown {
  readonly record: AnnouncementRecord
  readonly releases: readonly AnnouncedRelease[]
  readonly announcement: Announcement
}

/** These announcements as readers of the app of the path see them: each of them has a release of it. */
async function loadShown(context: RequestContext, ids: readonly string[], maxCharacters: number): Promise<Shown[]> {
  const { reads } = context.deps.store
  const records = await loadAnnouncements(reads, ids, maxCharacters)
  const members = await listAnnounced(reads, ids)
  return records.map((record) => {
    const releases = members.get(record.id)!
    return { record, releases, announcement: presentAnnouncement(context, record, releases, context.app)! }
  })
}

export interface ShownPage {
  readonly shown: readonly Shown[]
  readonly nextCursor: string | null
}

/** One page of the announcements of the app of the path, newest first. @throws DistError request.invalid */
export async function readAnnouncements(
  context: RequestContext<unknown, z.output<typeof ListQuery>>,
): Promise<ShownPage> {
  const { limit, cursor } = context.query
  const after = decodeCursor(cursor)
  if (after !== null && !isId('announcement', after)) throw badCursor()
  const rows = await listAnnouncements(context.deps.store.reads, context.app.id, after, limit + 1)
  const ids = rowsThatFit(rows, limit).map(({ id }) => id)
  const shown = await loadShown(context, ids, Number.MAX_SAFE_INTEGER)
  return { shown, nextCursor: rows.length > ids.length ? encodeCursor(ids.at(-1)!) : null }
}

/** The announcement of the path. @throws DistError announcement.not_found, also when the reader may see none of its releases */
export async function readAnnouncement(context: RequestContext): Promise<Shown> {
  const id = context.params.announcement!
  const { reads } = context.deps.store
  const record = isId('announcement', id) ? await findAnnouncement(reads, id) : undefined
  const releases = record && (await listAnnounced(reads, [record.id])).get(record.id)!
  const announcement = releases && presentAnnouncement(context, record, releases, context.app)
  if (!announcement) throw new DistError('announcement.not_found')
  return { record, releases, announcement }
}

function lastGoneOf(releases: readonly AnnouncedRelease[]): string | null {
  return releases.reduce<string | null>((last, { goneAt }) => ((goneAt ?? '') > (last ?? '') ? goneAt : last), null)
}

/** Notes of the releases that the reader is told of, where the announcement itself says nothing. */
async function readNotes(context: RequestContext, shown: readonly Shown[]): Promise<string[][]> {
  const told = shown.map(({ record, releases }) =>
    record.body.trim() === '' ? visibleReleases(context, releases, context.app) : [],
  )
  const wanted = told.flatMap((releases) => releases.filter(({ state }) => state !== 'purged').slice(0, MAX_NOTED))
  const notes = await listNotes(
    context.deps.store.reads,
    wanted.map(({ releaseId }) => releaseId),
    MAX_ENTRY_TEXT + 1,
  )
  return told.map((releases) => releases.map(({ releaseId }) => notes.get(releaseId) ?? ''))
}

/** What the feed of the app of the path says, newest first, and of which releases. */
export async function readFeed(
  context: RequestContext,
): Promise<{ readonly entries: AnnouncedEntry[]; readonly releases: (readonly AnnouncedRelease[])[] }> {
  const rows = await listAnnouncements(context.deps.store.reads, context.app.id, null, MAX_ENTRIES)
  const ids = rows.map(({ id }) => id)
  const shown = await loadShown(context, ids, MAX_ENTRY_TEXT + 1)
  const notes = await readNotes(context, shown)
  const entries = shown.map(({ announcement, releases }, i) => ({
    announcement,
    notes: notes[i]!,
    goneAt: lastGoneOf(visibleReleases(context, releases, context.app)),
  }))
  return { entries, releases: shown.map(({ releases }) => releases) }
}
