import type { Hasher } from '../../src/bytes/digest.ts'

/** Hashers of uploads that wait for their next bytes, so that a commit need not read them again. */
export interface LiveHashers {
  /** Takes the hasher of `id` out, if it has seen exactly the first `position` bytes. */
  take(id: string, position: number): Hasher | undefined
  put(id: string, hasher: Hasher, position: number): void
  forget(id: string): void
}

/** @param capacity hashers kept; the one that waited longest is dropped, and its upload is read again at the end */
export function createLiveHashers(capacity: number): LiveHashers {
  const live = new Map<string, { readonly hasher: Hasher; readonly position: number }>()
  return {
    take(id, position) {
      const entry = live.get(id)
      live.delete(id)
      return entry?.position === position ? entry.hasher : undefined
    },
    put(id, hasher, position) {
      live.delete(id)
      live.set(id, { hasher, position })
      if (live.size <= capacity) return
      for (const oldest of live.keys()) {
        live.delete(oldest)
        return
      }
    },
    forget: (id) => void live.delete(id),
  }
}
