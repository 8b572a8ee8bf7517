/** Primary result codes of SQLite that somebody asks for, by their numbers (sqlite.org/rescode.html). */
const CODES = { 11: 'SQLITE_CORRUPT', 13: 'SQLITE_FULL', 26: 'SQLITE_NOTADB' } as const

export type SqliteCode = (typeof CODES)[keyof typeof CODES]

/**
 * Which of these an error of any of the three runtimes says; undefined for all others. node:sqlite, which Deno has too,
 * says the same word for all errors and puts SQLite's own number beside it, whose upper bits tell more.
 */
export function sqliteCode(error: unknown): SqliteCode | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (typeof errcode === 'number') return CODES[(errcode & 0xff) as keyof typeof CODES]
  if (typeof code !== 'string') return undefined
  return Object.values(CODES).find((name) => code === name || code.startsWith(`${name}_`))
}
