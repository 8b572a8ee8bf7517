import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBase64, fromHex, toBase64, toBase64Url, toHex } from './encoding.ts'

test('toHex() and fromHex() are each other, and so are toBase64() and fromBase64()', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.deepEqual(fromHex(toHex(bytes)), bytes)
      assert.deepEqual(fromBase64(toBase64(bytes)), bytes)
      assert.match(toBase64Url(bytes), /^[A-Za-z0-9_-]*$/)
    }),
  )
})

test('fromHex() refuses odd lengths, upper case and anything else', () => {
  for (const text of ['a', 'AB', '0x', 'g0', ' 00', '00\n', 'é0']) assert.throws(() => fromHex(text), SyntaxError, text)
})

test('fromBase64() refuses what does not encode back to the same text', () => {
  assert.deepEqual(fromBase64('AA=='), new Uint8Array(1))
  for (const text of ['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA=', 'AA===', '=', 'A A=', 'AA==\n', '-_==', 'AAAA=']) {
    assert.throws(() => fromBase64(text), SyntaxError, text)
  }
})

test('toBase64() takes more bytes than an argument list does', () => {
  const bytes = new Uint8Array(300_000).fill(7)
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes)
})
