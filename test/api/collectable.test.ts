import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { expireBranches } from '../../src/branches/expire.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { expireReleases } from '../../src/releases/expire.ts'
import { push } from '../helpers/push.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { draft, release, type TestApp, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const DAY_MS = 86_400_000

/** Whether no record names these bytes any more, as the foreign keys of the database see it; nothing is changed. */
async function isCollectable(app: TestApp, text: string): Promise<boolean> {
  const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: false })
  try {
    database.prepare('pragma foreign_keys = on').run([])
    database.prepare('begin').run([])
    try {
      const digest = digestOf(textFile(text).bytes)
      assert.equal(
        database.prepare('select 1 from blobs where digest = ?').all([digest]).length,
        1,
        'the blob is there',
      )
      database.prepare('delete from blobs where digest = ?').run([digest])
      return true
    } catch (error) {
      assert.match((error as Error).message, /FOREIGN KEY/)
      return false
    } finally {
      database.prepare('rollback').run([])
    }
  } finally {
    database.close()
  }
}

interface Scene {
  readonly app: TestApp
  readonly token: string
  readonly act: (ref: string, action: string, body?: object) => Promise<void>
}

/** Each way in which records of bytes end, and what ends them. */
const ENDS: Readonly<Record<string, (scene: Scene) => Promise<() => Promise<unknown>>>> = {
  'a draft that expires': async ({ app, token }) => {
    await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    return async () => {
      await app.clock.advance(15 * DAY_MS)
      assert.equal(await expireReleases(app.deps), 1)
    }
  },
  'a draft that is discarded': async ({ app, token, act }) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    return () => act(id, 'discard')
  },
  'a file that is taken out of a draft': async ({ app, token }) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    return () => app.ask('DELETE', `/api/v1/apps/notes/releases/${id}/artifacts/notes.bin`, { token })
  },
  'a published release that is discarded': async ({ app, token, act }) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    await act(id, 'publish')
    return () => act(id, 'discard')
  },
  'a preview that expires': async ({ app, token, act }) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    await act(id, 'publish')
    await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: id } })
    return async () => {
      await app.clock.advance(14 * DAY_MS)
      assert.equal(await expireReleases(app.deps), 1)
    }
  },
  'a preview that is ended': async ({ app, token, act }) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    await act(id, 'publish')
    const made = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: id } })
    return () => app.ask('DELETE', `/api/v1/previews/${made.json.preview.id}`, { token })
  },
  'a release that is purged': async ({ app, token, act }) => {
    const { id } = await release(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    return () => act(id, 'purge', { reason: 'holds a private key' })
  },
  'a slot that is replaced, once its days are over': async ({ app, token }) => {
    await push(app, token, 'main', 'linux-x64', textFile('bytes'))
    return async () => {
      await push(app, token, 'main', 'linux-x64', textFile('others'))
      assert.equal(await isCollectable(app, 'bytes'), false, 'a download may be under way')
      await app.clock.advance(DAY_MS)
      await expireBranches(app.deps)
    }
  },
  'a branch build that is deleted, once its days are over': async ({ app, token }) => {
    await push(app, token, 'main', 'linux-x64', textFile('bytes'))
    return async () => {
      await app.ask('DELETE', '/api/v1/apps/notes/branches/main', { token })
      await app.clock.advance(DAY_MS)
      await expireBranches(app.deps)
    }
  },
  'a branch build that expires, once its days are over': async ({ app, token }) => {
    await push(app, token, 'main', 'linux-x64', textFile('bytes'), { expiresInDays: 1 })
    return async () => {
      for (let day = 0; day < 2; day++) {
        await app.clock.advance(DAY_MS)
        await expireBranches(app.deps)
      }
    }
  },
}

for (const [what, begin] of Object.entries(ENDS)) {
  test(`${what} leaves bytes that no record names, unless another one does`, () =>
    withNotes({}, async (app, token) => {
      const act: Scene['act'] = async (ref, action, body) => {
        const options = body === undefined ? { token } : { token, body }
        const answer = await app.ask('POST', `/api/v1/apps/notes/releases/${ref}/actions/${action}`, options)
        assert.ok(answer.status < 300, answer.text)
      }
      const end = await begin({ app, token, act })
      assert.equal(await isCollectable(app, 'bytes'), false)
      await end()
      assert.equal(await isCollectable(app, 'bytes'), true)

      await release(app, token, 'notes', { version: '9.0.0' }, [textFile('bytes')])
      assert.equal(await isCollectable(app, 'bytes'), false)
    }))
}
