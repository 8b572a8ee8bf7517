/** What crosses into SQLite: its five storage classes, with integers as bigint. */
export type SqliteValue = null | string | number | bigint | Uint8Array

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/**
 * Turns parameters into what every runtime binds alike.
 *
 * Left to themselves the three drivers disagree: booleans are 1 or an error, `undefined` is NULL or an error, 5 is the
 * REAL 5.0 (and `5.0` inside JSON) on two of them, NaN is NULL on all, text is cut at NUL when read on one.
 * @throws TypeError for what is not null, string, number, bigint or Uint8Array
 * @throws RangeError for NaN and infinities, bigints beyond 64 bits and text holding NUL
 */
export function toSqliteValues(parameters: ReadonlyArray<unknown>): SqliteValue[] {
  const values: SqliteValue[] = new Array(parameters.length)
  for (let index = 0; index < parameters.length; index++) values[index] = toSqliteValue(parameters[index], index)
  return values
}

function toSqliteValue(value: unknown, index: number): SqliteValue {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) throw new RangeError(`Cannot bind parameter ${index + 1}: text holds NUL`)
      return value
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value)
      if (Number.isFinite(value)) return value
      throw new RangeError(`Cannot bind parameter ${index + 1}: ${value} is not finite`)
    case 'bigint':
      if (value >= INT64_MIN && value <= INT64_MAX) return value
      throw new RangeError(`Cannot bind parameter ${index + 1}: integer is beyond 64 bits`)
    default:
      if (value === null || value instanceof Uint8Array) return value
      throw new TypeError(
        `Cannot bind parameter ${index + 1}: ${nameOf(value)} is not null, string, number, bigint or Uint8Array`,
      )
  }
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'object') : typeof value
}

/** @throws RangeError when the integer does not fit a JavaScript number exactly */
export function toSafeInteger(column: string, value: bigint): number {
  const narrow = Number(value)
  if (Number.isSafeInteger(narrow)) return narrow
  throw new RangeError(`Cannot read column "${column}": ${value} is beyond 2^53-1`)
}

const TOKEN = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s+|[\w$]+|[\s\S]/g
const TRIGGER = /^\s*create\s+(?:temp\s+|temporary\s+)?trigger\b/i

/**
 * Refuses a text that holds more than one statement; two drivers would run the first and drop the rest in silence.
 * A trigger ends at `; END ;` and nothing else at its first semicolon, which is the rule of sqlite3_complete().
 * @throws RangeError
 */
export function requireOneStatement(sql: string): void {
  if (!sql.includes(';')) return
  const isTrigger = TRIGGER.test(sql)
  let last = ''
  let beforeLast = ''
  let ended = false
  for (const [token] of sql.matchAll(TOKEN)) {
    if (/^(?:\s|--|\/\*)/.test(token)) continue
    if (token === ';') ended ||= !isTrigger || (beforeLast === ';' && last.toLowerCase() === 'end')
    else if (ended) throw new RangeError('Cannot prepare SQL: it holds more than one statement')
    beforeLast = last
    last = token
  }
}

/** What is asked again and again. Pragmas are not: some act while they are compiled, and would act only once. */
const KEPT = /^\s*(?:select|insert|update|delete|replace|with|begin|commit|rollback|savepoint|release)\b/i

const SCHEMA_CHANGE = /^\s*(?:create|alter|drop|attach|detach)\b/i

/** Compiled statements kept per connection, least recently used out first. The product has about 150 texts. */
const MAX_KEPT_STATEMENTS = 512

/**
 * `prepare` with a memory: Kysely prepares on every call, and compiling costs more than a point read.
 * A kept statement must not be left in the middle of its rows; see `iterate` of the three shapes.
 */
export function keepStatements<Statement>(prepare: (sql: string) => Statement): (sql: string) => Statement {
  const kept = new Map<string, Statement>()
  return (sql) => {
    const known = kept.get(sql)
    if (known !== undefined) {
      // Being newest is only worth the two map operations when something may have to go.
      if (kept.size > MAX_KEPT_STATEMENTS / 2) {
        kept.delete(sql)
        kept.set(sql, known)
      }
      return known
    }
    const statement = prepare(sql)
    if (!KEPT.test(sql)) {
      // node:sqlite keeps the column names a statement was compiled with, so a change of schema ends them all.
      if (SCHEMA_CHANGE.test(sql)) kept.clear()
      return statement
    }
    if (kept.size >= MAX_KEPT_STATEMENTS) {
      const oldest = kept.keys().next()
      if (!oldest.done) kept.delete(oldest.value)
    }
    kept.set(sql, statement)
    return statement
  }
}
