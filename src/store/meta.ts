import type { Store } from './open.ts'

/** A write that proves that the database takes writes; the row says when it was last asked. */
export async function noteProbe(store: Store, at: string): Promise<void> {
  await store.write((tx) =>
    tx
      .insertInto('meta')
      .values({ key: 'probed_at', value: at })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: at }))
      .execute(),
  )
}
