import type { AccountPage as Page } from '../../src/model/view.ts'
import { FormError } from '../components/form-error.ts'
import { island } from '../components/island.ts'
import { html } from '../html.ts'

/** Who one is here, where one is signed in, and the password. */
export function AccountPage({ page }: { page: Page }) {
  return html`
    <h1>${page.name}</h1>
    ${page.done !== null && html`<p class="done" role="status">${page.done}</p>`}
    <${Access} page=${page} />
    <${Sessions} sessions=${page.sessions} />
    <${ChangePassword} name=${page.name} password=${page.password} />
  `
}

function Access({ page: { role, apps } }: { page: Page }) {
  return html`<section aria-labelledby="access">
    <h2 id="access">What you may do</h2>
    ${
      role === null && apps.length === 0
        ? html`<p class="empty">Nothing yet: an admin of this server gives roles.</p>`
        : html`<dl class="roles">
            ${
              role !== null &&
              html`<div>
                <dt>This server</dt>
                <dd>${role}</dd>
              </div>`
            }
            ${apps.map(
              (app) => html`<div>
                <dt><a href=${`/${app.slug}`}>${app.name}</a></dt>
                <dd>${app.role}</dd>
              </div>`,
            )}
          </dl>`
    }
  </section>`
}

function Sessions({ sessions }: Pick<Page, 'sessions'>) {
  // Cards on a phone: browsers then forget that it is a table, unless it says so.
  return html`<section aria-labelledby="sessions">
    <h2 id="sessions">Where you are signed in</h2>
    <table role="table" aria-labelledby="sessions">
      <thead role="rowgroup">
        <tr role="row">
          ${['Browser', 'Address', 'Signed in', 'Last seen'].map((head) => html`<th role="columnheader" scope="col">${head}</th>`)}
          <th role="columnheader" scope="col"><span class="unseen">End</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${sessions.map(
          (session) => html`<tr role="row">
            <th role="rowheader" scope="row">${session.browser}</th>
            <td role="cell" data-head="Address">${session.address}</td>
            <td role="cell" class="time" data-head="Signed in">${session.signedInAt}</td>
            <td role="cell" class="time" data-head="Last seen">${session.lastSeenAt}</td>
            <td role="cell" class="act">
              ${
                session.isCurrent
                  ? html`<span class="quiet">this browser</span>`
                  : html`<form method="post" action=${`/account/sessions/${encodeURIComponent(session.id)}/end`}>
                      <button class="small">End<span class="unseen"> ${session.browser}, ${session.address}</span></button>
                    </form>`
              }
            </td>
          </tr>`,
        )}
      </tbody>
    </table>
    ${
      sessions.some(({ isCurrent }) => !isCurrent) &&
      html`<form method="post" action="/account/sessions/end-others"><button>End all others</button></form>`
    }
  </section>`
}

function ChangePassword({ name, password }: Pick<Page, 'name' | 'password'>) {
  const { error, hint, minLength, fields } = password
  const errorId = error === null ? undefined : 'password-error'
  const isWrong = (field: string) => fields?.includes(field) ?? false
  return html`<section aria-labelledby="change">
    <h2 id="change">Change password</h2>
    <form class="narrow" method="post" action="/account/password">
      <${FormError} id="password-error" error=${error} hint=${hint} />
      <input type="text" value=${name} autocomplete="username" readonly hidden />
      <div class="field">
        <label for="current">Current password</label>
        ${island('password-field', {
          id: 'current',
          name: 'current',
          autocomplete: 'current-password',
          errorId,
          isInvalid: isWrong('current'),
        })}
      </div>
      <div class="field">
        <label for="new_password">New password</label>
        ${island('password-field', {
          id: 'new_password',
          name: 'new_password',
          autocomplete: 'new-password',
          minLength,
          errorId,
          isInvalid: isWrong('new_password'),
        })}
      </div>
      <p class="hint">You stay signed in here, and are signed out everywhere else.</p>
      <button class="main">Change password</button>
    </form>
  </section>`
}
