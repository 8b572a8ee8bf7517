import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'

/**
 * Tokens and one-time links; share links; grants of one file. All are told from everything else by how they look, and
 * columns of a record stand in the file of the database without anything between them.
 */
const SHAPES = [
  /dist[pcrsfb]_[0-9A-Za-z]{48}/g,
  /shr_[0-9a-hjkmnp-tv-z]{26}\.[A-Za-z0-9_-]{43}/g,
  /rel_[0-9a-hjkmnp-tv-z]{26}\.[a-z0-9_]+\.[a-z0-9]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}/g,
]
/** Fields of bodies and forms that hold a password. */
const PASSWORD_FIELDS = ['password', 'current', 'new_password']
/** A shorter one is refused, and may be a word that stands elsewhere for good reason. UTF-16 units. */
const MIN_PASSWORD = 12

/** Notes the secrets that went through a test, and looks for them where none may be. */
export interface SecretWatch {
  /** What was logged: one line for each call. */
  readonly log: (level: string, message: string, fields?: Readonly<Record<string, unknown>>) => void
  /** Cookies of sessions, passwords of forms and JSON. */
  noteRequest(body: unknown, cookie: string | null): void
  noteResponse(headers: Headers): void
  /** @throws AssertionError when one is in the log or in one of these files */
  check(files: readonly string[]): void
}

export function watchSecrets(): SecretWatch {
  const known = new Set<string>()
  const lines: string[] = []
  const noteCookie = (text: string) => {
    for (const [, value = ''] of text.matchAll(/(?:^|[ ,])(?:__Host-)?dist=([A-Za-z0-9_-]{43})/g)) known.add(value)
  }
  return {
    log: (...line) => lines.push(JSON.stringify(line)),
    noteRequest(body, cookie) {
      if (cookie !== null) noteCookie(cookie)
      const fields = typeof body === 'string' ? Object.fromEntries(new URLSearchParams(body)) : body
      if (typeof fields !== 'object' || fields === null) return
      for (const name of PASSWORD_FIELDS) {
        const value = (fields as Record<string, unknown>)[name]
        if (typeof value === 'string' && value.length >= MIN_PASSWORD) known.add(value)
      }
    },
    noteResponse: (headers) => noteCookie(headers.get('set-cookie') ?? ''),
    check(files) {
      const places = new Map(files.filter((file) => existsSync(file)).map((file) => [file, readFileSync(file, 'utf8')]))
      places.set('the log', lines.join('\n'))
      for (const [place, text] of places) {
        const shaped = SHAPES.flatMap((shape) => text.match(shape) ?? [])
        const found = [...shaped, ...[...known].filter((secret) => text.includes(secret))]
        assert.deepEqual(found, [], `${place} holds secrets`)
      }
    },
  }
}
