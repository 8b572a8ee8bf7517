import type { Listing, ListingItem } from '../../model/listing.ts'
import type { AppRecord } from '../../store/apps.ts'

interface AppListing extends Pick<Listing, 'title' | 'feed'> {
  /** Last segment of its path. */
  readonly segment: string
  readonly items: readonly ListingItem[]
  /** Said where there are none. */
  readonly empty: string
  /** What the link to the next part of the list is called. */
  readonly more: string
  /** Of that part; null where nothing follows. */
  readonly nextCursor: string | null
}

/** The page of one list of what an app has. */
export function appListing(app: AppRecord, list: AppListing): Listing {
  const { title, segment, items, empty, more, nextCursor, feed } = list
  const next = { title: more, url: `/${app.slug}/${segment}?cursor=${nextCursor}`, details: [] }
  return {
    title,
    up: { title: app.name, url: `/${app.slug}` },
    sections: [{ title: null, empty, items: nextCursor === null ? items : [...items, next] }],
    ...(feed && { feed }),
  }
}
