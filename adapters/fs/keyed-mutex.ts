/** Runs work of one key one after another, in the order of asking; work of different keys runs side by side. */
export interface KeyedMutex {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function createKeyedMutex(): KeyedMutex {
  const tails = new Map<string, Promise<void>>()
  return {
    async run(key, work) {
      const before = tails.get(key)
      const { promise: tail, resolve: release } = Promise.withResolvers<void>()
      tails.set(key, tail)
      await before
      try {
        return await work()
      } finally {
        if (tails.get(key) === tail) tails.delete(key)
        release()
      }
    },
  }
}
