import { z } from 'zod'
import { announcementFeed } from '../../feeds/announcement-feed.ts'
import { ATOM_MEDIA_TYPE } from '../../feeds/atom.ts'
import { Announcement, CreateAnnouncement, titleOf } from '../../model/announcement.ts'
import type { Listing } from '../../model/listing.ts'
import { PageOf } from '../../model/page.ts'
import { announceReleases } from '../../releases/announce.ts'
import { type AnnouncedRelease, listAnnounced } from '../../store/announcements.ts'
import { announcementCache, announcementPath, feedOf, presentAnnouncement } from '../announcement-view.ts'
import { cacheHeaders } from '../cache-control.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { INERT } from '../inert.ts'
import { json } from '../json.ts'
import { ListQuery, pageJson } from '../lists.ts'
import { PAGE, pageResponse } from '../page-response.ts'
import { releasePath } from '../present.ts'
import { readAnnouncement, readAnnouncements, readFeed } from '../read-announcements.ts'
import { route } from '../route.ts'
import { shownText, WholeText } from '../shown-text.ts'
import { REVALIDATED, textResponse } from '../text-response.ts'
import { timeText } from '../time-text.ts'

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

/** Of an announcement on its page, in bytes of HTML. */
const MAX_TEXT_BYTES = 12_000

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
      return json((await readAnnouncement(context)).announcement)
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
      const { shown, nextCursor } = await readAnnouncements(context)
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
      const { shown, nextCursor } = await readAnnouncements(context)
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
        up: { title: app.name, url: `/${app.slug}` },
        title: 'Announcements',
        sections: [
          { title: null, empty: 'Nothing was announced yet.', items },
          {
            title: 'More',
            items: [
              ...(nextCursor === null
                ? []
                : [{ title: 'Older announcements', url: `/${app.slug}/announcements?${older}`, details: [] }]),
              { title: 'Atom feed', url: feedOf(app).url, details: [] },
            ],
          },
        ],
        feed: feedOf(app),
      }
      const data = { items: shown.map(({ announcement }) => announcement), nextCursor }
      const cache = announcementCache(
        context,
        app,
        shown.map(({ releases }) => releases),
      )
      return pageResponse(context, data, { view: 'listing', listing: page }, cache)
    },
  }),
  route({
    method: 'GET',
    path: '/:app/announcements/:announcement',
    action: 'release.read',
    object: 'app',
    summary: 'An announcement that made a release of this app live',
    query: z.object({ notes: WholeText }),
    ...PAGE,
    async handle(context) {
      const { app } = context
      const { announcement, releases } = await readAnnouncement(context)
      const page: Listing = {
        title: titleOf(announcement),
        up: { title: app.name, url: `/${app.slug}` },
        text: shownText(announcement.body, MAX_TEXT_BYTES, context.query),
        facts: [{ name: 'Announced', value: timeText(announcement.createdAt) }],
        sections: [
          {
            title: 'Releases',
            items: announcement.releases.map((release) => ({
              title: `${release.name} ${release.ref}`,
              url: release.state === 'purged' ? null : releasePath(release.app, release),
              details: wordsOf(release),
            })),
          },
        ],
        feed: feedOf(app),
      }
      return pageResponse(
        context,
        announcement,
        { view: 'listing', listing: page },
        announcementCache(context, app, [releases]),
      )
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
      const { entries, releases } = await readFeed(context)
      const text = announcementFeed(app, entries, `${context.baseUrl}/${app.slug}/announcements`)
      const cache = announcementCache(context, app, releases)
      return textResponse(context, text, {
        ...cacheHeaders(cache),
        'Content-Type': `${ATOM_MEDIA_TYPE}; charset=utf-8`,
        ...INERT,
        Vary: 'Authorization, Cookie',
      })
    },
  }),
]
