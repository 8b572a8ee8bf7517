import { DistError } from '../src/errors.ts'
import type { ExitCode } from './exit-codes.ts'
import { type Secret, withoutSecret, withoutTokens } from './secret.ts'
import { systemCode, systemReason } from './system-error.ts'
import { printable } from './width.ts'

/** A stream that text goes to; `columns` is the width of a terminal, 80 elsewhere. */
export interface Sink {
  write(chunk: string | Uint8Array): void
  /** Waits until everything was written. @throws DistError output.unwritable */
  flush?(): Promise<void>
  readonly isTTY: boolean
  readonly columns: number
}

/**
 * The rules of our terminal:
 *
 * - stdout is the result and nothing else: text for people, or with `--json` exactly one JSON document, and that only
 *   when the exit code is 0 or 9
 * - stderr is for words: notes, warnings, progress, errors; with `--json` an error is one line of JSON
 * - an error says what could not be done and why, then `hint: …` with the next step where there is one
 * - the credential in use is never written, whatever text it got into; stderr never shows any token
 * - text from elsewhere cannot move the cursor, nor begin a line: CI systems take lines such as `::error::…` for commands
 */
export class Output {
  readonly json: boolean
  readonly stdout: Sink
  readonly stderr: Sink
  /** Replaces the line that shows progress while other words are written; set by `progress.ts`. */
  onWords: (() => void) | undefined
  #secret: Secret | undefined
  #result: { value: unknown; text: () => Shown } | undefined

  constructor(options: { json: boolean; stdout: Sink; stderr: Sink }) {
    this.json = options.json
    this.stdout = options.stdout
    this.stderr = options.stderr
  }

  /** From now on this credential is cut out of everything written. */
  hide(secret: Secret | undefined): void {
    this.#secret = secret
  }

  /**
   * The one result of the command; the last call wins. It is written when the command ended well.
   * @param value what `--json` prints @param text what people read
   */
  result(value: unknown, text: () => Shown): void {
    this.#result = { value, text }
  }

  /** Raw bytes or text to stdout at once, for commands that stream (`audit export`, `completion`). */
  raw(chunk: string | Uint8Array): void {
    this.stdout.write(typeof chunk === 'string' ? withoutSecret(chunk, this.#secret) : chunk)
  }

  /** A line of words for people. */
  note(text: string): void {
    this.#words(printable(text))
  }

  /** Lines of words for people, in which names were made printable already: a report, a help. */
  block(text: string): void {
    this.#words(printable(text.trimEnd(), { lines: true }))
  }

  warn(text: string, hint?: string): void {
    this.#words(`warning: ${printable(text)}`)
    this.#hint(hint)
  }

  error(error: unknown): void {
    if (this.json) {
      this.#words(JSON.stringify({ error: errorDocument(error) }))
      return
    }
    const { message, hint } = errorDocument(error)
    this.#words(`error: ${printable(message)}`)
    this.#hint(hint)
  }

  /** Writes the result if there is one and `code` is a success. Called once, last, by `run.ts`. */
  finish(code: ExitCode): void {
    if (this.#result === undefined || (code !== 0 && code !== 9)) return
    const { value, text } = this.#result
    this.raw(this.json ? `${JSON.stringify(value, null, 2)}\n` : shownText(text()))
  }

  /** Each line says what it is, so that none is a list of files that looks like something else. */
  #hint(hint: string | undefined): void {
    for (const line of hint?.split('\n') ?? []) this.#words(`hint: ${printable(line)}`)
  }

  #words(line: string): void {
    this.onWords?.()
    this.stderr.write(`${withoutTokens(withoutSecret(line, this.#secret))}\n`)
  }
}

/**
 * What people read: lines as they come, or finished text with its line breaks, in which names were made printable
 * already, such as that of `table` and `fields`.
 */
export type Shown = string | readonly string[]

function shownText(shown: Shown): string {
  return typeof shown === 'string'
    ? printable(shown, { lines: true })
    : shown.map((line) => `${printable(line)}\n`).join('')
}

/** The fields of the JSON form of an error, product-wide: `{"error": {code, message, hint, details}}`. */
export interface ErrorDocument {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  readonly details?: unknown
}

/** What is told about a failure; of an unexpected one the message alone, never its stack. */
export function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof DistError) {
    return { code: error.code, message: error.message, hint: error.hint, details: error.details }
  }
  const system = systemFailure(error)
  if (system !== undefined) return { code: 'internal', message: system }
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: 'internal',
    message: `dist failed unexpectedly: ${message}`,
    hint: 'Run the command again with --debug and report what it prints',
  }
}

/** A failure of the operating system in words that nobody has found for it before. */
function systemFailure(error: unknown): string | undefined {
  if (systemCode(error) === undefined) return undefined
  const { path } = error as { path?: unknown }
  return `Cannot ${typeof path === 'string' ? `use "${path}"` : 'go on'}: ${systemReason(error)}`
}
