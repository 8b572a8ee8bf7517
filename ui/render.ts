import { render } from 'preact-render-to-string'
import type { Shell } from '../src/model/shell.ts'
import type { View } from '../src/model/view.ts'
import { html } from './html.ts'
import { Layout } from './layout.ts'
import { ListingPage } from './pages/listing.ts'

/** A whole HTML document for a page. */
export function renderPage(view: View, shell: Shell): string {
  return `<!doctype html>\n${render(documentOf(view, shell))}`
}

function documentOf(view: View, shell: Shell) {
  switch (view.view) {
    case 'listing': {
      const { title, subtitle, feed } = view.listing
      return html`<${Layout} title=${subtitle === null ? title : `${title} · ${subtitle}`} shell=${shell} feed=${feed}>
        <${ListingPage} page=${view.listing} />
      <//>`
    }
    default:
      throw new Error(`Cannot render view "${view.view}"`)
  }
}
