import type { InstallPage as Page } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { AppIcon } from './app-icon.ts'
import { Qr } from './qr.ts'

type Shown = Pick<Page, 'app' | 'place' | 'release' | 'qr'>

/** What kind of page it is, where its title does not say so. */
const KINDS: Readonly<Record<Page['place']['kind'], string | null>> = {
  app: null,
  channel: null,
  latest: 'latest',
  release: null,
  set: 'set',
  preview: 'preview',
  branch: 'branch build',
}

/** Which app and which version of it this is. */
export function AppHead({ app, place, release, qr }: Shown) {
  const isBranch = place.kind === 'branch'
  const version = isBranch ? place.name : release?.version
  const chips = [
    KINDS[place.kind] ?? (place.kind === 'channel' ? place.name : null),
    release?.isPrerelease ? 'prerelease' : null,
  ].filter((chip) => chip !== null)
  return html`<header class="app">
    <${AppIcon} app=${app} size=${56} />
    <div class="who">
      <h1>${app.name}${version && html` <span>${version}</span>`}</h1>
      <p class="where">
        ${chips.map((chip) => html`<span class="chip">${chip}</span> `)}
        ${release?.build && html`<span>build ${release.build}</span> `}
        ${release?.announcedAt && html`<span>${release.announcedAt}</span> `}
        ${place.dates?.map((date) => html`<span>${date}</span> `)}
        ${release?.url && html`<a href=${release.url}>Permanent page</a> `}
        ${app.url !== null && html`<a href=${app.url}>All versions</a>`}
      </p>
      ${app.summary !== null && html`<p class="lead">${app.summary}</p>`}
    </div>
    ${qr && html`<${Qr} imageUrl=${qr.imageUrl} />`}
  </header>`
}
