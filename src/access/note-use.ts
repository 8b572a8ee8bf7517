import type { Deps } from '../deps.ts'
import type { Tx } from '../store/open.ts'

/** Ids whose use is being written, per store: the requests that come meanwhile have nothing to add. */
const noting = new WeakMap<object, Set<string>>()

/**
 * Records that a credential was used beside the request, not before its answer; a failure is logged and costs nothing
 * but the record.
 */
export function noteUse(
  { store, log }: Pick<Deps, 'store' | 'log'>,
  kind: 'token' | 'session',
  id: string,
  write: (tx: Tx) => Promise<void>,
): void {
  const pending = noting.get(store) ?? new Set<string>()
  noting.set(store, pending)
  if (pending.has(id)) return
  pending.add(id)
  store
    .write(write)
    .catch((error: unknown) => log('warn', `cannot note the use of a ${kind}`, { [kind]: id, error: String(error) }))
    .finally(() => pending.delete(id))
}
