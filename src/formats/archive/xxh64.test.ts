import assert from 'node:assert/strict'
import test from 'node:test'
import { Xxh64 } from './xxh64.ts'

/** Bytes 0, 1, 2, … of each length, and the lower half of what `xxhsum -H1` of xxHash says of them. */
const VECTORS: readonly (readonly [number, number])[] = [
  [0, 0x51d8e999],
  [1, 0xdb052768],
  [3, 0x33bc65dd],
  [4, 0x4453cc1e],
  [5, 0x6e26030c],
  [8, 0x14b81b8d],
  [15, 0xf6abac2d],
  [31, 0x9b4d8ee1],
  [32, 0x16ff32b4],
  [33, 0xcafb8ead],
  [63, 0xa95f8e4f],
  [64, 0xdb6713f0],
  [100, 0x32166597],
  [1000, 0x0eba4078],
  [100001, 0x2dcce89d],
]

function digest(bytes: Uint8Array, step: number): number {
  const hash = new Xxh64()
  for (let at = 0; at < bytes.byteLength; at += step) hash.update(bytes.subarray(at, at + step))
  return hash.lowDigest()
}

test('XXH64 is that of xxhsum, however the bytes come', () => {
  for (const [length, expected] of VECTORS) {
    const bytes = Uint8Array.from({ length }, (_, i) => i)
    for (const step of [1, 7, 32, 33, 4096])
      assert.equal(digest(bytes, step).toString(16), expected.toString(16), `${length} bytes by ${step}`)
  }
})
