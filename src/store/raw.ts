import type { Insertable, SqliteDatabase } from 'kysely'
import type { Database, Reads, Row, Tx } from './database.ts'

/**
 * Statements whose text never changes, for the writes of every publish: they go to the connection itself, because
 * building, compiling and executing a query costs more than SQLite needs to run it. Parameters are bound by place;
 * everything rarer goes through the query builder.
 */
const connections = new WeakMap<object, SqliteDatabase>()

/** Tells on which connection the fixed statements of `db` run; the same one that its queries run on. */
export function connectRaw(db: Reads | Tx, database: SqliteDatabase): void {
  connections.set(db, database)
}

function prepare(db: Reads | Tx, text: string) {
  const database = connections.get(db)
  if (database === undefined) throw new Error('Cannot run a fixed statement: the connection is not known')
  return database.prepare(text)
}

export async function rows<R extends Row>(db: Reads | Tx, text: string, parameters: readonly unknown[]): Promise<R[]> {
  return prepare(db, text).all(parameters) as R[]
}

/** The first row, or undefined. */
export async function firstRow<R extends Row>(
  db: Reads | Tx,
  text: string,
  parameters: readonly unknown[],
): Promise<R | undefined> {
  return (await rows<R>(db, text, parameters))[0]
}

/** Runs a change; gives how many rows it touched. */
export async function change(tx: Tx, text: string, parameters: readonly unknown[]): Promise<number> {
  return Number(prepare(tx, text).run(parameters).changes)
}

const insertTexts = new Map<string, string>()

/** Inserts one row; the text is made once per table and set of columns. */
export async function insertRow<T extends keyof Database>(
  tx: Tx,
  table: T,
  row: Insertable<Database[T]> & Readonly<Record<string, unknown>>,
): Promise<void> {
  const columns = Object.keys(row)
  const key = `${table} ${columns.join()}`
  let text = insertTexts.get(key)
  if (text === undefined) {
    text = `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`
    insertTexts.set(key, text)
  }
  prepare(tx, text).run(Object.values(row))
}
