import { html } from '../html.ts'

interface NameFieldProps {
  readonly id: string
  readonly value: string
  readonly errorId?: string | undefined
  readonly isInvalid?: boolean
  readonly hint?: string
  readonly autofocus?: boolean
}

/** Where the name of a person is typed. */
export function NameField({ id, value, errorId, isInvalid, hint, autofocus }: NameFieldProps) {
  const describedBy = [errorId, hint === undefined ? undefined : `${id}-hint`].filter(Boolean).join(' ')
  return html`<div class="field">
    <label for=${id}>Name</label>
    <input
      id=${id}
      name="name"
      type="text"
      value=${value}
      autocomplete="username"
      required
      spellcheck="false"
      autocapitalize="none"
      autocorrect="off"
      autofocus=${autofocus}
      aria-invalid=${isInvalid ? 'true' : undefined}
      aria-describedby=${describedBy === '' ? undefined : describedBy}
    />
    ${hint !== undefined && html`<div class="hint" id=${`${id}-hint`}>${hint}</div>`}
  </div>`
}

/** Tells a password manager, and who looks, whose password it is; nothing is sent of it. */
export function KnownName({ id, value }: { id: string; value: string }) {
  return html`<div class="field">
    <label for=${id}>Name</label>
    <input id=${id} type="text" value=${value} autocomplete="username" readonly />
  </div>`
}
