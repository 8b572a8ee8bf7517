import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesSource } from './byte-source.ts'

test('bytesSource() gives exactly what was asked for or throws RangeError', async () => {
  const source = bytesSource(Uint8Array.of(1, 2, 3))
  assert.equal(source.sizeBytes, 3)
  assert.deepEqual(await source.read(1, 2), Uint8Array.of(2, 3))
  assert.deepEqual(await source.read(3, 0), new Uint8Array(0))
  for (const [offset, length] of [
    [0, 4],
    [3, 1],
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
    [2 ** 53, 1],
    [1, Number.POSITIVE_INFINITY],
  ]) {
    await assert.rejects(source.read(offset!, length!), RangeError, `${offset} ${length}`)
  }
})
