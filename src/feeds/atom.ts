import { element, type Markup, xmlDocument } from './xml.ts'

/** An Atom feed (RFC 4287) of texts. Instants are RFC 3339 UTC, addresses absolute URLs. */
export interface AtomFeed {
  /** Permanent IRI, the same at whatever address the feed is. */
  readonly id: string
  readonly title: string
  /** Name of who speaks in all entries. */
  readonly author: string
  readonly updated: string
  /** Where this feed is. */
  readonly selfUrl: string
  /** The page with the same content. */
  readonly pageUrl: string
  /** Newest first. */
  readonly entries: readonly AtomEntry[]
}

export interface AtomEntry {
  /** Permanent IRI. */
  readonly id: string
  readonly title: string
  readonly published: string
  readonly updated: string
  readonly pageUrl: string
  /** Plain text; Markdown is. */
  readonly text: string
  readonly related: readonly { readonly title: string; readonly url: string }[]
}

export const ATOM_MEDIA_TYPE = 'application/atom+xml'

/** The same facts give the same bytes. */
export function renderAtom(feed: AtomFeed): string {
  return xmlDocument(
    element('feed', { xmlns: 'http://www.w3.org/2005/Atom' }, [
      element('id', {}, feed.id),
      element('title', {}, feed.title),
      element('updated', {}, feed.updated),
      element('author', {}, [element('name', {}, feed.author)]),
      element('link', { rel: 'self', type: ATOM_MEDIA_TYPE, href: feed.selfUrl }),
      element('link', { rel: 'alternate', type: 'text/html', href: feed.pageUrl }),
      ...feed.entries.map(renderEntry),
    ]),
  )
}

function renderEntry(entry: AtomEntry): Markup {
  return element('entry', {}, [
    element('id', {}, entry.id),
    element('title', {}, entry.title),
    element('published', {}, entry.published),
    element('updated', {}, entry.updated),
    element('link', { rel: 'alternate', type: 'text/html', href: entry.pageUrl }),
    ...entry.related.map(({ title, url }) => element('link', { rel: 'related', type: 'text/html', title, href: url })),
    element('content', { type: 'text' }, entry.text),
  ])
}
