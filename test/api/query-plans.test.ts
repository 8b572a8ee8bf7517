import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SqliteDatabase } from 'kysely'
import { createGrant } from '../../src/access/grants.ts'
import { givenShare } from '../helpers/given-share.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { createTestApp, release } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const TABLES = /\b(?:users|user_roles|sessions|account_links|shares|share_downloads)\b/

/** Steps of a statement that read all rows of such a table, also those that foreign keys ask for. */
function scansOf(database: SqliteDatabase, text: string): string[] {
  const values = text.match(/\?/g)?.map(() => null) ?? []
  const plan = database.prepare(`explain query plan ${text}`).all(values) as { detail: string }[]
  return plan
    .filter(({ detail }) => /^SCAN [a-z]/.test(detail) && TABLES.test(`${detail} ${text}`))
    .map(({ detail }) => `${detail}: ${text}`)
}

test('nothing that is asked of people and share links looks through all of them', async () => {
  const texts = new Set<string>()
  const app = await createTestApp({ onStatement: (text) => texts.add(text) })
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    for (const slug of ['notes', 'gone']) await app.ask('POST', '/api/v1/apps', { token, body: { slug } })
    const { id: releaseId } = await release(app, token, 'notes', { version: '1.0.0' }, [textFile('one')])
    const { cookie, sessionId } = await app.person({ apps: { notes: 'manager', gone: 'viewer' } })
    texts.clear()

    const { headers, share } = await givenShare(app, token, { app: 'notes', release: '1.0.0' })
    const invited = await app.ask('POST', '/api/v1/users', { token, body: { name: 'ada' } })
    const { pathname } = new URL(invited.json.link.url)
    const isWell = async (method: string, path: string, how: object) => {
      const answer = await app.ask(method, path, how)
      assert.ok(answer.status < 400, `${method} ${path}: ${answer.text}`)
    }
    await isWell('GET', '/notes/releases/1.0.0/notes.bin', { headers })
    const grant = createGrant(app.deps, { releaseId, file: 'notes.bin', basis: share.id })
    await isWell('GET', `/notes/releases/1.0.0/notes.bin?grant=${grant}`, {})
    await isWell('GET', pathname, { headers: { 'X-Forwarded-Proto': 'https' }, cookie: 'none=none' })
    for (const path of ['apps', 'shares', 'shares?app=notes', `shares/${share.id}`, 'sessions'])
      await isWell('GET', `/api/v1/${path}`, { cookie })
    await isWell('GET', '/api/v1/users', { token })
    await isWell('DELETE', `/api/v1/sessions/${sessionId}`, { cookie })
    for (const path of ['users/ada', 'apps/gone']) await isWell('DELETE', `/api/v1/${path}`, { token })
    await isWell('POST', '/api/v1/apps/notes/releases/1.0.0/actions/purge', { token, body: { reason: 'a test' } })

    const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: true })
    const scans = [...texts]
      .filter((text) => /^\s*(?:select|insert|update|delete|with)\b/i.test(text))
      .flatMap((text) => scansOf(database, text))
    database.close()
    assert.ok(texts.size > 30)
    assert.deepEqual(scans, [])
  } finally {
    await app.close()
  }
})
