import type { Listing, ListingFact } from '../../src/model/listing.ts'
import { html } from '../html.ts'

/** Links come from publishers too: only web addresses and paths of this server become links. */
function isSafeUrl(url: string): boolean {
  return /^https?:\/\//i.test(url) || /^\/(?!\/)/.test(url)
}

function Item({ item }: { item: Listing['sections'][number]['items'][number] }) {
  const isLink = item.url !== null && isSafeUrl(item.url)
  const isDigest = (detail: string) => /^sha256:/.test(detail)
  const details = item.details.filter((detail) => !isDigest(detail))
  const digests = item.details.filter(isDigest)
  return html`<li>
    <strong>${isLink ? html`<a href=${item.url}>${item.title}</a>` : item.title}</strong>
    <div class="details">${details.map((detail) => html`<span>${detail}</span>`)}</div>
    ${digests.map((digest) => html`<span class="digest">${digest}</span>`)}
    ${item.facts && item.facts.length > 0 && html`<${Facts} facts=${item.facts} />`}
    ${item.findings?.map(
      ({ level, message }) => html`<p class=${level}><b>${level === 'error' ? 'Error' : 'Warning'}</b> ${message}</p>`,
    )}
  </li>`
}

/** Lines of names and values. */
export function Facts({ facts }: { facts: readonly ListingFact[] }) {
  return html`<dl>
    ${facts.map(
      ({ name, value, digest }) => html`<div>
        <dt>${name}</dt>
        <dd>${value}${digest && html` <span class="digest">${digest}</span>`}</dd>
      </div>`,
    )}
  </dl>`
}

/** A list whose lines have their first column in common. */
export function Items({ items }: { items: Listing['sections'][number]['items'] }) {
  return html`<ul>${items.map((item) => html`<${Item} item=${item} />`)}</ul>`
}

/** A title, some facts and lists of links: complete without JavaScript. */
export function ListingPage({ page }: { page: Listing }) {
  return html`
    <header>
      <h1>${page.title}</h1>
      ${page.subtitle === null ? null : html`<p class="subtitle">${page.subtitle}</p>`}
    </header>
    ${page.notice === null ? null : html`<p class="notice" role="status">${page.notice}</p>`}
    ${page.facts.length === 0 ? null : html`<${Facts} facts=${page.facts} />`}
    ${page.text === null ? null : html`<p class="text">${page.text}</p>`}
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
    ${page.qrUrl === null ? null : html`<img class="qr" src=${page.qrUrl} alt="QR code of this page" width="132" height="132" />`}
  `
}
