import type { Kysely } from 'kysely'
import type { Database, Tx } from './database.ts'

/** Sets a fact about the database as a whole. */
export async function saveMeta(db: Kysely<Database> | Tx, key: string, value: string): Promise<void> {
  await db
    .insertInto('meta')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}
