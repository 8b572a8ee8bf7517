import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { LAYOUT } from '../../src/blob/layout.ts'
import { publishClient } from '../helpers/publish-client.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { createToken, inFolder, startServer, testRuntime, until } from '../helpers/server.ts'

/** Long before any draft or preview of today. */
const LONG_AGO = '2020-01-01T00:00:00.000Z'

test(`distd on ${testRuntime} discards at its start what expired while it was down`, () =>
  inFolder(async (data) => {
    const token = await createToken(data, '--allow', 'admin')
    const first = await startServer({ data })
    const client = publishClient(first.url, token)
    await client.createApp('notes')
    const begin = async (version: string) => {
      const { json } = await client.call('POST', '/apps/notes/releases', [201], { body: { version } })
      const link = { platform: 'linux', kind: 'web', url: 'https://example.com/' }
      await client.call('POST', `/apps/notes/releases/${json.id}/links`, [201], { body: link })
      return json.id as string
    }
    const [orphan, fresh, previewed] = [await begin('1.0.0'), await begin('2.0.0'), await begin('3.0.0')]
    await client.call('POST', `/apps/notes/releases/${previewed}/actions/publish`, [200])
    await client.call('POST', '/previews', [201], { body: { app: 'notes', release: previewed } })
    assert.equal(await first.stop(), 0)

    const { openSqlite } = await currentRuntime()
    const database = openSqlite(join(data, LAYOUT.database), { readonly: false })
    database.prepare('update releases set created_at = ? where id = ?').run([LONG_AGO, orphan])
    database.prepare('update previews set expires_at = ?').run([LONG_AGO])
    database.close()

    const second = await startServer({ data })
    const after = publishClient(second.url, token)
    const statusOf = async (id: string) => (await after.ask('GET', `/api/v1/apps/notes/releases/${id}`)).status
    await until('both are gone', async () => (await statusOf(orphan)) === 404 && (await statusOf(previewed)) === 404)
    assert.equal(await statusOf(fresh), 200)
    const { json } = await after.call('GET', '/audit?limit=2', [200])
    assert.deepEqual(
      json.items.map((event: { actor: { kind: string }; action: string; before: { ref: string } }) => [
        event.actor.kind,
        event.action,
        event.before.ref,
      ]),
      [
        ['system', 'release.discarded', '3.0.0'],
        ['system', 'release.discarded', '1.0.0'],
      ],
    )
    assert.equal(await second.stop(), 0)
  }))
