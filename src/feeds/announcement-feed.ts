import { cutText } from '../bytes/cut-text.ts'
import { type Announcement, titleOf } from '../model/announcement.ts'
import type { App } from '../model/app.ts'
import { renderAtom } from './atom.ts'
import { urnOf } from './urn.ts'

/** Entries of a feed, at most: readers ask often, and old news is on the page. */
export const MAX_ENTRIES = 50
/** Text of an entry beyond this is on its page. UTF-16 units. */
export const MAX_ENTRY_TEXT = 32_768
/** Text of all entries together: where they are long, the feed has fewer. UTF-16 units. */
const MAX_FEED_TEXT = 524_288

export interface AnnouncedEntry {
  readonly announcement: Announcement
  /** Notes of its releases, in their order; they speak when the announcement has no text. */
  readonly notes: readonly string[]
  /** When the last of its releases was yanked or purged; null when none was. */
  readonly goneAt: string | null
}

/**
 * The announcements of an app as an Atom document. What was yanked is in no feed: an entry links what is still announced,
 * says what is not, and is left out when nothing is.
 * @param entries newest first, as the reader may see them @param pageUrl of the announcements, the feed is beside it
 */
export function announcementFeed(
  app: Pick<App, 'id' | 'name' | 'owner' | 'createdAt'>,
  entries: readonly AnnouncedEntry[],
  pageUrl: string,
): string {
  let length = 0
  const told = entries
    .slice(0, MAX_ENTRIES)
    .filter(({ announcement }) => announcement.releases.some(isAnnounced))
    .map((entry) => ({ ...entry, text: textOf(entry.announcement, entry.notes), updated: updatedOf(entry) }))
    .filter(({ text }) => {
      length += text.length
      return length <= MAX_FEED_TEXT
    })
  return renderAtom({
    id: urnOf(app.id),
    title: `${app.name}: announcements`,
    author: app.owner ?? app.name,
    updated: told.map(({ updated }) => updated).reduce((last, at) => (at > last ? at : last), app.createdAt),
    selfUrl: `${pageUrl}.atom`,
    pageUrl,
    entries: told.map(({ announcement, text, updated }) => ({
      id: urnOf(announcement.id),
      title: titleOf(announcement),
      published: announcement.createdAt,
      updated,
      pageUrl: announcement.url,
      text,
      related: announcement.releases
        .filter(isAnnounced)
        .map(({ name, ref, url }) => ({ title: `${name} ${ref}`, url })),
    })),
  })
}

function isAnnounced({ state }: Pick<Announcement['releases'][number], 'state'>): boolean {
  return state === 'announced'
}

/** Readers show an entry anew when this grows. */
function updatedOf({ announcement, goneAt }: AnnouncedEntry): string {
  return goneAt !== null && goneAt > announcement.createdAt ? goneAt : announcement.createdAt
}

/** What the announcement says, or else the notes of its releases; then which of them are no longer there. */
function textOf(announcement: Announcement, notes: readonly string[]): string {
  const { body, releases } = announcement
  const said = body.trim() === '' ? notesText(releases, notes) : body
  const text = cutText(said, MAX_ENTRY_TEXT)
  const gone = releases
    .filter(({ state }) => state === 'yanked' || state === 'purged')
    .map(({ name, ref, state }) => `${name} ${ref} was ${state}.`)
  return [text === said ? text : `${text}…`, ...gone].join('\n\n')
}

function notesText(releases: Announcement['releases'], notes: readonly string[]): string {
  const parts = releases.flatMap(({ name, ref }, i) => {
    const text = notes[i]?.trim() ?? ''
    if (text === '') return []
    return [releases.length === 1 ? text : `${name} ${ref}\n\n${text}`]
  })
  return parts.length > 0 ? parts.join('\n\n') : releases.map(({ name, ref }) => `${name} ${ref}`).join('\n')
}
