import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { auditHead } from '../../src/store/audit.ts'
import { type Answer, type Ask, createTestApp, draft, type TestApp } from '../helpers/test-app.ts'

const bytes = new TextEncoder().encode('notes')
const files = [{ fileName: 'notes.bin', bytes }]
const releases = '/api/v1/apps/notes/releases'

/** Requests whose answer was lost are sent again, as they were. @returns method, path, request, and what must be the same */
type Lost = (
  app: TestApp,
  token: string,
) => Promise<[method: string, path: string, ask: Ask, same: (json: Answer['json']) => unknown]>

async function sealed(app: TestApp, token: string): Promise<string> {
  const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, files)
  assert.equal((await app.ask('POST', `${releases}/${id}/actions/publish`, { token })).status, 200)
  return id
}

const keyed: Ask = { headers: { 'Idempotency-Key': 'run-7' } }

const LOST: Readonly<Record<string, Lost>> = {
  'a draft that was planned': async () => [
    'POST',
    releases,
    { ...keyed, body: { version: '1.0.0', reserve: true } },
    ({ id, setUrl }) => [id, setUrl],
  ],
  'an upload': async () => [
    'POST',
    '/api/v1/uploads',
    { ...keyed, body: { sizeBytes: 3, digest: digestOf(new TextEncoder().encode('abc')), fileName: 'a.bin' } },
    ({ id }) => id,
  ],
  'a seal': async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, files)
    return ['POST', `${releases}/${id}/actions/publish`, {}, ({ release }) => [release.id, release.publishedAt]]
  },
  'an announcement of one release': async (app, token) => [
    'POST',
    `${releases}/${await sealed(app, token)}/actions/announce`,
    {},
    ({ id, announcedAt }) => [id, announcedAt],
  ],
  'an announcement with a key': async (app, token) => {
    await sealed(app, token)
    const body = { title: 'First', releases: [{ app: 'notes', release: '1.0.0' }] }
    return ['POST', '/api/v1/announcements', { ...keyed, body }, ({ id, createdAt }) => [id, createdAt]]
  },
  'a preview': async (app, token) => {
    await sealed(app, token)
    const body = { app: 'notes', release: '1.0.0', expiresInDays: 1 }
    return ['POST', '/api/v1/previews', { body }, ({ preview }) => preview]
  },
  'a yank': async (app, token) => {
    const id = await sealed(app, token)
    await app.ask('POST', `${releases}/${id}/actions/announce`, { token })
    return ['POST', `${releases}/1.0.0/actions/yank`, { body: { reason: 'r' } }, ({ release }) => release.yankedAt]
  },
  'a purge': async (app, token) => {
    const id = await sealed(app, token)
    await app.ask('POST', `${releases}/${id}/actions/announce`, { token })
    return ['POST', `${releases}/1.0.0/actions/purge`, { body: { reason: 'r' } }, (tombstone) => tombstone]
  },
}

for (const [name, lost] of Object.entries(LOST)) {
  test(`a server that ends between the commit and the answer gives the same answer to the same request: ${name}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'distd-lost-'))
    try {
      const app = await createTestApp({ folder, blobs: 'fs' })
      const { secret: token } = await app.issue({ actions: ['admin'] })
      await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
      const [method, path, ask, same] = await lost(app, token)

      const { store } = app.deps
      const { write } = store
      let committed = 0
      store.write = async (work) => {
        await write(work)
        committed++
        throw new Error('the server ends here')
      }
      assert.equal((await app.ask(method, path, { token, ...ask })).status, 500)
      assert.equal(committed, 1)
      store.write = write
      const head = await auditHead(store.reads)
      await store.close(false)

      const restarted = await createTestApp({ folder, blobs: 'fs' })
      try {
        const again = await restarted.ask(method, path, { token, ...ask })
        // 200 to an upload would say that there is nothing to send.
        assert.equal(again.status, name === 'an upload' ? 201 : 200, again.text)
        assert.deepEqual(await auditHead(restarted.deps.store.reads), head, 'it was done once')
        const third = await restarted.ask(method, path, { token, ...ask })
        assert.deepEqual(same(third.json), same(again.json))
        assert.notEqual(same(again.json), undefined)
      } finally {
        await restarted.close()
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
