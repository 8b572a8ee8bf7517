import type { Shell } from '../../src/model/shell.ts'
import type { ErrorPage as Page } from '../../src/model/view.ts'
import { Facts } from '../components/facts.ts'
import { Items } from '../components/items.ts'
import { html } from '../html.ts'

/** What happened comes first, then what to do, where to go on, and last what to tell who runs the server. */
export function ErrorPage({ page, shell }: { page: Page; shell: Shell }) {
  const canSignIn = page.mayNeedSignIn && shell.person === null
  return html`
    <h1>${page.title}</h1>
    ${page.detail !== null && html`<p class="lead">${page.detail}</p>`}
    ${page.hint !== null && html`<p class="lead">${page.hint}</p>`}
    ${
      page.files.length > 0 &&
      html`<section>
        <h2>Files</h2>
        <${Items} items=${page.files} />
      </section>`
    }
    ${
      page.ways.length > 0 &&
      html`<section>
        <h2>What there is</h2>
        <${Items} items=${page.ways.map(({ title, text, url }) => ({ title, url, details: text === null ? [] : [text] }))} />
      </section>`
    }
    <p class="ways">
      ${canSignIn && html`<a href=${shell.signInUrl ?? '/login'}>Sign in</a>`}
      <a href="/">All apps</a>
    </p>
    <div class="report"><${Facts} facts=${page.facts} /></div>
  `
}
