import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesSource } from './byte-source.ts'
import { readAhead } from './read-ahead.ts'

test('readAhead() gives the same bytes with fewer reads', async () => {
  const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => i % 251)
  let reads = 0
  const source = bytesSource(bytes)
  const ahead = readAhead({
    sizeBytes: bytes.length,
    read(offset, length) {
      reads++
      return source.read(offset, length)
    },
  })
  for (const [offset, length] of [
    [5, 1000],
    [2000, 10],
    [262_000, 300],
    [100, 400_000],
    [599_999, 1],
    [0, 4],
  ] as const)
    assert.deepEqual(await ahead.read(offset, length), bytes.subarray(offset, offset + length))
  assert.equal(reads, 5)
  await assert.rejects(ahead.read(599_999, 2), RangeError)
})
