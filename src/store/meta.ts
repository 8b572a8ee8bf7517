import type { Kysely } from 'kysely'
import type { Database, Tx } from './database.ts'
import type { Store } from './open.ts'

/** Sets a fact about the database as a whole. */
export async function saveMeta(db: Kysely<Database> | Tx, key: string, value: string): Promise<void> {
  await db
    .insertInto('meta')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** A write that proves that the database takes writes; the row says when it was last asked. */
export async function noteProbe(store: Store, at: string): Promise<void> {
  await store.write((tx) => saveMeta(tx, 'probed_at', at))
}
