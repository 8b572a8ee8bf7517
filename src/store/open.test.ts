import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SqliteDatabase } from 'kysely'
import { currentRuntime } from '../../test/helpers/runtime.ts'
import { openStore, type Row, type Store } from './open.ts'

interface Scene {
  /** Opens the store over real connections whose `prepare` is replaced. */
  open(prepare: (database: SqliteDatabase, text: string) => ReturnType<SqliteDatabase['prepare']>): Promise<Store>
  /** Asks on a connection of its own. */
  ask(text: string): unknown
}

async function inScene(isServer: boolean, run: (scene: Scene) => Promise<void>): Promise<void> {
  const runtime = await currentRuntime()
  const folder = await mkdtemp(join(tmpdir(), 'distd-open-'))
  const path = join(folder, 'test.sqlite')
  const opened: SqliteDatabase[] = []
  try {
    await run({
      open: (prepare) =>
        openStore({
          connect: (mode) => {
            const database = runtime.openSqlite(path, { readonly: mode === 'read' })
            opened.push(database)
            return { prepare: (text) => prepare(database, text), close: () => undefined }
          },
          isServer,
          nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
        }),
      ask(text) {
        const database = runtime.openSqlite(path, { readonly: false })
        try {
          return Object.values((database.prepare(text).all([]) as Row[])[0]!)[0]
        } finally {
          database.close()
        }
      },
    })
  } finally {
    for (const database of opened) database.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** A connection of another SQLite, as far as it tells. */
const saying =
  (version: string) =>
  (database: SqliteDatabase, text: string): ReturnType<SqliteDatabase['prepare']> => {
    const statement = database.prepare(text)
    return text.includes('sqlite_version()')
      ? { ...statement, reader: true, all: () => [{ v: version }], run: statement.run, iterate: statement.iterate }
      : statement
  }

for (const isServer of [true, false]) {
  test(`openStore() refuses an SQLite that can corrupt the database, before it makes a table (${isServer ? 'server' : 'command'})`, () =>
    inScene(isServer, async ({ open, ask }) => {
      for (const version of ['3.51.2', '3.52.0', '3.51.0', '3.51', '3.50.4', '3.9.2', '3.7.17', '2.8.17']) {
        await assert.rejects(open(saying(version)), {
          message: `Cannot open the database: SQLite ${version} can corrupt it, 3.51.3 or newer and not 3.52.0 is needed`,
        })
      }
      assert.equal(ask('select count(*) from sqlite_master'), 0)
    }))
}

test('openStore() accepts the SQLite that mended it and all after it but the one that was withdrawn', async () => {
  for (const version of ['3.51.3', '3.51.10', '3.52.1', '3.53.0', '3.100.0', '4.0.0']) {
    await inScene(true, async ({ open }) => {
      const store = await open(saying(version))
      await store.close()
    })
  }
})

/** A connection on which commits are not made durable: what some builds of SQLite fall back to. */
const losing =
  (mode: string) =>
  (database: SqliteDatabase, text: string): ReturnType<SqliteDatabase['prepare']> =>
    database.prepare(text.replace('synchronous = full', `synchronous = ${mode}`))

test('openStore() refuses a connection whose commits are not made durable', async () => {
  for (const [mode, value] of [
    ['off', 0],
    ['normal', 1],
    ['extra', 3],
  ] as const) {
    await inScene(true, async ({ open }) => {
      await assert.rejects(open(losing(mode)), {
        message: `Cannot open the database: synchronous is ${value}, not 2 (FULL)`,
      })
    })
  }
})

test('openStore() asks whether commits are durable after the first write, on the connection that writes', () =>
  inScene(true, async ({ open }) => {
    const texts: string[] = []
    const store = await open((database, text) => {
      texts.push(text)
      return database.prepare(text)
    })
    const asked = texts.indexOf('pragma synchronous')
    const firstWrite = texts.findIndex((text) => /^(?:create|insert)\b/i.test(text))
    assert.ok(firstWrite >= 0 && asked > firstWrite, `${firstWrite} ${asked}`)
    await store.close()
  }))
