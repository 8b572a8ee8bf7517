import type { Offer, OfferGroup } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { OfferAction } from './offer-action.ts'
import { OfferParts } from './offer-parts.ts'
import { PhoneCheck } from './phone-check.ts'
import { Verdicts } from './verdict.ts'

interface OfferProps {
  readonly offer: Offer
  readonly group: OfferGroup
  readonly signInUrl: string | null
}

/** One way to install, whole: what it is, what to press, what will happen then, and what else is known. */
export function BestOffer({ offer, group, signInUrl }: OfferProps) {
  return html`<article class="offer best" ...${hooks(offer)}>
    <${Line} offer=${offer} group=${group} />
    <${OfferAction} offer=${offer} group=${group} signInUrl=${signInUrl} />
    <${Verdicts} verdicts=${offer.verdicts} />
    ${offer.phoneCheck && html`<${PhoneCheck} id=${offer.id} check=${offer.phoneCheck} />`}
    <${OfferParts} offer=${offer} />
  </article>`
}

/** The same in two lines: what warns is seen, and what an action needs that is no download; the rest is one click away. */
export function OtherOffer({ offer, group, signInUrl }: OfferProps) {
  const isSeen = ({ level }: Offer['verdicts'][number]) =>
    level === 'error' || level === 'warning' || offer.action?.kind !== 'download'
  const calm = offer.verdicts.filter((verdict) => !isSeen(verdict))
  return html`<article class="offer" ...${hooks(offer)}>
    <${Line} offer=${offer} group=${group} />
    <${OfferAction} offer=${offer} group=${group} signInUrl=${signInUrl} />
    <${Verdicts} verdicts=${offer.verdicts.filter(isSeen)} />
    ${
      (calm.length > 0 || offer.sha256 !== null || offer.phoneCheck !== null) &&
      html`<details open=${Boolean(offer.phoneCheck?.answer)}>
        <summary>Details</summary>
        <${Verdicts} verdicts=${calm} />
        ${offer.phoneCheck && html`<${PhoneCheck} id=${offer.id} check=${offer.phoneCheck} />`}
        <${OfferParts} offer=${offer} isFlat=${true} />
      </details>`
    }
  </article>`
}

/** What an offer is found by. */
function hooks({ id, fileName }: Offer) {
  return { id, 'data-file': fileName ?? undefined }
}

function Line({ offer, group }: Pick<OfferProps, 'offer' | 'group'>) {
  const { title, machine, fit, fileName, size, facts, iconUrl } = offer
  const minOs = facts.find(({ name }) => name === 'Min OS')
  return html`<div class="what">
    <h3>${iconUrl && html`<img class="own" src=${iconUrl} alt="" width="20" height="20" loading="lazy" /> `}${title}${machine !== null && html` <span>${machine}</span>`}</h3>
    <p>
      ${fit === 'emulated' && html`<span class="chip">runs emulated</span> `}
      ${fit === 'not' && group.isForDevice && html`<span class="chip">not for this device</span> `}
      ${fileName !== null && html`<span class="name">${fileName}</span> `}
      ${size !== null && html`<span>${size}</span> `}
      ${minOs && html`<span><span class="os">${minOs.value}</span> or later</span>`}
    </p>
  </div>`
}
