import type { PhoneCheck as Check } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { Told } from './verdict.ts'

/** Asks whether a phone is among the devices of a profile. The answer comes with the page, on the address of the question. */
export function PhoneCheck({ id, check: { fileName, udid, answer } }: { id: string; check: Check }) {
  return html`<form class="phone" method="get">
    <input type="hidden" name="platform" value="ios" />
    <input type="hidden" name="file" value=${fileName} />
    <label for=${`${id}-udid`}>Is your device among them? Its UDID:</label>
    <div class="ask">
      <input
        id=${`${id}-udid`}
        name="udid"
        type="text"
        value=${udid ?? undefined}
        required
        maxlength="64"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        aria-describedby=${`${id}-how`}
      />
      <button>Check</button>
    </div>
    ${answer && html`<p class=${`note ${answer.level}`} role="status" tabindex="-1" autofocus><${Told} verdict=${answer} /></p>`}
    <p class="hint" id=${`${id}-how`}>It is the number of one iPhone or iPad. Connect it to a Mac, choose it in Finder, and click the text below its name until the UDID shows. This server does not keep it.</p>
  </form>`
}
