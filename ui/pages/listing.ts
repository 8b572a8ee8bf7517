import type { Listing } from '../../src/model/listing.ts'
import { Facts } from '../components/facts.ts'
import { Items } from '../components/items.ts'
import { Markdown } from '../components/markdown.ts'
import { html } from '../html.ts'

/** A title, some facts and lists of links: complete without JavaScript. */
export function ListingPage({ page }: { page: Listing }) {
  return html`
    <header>
      ${page.up && html`<p class="up"><a href=${page.up.url}>${page.up.title}</a></p>`}
      <h1>${page.title}</h1>
      ${page.subtitle && html`<p class="subtitle">${page.subtitle}</p>`}
    </header>
    ${page.facts && html`<${Facts} facts=${page.facts} />`}
    ${page.summary && html`<p class="text">${page.summary}</p>`}
    ${page.text && html`<section id="notes"><${Markdown} text=${page.text} below=${1} /></section>`}
    ${page.sections.map(
      (section) => html`<section>
        ${section.title === null ? null : html`<h2>${section.title}</h2>`}
        ${
          section.items.length === 0
            ? html`<p class="empty">${section.empty}</p>`
            : html`<${Items} items=${section.items} />`
        }
      </section>`,
    )}
  `
}
