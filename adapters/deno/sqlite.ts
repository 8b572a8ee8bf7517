import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { SqliteDatabase } from 'kysely'
import { keepStatements, requireOneStatement, toSafeInteger, toSqliteValues } from '../sqlite-values.ts'

/**
 * node:sqlite in the shape of Kysely's `SqliteDialect`.
 * Rows are plain objects; integers are numbers, refused beyond 2^53-1; BLOBs are Uint8Array.
 * @param path a file, or ":memory:"
 */
export function openSqlite(path: string, options: { readonly: boolean }): SqliteDatabase {
  // mode=rw: never create. Not SQLITE_OPEN_READONLY: a reader of a WAL database must be able to create its -shm file.
  const database = new DatabaseSync(options.readonly && path !== ':memory:' ? `${pathToFileURL(path)}?mode=rw` : path)
  if (options.readonly) database.exec('pragma query_only = 1')

  const compile = (sql: string) => {
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    return statement
  }
  const prepare = keepStatements((sql) => {
    requireOneStatement(sql)
    const statement = compile(sql)
    return {
      reader: statement.columns().length > 0,
      all: (parameters: ReadonlyArray<unknown>) => statement.all(...toSqliteValues(parameters)).map(plain),
      run: (parameters: ReadonlyArray<unknown>) => statement.run(...toSqliteValues(parameters)),
      // A statement of its own: one that is half-way through its rows cannot be run again by somebody else.
      *iterate(parameters: ReadonlyArray<unknown>) {
        for (const row of compile(sql).iterate(...toSqliteValues(parameters))) yield plain(row)
      },
    }
  })
  return { prepare, close: () => database.close() }
}

/** Rows arrive without a prototype. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const column in row) {
    const value = row[column]
    copy[column] = typeof value === 'bigint' ? toSafeInteger(column, value) : value
  }
  return copy
}
