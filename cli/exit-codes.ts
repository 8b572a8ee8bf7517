import { DistError, ERRORS, errorRow } from '../src/errors.ts'

/** What the exit code of `dist` tells a script; which error gives which code is a column of `src/errors.ts`. */
export const EXIT_CODES = {
  0: 'ok',
  1: 'failed unexpectedly',
  2: 'the command line is not valid',
  3: 'dist.json is not valid; nothing was sent',
  4: 'not allowed; nothing was published',
  5: 'not found',
  6: 'conflict: it exists with other contents, somebody changed it in the meantime, or its state does not allow it',
  7: 'a check or verification failed',
  8: 'the server cannot be reached, or is unavailable after all retries',
  9: 'published, but the channel was not moved: the result, with the reason, is on stdout',
  130: 'interrupted',
} as const

export type ExitCode = keyof typeof EXIT_CODES

/** Exit code of a failure; anything that is not a {@link DistError} is unexpected. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof DistError ? errorRow(error.code).exit : 1
}

/** The text of `dist help exit-codes`. */
export function exitCodesText(): string {
  const width = Math.max(...Object.keys(ERRORS).map((name) => name.length)) + 2
  const lines: string[] = ['Exit codes of dist, and the error codes that lead to them:', '']
  for (const [code, meaning] of Object.entries(EXIT_CODES)) {
    lines.push(`${code.padStart(4)}  ${meaning}`)
    const names = Object.entries(ERRORS).filter(([, row]) => String(row.exit) === code)
    for (const [name, row] of names) lines.push(`        ${name.padEnd(width)}${row.title}`)
  }
  return `${lines.join('\n')}\n`
}
