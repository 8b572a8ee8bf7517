import type { SetupPage as Page } from '../../src/model/view.ts'
import { FormError } from '../components/form-error.ts'
import { island } from '../components/island.ts'
import { KnownName, NameField } from '../components/name-field.ts'
import { html } from '../html.ts'

const WORDS = {
  first: {
    title: 'Set up this server',
    lead: 'Choose the name and the password of its first admin. More people are invited later.',
    button: 'Create admin',
  },
  token: {
    title: 'Set up this server',
    lead: 'Give the setup token of this server, and choose the name and the password of its first admin.',
    button: 'Create admin',
  },
  invite: { title: 'Welcome', lead: 'Choose a password to sign in with from now on.', button: 'Set password' },
  reset: {
    title: 'Choose a new password',
    lead: 'Everywhere you are signed in, you will be signed out.',
    button: 'Set password',
  },
} as const

const COMMAND = 'distd admin create --name admin'

/** The first admin, or a person with a link: a name where there is none yet, and a password. */
export function SetupPage({ page }: { page: Page }) {
  const { kind, form, action, minLength } = page
  if (kind === 'none') {
    return html`<div class="narrow">
      <h1>This server waits for its first admin</h1>
      <p class="lead">Open the setup link: distd shows it in the terminal that it is started in, and keeps it in <code>config/setup-link</code> of its data folder. The link works once, for 30 minutes; starting distd again writes a new one.</p>
      <p class="lead">Or, on the machine that it runs on:</p>
      <div class="command"><code>${COMMAND}</code>${island('copy-button', {})}</div>
    </div>`
  }
  const words = WORDS[kind]
  const isFirst = kind === 'first' || kind === 'token'
  const errorId = form.error === null ? undefined : 'error'
  const isWrong = (field: string) => form.fields?.includes(field) ?? false
  return html`<div class="narrow">
    <h1>${words.title}</h1>
    <p class="lead">${words.lead}</p>
    <form method="post" action=${action}>
      <${FormError} id="error" error=${form.error} hint=${form.hint} />
      ${
        kind === 'token' &&
        html`<div class="field">
          <label for="token">Setup token</label>
          <input
            id="token"
            name="token"
            type="text"
            autocomplete="one-time-code"
            required
            spellcheck="false"
            autocapitalize="none"
            autofocus=${form.error === null}
            aria-invalid=${isWrong('token') ? 'true' : undefined}
            aria-describedby=${[errorId, 'token-hint'].filter(Boolean).join(' ')}
          />
          <div class="hint" id="token-hint">The value of DISTD_SETUP_TOKEN.</div>
        </div>`
      }
      ${
        isFirst
          ? html`<${NameField}
              id="name"
              value=${form.name}
              errorId=${errorId}
              isInvalid=${isWrong('name')}
              hint="A short name or an e-mail address, in lower case."
              autofocus=${kind === 'first' && form.error === null}
            />`
          : html`<${KnownName} id="name" value=${form.name} />`
      }
      <div class="field">
        <label for="password">${kind === 'reset' ? 'New password' : 'Password'}</label>
        ${island('password-field', {
          id: 'password',
          name: 'password',
          autocomplete: 'new-password',
          minLength,
          errorId,
          isInvalid: isWrong('password'),
          autofocus: !isFirst && form.error === null,
        })}
      </div>
      <button class="main">${words.button}</button>
    </form>
  </div>`
}
