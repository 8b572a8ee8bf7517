import type { ComponentChildren, VNode } from 'preact'
import type { Offer, OfferGroup, InstallPage as Page, Verdict } from '../../src/model/install-page.ts'
import type { Shell } from '../../src/model/shell.ts'
import { AppHead } from '../components/app-head.ts'
import { Commands } from '../components/command.ts'
import { Facts } from '../components/facts.ts'
import { FoldedItems, Items } from '../components/items.ts'
import { Markdown } from '../components/markdown.ts'
import { BestOffer, OtherOffer } from '../components/offer.ts'
import { PlatformNav } from '../components/platform-nav.ts'
import { Notices, Verdicts } from '../components/verdict.ts'
import { html } from '../html.ts'

/** What can be installed here: the right thing for the device first, everything else below it. Complete without JavaScript. */
export function InstallPage({ page, shell }: { page: Page; shell: Shell }) {
  const { groups, nothingForDevice } = page
  // Where the device is not known, all platforms stand side by side before anything else is said; else the others are folded.
  const first = page.device.platform === null ? groups : groups.filter(servesDevice)
  const others = groups.filter((group) => !first.includes(group))
  const offers = (shown: readonly OfferGroup[], isFolded: boolean) =>
    shown.map((group) => html`<${Group} group=${group} signInUrl=${shell.signInUrl} isFolded=${isFolded} />`)
  const further = offers(others, groups.length > 1)
  const isPhone = page.device.platform === 'android' || page.device.platform === 'ios'
  const commands =
    page.installers.length > 0 &&
    html`<section id="commands">
      <${Foldable} heading=${html`<h2>Command line</h2>`} isFolded=${isPhone}><${Commands} commands=${page.installers} /><//>
    </section>`
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
    ${offers(first, false)}
    ${first.length === 0 && further}
    ${!isPhone && commands}
    ${page.notes && html`<section id="notes"><h2>Release notes</h2><${Markdown} text=${page.notes} /></section>`}
    ${first.length > 0 && further}
    ${isPhone && commands}
    ${page.sections.map(
      ({ id, title, items, empty }) => html`<section id=${id}>
        <h2>${title}</h2>
        ${items.length === 0 ? html`<p class="empty">${empty}</p>` : html`<${BEGINS.has(id) ? FoldedItems : Items} items=${items} />`}
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

/** Lists of which the newest lines matter. */
const BEGINS: ReadonlySet<string> = new Set(['changes', 'history'])

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

function Group({ group, signInUrl, isFolded }: { group: OfferGroup; signInUrl: string | null; isFolded: boolean }) {
  const { platform, title, isForDevice, offers, more = [] } = group
  const common = commonVerdicts(group)
  // The best says all that is true of it, and stands above the others.
  const hasBest = offers.some(({ isBest }) => isBest)
  const own = (offer: Offer) =>
    offer.isBest || offer.fileName === null
      ? offer
      : { ...offer, verdicts: offer.verdicts.filter((verdict) => !common.some(isSame(verdict))) }
  const heading = html`<h2 id=${platform} class=${isForDevice ? 'unseen' : undefined}>${title}</h2>`
  return html`<section class="group">
    <${Foldable} heading=${heading} about=${countText(group)} isFolded=${isFolded}>
      ${!hasBest && html`<${Verdicts} verdicts=${common} />`}
      ${offers.map(
        (offer) =>
          html`<${offer.isBest ? BestOffer : OtherOffer} offer=${own(offer)} group=${group} signInUrl=${signInUrl} />`,
      )}
      ${more.length > 0 && html`<details><summary>${moreText(more.length)}</summary><${Items} items=${more} /></details>`}
    <//>
  </section>`
}

function moreText(count: number): string {
  return count === 1 ? '1 more' : `${count} more`
}

/** `TestFlight, 3 files`: what is seen of a platform that is folded. */
function countText({ offers, more = [] }: OfferGroup): string {
  const files = offers.filter(({ fileName }) => fileName !== null).length + more.length
  const links = offers.flatMap(({ fileName, title }) => (fileName === null ? [title] : []))
  return [...links, ...(files === 0 ? [] : [files === 1 ? '1 file' : `${files} files`])].join(', ')
}

interface FoldableProps {
  readonly heading: VNode
  /** Seen beside the heading where the rest is folded. */
  readonly about?: string
  readonly isFolded: boolean
  readonly children?: ComponentChildren
}

/** A part of the page under its heading. */
function Foldable({ heading, about, isFolded, children }: FoldableProps) {
  if (!isFolded) return html`${heading}${children}`
  return html`<details>
    <summary>${heading}${about && ` · ${about}`}</summary>
    ${children}
  </details>`
}
