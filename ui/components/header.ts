import type { Shell } from '../../src/model/shell.ts'
import { html } from '../html.ts'

/** The line on top of every page: where one is, and who one is. */
export function Header({ shell }: { shell: Shell }) {
  return html`<header>
    <div class="top">
    <a class="brand" href="/">distd</a>
    ${
      shell.person !== null
        ? html`<nav aria-label="You">
            <a class="person" href="/account" title=${shell.person}><span class="unseen">Account of </span>${shell.person}</a>
            <form method="post" action="/logout"><button class="small">Sign out</button></form>
          </nav>`
        : shell.signInUrl !== null && html`<nav aria-label="You"><a href=${shell.signInUrl}>Sign in</a></nav>`
    }
    </div>
    ${shell.isInsecure && html`<p class="insecure">This connection is not encrypted: everybody on the way can read it.</p>`}
  </header>`
}
