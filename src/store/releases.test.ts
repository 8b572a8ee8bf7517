import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { currentRuntime } from '../../test/helpers/runtime.ts'
import { openStore, type Row } from './open.ts'
import { listBuildRefs } from './releases.ts'

test('listBuildRefs() finds and orders builds by an index alone', async () => {
  const runtime = await currentRuntime()
  const folder = await mkdtemp(join(tmpdir(), 'distd-releases-'))
  const path = join(folder, 'test.sqlite')
  const texts: string[] = []
  try {
    const store = await openStore({
      connect(mode) {
        const database = runtime.openSqlite(path, { readonly: mode === 'read' })
        return {
          prepare(text) {
            texts.push(text)
            return database.prepare(text)
          },
          close: () => database.close(),
        }
      },
      isServer: true,
      nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
    })
    texts.length = 0
    assert.deepEqual(await listBuildRefs(store.reads, 'app_1', '1.0.0', 100), [])
    assert.equal(texts.length, 1)
    await store.close()
    const database = runtime.openSqlite(path, { readonly: false })
    const plan = database.prepare(`explain query plan ${texts[0]}`).all(['app_1', '1.0.0', 100]) as Row[]
    database.close()
    assert.deepEqual(
      plan.map((step) => step.detail),
      ['SEARCH releases USING INDEX releases_builds (app_id=? AND version=?)'],
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
