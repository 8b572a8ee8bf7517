import type { OfferGroup, InstallPage as Page } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { PlatformSwitch } from './platform-switch.ts'

type Seen = Pick<Page, 'device' | 'groups'>

/** What the page takes the device for, and the same page for another. */
export function PlatformNav({ device, groups }: Seen) {
  const platforms = groups.filter(({ platform }) => platform !== 'any')
  if (platforms.length === 0) return null
  return html`<nav class="platforms" aria-label="Platform">
    <p>${device.label === null ? 'Which device is it for?' : html`For <b>${device.label}</b>`}</p>
    ${
      (platforms.length > 1 || !platforms[0]!.isForDevice) &&
      html`<ul>
        ${platforms.map((group) => html`<${Choice} group=${group} />`)}
        ${device.source === 'asked' && html`<li><a href="?">This device</a></li>`}
      </ul>`
    }
    <${PlatformSwitch} device=${device} groups=${groups} />
  </nav>`
}

function Choice({ group: { title, url, isForDevice } }: { group: OfferGroup }) {
  return html`<li><a href=${url} aria-current=${isForDevice ? 'true' : undefined}>${title}</a></li>`
}
