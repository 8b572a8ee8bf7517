import type { z } from 'zod'
import { DistError } from '../../errors.ts'
import { announcementFeed, MAX_ENTRIES, MAX_ENTRY_TEXT } from '../../feeds/announcement-feed.ts'
import { ATOM_MEDIA_TYPE } from '../../feeds/atom.ts'
import { Announcement, CreateAnnouncement, titleOf } from '../../model/announcement.ts'
import { isId } from '../../model/ids.ts'
import type { Listing } from '../../model/listing.ts'
import { PageOf } from '../../model/page.ts'
import { announceReleases } from '../../releases/announce.ts'
import {
  type AnnouncedRelease,
  type AnnouncementRecord,
  findAnnouncement,
  listAnnounced,
  listAnnouncements,
  listNotes,
  loadAnnouncements,
} from '../../store/announcements.ts'
import {
  announcementCache,
  announcementPath,
  feedOf,
  presentAnnouncement,
  visibleReleases,
} from '../announcement-view.ts'
import { cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { json } from '../json.ts'
import { badCursor, decodeCursor, encodeCursor, ListQuery, pageJson, rowsThatFit } from '../lists.ts'
import { PAGE, pageResponse } from '../page-response.ts'
import { releasePath } from '../present.ts'
import { route } from '../route.ts'
import { REVALIDATED, textResponse } from '../text-response.ts'
import { timeText } from '../time-text.ts'

/** Releases of an announcement without a text whose notes a feed reads. */
const MAX_NOTED = 8

interface Shown {
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

interface ShownPage {
  readonly shown: readonly Shown[]
  readonly nextCursor: string | null
}

async function readPage(context: RequestContext<unknown, z.output<typeof ListQuery>>): Promise<ShownPage> {
  const { limit, cursor } = context.query
  const after = decodeCursor(cursor)
  if (after !== null && !isId('announcement', after)) throw badCursor()
  const rows = await listAnnouncements(context.deps.store.reads, context.app.id, after, limit + 1)
  const ids = rowsThatFit(rows, limit).map(({ id }) => id)
  const shown = await loadShown(context, ids, Number.MAX_SAFE_INTEGER)
  return { shown, nextCursor: rows.length > ids.length ? encodeCursor(ids.at(-1)!) : null }
}

/** @throws DistError announcement.not_found, also when the reader may see none of its releases */
async function readOne(context: RequestContext): Promise<Shown> {
  const id = context.params.announcement!
  const { reads } = context.deps.store
  const record = isId('announcement', id) ? await findAnnouncement(reads, id) : undefined
  const releases = record && (await listAnnounced(reads, [record.id])).get(record.id)!
  const announcement = releases && presentAnnouncement(context, record, releases, context.app)
  if (!announcement) throw new DistError('announcement.not_found')
  return { record, releases, announcement }
}

/** What a release says of itself beside its name. */
function wordsOf({ state, prerelease }: Pick<AnnouncedRelease, 'state' | 'prerelease'>): string[] {
  return [...(prerelease ? ['prerelease'] : []), ...(state === 'announced' ? [] : [state])]
}

/** What became of its releases since, where they are not all named: `yanked`, or `2 of 5 purged`. */
function sinceOf({ releases }: Pick<Announcement, 'releases'>): string[] {
  return (['yanked', 'purged'] as const).flatMap((gone) => {
    const count = releases.filter(({ state }) => state === gone).length
    if (count === 0) return []
    return [releases.length === 1 ? gone : `${count} of ${releases.length} ${gone}`]
  })
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

export const announcementRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/announcements',
    action: 'release.announce',
    object: 'server',
    summary: 'Make published releases of one or several apps live in one step: all of them, or none',
    body: CreateAnnouncement,
    response: Announcement,
    status: 201,
    reads: ['Idempotency-Key'],
    sends: ['Location'],
    answers: { 200: 'Made before with the same key' },
    async handle(context) {
      const key = idempotencyKeyOf(context.request)
      const { deps, actor, body, cause } = context
      const { created, announcement } = await announceReleases(deps, actor, body, key, cause)
      const releases = (await listAnnounced(deps.store.reads, [announcement.id])).get(announcement.id)!
      const shown = presentAnnouncement(context, announcement, releases)!
      return json(shown, created ? 201 : 200, {
        Location: `${context.baseUrl}/api/v1/announcements/${announcement.id}`,
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/announcements/:announcement',
    // Of which apps it is comes out here: what the reader may not see is left out, and nothing is as absent.
    action: 'app.list',
    object: 'server',
    summary: 'Read an announcement, with those of its releases that this reader may see',
    response: Announcement,
    async handle(context) {
      return json((await readOne(context)).announcement)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/announcements',
    action: 'release.read',
    object: 'app',
    summary: 'List the announcements of an app, newest first',
    query: ListQuery,
    response: PageOf(Announcement),
    sends: ['Link'],
    async handle(context) {
      const { shown, nextCursor } = await readPage(context)
      const items = shown.map(({ announcement }) => announcement)
      return pageJson(context, { items, nextCursor })
    },
  }),
  route({
    method: 'GET',
    path: '/:app/announcements',
    action: 'release.read',
    object: 'app',
    summary: 'Announcements of an app, newest first',
    query: ListQuery,
    ...PAGE,
    async handle(context) {
      const { app } = context
      const { shown, nextCursor } = await readPage(context)
      const items = shown.map(({ announcement }) => ({
        title: titleOf(announcement),
        url: announcementPath(app.slug, announcement.id),
        details: [
          timeText(announcement.createdAt),
          ...(announcement.title === null ? [] : [titleOf({ ...announcement, title: null })]),
          ...sinceOf(announcement),
        ],
      }))
      const older = new URLSearchParams({ limit: String(context.query.limit), cursor: nextCursor ?? '' })
      const page: Listing = {
        title: app.name,
        subtitle: 'Announcements',
        notice: null,
        text: null,
        facts: [],
        sections: [
          { title: null, empty: 'Nothing was announced yet.', items },
          {
            title: 'More',
            empty: '',
            items: [
              ...(nextCursor === null
                ? []
                : [{ title: 'Older announcements', url: `/${app.slug}/announcements?${older}`, details: [] }]),
              { title: 'Atom feed', url: feedOf(app).url, details: [] },
              { title: app.name, url: `/${app.slug}`, details: [] },
            ],
          },
        ],
        qrUrl: null,
        feed: feedOf(app),
      }
      const data = { items: shown.map(({ announcement }) => announcement), nextCursor }
      const cache = announcementCache(
        context,
        app,
        shown.map(({ releases }) => releases),
      )
      return pageResponse(context, data, page, cache)
    },
  }),
  route({
    method: 'GET',
    path: '/:app/announcements/:announcement',
    action: 'release.read',
    object: 'app',
    summary: 'An announcement that made a release of this app live',
    ...PAGE,
    async handle(context) {
      const { app } = context
      const { announcement, releases } = await readOne(context)
      const page: Listing = {
        title: titleOf(announcement),
        subtitle: app.name,
        notice: null,
        text: announcement.body === '' ? null : announcement.body,
        facts: [{ name: 'Announced', value: timeText(announcement.createdAt) }],
        sections: [
          {
            title: 'Releases',
            empty: '',
            items: announcement.releases.map((release) => ({
              title: `${release.name} ${release.ref}`,
              url: release.state === 'purged' ? null : releasePath(release.app, release),
              details: wordsOf(release),
            })),
          },
        ],
        qrUrl: null,
        feed: feedOf(app),
      }
      return pageResponse(context, announcement, page, announcementCache(context, app, [releases]))
    },
  }),
  route({
    method: 'GET',
    path: '/:app/announcements.atom',
    action: 'release.read',
    object: 'app',
    summary: 'The newest announcements of an app as an Atom feed',
    ...REVALIDATED,
    types: [ATOM_MEDIA_TYPE],
    async handle(context) {
      const { app } = context
      const rows = await listAnnouncements(context.deps.store.reads, app.id, null, MAX_ENTRIES)
      const ids = rows.map(({ id }) => id)
      const shown = await loadShown(context, ids, MAX_ENTRY_TEXT + 1)
      const notes = await readNotes(context, shown)
      const entries = shown.map(({ announcement, releases }, i) => ({
        announcement,
        notes: notes[i]!,
        goneAt: lastGoneOf(visibleReleases(context, releases, app)),
      }))
      const text = announcementFeed(app, entries, `${context.baseUrl}/${app.slug}/announcements`)
      const cache = announcementCache(
        context,
        app,
        shown.map(({ releases }) => releases),
      )
      return textResponse(context, text, {
        ...cacheHeaders(cache),
        'Content-Type': `${ATOM_MEDIA_TYPE}; charset=utf-8`,
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': "default-src 'none'; sandbox",
        Vary: 'Authorization',
      })
    },
  }),
]
