import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { digestApk } from './apk-digest.ts'

const BLOCK = 4096
const END_RECORD = 22

/** As fs-verity describes it: all hashes of a level, padded to blocks, are the bytes of the next. */
function rootOf(bytes: Uint8Array): Uint8Array {
  const hashes: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = new Uint8Array(BLOCK)
    block.set(bytes.subarray(at, at + BLOCK))
    hashes.push(sha256(concat(new Uint8Array(8), block)))
  }
  return hashes.length === 1 ? hashes[0]! : rootOf(concat(...hashes))
}

for (const blocks of [1, 2, 127, 128, 129, 300]) {
  test(`the tree of verity over ${blocks} blocks has the root that its definition gives`, async () => {
    const entries = Uint8Array.from({ length: blocks * BLOCK }, (_, i) => (i * 7 + (i >> 12)) & 255)
    const end = new Uint8Array(END_RECORD)
    // Where the directory begins without the signing block: the digest is over the record as it was then.
    new DataView(end.buffer).setUint32(16, entries.length, true)
    const file = concat(entries, end)
    const contents = { blockOffset: entries.length, directoryOffset: entries.length, endRecordOffset: entries.length }
    const digest = (await digestApk(bytesSource(file), contents, new Set(['verity']))).get('verity')!
    // The leaves are a level of their own, however few they are.
    const leaves = file.length <= BLOCK ? concat(rootOf(file)) : undefined
    assert.deepEqual(digest.subarray(0, 32), leaves === undefined ? rootOf(file) : rootOf(leaves))
    assert.equal(new DataView(digest.buffer, digest.byteOffset).getBigUint64(32, true), BigInt(file.length))
  })
}
