import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { fixedClock } from '../../test/helpers/fixed-clock.ts'
import { collect } from '../../test/helpers/own-memory.ts'
import { createLimits, type Limit, type Limits } from './limiter.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** How many of so many tries are let through. */
function letThrough(limit: Limit, key: string, tries: number): number {
  let count = 0
  for (let i = 0; i < tries; i++) if (limit.take(key) === 0) count++
  return count
}

test('an account takes five tries, then one after each of ever longer delays, and is never locked', async () => {
  const clock = fixedClock()
  const { accounts } = createLimits(clock)
  assert.equal(letThrough(accounts, 'ada', 5), 5)
  const delays: number[] = []
  for (let i = 0; i < 8; i++) {
    const waitMs = accounts.take('ada')
    delays.push(waitMs / SECOND)
    // Trying before the time makes the delay no longer.
    assert.equal(letThrough(accounts, 'ada', 50), 0)
    assert.equal(accounts.wait('ada'), waitMs)
    await clock.advance(waitMs - 1)
    assert.equal(accounts.take('ada'), 1)
    await clock.advance(1)
    assert.equal(accounts.take('ada'), 0)
  }
  assert.deepEqual(delays, [30, 60, 120, 240, 480, 900, 900, 900])
  await clock.advance(15 * MINUTE)
  await clock.advance(15 * MINUTE)
  assert.equal(letThrough(accounts, 'ada', 9), 5, 'it is forgotten 15 minutes after the last delay')
})

test('a right password forgets the tries, and a try that could not be made is given back', () => {
  const { accounts } = createLimits(fixedClock())
  letThrough(accounts, 'ada', 4)
  accounts.forget('ada')
  assert.equal(letThrough(accounts, 'ada', 9), 5)
  accounts.giveBack('ada')
  assert.equal(letThrough(accounts, 'ada', 9), 1)
  letThrough(accounts, 'bob', 1)
  accounts.giveBack('bob')
  accounts.giveBack('bob')
  assert.equal(letThrough(accounts, 'bob', 9), 5)
})

test('setting the wall clock frees nobody', () => {
  const clock = fixedClock()
  const { accounts } = createLimits(clock)
  letThrough(accounts, 'ada', 5)
  clock.setNow(clock.now() + 86_400_000)
  assert.ok(accounts.take('ada') > 0)
})

const RATES: readonly (readonly [keyof Limits, number, number])[] = [
  ['addresses', 20, 15 * MINUTE],
  ['links', 20, 15 * MINUTE],
  ['bearers', 30, MINUTE],
  ['anonymous', 300, 10 * SECOND],
]

for (const [name, tries, periodMs] of RATES) {
  test(`${name}: ${tries} in ${periodMs / SECOND} s for each address, and as many again after that time`, async () => {
    const clock = fixedClock()
    const limit = createLimits(clock)[name]
    assert.equal(letThrough(limit, '192.0.2.1', 3 * tries), tries)
    assert.equal(letThrough(limit, '192.0.2.2', 3 * tries), tries, 'another address is another matter')
    const waitMs = limit.take('192.0.2.1')
    assert.ok(Math.abs(waitMs - periodMs / tries) < 1, `the next one is due in ${waitMs} ms`)
    await clock.advance(waitMs)
    assert.equal(letThrough(limit, '192.0.2.1', 3), 1)
    limit.giveBack('192.0.2.1')
    assert.equal(letThrough(limit, '192.0.2.1', 3), 1)
    await clock.advance(periodMs)
    assert.equal(letThrough(limit, '192.0.2.1', 3 * tries), tries)
  })
}

test('addresses of one IPv6 network of 64 bits are one, mapped IPv4 ones are IPv4, and loopback is not counted', () => {
  const { addresses } = createLimits(fixedClock())
  let count = 0
  for (let i = 0; i < 1000; i++) {
    if (addresses.take(`2001:db8:0:7:${i.toString(16)}::${(i * 7).toString(16)}`) === 0) count++
  }
  assert.equal(count, 20)
  assert.equal(addresses.take('2001:db8:0:8::1'), 0)
  assert.equal(letThrough(addresses, '::ffff:192.0.2.1', 20), 20)
  assert.ok(addresses.take('192.0.2.1') > 0)
  for (const loopback of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    assert.equal(letThrough(addresses, loopback, 100), 100, loopback)
  }
  // What is no address is counted together: it must not be a way around.
  letThrough(addresses, 'unknown', 10)
  letThrough(addresses, '', 10)
  assert.ok(addresses.take('nonsense') > 0)
})

test('of a million keys at most 100,000 are held, and who goes on trying goes on being slowed', () => {
  const limits = createLimits(fixedClock())
  const all = Object.values(limits) as Limit[]
  letThrough(limits.accounts, 'account', 5)
  letThrough(limits.addresses, '192.0.2.1', 20)
  const held = () => all.reduce((sum, { size }) => sum + size, 0)
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = heap()
  let most = 0
  for (let n = 0; n < 1_000_000; n++) {
    all[n % all.length]!.take(`10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`)
    if (n % 5000 !== 0) continue
    most = Math.max(most, held())
    assert.ok(limits.accounts.take('account') > 0)
    assert.ok(limits.addresses.take('192.0.2.1') > 0)
  }
  assert.ok(most > 50_000 && most <= 100_000, `${most} keys were held`)
  // A million would take more, and so would a list of all that were seen.
  const grown = (heap() - before) / 2 ** 20
  assert.ok(grown < 32, `the heap grew by ${Math.round(grown)} MiB`)
})
