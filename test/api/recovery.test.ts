import assert from 'node:assert/strict'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { findDamagedBlobs, verifyNewBlobs } from '../../src/artifacts/damage.ts'
import { recover } from '../../src/artifacts/recover.ts'
import { blobPath, LAYOUT } from '../../src/blob/layout.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { createTestApp, draft, type TestApp, upload } from '../helpers/test-app.ts'

const PART = { 'Content-Type': 'application/partial-upload' }
type Bytes = Uint8Array<ArrayBuffer>
const bytes = new TextEncoder().encode('the bytes of a private app')

async function inApp(work: (app: TestApp, token: string) => Promise<void>): Promise<void> {
  const app = await createTestApp({ blobs: 'fs' })
  try {
    await work(app, (await app.issue({ actions: ['publish'] })).secret)
  } finally {
    await app.close()
  }
}

/** Opens an upload of `bytes` and sends the first `count` of them. */
async function begun(app: TestApp, token: string, count: number): Promise<string> {
  const opened = await app.ask('POST', '/api/v1/uploads', {
    token,
    body: { sizeBytes: bytes.byteLength, digest: digestOf(bytes), fileName: 'x.bin' },
  })
  assert.equal(opened.status, 201)
  if (count > 0) {
    const sent = await app.ask('PATCH', `/api/v1/uploads/${opened.json.id}`, {
      token,
      headers: { ...PART, 'Upload-Offset': '0' },
      raw: bytes.slice(0, count),
    })
    assert.equal(sent.status, 204)
  }
  return opened.json.id
}

test('recover() does not take an upload for complete because a blob of its digest is there', () =>
  inApp(async (app, token) => {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'victim' } })
    await draft(app, token, 'victim', { version: '1.0.0' }, [{ fileName: 'x.bin', bytes }])
    const attacker = (await app.issue({ actions: ['publish'], apps: ['evil'] })).secret
    const id = await begun(app, attacker, 5)
    await rm(join(app.folder, LAYOUT.staging, id))
    const recovery = await recover(app.deps)
    assert.equal(recovery.lostUploads, 1)
    const head = await app.ask('HEAD', `/api/v1/uploads/${id}`, { token: attacker })
    assert.equal(head.status, 410)
  }))

test('recover() cuts staged bytes to what was acknowledged and removes those of nobody', () =>
  inApp(async (app, token) => {
    const id = await begun(app, token, 5)
    // Bytes that were written and not acknowledged, and an upload whose record was never made.
    await app.deps.staging.append(id, new Blob([bytes.slice(5, 9)]).stream(), {
      offset: 5,
      sizeBytes: bytes.byteLength,
    })
    await app.deps.staging.begin('upl_nobody')
    const recovery = await recover(app.deps)
    assert.deepEqual(recovery, { lostUploads: 0, removedStaged: 1, damagedBlobs: 0, unreadBlobs: 0 })
    const head = await app.ask('HEAD', `/api/v1/uploads/${id}`, { token })
    assert.equal(head.headers.get('upload-offset'), '5')
    const rest = await app.ask('PATCH', `/api/v1/uploads/${id}`, {
      token,
      headers: { ...PART, 'Upload-Offset': '5' },
      raw: bytes.slice(5),
    })
    assert.equal(rest.status, 200)
    assert.deepEqual(await findDamagedBlobs(app.deps), [])
  }))

test(
  'recover() continues an upload that a crash left read-only, also when it is not root',
  {
    skip:
      (process.getuid?.() !== 0 || !('seteuid' in process) || 'Bun' in globalThis || 'Deno' in globalThis) &&
      'changes the effective user of the process, which takes root and Node',
  },
  () =>
    inApp(async (app, token) => {
      const id = await begun(app, token, 5)
      const path = join(app.folder, LAYOUT.staging, id)
      const { chown } = await import('node:fs/promises')
      for (const folder of [app.folder, join(app.folder, LAYOUT.staging)]) await chown(folder, 65534, 65534)
      await chown(path, 65534, 65534)
      await chmod(path, 0o444)
      process.seteuid?.(65534)
      try {
        await app.deps.staging.truncate(id, 5)
      } finally {
        process.seteuid?.(0)
      }
      assert.equal((await app.ask('HEAD', `/api/v1/uploads/${id}`, { token })).headers.get('upload-offset'), '5')
    }),
)

test('after an unclean stop what was stored since the start before is read, and only that', () =>
  inApp(async (app, token) => {
    const files = ['old bytes', 'many more fresh bytes', 'fresh bytes'].map((text) => new TextEncoder().encode(text))
    const [old, large, fresh] = files as [Bytes, Bytes, Bytes]
    const store = async (bytes: Bytes, firstByte: number) => {
      const path = join(app.folder, blobPath(digestOf(bytes)))
      await chmod(path, 0o644)
      await writeFile(path, bytes.with(0, firstByte))
    }
    await upload(app, token, { fileName: 'old.bin', bytes: old })
    assert.equal((await recover(app.deps)).damagedBlobs, 0)
    await upload(app, token, { fileName: 'large.bin', bytes: large })
    await upload(app, token, { fileName: 'fresh.bin', bytes: fresh })
    for (const bytes of files) await store(bytes, 0)

    const bounded = await verifyNewBlobs(app.deps, false, fresh.byteLength)
    assert.deepEqual(bounded, { damagedBlobs: 1, unreadBlobs: 1 }, 'the newest first, as many bytes as allowed')
    const { json } = await app.ask('GET', '/readyz')
    assert.deepEqual(json, { status: 'degraded', damagedBlobs: 1, auditBrokenAt: null })
    assert.deepEqual(await verifyNewBlobs(app.deps, false), { damagedBlobs: 0, unreadBlobs: 0 }, 'seen is seen')
    assert.equal((await findDamagedBlobs(app.deps, { readData: true })).length, 3, 'whoever asks for all gets all')

    for (const bytes of files) await store(bytes, bytes[0]!)
    assert.equal((await findDamagedBlobs(app.deps)).length, 3, 'the right size proves nothing')
    assert.deepEqual(await findDamagedBlobs(app.deps, { readData: true }), [], 'put back by hand')
    assert.equal((await app.ask('GET', '/readyz')).json.status, 'ok')
    assert.equal((await recover(app.deps)).damagedBlobs, 0)

    await store(old, 0)
    assert.equal((await findDamagedBlobs(app.deps, { readData: true })).length, 1)
    await upload(app, token, { fileName: 'old.bin', bytes: old })
    await store(old, 0)
    const again = await recover(app.deps, false)
    assert.deepEqual([again.damagedBlobs, again.unreadBlobs], [1, 0], 'bytes that healed an old blob are new')
  }))

test('a blob that cannot be read is named, and neither a start nor a check ends with it', () =>
  inApp(async (app, token) => {
    await upload(app, token, { fileName: 'a.bin', bytes })
    const broken = {
      ...app.deps,
      blobs: {
        ...app.deps.blobs,
        open: async () => {
          throw Object.assign(new Error('i/o error, read'), { code: 'EIO' })
        },
      },
    }
    assert.equal((await recover(broken, false)).damagedBlobs, 1)
    const [found] = await findDamagedBlobs(broken, { readData: true })
    assert.equal(found?.reason, 'cannot be read: EIO')
  }))
