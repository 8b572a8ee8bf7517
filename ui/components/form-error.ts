import { html } from '../html.ts'

interface FormErrorProps {
  readonly id: string
  readonly error: string | null
  readonly hint: string | null
}

/** What went wrong with a form, first on it; it takes the focus, so that it is read out. */
export function FormError({ id, error, hint }: FormErrorProps) {
  if (error === null) return null
  return html`<div class="problem" id=${id} role="alert" tabindex="-1" autofocus>
    <p><strong>${error}</strong></p>
    ${hint !== null && html`<p>${hint}</p>`}
  </div>`
}
