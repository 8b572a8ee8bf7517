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

/** Welch's t of two samples, after the slowest tenth of each was cut: interrupts say nothing about the code. */
function welch(a: number[], b: number[]): number {
  const cut = (values: number[]) => values.toSorted((x, y) => x - y).slice(0, Math.floor(values.length * 0.9))
  const [x, y] = [cut(a), cut(b)]
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = (values: number[], m: number) =>
    values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1)
  const [mx, my] = [mean(x), mean(y)]
  return (mx - my) / Math.sqrt(variance(x, mx) / x.length + variance(y, my) / y.length)
}

test('comparing a hash takes as long when it is right at first as when it is wrong at once', () => {
  // One representation in memory for all: an engine keeps joined and sliced strings in another form.
  const flat = (text: string) => Buffer.from(text, 'latin1').toString('latin1')
  const stored = createHash('sha256').update('stored').digest('hex')
  // Right in all but the last digit, and wrong in every digit: what a guesser would tell apart.
  const close = flat(stored.slice(0, 63) + (stored[63] === '0' ? '1' : '0'))
  const far = flat([...stored].map((digit) => ((Number.parseInt(digit, 16) + 1) % 16).toString(16)).join(''))
  const SAMPLES = 100_000
  const REPEAT = 8
  const time = (guess: string): number => {
    const startedAt = process.hrtime.bigint()
    for (let i = 0; i < REPEAT; i++) if (equalInConstantTime(guess, stored)) throw new Error('it is not equal')
    return Number(process.hrtime.bigint() - startedAt)
  }
  for (let i = 0; i < 20_000; i++) time(i % 2 === 0 ? close : far)
  const closes: number[] = []
  const fars: number[] = []
  for (const byte of randomBytes(SAMPLES * 2)) (byte & 1 ? closes : fars).push(time(byte & 1 ? close : far))
  const t = welch(closes, fars)
  assert.ok(Math.abs(t) < 4.5, `t is ${t.toFixed(2)} over ${closes.length} and ${fars.length} samples`)
})
