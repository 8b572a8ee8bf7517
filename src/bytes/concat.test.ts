import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from './concat.ts'

test('concat() puts bytes behind each other and shares no memory', () => {
  const part = Uint8Array.of(1, 2)
  const all = concat([part, new Uint8Array(0), Uint8Array.of(3)])
  assert.deepEqual(all, Uint8Array.of(1, 2, 3))
  part[0] = 9
  assert.equal(all[0], 1)
  assert.equal(concat([]).byteLength, 0)
})
