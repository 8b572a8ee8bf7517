import type { AppsPage as Page } from '../../src/model/view.ts'
import { AppIcon } from '../components/app-icon.ts'
import { html } from '../html.ts'

/** The apps of a server, each with what it offers now. */
export function AppsPage({ page }: { page: Page }) {
  return html`
    <h1>Apps</h1>
    ${
      page.apps.length === 0
        ? html`<div class="nothing"><h2>${page.empty.title}</h2><p>${page.empty.text}</p></div>`
        : html`<ul class="apps">${page.apps.map((app) => html`<${App} app=${app} />`)}</ul>`
    }
    ${page.nextUrl !== null && html`<p class="ways"><a href=${page.nextUrl} rel="next">More apps</a></p>`}
  `
}

function App({ app }: { app: Page['apps'][number] }) {
  return html`<li>
    <${AppIcon} app=${app} size=${40} isLazy=${true} />
    <div>
      <strong><a href=${app.url}>${app.name}</a></strong>${' '}
      ${app.version !== null && html`<span class="version">${app.version}</span> `}
      ${app.chip !== null && html`<span class="chip">${app.chip}</span>`}
      ${app.summary !== null && html`<p>${app.summary}</p>`}
    </div>
  </li>`
}
