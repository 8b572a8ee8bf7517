import type { Offer, OfferGroup, InstallPage as Page, Verdict } from '../../src/model/install-page.ts'
import { Markdown } from '../components/markdown.ts'
import { html } from '../html.ts'
import { Facts, Items } from './listing.ts'

/** What can be installed here: the right thing for the device first, everything else below it. Complete without JavaScript. */
export function InstallPage({ page }: { page: Page }) {
  const { app, release, place } = page
  return html`
    <header>
      <h1>${app.name}${release && html` <span class="subtitle">${release.version}</span>`}</h1>
      ${place.name !== null && html`<p class="subtitle">${place.name}</p>`}
    </header>
    ${page.notices.map((verdict) => html`<${Told} verdict=${verdict} />`)}
    ${page.nothingForDevice && html`<p class="notice"><strong>${page.nothingForDevice.title}</strong> ${page.nothingForDevice.text}</p>`}
    ${page.groups.map((group) => html`<${Group} group=${group} />`)}
    ${page.facts.length > 0 && html`<${Facts} facts=${page.facts} />`}
    ${page.notes && html`<${Markdown} text=${page.notes} />`}
    ${page.sections.map(
      ({ id, title, items, empty }) => html`<section id=${id}>
        <h2>${title}</h2>
        ${items.length === 0 ? html`<p class="empty">${empty}</p>` : html`<${Items} items=${items} />`}
      </section>`,
    )}
    ${page.attachments.length > 0 && html`<section><h2>Attachments</h2><${Items} items=${page.attachments} /></section>`}
  `
}

function Group({ group }: { group: OfferGroup }) {
  return html`<section>
    <h2>${group.title}</h2>
    ${group.offers.map((offer) => html`<${OfferCard} offer=${offer} />`)}
  </section>`
}

function OfferCard({ offer }: { offer: Offer }) {
  return html`<article id=${offer.id}>
    <h3>${offer.title}${offer.machine !== null && ` · ${offer.machine}`}</h3>
    ${offer.action ? html`<a href=${offer.action.url}>${offer.action.label}</a>` : html`<p>${offer.withheld?.text}</p>`}
    ${offer.fileName !== null && html`<p class="details">${offer.fileName} ${offer.size} <span class="digest">sha256:${offer.sha256}</span></p>`}
    ${offer.facts.length > 0 && html`<${Facts} facts=${offer.facts} />`}
    ${offer.verdicts.map((verdict) => html`<${Told} verdict=${verdict} />`)}
  </article>`
}

function Told({ verdict: { level, title, text } }: { verdict: Verdict }) {
  return html`<p class=${level}><strong>${title}</strong>${text !== null && ` ${text}`}</p>`
}
