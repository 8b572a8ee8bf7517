import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPieces } from './pieces.ts'

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

test('createPieces() keeps large chunks without a copy and small ones together, in order', () => {
  const pieces = createPieces()
  const large = bytes(20_000, 3)
  for (const chunk of [bytes(10, 1), bytes(20, 2), large, bytes(5, 4), bytes(6, 5)]) pieces.add(chunk)
  assert.equal(pieces.sizeBytes, 20_041)
  const taken = pieces.take()
  assert.deepEqual(
    taken.map((piece) => piece.byteLength),
    [30, 20_000, 11],
  )
  assert.equal(taken[1], large)
  assert.deepEqual(taken[0], Uint8Array.from([...bytes(10, 1), ...bytes(20, 2)]))
  assert.deepEqual(taken[2], Uint8Array.from([...bytes(5, 4), ...bytes(6, 5)]))
  assert.equal(pieces.sizeBytes, 0)
  assert.deepEqual(pieces.take(), [])
})

test('createPieces() never writes into pieces that were taken', () => {
  const pieces = createPieces()
  pieces.add(bytes(100, 1))
  const taken = pieces.take()
  pieces.add(bytes(100, 2))
  assert.deepEqual(taken, [bytes(100, 1)])
  assert.deepEqual(pieces.take(), [bytes(100, 2)])
})

test('createPieces() takes a million one-byte chunks as a few pieces', () => {
  const pieces = createPieces()
  for (let i = 0; i < 1_000_000; i++) pieces.add(Uint8Array.of(i))
  const taken = pieces.take()
  assert.ok(taken.length <= 16, `${taken.length} pieces`)
  let at = 0
  for (const piece of taken) for (const byte of piece) assert.ok(byte === (at++ & 255))
  assert.equal(at, 1_000_000)
})
