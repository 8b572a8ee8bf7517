import type { Offer, OfferGroup, InstallPage as Page, Verdict } from '../../src/model/install-page.ts'
import type { Shell } from '../../src/model/shell.ts'
import { AppHead } from '../components/app-head.ts'
import { Commands } from '../components/command.ts'
import { Facts } from '../components/facts.ts'
import { Items } from '../components/items.ts'
import { Markdown } from '../components/markdown.ts'
import { BestOffer, OtherOffer } from '../components/offer.ts'
import { PlatformNav } from '../components/platform-nav.ts'
import { Notices, Verdicts } from '../components/verdict.ts'
import { html } from '../html.ts'

/** What can be installed here: the right thing for the device first, everything else below it. Complete without JavaScript. */
export function InstallPage({ page, shell }: { page: Page; shell: Shell }) {
  const { groups, nothingForDevice } = page
  // Where the device is not known, all platforms stand side by side before anything else is said.
  const isServed = groups.some(({ isForDevice, offers }) => isForDevice || offers.some(({ isBest }) => isBest))
  const first = isServed ? groups.filter(servesDevice) : groups
  const others = groups.filter((group) => !first.includes(group))
  const offers = (shown: readonly OfferGroup[]) =>
    shown.map((group) => html`<${Group} group=${group} signInUrl=${shell.signInUrl} />`)
  return html`
    <${AppHead} app=${page.app} place=${page.place} release=${page.release} qr=${page.qr} />
    <${Notices} notices=${page.notices} />
    ${
      page.place.kind === 'app' &&
      page.sections.length > 1 &&
      html`<nav class="ways" aria-label="On this page">
        ${page.sections.map(({ id, title }) => html`<a href=${`#${id}`}>${title}</a>`)}
      </nav>`
    }
    <${PlatformNav} device=${page.device} groups=${groups} />
    ${page.device.caveats.map(({ text, link }) => html`<p class="hint">${text}${link && html` <a href=${link.url}>${link.label}</a>`}</p>`)}
    ${nothingForDevice && html`<div class="nothing"><h2>${nothingForDevice.title}</h2><p>${nothingForDevice.text}</p></div>`}
    ${offers(first)}
    ${
      page.installers.length > 0 &&
      html`<section id="commands"><h2>Command line</h2><${Commands} commands=${page.installers} /></section>`
    }
    ${page.notes && html`<section id="notes"><h2>Release notes</h2><${Markdown} text=${page.notes} /></section>`}
    ${others.length > 0 && html`<div class="others">${offers(others)}</div>`}
    ${page.sections.map(
      ({ id, title, items, empty }) => html`<section id=${id}>
        <h2>${title}</h2>
        ${items.length === 0 ? html`<p class="empty">${empty}</p>` : html`<${Items} items=${items} />`}
      </section>`,
    )}
    ${
      page.attachments.length > 0 &&
      html`<section id="attachments"><h2>Attachments</h2><${Items} items=${page.attachments} /></section>`
    }
    ${
      (page.facts.length > 0 || page.checksumsUrl !== null) &&
      html`<footer class="facts">
        ${page.facts.length > 0 && html`<${Facts} facts=${page.facts} />`}
        ${page.checksumsUrl !== null && html`<a href=${page.checksumsUrl}>Checksums of all files</a>`}
      </footer>`
    }
  `
}

function servesDevice({ isForDevice, platform }: OfferGroup): boolean {
  return isForDevice || platform === 'any'
}

/** What is true of every file of a platform is said once, above them. */
function commonVerdicts({ offers }: OfferGroup): readonly Verdict[] {
  const files = offers.filter(({ fileName }) => fileName !== null)
  if (files.length < 2) return []
  return files[0]!.verdicts.filter((verdict) => files.every(({ verdicts }) => verdicts.some(isSame(verdict))))
}

function isSame(a: Verdict): (b: Verdict) => boolean {
  return (b) => a.level === b.level && a.title === b.title && a.text === b.text
}

function Group({ group, signInUrl }: { group: OfferGroup; signInUrl: string | null }) {
  const common = commonVerdicts(group)
  // The best says all that is true of it, and stands above the others.
  const hasBest = group.offers.some(({ isBest }) => isBest)
  const own = (offer: Offer) =>
    offer.isBest || offer.fileName === null
      ? offer
      : { ...offer, verdicts: offer.verdicts.filter((verdict) => !common.some(isSame(verdict))) }
  return html`<section class="group">
    <h2 id=${group.platform} class=${group.isForDevice ? 'unseen' : undefined}>${group.title}</h2>
    ${!hasBest && html`<${Verdicts} verdicts=${common} />`}
    ${group.offers.map(
      (offer) =>
        html`<${offer.isBest ? BestOffer : OtherOffer} offer=${own(offer)} group=${group} signInUrl=${signInUrl} />`,
    )}
  </section>`
}
