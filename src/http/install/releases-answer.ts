import { isId } from '../../model/ids.ts'
import { listReleases } from '../../store/releases.ts'
import { feedOf } from '../announcement-view.ts'
import { cacheOfApp } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { badCursor, decodeCursor, pageOf } from '../lists.ts'
import { pageResponse } from '../page-response.ts'
import { releasePath } from '../present.ts'
import { appListing } from './app-listing.ts'
import { releaseItem } from './history.ts'

/** Releases on one page of their list. */
const MAX_LISTED = 100

/** The page that lists the announced releases of an app, highest version first, after the one of the cursor. */
export async function releasesAnswer(context: RequestContext, cursor: string | undefined): Promise<Response> {
  const { app, deps, baseUrl } = context
  const after = decodeCursor(cursor)
  if (after !== null && !isId('release', after)) throw badCursor()
  const rows = await listReleases(deps.store.reads, app.id, { states: ['announced'], after, limit: MAX_LISTED + 1 })
  const { items, nextCursor } = pageOf(
    rows,
    MAX_LISTED,
    ({ id }) => id,
    (release) => release,
  )
  const page = appListing(app, {
    title: 'Releases',
    segment: 'releases',
    items: items.map((release) => releaseItem(app.slug, release)),
    empty: 'Nothing was announced yet.',
    more: 'Older releases',
    nextCursor,
    feed: feedOf(app),
  })
  const data = {
    items: items.map(({ ref, prerelease, announcedAt }) => ({
      ref,
      prerelease,
      announcedAt,
      url: baseUrl + releasePath(app.slug, { ref }),
    })),
    nextCursor,
  }
  return pageResponse(context, data, { view: 'listing', listing: page }, cacheOfApp(app))
}
