import { html } from '../html.ts'
import { island } from './island.ts'

/** The digest of a file, to be compared or copied. */
export function Checksum({ sha256 }: { sha256: string }) {
  return html`<p class="label">SHA-256</p>
    <div class="sum"><code>${sha256}</code>${island('copy-checksum', {})}</div>`
}
