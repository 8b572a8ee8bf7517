import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SqliteDatabase } from 'kysely'
import { LAYOUT } from '../../src/blob/layout.ts'
import { publishClient } from '../helpers/publish-client.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { createToken, distd, inFolder, startServer, testRuntime } from '../helpers/server.ts'

/** Runs `work` on the database of a server that is not running. */
async function inDatabase<T>(data: string, work: (database: SqliteDatabase) => T): Promise<T> {
  const { openSqlite } = await currentRuntime()
  const database = openSqlite(join(data, LAYOUT.database), { readonly: false })
  try {
    return work(database)
  } finally {
    database.close()
  }
}

/** A data folder with some history, whose server was stopped as told. */
async function usedFolder(data: string, how: 'stop' | 'kill'): Promise<void> {
  const token = await createToken(data, '--allow', 'publish')
  const server = await startServer({ data })
  await publishClient(server.url, token).createApp('notes')
  if (how === 'kill') await server.kill()
  else assert.equal(await server.stop(), 0)
}

test(`distd on ${testRuntime} serves with a broken audit log and says so`, () =>
  inFolder(async (data) => {
    await usedFolder(data, 'stop')
    const seq = await inDatabase(data, (database) => {
      database.prepare('drop trigger audit_update').run([])
      const [{ seq }] = database.prepare('select max(seq) as seq from audit').all([]) as [{ seq: number }]
      database.prepare(`update audit set action = 'forged' where seq = ?`).run([seq])
      return seq
    })
    const server = await startServer({ data })
    try {
      assert.ok(server.log().some(({ msg, level }) => level === 'error' && msg === 'the audit log does not verify'))
      const { json } = await publishClient(server.url).ask('GET', '/readyz')
      assert.deepEqual([json.status, json.auditBrokenAt], ['degraded', seq])
    } finally {
      await server.kill()
    }
  }))

test(`distd on ${testRuntime} does not touch a database that was damaged when it was killed, and names the damage`, () =>
  inFolder(async (data) => {
    await usedFolder(data, 'kill')
    const page = await inDatabase(data, (database) => {
      database.prepare('pragma wal_checkpoint(truncate)').all([])
      const [{ rootpage }] = database.prepare(`select rootpage from sqlite_master where name = 'audit'`).all([]) as [
        { rootpage: number },
      ]
      return rootpage
    })
    const file = await open(join(data, LAYOUT.database), 'r+')
    await file.write(new Uint8Array(4096).fill(0xff), 0, 4096, (page - 1) * 4096)
    await file.close()

    const refused = await distd(['serve', '--data', data, '--listen', '127.0.0.1:0'])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /Cannot open the database: it is damaged/)
    const checked = await distd(['check', '--data', data, '--json'])
    assert.equal(checked.code, 7, checked.stderr)
    assert.match(JSON.parse(checked.stdout).database, /page|malformed|tree/i)
  }))
