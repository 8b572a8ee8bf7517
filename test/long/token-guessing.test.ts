import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import process from 'node:process'
import { test } from 'node:test'
import { createSecret, equalInConstantTime, lookupOf } from '../../src/access/secret.ts'
import { createTestApp } from '../helpers/test-app.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const random = (length: number) => new Uint8Array(randomBytes(length))

function shapeOnly(): string {
  return `distc_${Array.from(randomBytes(48), (byte) => BASE62[byte % 62]).join('')}`
}

test('a million random tokens of the right shape are refused without asking the database', () => {
  let accepted = 0
  for (let i = 0; i < 1_000_000; i++) if (lookupOf(shapeOnly()) !== undefined) accepted++
  // A checksum of 32 bits lets one in four thousand million through; even that one is only looked up then.
  assert.equal(accepted, 0)
})

test('ten thousand well-formed tokens that nobody issued open nothing', async () => {
  const app = await createTestApp()
  try {
    await app.issue({ actions: ['admin'] })
    for (let i = 0; i < 10_000; i++) {
      const answer = await app.ask('GET', '/api/v1/whoami', { token: createSecret('c', random).text })
      assert.equal(answer.status, 401)
    }
  } finally {
    await app.close()
  }
})

/** The mean of the faster nine tenths: interrupts say nothing about the code. */
function usual(times: number[]): number {
  const kept = times.toSorted((x, y) => x - y).slice(0, Math.ceil(times.length * 0.9))
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}

/** Welch's t of two samples. */
function welch(x: number[], y: number[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = (values: number[], m: number) =>
    values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1)
  const [mx, my] = [mean(x), mean(y)]
  return (mx - my) / Math.sqrt(variance(x, mx) / x.length + variance(y, my) / y.length)
}

const GUESSES = 200
const SAMPLES = 2000
const REPEAT = 8

/** How much longer it takes to refuse guesses that are right at first than those that are wrong at once, as t. */
function timingOf(compare: (guess: string, stored: string) => boolean): number {
  // One representation in memory for all: an engine keeps joined and sliced strings in another form.
  const flat = (text: string) => Buffer.from(text, 'latin1').toString('latin1')
  const stored = createHash('sha256').update(randomBytes(16)).digest('hex')
  const other = (digit: string, by: number) => ((Number.parseInt(digit, 16) + 1 + (by % 15)) % 16).toString(16)
  // Many guesses of each kind, and one figure per guess: where a text lies in memory costs more than its content.
  const guesses = Array.from({ length: GUESSES }, () => {
    const by = randomBytes(65)
    const isClose = by[64]! % 2 === 0
    // Right in all but the last digit, or wrong in every digit: what a guesser would tell apart.
    const close = stored.slice(0, 63) + other(stored[63]!, by[63]!)
    const far = [...stored].map((digit, at) => other(digit, by[at]!)).join('')
    return { isClose, text: flat(isClose ? close : far), times: [] as number[] }
  })
  const time = (guess: string): number => {
    const startedAt = process.hrtime.bigint()
    for (let i = 0; i < REPEAT; i++) if (compare(guess, stored)) throw new Error('it is not equal')
    return Number(process.hrtime.bigint() - startedAt)
  }
  for (let i = 0; i < 20_000; i++) time(guesses[i % GUESSES]!.text)
  const picks = new Uint32Array(GUESSES * SAMPLES)
  for (let at = 0; at < picks.length; at += 16_384) crypto.getRandomValues(picks.subarray(at, at + 16_384))
  for (const pick of picks) {
    const guess = guesses[pick % GUESSES]!
    guess.times.push(time(guess.text))
  }
  const of = (isClose: boolean) => guesses.filter((guess) => guess.isClose === isClose).map(({ times }) => usual(times))
  return welch(of(true), of(false))
}

/** The t nearest to zero of a few rounds: a leak is in each of them, what else the machine does is not. */
function leastTimingOf(compare: (guess: string, stored: string) => boolean): number {
  return Array.from({ length: 3 }, () => timingOf(compare)).sort((a, b) => Math.abs(a) - Math.abs(b))[0]!
}

test('comparing a hash takes as long when it is right at first as when it is wrong at once', () => {
  const t = leastTimingOf(equalInConstantTime)
  assert.ok(Math.abs(t) < 4.5, `t is ${t.toFixed(2)}`)
})

test('the measure above finds a comparison that ends at the first difference', () => {
  const t = leastTimingOf((guess, stored) => {
    for (let i = 0; i < stored.length; i++) if (guess.charCodeAt(i) !== stored.charCodeAt(i)) return false
    return true
  })
  assert.ok(t > 4.5, `t is ${t.toFixed(2)}`)
})
