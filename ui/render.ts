import { render } from 'preact-render-to-string'
import type { Listing } from '../src/model/listing.ts'
import { html } from './html.ts'
import { ListingPage } from './pages/listing.ts'

/** A whole HTML document for a page. */
export function renderPage(page: Listing): string {
  const document = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${page.subtitle === null ? page.title : `${page.title} · ${page.subtitle}`}</title>
      <link rel="stylesheet" href="/assets/style.css" />
      ${page.feed && html`<link rel="alternate" type="application/atom+xml" title=${page.feed.title} href=${page.feed.url} />`}
    </head>
    <body><${ListingPage} page=${page} /></body>
  </html>`
  return `<!doctype html>\n${render(document)}`
}
