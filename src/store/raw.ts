import { CompiledQuery, type Insertable } from 'kysely'
import type { Database } from './database.ts'
import type { Reads, Row } from './open.ts'
import type { Tx } from './writer.ts'

/**
 * Statements whose text never changes, for the writes of every publish: building and compiling a query costs more than
 * SQLite needs to run it. Parameters are bound by place; everything rarer goes through the query builder.
 */
export async function rows<R extends Row>(db: Reads | Tx, text: string, parameters: readonly unknown[]): Promise<R[]> {
  const { rows: found } = await db.executeQuery<R>(CompiledQuery.raw(text, [...parameters]))
  return found
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
  const { numAffectedRows } = await tx.executeQuery(CompiledQuery.raw(text, [...parameters]))
  return Number(numAffectedRows ?? 0)
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
  await tx.executeQuery(CompiledQuery.raw(text, Object.values(row)))
}
