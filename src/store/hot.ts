import type { Prepared, Row, Store } from './open.ts'

/** Results kept per statement; beyond it all are dropped, since nobody needs so many between two writes. */
const MAX_KEPT = 1024
/** UTF-16 units of text in them: release notes alone may have 256 KiB. */
const MAX_KEPT_TEXT = 8 << 20

interface Kept<T> {
  readonly statement: Prepared
  readonly results: Map<string, T | undefined>
  /** The state of the database that the results are of. */
  state: number
  /** Units of text in the results. */
  text: number
}

/**
 * A hot read: a statement compiled once per store, run without the query builder, which costs more than the lookup
 * itself, and not run again while nobody has written to the database. Gives the first row as its record, which is
 * shared and therefore frozen. It never waits: what one turn of the event loop reads is of one state.
 */
export function hot<R, T extends object, P extends readonly string[]>(
  text: string,
  toRecord: (row: R) => T,
): (store: Store, ...parameters: P) => T | undefined {
  const perStore = new WeakMap<Store, Kept<T>>()
  return (store, ...parameters) => {
    let kept = perStore.get(store)
    if (kept === undefined) {
      kept = { statement: store.prepare(text), results: new Map(), state: -1, text: 0 }
      perStore.set(store, kept)
    }
    const state = store.holdSnapshot()
    if (kept.state !== state || kept.results.size >= MAX_KEPT || kept.text > MAX_KEPT_TEXT) {
      kept.results.clear()
      kept.text = 0
      kept.state = state
    }
    const key = parameters.join('\0')
    const known = kept.results.get(key)
    if (known !== undefined || kept.results.has(key)) return known
    const row = kept.statement(parameters) as (R & Row) | undefined
    const record = row && Object.freeze(toRecord(row))
    kept.results.set(key, record)
    kept.text += key.length + (row === undefined ? 0 : textOf(row))
    return record
  }
}

function textOf(row: Row): number {
  let units = 0
  for (const name in row) {
    const value = row[name]
    if (typeof value === 'string') units += value.length
  }
  return units
}
