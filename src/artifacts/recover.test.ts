import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type TestApp } from '../../test/helpers/test-app.ts'
import { digestOf } from '../bytes/digest.ts'
import { markVerified } from '../store/uploads.ts'
import { recover } from './recover.ts'

const BYTES = new TextEncoder().encode('twelve bytes')
const DIGEST = digestOf(BYTES)

/** An upload of which five bytes are recorded and all were committed, as a crash before the record leaves it. */
async function committedWithoutRecord(app: TestApp, wasVerified: boolean): Promise<{ id: string; secret: string }> {
  const { secret } = await app.issue({ actions: ['publish'] })
  const opened = await app.ask('POST', '/api/v1/uploads', {
    token: secret,
    body: { sizeBytes: BYTES.byteLength, digest: DIGEST, fileName: 'a.bin' },
  })
  const id: string = opened.json.id
  const sent = await app.ask('PATCH', `/api/v1/uploads/${id}`, {
    token: secret,
    headers: { 'Content-Type': 'application/partial-upload', 'Upload-Offset': '0', 'Upload-Complete': '?0' },
    raw: BYTES.slice(0, 5),
  })
  assert.equal(sent.status, 204)
  const { staging, store } = app.deps
  await staging.append(id, new Blob([BYTES.slice(5)]).stream(), { offset: 5, sizeBytes: BYTES.byteLength })
  await staging.commit(id, DIGEST, {
    sizeBytes: BYTES.byteLength,
    replace: false,
    ...(wasVerified ? { onVerified: () => store.write((tx) => markVerified(tx, id)) } : {}),
  })
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

test('recover() completes an upload whose bytes were checked and whose commit was not recorded', () =>
  withApp(async (app) => {
    const { id, secret } = await committedWithoutRecord(app, true)
    const report = await recover(app.deps)
    assert.equal(report.lostUploads, 0)
    const { json } = await app.ask('GET', `/api/v1/uploads/${id}`, { token: secret })
    assert.deepEqual([json.state, json.offset], ['complete', BYTES.byteLength])
  }))

test('recover() gives nobody a blob for an upload whose own bytes were never checked', () =>
  withApp(async (app) => {
    const { id, secret } = await committedWithoutRecord(app, false)
    const report = await recover(app.deps)
    assert.equal(report.lostUploads, 1)
    assert.equal((await app.ask('GET', `/api/v1/uploads/${id}`, { token: secret })).status, 410)
  }))

test('recover() gives an upload up whose checked bytes are neither staged nor stored', () =>
  withApp(async (app) => {
    const { id, secret } = await committedWithoutRecord(app, true)
    await app.deps.blobs.delete(DIGEST)
    const report = await recover(app.deps)
    assert.equal(report.lostUploads, 1)
    assert.equal((await app.ask('GET', `/api/v1/uploads/${id}`, { token: secret })).status, 410)
  }))
