import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type TestApp } from '../../test/helpers/test-app.ts'
import { digestOf } from '../bytes/digest.ts'
import { recover } from './recover.ts'

const BYTES = new TextEncoder().encode('twelve bytes')
const DIGEST = digestOf(BYTES)

/** An upload of which `acknowledged` bytes are recorded and all were committed, as a crash before the record leaves it. */
async function committedWithoutRecord(app: TestApp, acknowledged: number): Promise<{ id: string; secret: string }> {
  const { secret } = await app.issue({ actions: ['publish'] })
  const opened = await app.ask('POST', '/api/v1/uploads', {
    token: secret,
    body: { sizeBytes: BYTES.byteLength, digest: DIGEST, fileName: 'a.bin' },
  })
  const id: string = opened.json.id
  if (acknowledged > 0) {
    const sent = await app.ask('PATCH', `/api/v1/uploads/${id}`, {
      token: secret,
      headers: {
        'Content-Type': 'application/partial-upload',
        'Upload-Offset': '0',
        'Upload-Complete': '?0',
      },
      raw: BYTES.slice(0, acknowledged),
    })
    assert.equal(sent.status, 204)
  }
  const rest = new Blob([BYTES.slice(acknowledged)]).stream()
  await app.deps.staging.append(id, rest, { offset: acknowledged, sizeBytes: BYTES.byteLength })
  await app.deps.staging.commit(id, DIGEST, { sizeBytes: BYTES.byteLength, replace: false })
  return { id, secret }
}

async function withApp(work: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await createTestApp({ blobs: 'fs' })
  try {
    await work(app)
  } finally {
    await app.close()
  }
}

test('recover() completes an upload with acknowledged bytes whose commit was not recorded', () =>
  withApp(async (app) => {
    const { id, secret } = await committedWithoutRecord(app, 5)
    const report = await recover(app.deps)
    assert.equal(report.lostUploads, 0)
    const { json } = await app.ask('GET', `/api/v1/uploads/${id}`, { token: secret })
    assert.deepEqual([json.state, json.offset], ['complete', BYTES.byteLength])
  }))

test('recover() gives nobody a blob for an upload that never had an acknowledged byte', () =>
  withApp(async (app) => {
    const { id, secret } = await committedWithoutRecord(app, 0)
    const report = await recover(app.deps)
    assert.equal(report.lostUploads, 1)
    assert.equal((await app.ask('GET', `/api/v1/uploads/${id}`, { token: secret })).status, 410)
  }))

test('recover() does not trust bytes that are known to be damaged', () =>
  withApp(async (app) => {
    const { id, secret } = await committedWithoutRecord(app, 5)
    await app.deps.store.write(async (tx) => {
      await tx
        .insertInto('blobs')
        .values({ digest: DIGEST, size_bytes: BYTES.byteLength, state: 'damaged', created_at: '2026-11-21T00:00:00Z' })
        .execute()
    })
    const report = await recover(app.deps)
    assert.equal(report.lostUploads, 1)
    assert.equal((await app.ask('GET', `/api/v1/uploads/${id}`, { token: secret })).status, 410)
  }))
