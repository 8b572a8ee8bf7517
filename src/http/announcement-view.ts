import { appObject, can } from '../access/policy.ts'
import type { Announcement } from '../model/announcement.ts'
import type { Listing } from '../model/listing.ts'
import type { AnnouncedRelease, AnnouncementRecord } from '../store/announcements.ts'
import type { AppRecord } from '../store/apps.ts'
import type { CachePolicy } from './cache-control.ts'
import type { RequestContext } from './context.ts'
import { releasePath } from './present.ts'
import { isListed } from './visible.ts'

type View = Pick<RequestContext, 'actor' | 'baseUrl'>

/**
 * The releases of an announcement that this reader is told of: those of apps that are listed for him, and of the app on
 * whose page he is. Without a page (`at`), who knows the id of an announcement of one unlisted app has it from there;
 * of several such apps one page must not lead to the other.
 */
export function visibleReleases(
  view: Pick<View, 'actor'>,
  releases: readonly AnnouncedRelease[],
  at?: Pick<AppRecord, 'slug'>,
): AnnouncedRelease[] {
  const listed = releases.filter(({ app }) => app.slug === at?.slug || isListed(view, app))
  if (at !== undefined || listed.length > 0) return listed
  const seen = releases.filter(({ app }) => can(view.actor, 'app.read', appObject(app)))
  return new Set(seen.map(({ app }) => app.slug)).size === 1 ? seen : []
}

/** Page of an announcement below one of its apps. */
export function announcementPath(slug: string, id: string): string {
  return `/${slug}/announcements/${id}`
}

/** Where the pages of an app say that there is a feed of its announcements. */
export function feedOf({ slug, name }: Pick<AppRecord, 'slug' | 'name'>): NonNullable<Listing['feed']> {
  return { title: `${name}: announcements`, url: `/${slug}/announcements.atom` }
}

/**
 * An announcement as the API gives it; undefined when this reader may see none of its releases.
 * @param at the app whose list or page it is; the first that he may see, without it
 */
export function presentAnnouncement(
  view: View,
  announcement: AnnouncementRecord,
  releases: readonly AnnouncedRelease[],
  at?: Pick<AppRecord, 'slug'>,
): Announcement | undefined {
  const visible = visibleReleases(view, releases, at)
  const first = at ?? visible[0]?.app
  if (first === undefined || visible.every(({ app }) => app.slug !== first.slug)) return undefined
  const { id, title, body, createdAt } = announcement
  return {
    id,
    title,
    body,
    createdAt,
    url: view.baseUrl + announcementPath(first.slug, id),
    releases: visible.map(({ app, ref, version, build, prerelease, state }) => ({
      app: app.slug,
      name: app.name,
      ref,
      version,
      build,
      prerelease,
      state,
      url: view.baseUrl + releasePath(app.slug, { ref }),
    })),
  }
}

/** A page or feed that names a release of a private app is for this reader alone. */
export function announcementCache(
  view: Pick<View, 'actor'>,
  app: AppRecord,
  announcements: readonly (readonly AnnouncedRelease[])[],
): CachePolicy {
  const told = announcements.flatMap((releases) => visibleReleases(view, releases, app))
  const isPrivate = [app, ...told.map((release) => release.app)].some(({ visibility }) => visibility === 'private')
  return isPrivate ? 'private' : 'revalidate'
}
