import assert from 'node:assert/strict'
import { type BlobStore, DigestMismatchError } from '../../src/blob/blob-store.ts'
import { type Staging, StagingLostError } from '../../src/blob/staging.ts'
import { type Digest, digestOf } from '../../src/bytes/digest.ts'
import { bodyOf, brokenBody, collect, readAll, seededBytes, stalledBody } from './bodies.ts'

export interface StagingFixture {
  readonly staging: Staging
  readonly blobs: BlobStore
  /** The same staged bytes as a new process sees them. */
  readonly restart: () => Staging
  /** Changes a byte of a stored blob behind the store's back. */
  readonly damage: (digest: Digest) => Promise<void>
}

export interface StagingCase {
  readonly name: string
  /** @param make gives an empty staging and an empty store */
  readonly run: (make: () => Promise<StagingFixture>) => Promise<void>
}

const KIB = 1024
const MIB = 1024 * KIB
const ID = 'upl_0123456789abcdefghjkmnpqrs'

/** A case whose uploads must all be committed or gone at the end; its blobs are deleted. */
function onStaging(name: string, run: (fixture: StagingFixture) => Promise<void>): StagingCase {
  return {
    name,
    run: async (make) => {
      const fixture = await make()
      await run(fixture)
      assert.deepEqual(await collect(fixture.staging.list()), [])
      for (const { digest } of await collect(fixture.blobs.list())) await fixture.blobs.delete(digest)
    },
  }
}

const stored = async ({ blobs }: StagingFixture, digest: Digest) => readAll(await blobs.open(digest))

async function stage(staging: Staging, id: string, bytes: Uint8Array): Promise<void> {
  await staging.begin(id)
  const end = await staging.append(id, bodyOf(bytes), { offset: 0, sizeBytes: bytes.byteLength })
  assert.deepEqual(end, { offset: bytes.byteLength, overflow: false })
}

/** What every {@link Staging} must do. */
export const stagingCases: readonly StagingCase[] = [
  onStaging('list() of an empty staging gives nothing', async ({ staging }) => {
    assert.deepEqual(await collect(staging.list()), [])
  }),

  ...[0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 5 * MIB].map((sizeBytes) =>
    onStaging(`commit() makes ${sizeBytes} staged bytes a blob`, async (fixture) => {
      const bytes = seededBytes(sizeBytes)
      const digest = digestOf(bytes)
      await stage(fixture.staging, ID, bytes)
      assert.deepEqual(await collect(fixture.staging.list()), [{ id: ID, sizeBytes }])
      assert.deepEqual(await collect(fixture.blobs.list()), [])
      const blob = { digest, sizeBytes }
      assert.deepEqual(await fixture.staging.commit(ID, digest, { sizeBytes, replace: false }), blob)
      assert.deepEqual(await fixture.blobs.stat(digest), blob)
      assert.deepEqual(await stored(fixture, digest), bytes)
    }),
  ),

  onStaging('commit() calls onVerified for the right bytes only, before they are a blob', async (fixture) => {
    const { staging, blobs } = fixture
    const bytes = seededBytes(1000)
    const digest = digestOf(bytes)
    const options = { sizeBytes: 1000, replace: false }
    let calls = 0
    await stage(staging, ID, seededBytes(1000, 7))
    await assert.rejects(staging.commit(ID, digest, { ...options, onVerified: async () => void calls++ }))
    assert.equal(calls, 0)
    await staging.abandon(ID)

    await stage(staging, ID, bytes)
    const refused = new Error('not recorded')
    await assert.rejects(staging.commit(ID, digest, { ...options, onVerified: () => Promise.reject(refused) }), refused)
    assert.equal(await blobs.stat(digest), undefined)
    assert.deepEqual(await collect(staging.list()), [{ id: ID, sizeBytes: 1000 }], 'the bytes stay')
    await staging.commit(ID, digest, {
      ...options,
      onVerified: async () => {
        calls++
        assert.equal(await blobs.stat(digest), undefined)
      },
    })
    assert.equal(calls, 1)
    assert.deepEqual(await stored(fixture, digest), bytes)
  }),

  onStaging('begin() refuses an id that exists and leaves its bytes', async ({ staging }) => {
    await stage(staging, ID, seededBytes(100))
    await assert.rejects(staging.begin(ID))
    assert.deepEqual(await collect(staging.list()), [{ id: ID, sizeBytes: 100 }])
    await staging.abandon(ID)
  }),

  onStaging('append() continues where the last one ended', async (fixture) => {
    const bytes = seededBytes(3 * MIB + 11)
    const sizeBytes = bytes.byteLength
    await fixture.staging.begin(ID)
    for (let offset = 0; offset < sizeBytes; ) {
      const next = Math.min(offset + 700_001, sizeBytes)
      const end = await fixture.staging.append(ID, bodyOf(bytes.slice(offset, next)), { offset, sizeBytes })
      assert.deepEqual(end, { offset: next, overflow: false })
      offset = next
    }
    await fixture.staging.commit(ID, digestOf(bytes), { sizeBytes, replace: false })
    assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('append() of a body that fails midway tells the offset and can be continued', async (fixture) => {
    const bytes = seededBytes(2 * MIB + 5)
    const sizeBytes = bytes.byteLength
    await fixture.staging.begin(ID)
    const failure = new Error('connection reset')
    let offset = 0
    for (const cut of [0, 1, 1_500_000]) {
      const end = await fixture.staging.append(ID, brokenBody(bytes.slice(offset, cut), failure), { offset, sizeBytes })
      assert.deepEqual(end, { offset: cut, overflow: false, failure })
      offset = end.offset
    }
    assert.deepEqual(await collect(fixture.staging.list()), [{ id: ID, sizeBytes: 1_500_000 }])
    const end = await fixture.staging.append(ID, bodyOf(bytes.slice(offset)), { offset, sizeBytes })
    assert.deepEqual(end, { offset: sizeBytes, overflow: false })
    await fixture.staging.commit(ID, digestOf(bytes), { sizeBytes, replace: false })
    assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('append() that is aborted while its body is stalled keeps what arrived', async (fixture) => {
    const bytes = seededBytes(200_000)
    const sizeBytes = bytes.byteLength
    await fixture.staging.begin(ID)
    const { body, stalled, cancelled } = stalledBody(bytes.slice(0, 120_000))
    const controller = new AbortController()
    const appending = fixture.staging.append(ID, body, { offset: 0, sizeBytes, signal: controller.signal })
    await stalled
    const failure = new Error('idle for too long')
    controller.abort(failure)
    assert.deepEqual(await appending, { offset: 120_000, overflow: false, failure })
    assert.equal(await cancelled, failure)
    await fixture.staging.append(ID, bodyOf(bytes.slice(120_000)), { offset: 120_000, sizeBytes })
    await fixture.staging.commit(ID, digestOf(bytes), { sizeBytes, replace: false })
    assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('append() with a signal that has fired writes nothing', async ({ staging }) => {
    await staging.begin(ID)
    const failure = new Error('too late')
    const signal = AbortSignal.abort(failure)
    const end = await staging.append(ID, bodyOf(seededBytes(10)), { offset: 0, sizeBytes: 10, signal })
    assert.deepEqual(end, { offset: 0, overflow: false, failure })
    await staging.abandon(ID)
  }),

  onStaging('append() can be continued by another process', async (fixture) => {
    const bytes = seededBytes(300_000)
    const sizeBytes = bytes.byteLength
    await fixture.staging.begin(ID)
    await fixture.staging.append(ID, bodyOf(bytes.slice(0, 100_000)), { offset: 0, sizeBytes })
    const after = fixture.restart()
    await after.append(ID, bodyOf(bytes.slice(100_000)), { offset: 100_000, sizeBytes })
    await after.commit(ID, digestOf(bytes), { sizeBytes, replace: false })
    assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('append() drops surplus bytes of an append that was never recorded', async (fixture) => {
    const bytes = seededBytes(150_000)
    const sizeBytes = bytes.byteLength
    await fixture.staging.begin(ID)
    await fixture.staging.append(ID, bodyOf(bytes.slice(0, 50_000)), { offset: 0, sizeBytes })
    // Written, but the process died before the offset was recorded: other bytes come next, and fewer.
    await fixture.staging.append(ID, bodyOf(seededBytes(90_000, 5)), { offset: 50_000, sizeBytes })
    const after = fixture.restart()
    const end = await after.append(ID, bodyOf(bytes.slice(50_000, 60_000)), { offset: 50_000, sizeBytes })
    assert.deepEqual(end, { offset: 60_000, overflow: false })
    assert.deepEqual(await collect(after.list()), [{ id: ID, sizeBytes: 60_000 }])
    await after.append(ID, bodyOf(bytes.slice(60_000)), { offset: 60_000, sizeBytes })
    await after.commit(ID, digestOf(bytes), { sizeBytes, replace: false })
    assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('append() at an earlier offset in the same process hashes what is staged', async (fixture) => {
    const bytes = seededBytes(90_000)
    const sizeBytes = bytes.byteLength
    await fixture.staging.begin(ID)
    await fixture.staging.append(ID, bodyOf(bytes.slice(0, 40_000)), { offset: 0, sizeBytes })
    await fixture.staging.append(ID, bodyOf(seededBytes(30_000, 3)), { offset: 40_000, sizeBytes })
    await fixture.staging.append(ID, bodyOf(bytes.slice(40_000)), { offset: 40_000, sizeBytes })
    await fixture.staging.commit(ID, digestOf(bytes), { sizeBytes, replace: false })
    assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('append() flags bytes beyond the size and writes none of them', async (fixture) => {
    const bytes = seededBytes(100_000)
    const sizeBytes = bytes.byteLength
    for (const chunkBytes of [1000, 99_999, 500_000]) {
      await fixture.staging.begin(ID)
      const long = new Uint8Array(200_000)
      long.set(bytes)
      const end = await fixture.staging.append(ID, bodyOf(long, chunkBytes), { offset: 0, sizeBytes })
      assert.deepEqual(end, { offset: sizeBytes, overflow: true })
      assert.deepEqual(await collect(fixture.staging.list()), [{ id: ID, sizeBytes }])
      await fixture.staging.abandon(ID)
    }
  }),

  onStaging('append() to a complete upload takes nothing more', async (fixture) => {
    const bytes = seededBytes(1000)
    await stage(fixture.staging, ID, bytes)
    const at = { offset: 1000, sizeBytes: 1000 }
    assert.deepEqual(await fixture.staging.append(ID, bodyOf(bytes), at), { offset: 1000, overflow: true })
    const none = await fixture.staging.append(ID, bodyOf(new Uint8Array(0)), at)
    assert.deepEqual(none, { offset: 1000, overflow: false })
    await fixture.staging.commit(ID, digestOf(bytes), { sizeBytes: 1000, replace: false })
  }),

  onStaging('append() of an endless body stops at the size and leaves the body', async ({ staging }) => {
    const left = Promise.withResolvers<void>()
    let asked = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        asked++
        controller.enqueue(seededBytes(64 * KIB))
      },
      cancel: () => left.resolve(),
    })
    await staging.begin(ID)
    const end = await staging.append(ID, endless, { offset: 0, sizeBytes: MIB })
    assert.deepEqual(end, { offset: MIB, overflow: true })
    await left.promise
    assert.ok(asked < 32, `asked for ${asked} chunks`)
    await staging.abandon(ID)
  }),

  onStaging('append(), commit() and truncate() throw StagingLostError when bytes are missing', async ({ staging }) => {
    const lost = (error: unknown) => error instanceof StagingLostError && error.id === ID
    const digest = digestOf(seededBytes(10))
    await assert.rejects(staging.append(ID, bodyOf(seededBytes(10)), { offset: 0, sizeBytes: 10 }), lost)
    await assert.rejects(staging.commit(ID, digest, { sizeBytes: 10, replace: false }), lost)
    await assert.rejects(staging.truncate(ID, 0), lost)
    await staging.begin(ID)
    await staging.append(ID, bodyOf(seededBytes(5)), { offset: 0, sizeBytes: 10 })
    await assert.rejects(staging.append(ID, bodyOf(seededBytes(4)), { offset: 6, sizeBytes: 10 }), lost)
    await assert.rejects(staging.commit(ID, digest, { sizeBytes: 10, replace: false }), lost)
    await assert.rejects(staging.truncate(ID, 6), lost)
    assert.deepEqual(await collect(staging.list()), [{ id: ID, sizeBytes: 5 }])
    await staging.abandon(ID)
  }),

  onStaging('truncate() cuts and the upload goes on from there', async (fixture) => {
    const bytes = seededBytes(50_000)
    const sizeBytes = bytes.byteLength
    await fixture.staging.begin(ID)
    await fixture.staging.append(ID, bodyOf(bytes.slice(0, 40_000)), { offset: 0, sizeBytes })
    await fixture.staging.truncate(ID, 30_000)
    await fixture.staging.truncate(ID, 30_000)
    assert.deepEqual(await collect(fixture.staging.list()), [{ id: ID, sizeBytes: 30_000 }])
    await fixture.staging.append(ID, bodyOf(bytes.slice(30_000)), { offset: 30_000, sizeBytes })
    await fixture.staging.commit(ID, digestOf(bytes), { sizeBytes, replace: false })
    assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('commit() of another digest removes the staged bytes and makes no blob', async (fixture) => {
    const bytes = seededBytes(70_000)
    const expected = digestOf(seededBytes(70_000, 2))
    await stage(fixture.staging, ID, bytes)
    await assert.rejects(fixture.staging.commit(ID, expected, { sizeBytes: 70_000, replace: false }), (error) => {
      assert.ok(error instanceof DigestMismatchError)
      assert.deepEqual([error.expected, error.actual], [expected, digestOf(bytes)])
      return true
    })
    assert.deepEqual(await collect(fixture.staging.list()), [])
    assert.deepEqual(await collect(fixture.blobs.list()), [])
  }),

  onStaging('commit() of another digest never touches a blob that has it', async (fixture) => {
    const good = seededBytes(1000)
    const digest = digestOf(good)
    await fixture.blobs.write(bodyOf(good), { maxBytes: 1000 })
    for (const replace of [false, true]) {
      await stage(fixture.staging, ID, seededBytes(1000, 2))
      await assert.rejects(fixture.staging.commit(ID, digest, { sizeBytes: 1000, replace }), DigestMismatchError)
    }
    assert.deepEqual(await stored(fixture, digest), good)
  }),

  onStaging('commit() of bytes that are a blob already is that blob', async (fixture) => {
    const bytes = seededBytes(60_000)
    const blob = await fixture.blobs.write(bodyOf(bytes), { maxBytes: 60_000 })
    await stage(fixture.staging, ID, bytes)
    assert.deepEqual(await fixture.staging.commit(ID, blob.digest, { sizeBytes: 60_000, replace: false }), blob)
    assert.deepEqual(await collect(fixture.blobs.list()), [blob])
  }),

  onStaging('commit() of many uploads of the same bytes at once is one blob', async (fixture) => {
    const bytes = seededBytes(120_000)
    const digest = digestOf(bytes)
    const ids = Array.from({ length: 20 }, (_, i) => `upl_${i}`)
    await Promise.all(ids.map((id) => stage(fixture.staging, id, bytes)))
    const blobs = await Promise.all(
      ids.map((id, i) => fixture.staging.commit(id, digest, { sizeBytes: 120_000, replace: i % 4 === 0 })),
    )
    for (const blob of blobs) assert.deepEqual(blob, { digest, sizeBytes: 120_000 })
    assert.deepEqual(await collect(fixture.blobs.list()), [{ digest, sizeBytes: 120_000 }])
    assert.deepEqual(await stored(fixture, digest), bytes)
  }),

  onStaging('commit() of one upload twice at once is one blob, and the second call finds nothing', async (fixture) => {
    const bytes = seededBytes(90_000)
    const digest = digestOf(bytes)
    await stage(fixture.staging, ID, bytes)
    const commit = () => fixture.staging.commit(ID, digest, { sizeBytes: 90_000, replace: false })
    const [first, second] = await Promise.allSettled([commit(), commit()])
    assert.deepEqual(first, { status: 'fulfilled', value: { digest, sizeBytes: 90_000 } })
    assert.ok(second.status === 'rejected' && second.reason instanceof StagingLostError)
    assert.deepEqual(await stored(fixture, digest), bytes)
  }),

  onStaging('commit() and write() keep a damaged blob, and heal it with replace', async (fixture) => {
    const bytes = seededBytes(40_000)
    const { digest } = await fixture.blobs.write(bodyOf(bytes), { maxBytes: 40_000 })
    await fixture.damage(digest)
    assert.notDeepEqual(await stored(fixture, digest), bytes)
    const reader = await fixture.blobs.open(digest)
    await stage(fixture.staging, ID, bytes)
    await fixture.staging.commit(ID, digest, { sizeBytes: 40_000, replace: false })
    assert.notDeepEqual(await stored(fixture, digest), bytes)
    await stage(fixture.staging, ID, bytes)
    await fixture.staging.commit(ID, digest, { sizeBytes: 40_000, replace: true })
    assert.deepEqual(await stored(fixture, digest), bytes)
    assert.equal((await readAll(reader)).byteLength, 40_000)
    await fixture.damage(digest)
    await fixture.blobs.write(bodyOf(bytes), { maxBytes: 40_000 })
    assert.notDeepEqual(await stored(fixture, digest), bytes)
    await fixture.blobs.write(bodyOf(bytes), { maxBytes: 40_000, replace: true })
    assert.deepEqual(await stored(fixture, digest), bytes)
  }),

  onStaging('abandon() is idempotent and never touches a blob', async (fixture) => {
    const bytes = seededBytes(10_000)
    const blob = await fixture.blobs.write(bodyOf(bytes), { maxBytes: 10_000 })
    await stage(fixture.staging, ID, bytes)
    await fixture.staging.abandon(ID)
    await fixture.staging.abandon(ID)
    await stage(fixture.staging, ID, bytes)
    await fixture.staging.commit(ID, blob.digest, { sizeBytes: 10_000, replace: false })
    await fixture.staging.abandon(ID)
    assert.deepEqual(await stored(fixture, blob.digest), bytes)
    assert.deepEqual(await collect(fixture.blobs.list()), [blob])
  }),

  onStaging('abandon() during an append leaves nothing', async ({ staging }) => {
    await staging.begin(ID)
    const { body, stalled } = stalledBody(seededBytes(1000))
    const controller = new AbortController()
    const appending = staging.append(ID, body, { offset: 0, sizeBytes: 2000, signal: controller.signal })
    await stalled
    await staging.abandon(ID)
    controller.abort()
    await appending
    assert.deepEqual(await collect(staging.list()), [])
  }),

  onStaging('uploads side by side keep their bytes apart', async (fixture) => {
    const contents = Array.from({ length: 40 }, (_, i) => seededBytes(400_000 + i, i + 1))
    await Promise.all(
      contents.map(async (bytes, i) => {
        const sizeBytes = bytes.byteLength
        const half = 200_000 + i
        await fixture.staging.begin(`upl_${i}`)
        await fixture.staging.append(`upl_${i}`, bodyOf(bytes.slice(0, half)), { offset: 0, sizeBytes })
        await fixture.staging.append(`upl_${i}`, bodyOf(bytes.slice(half)), { offset: half, sizeBytes })
        await fixture.staging.commit(`upl_${i}`, digestOf(bytes), { sizeBytes, replace: false })
      }),
    )
    for (const bytes of contents) assert.deepEqual(await stored(fixture, digestOf(bytes)), bytes)
  }),

  onStaging('list() gives every upload with its size, and no write of a blob', async ({ staging, blobs }) => {
    await stage(staging, 'upl_a', seededBytes(5))
    await staging.begin('upl_b')
    const { body, stalled } = stalledBody(seededBytes(10))
    const controller = new AbortController()
    const writing = blobs.write(body, { maxBytes: 100, signal: controller.signal })
    await stalled
    const listed = (await collect(staging.list())).sort((a, b) => (a.id < b.id ? -1 : 1))
    assert.deepEqual(listed, [
      { id: 'upl_a', sizeBytes: 5 },
      { id: 'upl_b', sizeBytes: 0 },
    ])
    controller.abort()
    await assert.rejects(writing)
    await staging.abandon('upl_a')
    await staging.abandon('upl_b')
  }),
]
