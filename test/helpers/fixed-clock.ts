import type { Clock } from '../../src/deps.ts'

export interface FixedClock extends Clock {
  /** Moves both clocks on and wakes the sleepers whose time has come. */
  advance(ms: number): Promise<void>
  /** Moves the wall clock only, as an operator or a time server does. */
  setNow(epochMs: number): void
}

/** A clock that stands still until a test moves it. Starts at 2026-11-21T00:00:00Z. */
export function fixedClock(start = Date.UTC(2026, 10, 21)): FixedClock {
  let now = start
  let monotonic = 0
  const sleepers = new Set<{ at: number; wake: () => void }>()
  return {
    now: () => now,
    monotonic: () => monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { at: monotonic + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    async advance(ms) {
      const end = monotonic + ms
      for (;;) {
        const next = [...sleepers].filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        sleepers.delete(next)
        now += next.at - monotonic
        monotonic = next.at
        next.wake()
        // Lets the woken code run up to its next sleep.
        for (let i = 0; i < 10; i++) await Promise.resolve()
        await new Promise((resolve) => setTimeout(resolve, 0))
      }
      now += end - monotonic
      monotonic = end
    },
    setNow(epochMs) {
      now = epochMs
    },
  }
}
