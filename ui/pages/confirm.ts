import type { ConfirmPage as Page } from '../../src/model/view.ts'
import { FormError } from '../components/form-error.ts'
import { island } from '../components/island.ts'
import { KnownName } from '../components/name-field.ts'
import { html } from '../html.ts'

/** The password once more, before something that cannot be undone. */
export function ConfirmPage({ page: { form, next } }: { page: Page }) {
  return html`<div class="narrow">
    <h1>Confirm that it is you</h1>
    <p class="lead">For what comes next, please give your password again. It counts for ten minutes.</p>
    <form method="post" action="/account/confirm">
      <${FormError} id="error" error=${form.error} hint=${form.hint} />
      <input type="hidden" name="next" value=${next} />
      <${KnownName} id="name" value=${form.name} />
      <div class="field">
        <label for="password">Password</label>
        ${island('password-field', {
          id: 'password',
          name: 'password',
          autocomplete: 'current-password',
          errorId: form.error === null ? undefined : 'error',
          isInvalid: form.fields?.includes('password') ?? false,
          autofocus: form.error === null,
        })}
      </div>
      <button class="main">Confirm</button>
    </form>
  </div>`
}
