import type { PageItem } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { Facts } from './facts.ts'
import { isSafeUrl } from './safe-url.ts'

function Item({ item }: { item: PageItem }) {
  const isLink = item.url !== null && isSafeUrl(item.url)
  const isDigest = (detail: string) => /^sha256:/.test(detail)
  const details = item.details.filter((detail) => !isDigest(detail))
  const digests = item.details.filter(isDigest)
  return html`<li>
    <strong>${isLink ? html`<a href=${item.url}>${item.title}</a>` : item.title}</strong>
    <div class="details">${item.chip && html`<span class=${item.chip === 'yanked' ? 'chip yanked' : 'chip'}>${item.chip}</span>`}${details.map((detail) => html`<span>${detail}</span>`)}</div>
    ${digests.map((digest) => html`<span class="digest">${digest}</span>`)}
    ${item.facts && item.facts.length > 0 && html`<${Facts} facts=${item.facts} />`}
  </li>`
}

/** A list whose lines have their first column in common. */
export function Items({ items }: { items: readonly PageItem[] }) {
  return html`<ul class="items">${items.map((item) => html`<${Item} item=${item} />`)}</ul>`
}

/** Lines that are seen of a list that is read for its begin. */
const SEEN = 6

/** A list whose begin is what matters; two or three more are no reason to fold them. */
export function FoldedItems({ items }: { items: readonly PageItem[] }) {
  if (items.length <= SEEN + 2) return html`<${Items} items=${items} />`
  const rest = items.slice(SEEN)
  return html`<${Items} items=${items.slice(0, SEEN)} />
    <details><summary>${rest.length} more</summary><${Items} items=${rest} /></details>`
}
