import { useEffect, useRef, useState } from 'preact/hooks'
import { html } from '../html.ts'
import { passwordHint } from './password-hint.ts'

export interface PasswordFieldProps {
  readonly id: string
  readonly name: string
  readonly autocomplete: 'current-password' | 'new-password'
  /** For a new one: code points. */
  readonly minLength?: number
  /** Id of the error that is about it. */
  readonly errorId?: string | undefined
  readonly isInvalid?: boolean
  readonly autofocus?: boolean
}

/** Words for a screen reader wait until nobody types. */
const QUIET_MS = 900

/** A field for a password that can be looked at, with a hint while a new one is typed. */
export function PasswordField(props: PasswordFieldProps) {
  const { id, minLength } = props
  const field = useRef<HTMLInputElement>(null)
  const [isReady, setReady] = useState(false)
  const [isShown, setShown] = useState(false)
  const [typed, setTyped] = useState({ password: '', name: '' })
  const [spoken, setSpoken] = useState('')
  const read = () => {
    const name = field.current?.form?.querySelector<HTMLInputElement>('[autocomplete=username]')?.value ?? ''
    setTyped({ password: field.current?.value ?? '', name })
  }
  useEffect(() => {
    setReady(true)
    // The browser, or somebody fast, may have filled it in.
    read()
    const form = field.current?.form
    // Otherwise browsers take what was shown for a text, and remember it.
    const hide = () => field.current?.setAttribute('type', 'password')
    form?.addEventListener('submit', hide)
    return () => form?.removeEventListener('submit', hide)
  }, [])
  const hint = minLength === undefined ? null : passwordHint(typed.password, typed.name, minLength)
  useEffect(() => {
    if (hint === null || typed.password === '') return
    const timer = setTimeout(() => setSpoken(hint.text), QUIET_MS)
    return () => clearTimeout(timer)
  }, [hint?.text])

  const describedBy = [props.errorId, hint === null ? undefined : `${id}-hint`].filter(Boolean).join(' ')
  return html`<div class="password">
    <div class="secret">
      <input
        ref=${field}
        id=${id}
        name=${props.name}
        type=${isShown ? 'text' : 'password'}
        autocomplete=${props.autocomplete}
        required
        minlength=${minLength}
        spellcheck="false"
        autocapitalize="none"
        autocorrect="off"
        autofocus=${props.autofocus}
        aria-invalid=${props.isInvalid && typed.password === '' ? 'true' : undefined}
        aria-describedby=${describedBy === '' ? undefined : describedBy}
        onInput=${read}
      />
      ${isReady && hint && html`<progress class=${hint.isGood ? 'good' : undefined} max="1" value=${hint.part} aria-hidden="true"></progress>`}
      ${
        isReady &&
        html`<button type="button" class="reveal" aria-controls=${id} onClick=${() => setShown(!isShown)}>
          ${isShown ? 'Hide' : 'Show'}<span class="unseen"> password</span>
        </button>`
      }
    </div>
    ${
      hint &&
      html`<div class=${hint.isGood ? 'hint good' : 'hint'}>
        <span id=${`${id}-hint`}>${hint.text}</span>
        <span class="unseen" role="status">${spoken}</span>
      </div>`
    }
  </div>`
}
