import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddress, createId, ID_PREFIXES, IdOf, isId } from './ids.ts'

const START = Date.UTC(2026, 10, 21)
const random = () => crypto.getRandomValues(new Uint8Array(10))

test('createId() gives ids that sort by time of creation', () => {
  const ids = Array.from({ length: 100_000 }, (_, i) => createId('release', START + i, random()))
  assert.deepEqual([...ids].sort(), ids)
  const steps = [0, 1, 31, 32, 1023, 1024, 2 ** 30, 2 ** 31, 2 ** 32, START, 2 ** 47, 2 ** 48 - 1]
  const least = steps.map((ms) => createId('release', ms, new Uint8Array(10)))
  const greatest = steps.map((ms) => createId('release', ms, new Uint8Array(10).fill(255)))
  const all = steps.flatMap((_, i) => [least[i]!, greatest[i]!])
  assert.deepEqual([...all].sort(), all, 'no random part reaches into the next millisecond')
})

test('createId() gives a hundred thousand different ids within one millisecond', () => {
  assert.equal(new Set(Array.from({ length: 100_000 }, () => createId('event', START, random()))).size, 100_000)
})

test('createId() goes by the clock that it is given, also when that was set back', () => {
  const zero = new Uint8Array(10)
  const [late, early, again] = [START + 5, START, START + 5].map((ms) => createId('upload', ms, zero))
  assert.ok(early! < late!)
  assert.equal(again, late)
})

test('createId() uses every one of the 80 random bits', () => {
  const zero = createId('token', START, new Uint8Array(10))
  const seen = new Set([zero])
  for (let bit = 0; bit < 80; bit++) {
    const bytes = new Uint8Array(10)
    bytes[bit >> 3] = 1 << (bit & 7)
    seen.add(createId('token', START, bytes))
  }
  assert.equal(seen.size, 81)
})

test('isId() takes what createId() gives, of its kind only', () => {
  for (const kind of Object.keys(ID_PREFIXES) as (keyof typeof ID_PREFIXES)[]) {
    const id = createId(kind, START, random())
    assert.match(id, /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/)
    for (const other of Object.keys(ID_PREFIXES) as (keyof typeof ID_PREFIXES)[]) {
      assert.equal(isId(other, id), other === kind)
      assert.equal(IdOf(other).safeParse(id).success, other === kind, `${other} ${id}`)
    }
    for (const bad of ['', id.slice(0, -1), `${id}0`, id.toUpperCase(), `${id.slice(0, -1)}u`, `${id}\n`, ` ${id}`]) {
      assert.equal(isId(kind, bad), false, JSON.stringify(bad))
      assert.equal(IdOf(kind).safeParse(bad).success, false, JSON.stringify(bad))
    }
  }
})

test('createAddress() gives a hundred thousand different addresses, each of its 128 bits from chance alone', () => {
  const bytes = Array.from({ length: 100_000 }, () => crypto.getRandomValues(new Uint8Array(16)))
  const addresses = bytes.map(createAddress)
  assert.equal(new Set(addresses).size, 100_000)
  for (const [i, address] of addresses.slice(0, 1000).entries()) {
    assert.match(address, /^[0-9a-f]{32}$/)
    assert.deepEqual(
      Uint8Array.from(address.match(/../g)!, (pair) => Number.parseInt(pair, 16)),
      bytes[i],
    )
  }
})
