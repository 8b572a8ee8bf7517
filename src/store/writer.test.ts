import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { currentRuntime } from '../../test/helpers/runtime.ts'
import { openStore, type Store } from './open.ts'

async function withStore(work: (store: Store, path: string) => Promise<void>): Promise<void> {
  const runtime = await currentRuntime()
  const folder = await mkdtemp(join(tmpdir(), 'distd-writer-'))
  const path = join(folder, 'test.sqlite')
  const store = await openStore({
    connect: (mode) => runtime.openSqlite(path, { readonly: mode === 'read' }),
    isServer: true,
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
  })
  try {
    await work(store, path)
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const put = (store: Store, key: string) =>
  store.write(async (tx) => {
    await tx.insertInto('meta').values({ key, value: 'x' }).execute()
    return key
  })

const keys = async (store: Store) =>
  (await store.reads.selectFrom('meta').select('key').where('key', 'like', 'k%').orderBy('key').execute()).map(
    (row) => row.key,
  )

test('write() keeps what it acknowledged and answers in order', () =>
  withStore(async (store) => {
    const answered: string[] = []
    await Promise.all(['k3', 'k1', 'k2'].map((key) => put(store, key).then((done) => answered.push(done))))
    assert.deepEqual(answered, ['k3', 'k1', 'k2'])
    assert.deepEqual(await keys(store), ['k1', 'k2', 'k3'])
  }))

test('write() drops all of a work that throws and nothing of its neighbours', () =>
  withStore(async (store) => {
    const before = put(store, 'k1')
    const broken = store.write(async (tx) => {
      await tx.insertInto('meta').values({ key: 'k2', value: 'x' }).execute()
      throw new Error('changed my mind')
    })
    const after = put(store, 'k3')
    await assert.rejects(broken, /changed my mind/)
    await Promise.all([before, after])
    assert.deepEqual(await keys(store), ['k1', 'k3'])
  }))

test('write() drops a work that breaks a constraint and lets the next one pass', () =>
  withStore(async (store) => {
    const results = await Promise.allSettled([put(store, 'k1'), put(store, 'k1'), put(store, 'k2')])
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(await keys(store), ['k1', 'k2'])
  }))

test('write() lets each work see what the ones before it did', () =>
  withStore(async (store) => {
    const count = () =>
      store.write(async (tx) => {
        const rows = await tx.selectFrom('meta').select('key').where('key', 'like', 'k%').execute()
        await tx
          .insertInto('meta')
          .values({ key: `k${rows.length}`, value: 'x' })
          .execute()
        return rows.length
      })
    assert.deepEqual(await Promise.all(Array.from({ length: 100 }, count)), [...Array(100).keys()])
  }))

test('write() fails all that shared a transaction which the database lost', () =>
  withStore(async (store, path) => {
    const runtime = await currentRuntime()
    const other = runtime.openSqlite(path, { readonly: false })
    const first = put(store, 'k1')
    // Ends the transaction behind the writer's back, as SQLite does by itself when the disk is full.
    const lost = store.write(async (tx) => {
      await tx.insertInto('meta').values({ key: 'k2', value: 'x' }).execute()
      const { sql } = await import('kysely')
      await sql`rollback`.execute(tx)
      throw new Error('disk full')
    })
    const results = await Promise.allSettled([first, lost])
    assert.deepEqual(
      results.map((result) => result.status),
      ['rejected', 'rejected'],
    )
    assert.deepEqual(await keys(store), [])
    assert.equal(await put(store, 'k3'), 'k3')
    assert.deepEqual(other.prepare(`select key from meta where key like 'k%'`).all([]), [{ key: 'k3' }])
    other.close()
  }))

test('reads see nothing of a write that is not committed', () =>
  withStore(async (store) => {
    let seen: string[] | undefined
    await store.write(async (tx) => {
      await tx.insertInto('meta').values({ key: 'k1', value: 'x' }).execute()
      seen = await keys(store)
    })
    assert.deepEqual(seen, [])
    assert.deepEqual(await keys(store), ['k1'])
  }))
