import BetterSqlite3 from 'better-sqlite3'
import type { SqliteDatabase } from 'kysely'
import { keepStatements, requireOneStatement, toSafeInteger, toSqliteValues } from '../sqlite-values.ts'

/**
 * better-sqlite3 in the shape of Kysely's `SqliteDialect`.
 * Rows are plain objects; integers are numbers, refused beyond 2^53-1; BLOBs are Uint8Array.
 * @param path a file, or ":memory:"
 */
export function openSqlite(path: string, options: { readonly: boolean }): SqliteDatabase {
  const database = new BetterSqlite3(path, { fileMustExist: options.readonly })
  database.defaultSafeIntegers(true)
  // Not SQLITE_OPEN_READONLY: a reader of a WAL database must be able to create its -shm file.
  if (options.readonly) database.pragma('query_only = 1')

  const prepare = keepStatements((sql) => {
    requireOneStatement(sql)
    const statement = database.prepare(sql)
    return {
      reader: statement.reader,
      all: (parameters: ReadonlyArray<unknown>) => {
        if (!statement.reader) {
          statement.run(toSqliteValues(parameters))
          return []
        }
        const rows = statement.all(toSqliteValues(parameters))
        for (const row of rows) plain(row)
        return rows
      },
      run: (parameters: ReadonlyArray<unknown>) => statement.run(toSqliteValues(parameters)),
      // A statement of its own: one that is half-way through its rows cannot be run again by somebody else.
      *iterate(parameters: ReadonlyArray<unknown>) {
        for (const row of database.prepare(sql).iterate(toSqliteValues(parameters))) yield plain(row)
      },
    }
  })
  return { prepare, close: () => database.close() }
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  for (const column in row) {
    const value = row[column]
    if (typeof value === 'bigint') row[column] = toSafeInteger(column, value)
    else if (value instanceof Buffer) row[column] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  return row
}
