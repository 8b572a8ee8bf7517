import { Database } from 'bun:sqlite'
import type { SqliteDatabase } from 'kysely'
import { keepStatements, requireOneStatement, toSafeInteger, toSqliteValues } from '../sqlite-values.ts'

/**
 * bun:sqlite in the shape of Kysely's `SqliteDialect`.
 * Rows are plain objects; integers are numbers, refused beyond 2^53-1; BLOBs are Uint8Array.
 * @param path a file, or ":memory:"
 */
export function openSqlite(path: string, options: { readonly: boolean }): SqliteDatabase {
  const database = new Database(path, { readwrite: true, create: !options.readonly, safeIntegers: true })
  // Not SQLITE_OPEN_READONLY: a reader of a WAL database must be able to create its -shm file.
  if (options.readonly) database.run('pragma query_only = 1')

  const prepare = keepStatements((sql) => {
    requireOneStatement(sql)
    const statement = database.prepare<Record<string, unknown>, never[]>(sql)
    const reader = statement.columnNames.length > 0
    const expected = statement.paramsCount
    const bind = (parameters: ReadonlyArray<unknown>): never[] => {
      if (parameters.length !== expected)
        throw new RangeError(`Cannot bind ${parameters.length} parameters: the statement has ${expected}`)
      return toSqliteValues(parameters) as never[]
    }
    return {
      reader,
      all: (parameters: ReadonlyArray<unknown>) => {
        const rows = statement.all(...bind(parameters))
        for (const row of rows) plain(row)
        return rows
      },
      run: (parameters: ReadonlyArray<unknown>) => statement.run(...bind(parameters)),
      // A statement of its own: one that is half-way through its rows cannot be run again by somebody else.
      *iterate(parameters: ReadonlyArray<unknown>) {
        const own = database.prepare<Record<string, unknown>, never[]>(sql)
        try {
          for (const row of own.iterate(...bind(parameters))) yield plain(row)
        } finally {
          own.finalize()
        }
      },
    }
  })
  return { prepare, close: () => database.close() }
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  for (const column in row) {
    const value = row[column]
    if (typeof value === 'bigint') row[column] = toSafeInteger(column, value)
  }
  return row
}
