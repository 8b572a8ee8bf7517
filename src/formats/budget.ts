import { FormatLimitError } from './format-error.ts'

/**
 * What reading one file may still cost. One budget is shared by all readers of one inspection, so that many small
 * costs add up: nested archives cannot each start anew.
 *
 * Every method throws {@link FormatLimitError} when its limit is passed.
 */
export interface Budget {
  /** Counts bytes that decompression produced. */
  inflated(bytes: number): void
  /** Counts members of an archive. */
  entries(count: number): void
  /** Checks the clock; called wherever bytes decide how long a loop runs. */
  tick(): void
  /** Gives time back that a pass over the whole file took. */
  excuse(ms: number): void
  /** Milliseconds until the clock runs out; negative after it. */
  leftMs(): number
}

export interface BudgetLimits {
  readonly maxInflatedBytes: number
  readonly maxEntries: number
  /** Milliseconds of wall clock, from the creation of the budget. */
  readonly maxMs: number
}

export function createBudget(limits: BudgetLimits): Budget {
  let deadline = performance.now() + limits.maxMs
  let inflated = 0
  let entries = 0
  const tick = () => {
    if (performance.now() > deadline) {
      throw new FormatLimitError(`Cannot read on: it takes longer than ${limits.maxMs} ms`)
    }
  }
  return {
    inflated(bytes) {
      inflated += bytes
      if (inflated > limits.maxInflatedBytes) {
        throw new FormatLimitError(`Cannot read on: the contents unpack to more than ${limits.maxInflatedBytes} bytes`)
      }
      tick()
    },
    entries(count) {
      entries += count
      if (entries > limits.maxEntries) {
        throw new FormatLimitError(`Cannot read on: the archive has more than ${limits.maxEntries} members`)
      }
      if ((entries & 0xff) === 0) tick()
    },
    tick,
    excuse(ms) {
      deadline += ms
    },
    leftMs: () => deadline - performance.now(),
  }
}
