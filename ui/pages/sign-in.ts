import type { SignInPage as Page } from '../../src/model/view.ts'
import { FormError } from '../components/form-error.ts'
import { island } from '../components/island.ts'
import { NameField } from '../components/name-field.ts'
import { html } from '../html.ts'

const signInPath = (next: string) => (next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`)

/** Name and password, or why nobody can sign in here. */
export function SignInPage({ page: { form, next, refusal } }: { page: Page }) {
  if (refusal !== null) {
    return html`<div class="narrow">
      <h1>Sign in</h1>
      <div class="problem" role="alert" tabindex="-1" autofocus>
        <p><strong>${refusal.title}</strong></p>
        <p>${refusal.text}</p>
        <p>${refusal.hint}</p>
      </div>
      ${refusal.canTryAgain && html`<p class="ways"><a href=${signInPath(next)}>Try again</a></p>`}
    </div>`
  }
  const errorId = form.error === null ? undefined : 'error'
  const isWrong = (field: string) => form.fields?.includes(field) ?? false
  return html`<div class="narrow">
    <h1>Sign in</h1>
    <form method="post" action="/login">
      <${FormError} id="error" error=${form.error} hint=${form.hint} />
      <input type="hidden" name="next" value=${next} />
      <${NameField}
        id="name"
        value=${form.name}
        errorId=${errorId}
        isInvalid=${isWrong('name')}
        autofocus=${form.error === null && form.name === ''}
      />
      <div class="field">
        <label for="password">Password</label>
        ${island('password-field', {
          id: 'password',
          name: 'password',
          autocomplete: 'current-password',
          errorId,
          isInvalid: isWrong('password'),
          autofocus: form.error === null && form.name !== '',
        })}
      </div>
      <button class="main">Sign in</button>
    </form>
  </div>`
}
