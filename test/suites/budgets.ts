import assert from 'node:assert/strict'
import type { InspectLimits } from '../../src/inspect/inspector.ts'

/**
 * The budget of hostile files in tests, of a tenth of the time and a quarter of the bytes that the server grants: real
 * files of gigabytes need those on slow machines, the small ones here never do.
 */
export const HOSTILE_LIMITS: InspectLimits = {
  maxReadBytes: 64 << 20,
  maxInflatedBytes: 64 << 20,
  maxEntries: 20_000,
  maxMs: 1000,
}

/** Beyond `maxMs`: a reader looks at the clock between its steps. */
const GRACE_MS = 250
/** Machines have seconds in which nothing runs: slow is what is slow each time. */
const TRIES = 3

/** Fails when reading takes longer than `maxMs` and a little, three times. @returns milliseconds of the fastest */
export async function assertInTime(label: string, maxMs: number, run: () => unknown): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < TRIES && fastest > maxMs + GRACE_MS; tries++) {
    const began = performance.now()
    await run()
    fastest = Math.min(fastest, performance.now() - began)
  }
  assert.ok(fastest <= maxMs + GRACE_MS, `${label} takes ${Math.round(fastest)} ms`)
  return fastest
}
