import { html } from '../html.ts'
import { island } from './island.ts'

/** The way to another device: beside the title where there is room, folded where the device is a phone itself. */
export function Qr({ imageUrl }: { imageUrl: string }) {
  return html`<details class="scan">
    <summary>Open on another device</summary>
    ${island('qr-code', { imageUrl })}
  </details>`
}
