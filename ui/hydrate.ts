import { hydrate } from 'preact'
import { html } from './html.ts'
import { ISLANDS, type IslandName } from './islands/registry.ts'

/** The one script of all pages: wakes the islands that the server has rendered, and does nothing else. */
for (const host of document.querySelectorAll<HTMLElement>('[data-island]')) {
  const island = ISLANDS[host.dataset.island as IslandName]
  hydrate(html`<${island} ...${JSON.parse(host.dataset.props ?? '{}')} />`, host)
}
