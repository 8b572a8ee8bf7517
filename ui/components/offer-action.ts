import type { Offer, OfferGroup } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { isSafeUrl } from './safe-url.ts'

interface OfferActionProps {
  readonly offer: Offer
  readonly group: OfferGroup
  readonly signInUrl: string | null
}

/** The button, which says aloud what it is about; or why there is none. */
export function OfferAction({ offer, group, signInUrl }: OfferActionProps) {
  const { action, withheld, file, fileName } = offer
  const isOfSystem = action?.kind === 'install' && action.url.startsWith('itms-services://')
  const about = [fileName, group.platform === 'any' ? null : `for ${group.title}`].filter((word) => word !== null)
  const isShown = action !== null && (isOfSystem || isSafeUrl(action.url))
  const isFileShown = file !== null && isSafeUrl(file.url)
  return html`
    ${
      (isShown || isFileShown) &&
      html`<div class="do">
        ${isShown && html`<a class="button" href=${action.url}>${action.label}<span class="unseen"> ${about.join(' ')}</span></a>`}
        ${isFileShown && html`<a class="lesser" href=${file.url}>${file.label}<span class="unseen"> ${fileName}</span></a>`}
      </div>`
    }
    ${
      withheld &&
      html`<p class="withheld">${withheld.text} ${
        withheld.canSignIn && signInUrl !== null && html`<a href=${signInUrl}>Sign in</a>`
      }</p>`
    }
  `
}
