import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FormatError } from '../format-error.ts'
import { ForwardSource } from './forward-source.ts'

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(0, 1, 2)
  yield new Uint8Array(0)
  yield Uint8Array.of(3)
  yield Uint8Array.of(4, 5, 6, 7)
}

test('ForwardSource gives bytes across pieces, and nothing that went by', async () => {
  const source = new ForwardSource(pieces(), 8)
  assert.deepEqual([...(await source.read(1, 3))], [1, 2, 3])
  assert.deepEqual([...(await source.read(6, 1))], [6])
  await assert.rejects(source.read(5, 1), RangeError)
  await assert.rejects(source.read(7, 2), RangeError)
  assert.deepEqual([...(await source.read(7, 1))], [7])
  await source.finish()
  const short = new ForwardSource(pieces(), 9)
  await assert.rejects(short.read(8, 1), FormatError)
})
