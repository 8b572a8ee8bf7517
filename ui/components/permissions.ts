import type { Permission } from '../../src/model/install-page.ts'
import { html } from '../html.ts'

/** What an app may do, in words where there are some; first what the system asks for. */
export function Permissions({ permissions }: { permissions: readonly Permission[] }) {
  const asked = permissions.filter(({ isAsked }) => isAsked)
  const silent = permissions.filter(({ isAsked }) => !isAsked)
  return html`
    ${asked.length > 0 && html`<p class="label">It asks for these when it needs them</p><${List} permissions=${asked} />`}
    ${silent.length > 0 && html`<p class="label">It has these without asking</p><${List} permissions=${silent} />`}
  `
}

function List({ permissions }: { permissions: readonly Permission[] }) {
  return html`<ul class="may">
    ${permissions.map(
      ({ name, text, reason }) => html`<li>
        ${text ?? html`<code>${name}</code>`}${reason !== null && html`<q>${reason}</q>`}
      </li>`,
    )}
  </ul>`
}
