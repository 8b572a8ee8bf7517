const HIDDEN = '[hidden]'
/** What is shorter is no secret, and cutting it out would make words unreadable. Characters. */
const MIN_SECRET_LENGTH = 8

/**
 * A credential that does not end up in a log by accident: every way of turning it into text gives `[hidden]`, except
 * {@link Secret.reveal}.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself, for the one header that carries it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }

  [Symbol.for('Deno.customInspect')](): string {
    return HIDDEN
  }
}

/** What every token of distd looks like, and nothing else does. */
const TOKEN = /\bdist[a-z]_[0-9A-Za-z]{32,}\b/g

/** `text` without anything that looks like a token, e.g. one mistyped into the wrong place of a command line. */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, HIDDEN)
}

/** `text` without `secret`, wherever and however often it occurs. */
export function withoutSecret(text: string, secret: Secret | undefined): string {
  const value = secret?.reveal() ?? ''
  return value.length >= MIN_SECRET_LENGTH ? text.replaceAll(value, HIDDEN) : text
}
