import assert from 'node:assert/strict'
import { blobSource } from '../../src/blob/blob-source.ts'
import { BlobNotFoundError, type BlobStore, DigestMismatchError } from '../../src/blob/blob-store.ts'
import { type Digest, digestOf } from '../../src/bytes/digest.ts'
import { bodyOf, brokenBody, collect, readAll, seededBytes, stalledBody } from './bodies.ts'

export interface BlobStoreCase {
  readonly name: string
  /** @param make gives an empty store */
  readonly run: (make: () => Promise<BlobStore>) => Promise<void>
}

const KIB = 1024
const MIB = 1024 * KIB
const unlimited = { maxBytes: Number.MAX_SAFE_INTEGER }
const ABSENT = digestOf(seededBytes(9, 999))

/** A case over one store, which is emptied through its own interface at the end. */
function onStore(name: string, run: (store: BlobStore) => Promise<void>): BlobStoreCase {
  return {
    name,
    run: async (make) => {
      const store = await make()
      await run(store)
      for (const { digest } of await collect(store.list())) await store.delete(digest)
      assert.deepEqual(await collect(store.list()), [])
    },
  }
}

async function body(store: BlobStore, digest: Digest, range?: { offset: number; length: number }) {
  const blob = await store.stat(digest)
  assert.ok(blob)
  return new Uint8Array(await new Response(await store.body(blob, range)).arrayBuffer())
}

/** Two contents whose digests share the first two hex digits, hence a shard folder. */
function twoOfOneShard(): [Uint8Array, Uint8Array] {
  const seen = new Map<string, Uint8Array>()
  for (let i = 0; ; i++) {
    const bytes = seededBytes(16, i + 1)
    const shard = digestOf(bytes).slice(7, 9)
    const other = seen.get(shard)
    if (other) return [other, bytes]
    seen.set(shard, bytes)
  }
}

const SIZES = [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 5 * MIB]

/** What every {@link BlobStore} must do. */
export const blobStoreCases: readonly BlobStoreCase[] = [
  onStore('list() of an empty store gives nothing', async (store) => {
    assert.deepEqual(await collect(store.list()), [])
  }),

  ...SIZES.map((sizeBytes) =>
    onStore(`write() keeps ${sizeBytes} bytes exactly`, async (store) => {
      const bytes = seededBytes(sizeBytes)
      const digest = digestOf(bytes)
      const blob = { digest, sizeBytes }
      assert.deepEqual(await store.write(bodyOf(bytes), { expected: digest, maxBytes: sizeBytes }), blob)
      assert.deepEqual(await store.stat(digest), blob)
      assert.deepEqual(await collect(store.list()), [blob])
      assert.deepEqual(await readAll(await store.open(digest)), bytes)
      assert.deepEqual(await body(store, digest), bytes)
      assert.deepEqual(await store.read(digest, { offset: 0, length: sizeBytes }), bytes)
    }),
  ),

  onStore('write() keeps bytes that are not UTF-8', async (store) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => 255 - i)
    const { digest } = await store.write(bodyOf(bytes), unlimited)
    assert.deepEqual(await readAll(await store.open(digest)), bytes)
  }),

  onStore('write() takes chunks of any size, also empty ones', async (store) => {
    const bytes = seededBytes(3 * MIB + 5)
    const sizes = [1, 0, 3, 20 * KIB, 7, 2 * MIB, 0, 100 * KIB, 1, 1, 16 * KIB, 16 * KIB - 1]
    let at = 0
    let i = 0
    const odd = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.byteLength) return controller.close()
        const length = sizes[i++ % sizes.length]!
        controller.enqueue(bytes.slice(at, at + length))
        at += length
      },
    })
    const { digest } = await store.write(odd, { ...unlimited, expected: digestOf(bytes) })
    assert.deepEqual(await readAll(await store.open(digest)), bytes)
  }),

  onStore('write() of thousands of one-byte chunks keeps their order', async (store) => {
    const bytes = seededBytes(70_001)
    const { digest } = await store.write(bodyOf(bytes, 1), unlimited)
    assert.equal(digest, digestOf(bytes))
    assert.deepEqual(await readAll(await store.open(digest)), bytes)
  }),

  onStore('write() of the same bytes twice is one blob', async (store) => {
    const bytes = seededBytes(100_000)
    const first = await store.write(bodyOf(bytes), unlimited)
    assert.deepEqual(await store.write(bodyOf(bytes, 999), unlimited), first)
    assert.deepEqual(await collect(store.list()), [first])
  }),

  onStore('write() of the same bytes many times at once is one blob', async (store) => {
    const bytes = seededBytes(300_000)
    const blobs = await Promise.all(Array.from({ length: 20 }, () => store.write(bodyOf(bytes), unlimited)))
    for (const blob of blobs) assert.deepEqual(blob, blobs[0])
    assert.deepEqual(await collect(store.list()), [blobs[0]])
    assert.deepEqual(await readAll(await store.open(blobs[0]!.digest)), bytes)
  }),

  onStore('write() of many different blobs at once keeps them apart', async (store) => {
    const contents = Array.from({ length: 40 }, (_, i) => seededBytes(150_000 + i, i + 1))
    const blobs = await Promise.all(contents.map((bytes) => store.write(bodyOf(bytes), unlimited)))
    for (const [i, { digest }] of blobs.entries())
      assert.deepEqual(await readAll(await store.open(digest)), contents[i])
    assert.equal((await collect(store.list())).length, 40)
  }),

  onStore('write() refuses bytes of another digest and leaves nothing', async (store) => {
    const bytes = seededBytes(200_000)
    await assert.rejects(store.write(bodyOf(bytes), { ...unlimited, expected: ABSENT }), (error) => {
      assert.ok(error instanceof DigestMismatchError)
      assert.equal(error.expected, ABSENT)
      assert.equal(error.actual, digestOf(bytes))
      return true
    })
    assert.deepEqual(await collect(store.list()), [])
    assert.equal(await store.stat(digestOf(bytes)), undefined)
  }),

  onStore('write() gives the error of a body that fails midway and leaves nothing', async (store) => {
    for (const sizeBytes of [0, 10, 3 * MIB]) {
      const error = new Error('the body broke')
      await assert.rejects(store.write(brokenBody(seededBytes(sizeBytes), error), unlimited), error)
    }
    assert.deepEqual(await collect(store.list()), [])
  }),

  onStore('write() ends at once when its signal fires, also when the body is stalled', async (store) => {
    const { body: stalled, stalled: waits, cancelled } = stalledBody(seededBytes(50_000))
    const controller = new AbortController()
    const writing = store.write(stalled, { ...unlimited, signal: controller.signal })
    await waits
    const reason = new Error('enough')
    controller.abort(reason)
    await assert.rejects(writing, reason)
    assert.equal(await cancelled, reason)
    assert.deepEqual(await collect(store.list()), [])
  }),

  onStore('write() with a signal that has fired reads nothing', async (store) => {
    const reason = new Error('too late')
    await assert.rejects(
      store.write(bodyOf(seededBytes(10)), { ...unlimited, signal: AbortSignal.abort(reason) }),
      reason,
    )
    assert.deepEqual(await collect(store.list()), [])
  }),

  onStore('write() refuses one byte more than maxBytes and leaves nothing', async (store) => {
    const bytes = seededBytes(100_001)
    await assert.rejects(store.write(bodyOf(bytes), { maxBytes: 100_000 }), RangeError)
    await assert.rejects(store.write(bodyOf(bytes, 200_000), { maxBytes: 0 }), RangeError)
    assert.deepEqual(await collect(store.list()), [])
  }),

  onStore('write() of an endless body stops at maxBytes and leaves the body', async (store) => {
    let asked = 0
    const left = Promise.withResolvers<void>()
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        asked++
        controller.enqueue(seededBytes(64 * KIB))
      },
      cancel: () => left.resolve(),
    })
    await assert.rejects(store.write(endless, { maxBytes: MIB }), RangeError)
    await left.promise
    assert.ok(asked < 32, `asked for ${asked} chunks`)
    assert.deepEqual(await collect(store.list()), [])
  }),

  onStore('a failed write() of bytes that are a blob leaves that blob', async (store) => {
    const bytes = seededBytes(80_000)
    const blob = await store.write(bodyOf(bytes), unlimited)
    await assert.rejects(store.write(brokenBody(bytes, new Error('cut')), unlimited))
    await assert.rejects(store.write(bodyOf(bytes), { ...unlimited, expected: ABSENT }), DigestMismatchError)
    assert.deepEqual(await collect(store.list()), [blob])
    assert.deepEqual(await readAll(await store.open(blob.digest)), bytes)
  }),

  onStore('open(), body() and read() give ranges exactly', async (store) => {
    const bytes = seededBytes(3 * MIB + 17)
    const { digest } = await store.write(bodyOf(bytes), unlimited)
    const end = bytes.byteLength
    for (const [offset, length] of [
      [0, 1],
      [0, end],
      [1, 256 * KIB],
      [256 * KIB - 1, 2],
      [MIB, MIB + 1],
      [end - 1, 1],
      [end - 70_000, 70_000],
      [0, 0],
      [77, 0],
      [end, 0],
    ] as const) {
      const range = { offset, length }
      const expected = bytes.slice(offset, offset + length)
      assert.deepEqual(await readAll(await store.open(digest, range)), expected, `open ${offset} ${length}`)
      assert.deepEqual(await body(store, digest, range), expected, `body ${offset} ${length}`)
      assert.deepEqual(await store.read(digest, range), expected, `read ${offset} ${length}`)
    }
  }),

  onStore('open(), body() and read() refuse ranges outside the blob', async (store) => {
    const { digest } = await store.write(bodyOf(seededBytes(100)), unlimited)
    for (const [offset, length] of [
      [0, 101],
      [100, 1],
      [101, 0],
      [-1, 5],
      [5, -1],
      [0.5, 1],
      [2 ** 53, 1],
      [Number.NaN, 1],
    ] as const) {
      const range = { offset, length }
      await assert.rejects(store.open(digest, range), RangeError, `open ${offset} ${length}`)
      await assert.rejects(store.body({ digest, sizeBytes: 100 }, range), RangeError, `body ${offset} ${length}`)
      await assert.rejects(store.read(digest, range), RangeError, `read ${offset} ${length}`)
    }
  }),

  onStore('many readers of different ranges do not disturb each other', async (store) => {
    const bytes = seededBytes(2 * MIB)
    const { digest } = await store.write(bodyOf(bytes), unlimited)
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const range = { offset: i * 17_111, length: 900_000 + i }
        const expected = bytes.slice(range.offset, range.offset + range.length)
        assert.deepEqual(
          i % 2 ? await readAll(await store.open(digest, range)) : await store.read(digest, range),
          expected,
        )
      }),
    )
  }),

  onStore('a reader that leaves early leaves nothing open', async (store) => {
    const bytes = seededBytes(2 * MIB)
    const { digest } = await store.write(bodyOf(bytes), unlimited)
    await (await store.open(digest)).cancel()
    const reader = (await store.open(digest)).getReader()
    assert.ok((await reader.read()).value)
    await reader.cancel(new Error('gone'))
    const waiting = (await store.open(digest)).getReader()
    const read = waiting.read()
    await waiting.cancel()
    await read
  }),

  onStore('an open reader sees its blob to the end after a delete', async (store) => {
    const bytes = seededBytes(3 * MIB)
    const { digest } = await store.write(bodyOf(bytes), unlimited)
    const untouched = await store.open(digest)
    const begun = (await store.open(digest)).getReader()
    const first = (await begun.read()).value!
    await store.delete(digest)
    let seen = first.byteLength
    for (let next = await begun.read(); !next.done; next = await begun.read()) seen += next.value.byteLength
    assert.equal(seen, bytes.byteLength)
    assert.deepEqual(await readAll(untouched), bytes)
  }),

  onStore('a reader cannot change what others read', async (store) => {
    const bytes = seededBytes(1000)
    const { digest } = await store.write(bodyOf(bytes), unlimited)
    ;(await store.read(digest, { offset: 0, length: 1000 })).fill(0)
    ;(await readAll(await store.open(digest))).fill(0)
    assert.deepEqual(await store.read(digest, { offset: 0, length: 1000 }), bytes)
  }),

  onStore('body() of a blob that has another size than was recorded throws BlobNotFoundError', async (store) => {
    const { digest, sizeBytes } = await store.write(bodyOf(seededBytes(1000)), unlimited)
    for (const wrong of [sizeBytes - 1, sizeBytes + 1, 0])
      await assert.rejects(store.body({ digest, sizeBytes: wrong }), BlobNotFoundError)
    assert.ok(await store.body({ digest, sizeBytes }))
  }),

  onStore('open(), body() and read() of an absent blob throw BlobNotFoundError, stat() does not', async (store) => {
    const named = (error: unknown) => error instanceof BlobNotFoundError && error.digest === ABSENT
    await assert.rejects(store.open(ABSENT), named)
    await assert.rejects(store.body({ digest: ABSENT, sizeBytes: 0 }), named)
    await assert.rejects(store.read(ABSENT, { offset: 0, length: 0 }), named)
    assert.equal(await store.stat(ABSENT), undefined)
  }),

  onStore('delete() of an absent blob succeeds', async (store) => {
    await store.delete(ABSENT)
    await store.delete(ABSENT)
  }),

  onStore('delete() takes a blob away until it is written again', async (store) => {
    const bytes = seededBytes(5000)
    const blob = await store.write(bodyOf(bytes), unlimited)
    await store.delete(blob.digest)
    assert.equal(await store.stat(blob.digest), undefined)
    await assert.rejects(store.open(blob.digest), BlobNotFoundError)
    assert.deepEqual(await collect(store.list()), [])
    await store.delete(blob.digest)
    assert.deepEqual(await store.write(bodyOf(bytes), unlimited), blob)
    assert.deepEqual(await readAll(await store.open(blob.digest)), bytes)
    await store.delete(blob.digest)
    await store.delete(blob.digest)
  }),

  onStore('delete() of one blob never touches another whose digest begins alike', async (store) => {
    const [one, other] = twoOfOneShard()
    const { digest } = await store.write(bodyOf(one), unlimited)
    const kept = await store.write(bodyOf(other), unlimited)
    await store.delete(digest)
    assert.deepEqual(await collect(store.list()), [kept])
    assert.deepEqual(await readAll(await store.open(kept.digest)), other)
  }),

  onStore('write() and delete() of one blob at once leave it whole or absent', async (store) => {
    const bytes = seededBytes(70_000)
    const digest = digestOf(bytes)
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        i % 3 === 0 ? store.delete(digest) : store.write(bodyOf(bytes), unlimited),
      ),
    )
    const blob = await store.stat(digest)
    if (blob) assert.deepEqual(await readAll(await store.open(digest)), bytes)
    assert.deepEqual(await collect(store.list()), blob ? [blob] : [])
  }),

  onStore('list() shows no write() that is under way', async (store) => {
    const kept = await store.write(bodyOf(seededBytes(10)), unlimited)
    const { body: stalled, stalled: waits } = stalledBody(seededBytes(2 * MIB))
    const controller = new AbortController()
    const writing = store.write(stalled, { ...unlimited, signal: controller.signal })
    await waits
    assert.deepEqual(await collect(store.list()), [kept])
    assert.equal(await store.stat(digestOf(seededBytes(2 * MIB))), undefined)
    controller.abort()
    await assert.rejects(writing)
    assert.deepEqual(await collect(store.list()), [kept])
  }),

  onStore('list() gives every blob once', async (store) => {
    const written = []
    for (let i = 0; i < 50; i++) written.push(await store.write(bodyOf(seededBytes(i + 1, i + 1)), unlimited))
    const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1)
    assert.deepEqual((await collect(store.list())).sort(byDigest), written.sort(byDigest))
  }),

  onStore('a name that is no digest never reaches a file', async (store) => {
    for (const name of ['sha256:../../../etc/passwd', `sha256:${'A'.repeat(64)}`, '', `sha256:${'0'.repeat(63)}/`]) {
      const found = await store.stat(name as Digest).catch((error: unknown) => {
        assert.ok(error instanceof SyntaxError)
        return undefined
      })
      assert.equal(found, undefined)
    }
  }),

  onStore('blobSource() reads ranges of a blob', async (store) => {
    const bytes = seededBytes(10_000)
    const source = blobSource(store, await store.write(bodyOf(bytes), unlimited))
    assert.equal(source.sizeBytes, 10_000)
    assert.deepEqual(await source.read(9000, 1000), bytes.slice(9000))
    assert.deepEqual(await source.read(10_000, 0), new Uint8Array(0))
    await assert.rejects(source.read(9001, 1000), RangeError)
  }),
]
