import type { ListingFact } from '../../src/model/listing.ts'
import { html } from '../html.ts'

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
