import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlobNotFoundError } from '../../src/blob/blob-store.ts'
import { type Digest, digestOf } from '../../src/bytes/digest.ts'
import { nativeHasher } from '../native-hasher.ts'
import { createSmallBlobs } from './small-blobs.ts'

const KIB = 1024

/** A disk of blobs, and how often each was read. */
function disk() {
  const files = new Map<Digest, Uint8Array<ArrayBuffer>>()
  const reads = new Map<Digest, number>()
  const blobs = createSmallBlobs({
    createHasher: nativeHasher,
    hold: (bytes) => bytes,
    readFile: (digest) => {
      reads.set(digest, (reads.get(digest) ?? 0) + 1)
      return files.get(digest)
    },
  })
  return {
    blobs,
    files,
    readsOf: (digest: Digest) => reads.get(digest) ?? 0,
    add(size: number, seed: number): Digest {
      const bytes = new Uint8Array(size).fill(seed & 255)
      if (size >= 4) new DataView(bytes.buffer).setUint32(0, seed)
      const digest = digestOf(bytes, nativeHasher)
      files.set(digest, bytes)
      return digest
    },
  }
}

test('find() reads a blob at the second request and never again', () => {
  const { blobs, files, readsOf, add } = disk()
  const digest = add(10 * KIB, 1)
  assert.equal(blobs.find(digest, 10 * KIB), undefined)
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(new Uint8Array(blobs.find(digest, 10 * KIB) as ArrayBuffer), files.get(digest))
  }
  assert.equal(readsOf(digest), 1)
})

test('find() leaves blobs above 64 KiB alone and takes empty ones', () => {
  const { blobs, readsOf, add } = disk()
  const large = add(64 * KIB + 1, 2)
  for (let i = 0; i < 3; i++) assert.equal(blobs.find(large, 64 * KIB + 1), undefined)
  assert.equal(readsOf(large), 0)
  const empty = add(0, 0)
  blobs.find(empty, 0)
  assert.equal((blobs.find(empty, 0) as ArrayBuffer).byteLength, 0)
})

test('find() refuses a file that is missing, cut or changed, and asks the disk again after it is mended', () => {
  const { blobs, files, add } = disk()
  const digest = add(KIB, 3)
  const whole = files.get(digest)!
  const changed = whole.slice()
  changed[500]! ^= 1
  blobs.find(digest, KIB)
  for (const bad of [undefined, whole.slice(1), changed]) {
    if (bad) files.set(digest, bad)
    else files.delete(digest)
    assert.throws(() => blobs.find(digest, KIB), BlobNotFoundError)
  }
  files.set(digest, whole)
  assert.deepEqual(new Uint8Array(blobs.find(digest, KIB) as ArrayBuffer), whole)
})

test('what is kept stays below 8 MiB; the least recently asked for leaves first', () => {
  const { blobs, readsOf, add } = disk()
  const first = add(64 * KIB, 0)
  const ask = (digest: Digest) => blobs.find(digest, 64 * KIB)
  const others = Array.from({ length: 200 }, (_, i) => add(64 * KIB, i + 1))
  ask(first)
  for (const digest of others) {
    ask(digest)
    ask(digest)
    ask(first)
  }
  assert.equal(readsOf(first), 1)
  // 127 others fit beside it.
  assert.equal(others.filter((digest) => readsOf(digest) === 1).length, 200)
  for (const digest of others.slice(-127)) ask(digest)
  assert.ok(others.slice(-127).every((digest) => readsOf(digest) === 1))
  assert.equal(ask(others[0]!), undefined)
})

test('forget() drops a blob', () => {
  const { blobs, readsOf, add } = disk()
  const digest = add(KIB, 9)
  blobs.find(digest, KIB)
  blobs.find(digest, KIB)
  blobs.forget(digest)
  assert.equal(blobs.find(digest, KIB), undefined)
  assert.equal(readsOf(digest), 1)
})
