import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createId } from '../model/ids.ts'
import { urnOf } from './urn.ts'

test('urnOf() gives the 128 bits of an id: its milliseconds, then its random bits', () => {
  const random = Uint8Array.from({ length: 10 }, (_, i) => 0xf0 + i)
  const ms = 0x0193_463c_89ab
  assert.equal(urnOf(createId('announcement', ms, random)), 'urn:uuid:0193463c-89ab-f0f1-f2f3-f4f5f6f7f8f9')
  const last = createId('app', 2 ** 48 - 1, new Uint8Array(10).fill(255))
  assert.equal(urnOf(last), 'urn:uuid:ffffffff-ffff-ffff-ffff-ffffffffffff')
  assert.equal(urnOf(createId('app', 0, new Uint8Array(10))), 'urn:uuid:00000000-0000-0000-0000-000000000000')
})
