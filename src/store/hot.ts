import type { Prepared, Store } from './open.ts'

/**
 * A hot read: a statement compiled once per store and run without the query builder, which costs more than the
 * lookup itself. Gives the first row.
 */
export function hot<Row>(text: string): (store: Store, ...parameters: readonly unknown[]) => Row | undefined {
  const compiled = new WeakMap<Store, Prepared>()
  return (store, ...parameters) => {
    let statement = compiled.get(store)
    if (statement === undefined) {
      statement = store.prepare(text)
      compiled.set(store, statement)
    }
    return statement(parameters) as Row | undefined
  }
}
