import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createSecret, hashSecret, lookupOf } from '../../src/access/secret.ts'
import { eventHash } from '../../src/audit/chain.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { GENESIS_HASH } from '../../src/model/audit.ts'
import { DEFAULT_CHANNEL_POLICY } from '../../src/model/channel.ts'
import { createId } from '../../src/model/ids.ts'
import { sortKey } from '../../src/model/version.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { tableRows } from '../helpers/table-rows.ts'
import { type Ask, createTestApp, draft, type TestApp } from '../helpers/test-app.ts'

const AT = '2026-11-20T00:00:00.000Z'
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** Schemas of before, by the last migration that made them. */
type Schema = '0001-spine' | '0002-life'

/** Runs on a database of an older schema, made and filled without any code of a later one. */
async function inOldDatabase(
  schema: Schema,
  run: (folder: string, secret: string, rows: Readonly<Record<string, string[]>>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'distd-upgrade-'))
  try {
    const secret = createSecret('c', random).text
    const database = (await currentRuntime()).openSqlite(join(folder, 'test.sqlite'), { readonly: false })
    const db = new Kysely<unknown>({
      dialect: new SqliteDialect({ database: { prepare: (text) => database.prepare(text), close: () => undefined } }),
    })
    const then = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= schema))
    assert.equal(Object.keys(then).at(-1), schema)
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => then } }).migrateToLatest()
    assert.equal(error, undefined)
    fill(database, secret, schema)
    await db.destroy()
    const rows = tableRows(database)
    database.close()
    await run(folder, secret, rows)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * An app with two releases, a draft, a channel that moved, a token and their audit log, as the first schema has them; as
 * the second has them, with an announcement, a preview and a branch build beside them.
 */
function fill(database: SqliteDatabase, secret: string, schema: Schema): void {
  const put = (table: string, row: Record<string, unknown>) => {
    const columns = Object.keys(row)
    const text = `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`
    database.prepare(text).run(Object.values(row))
  }
  const app = createId('app', 1, random(10))
  const token = createId('token', 1, random(10))
  const by = { created_at: AT, created_by: token }
  put('apps', { id: app, slug: 'notes', name: 'Notes', visibility: 'public', ...by })
  const scope = { actions: '["admin"]', apps: '["*"]', channels: '["*"]', expires_at: '2027-02-18T00:00:00.000Z' }
  const { created_by: _by, ...made } = by
  put('tokens', {
    id: token,
    lookup: lookupOf(secret),
    name: 'ci',
    hash: hashSecret(secret),
    ...scope,
    ...made,
    created_by: '{"kind":"system","id":null,"name":null}',
  })
  const release = (version: string, isSealed: boolean): string => {
    const id = createId('release', 1, random(10))
    put('releases', {
      id,
      app_id: app,
      version,
      ref: version,
      sort_key: sortKey(version, null),
      prerelease: 0,
      state: 'draft',
      notes: `notes of ${version}`,
      source: '{}',
      set_id: id.slice(4),
      ...by,
    })
    const link = { release_id: id, platform: 'any', kind: 'web', url: `https://example.com/${version}` }
    put('links', { id: createId('link', 1, random(10)), ...link })
    if (!isSealed) return id
    database
      .prepare('update releases set state = ?, content_digest = ?, published_at = ? where id = ?')
      .run(['published', `sha256:${'0'.repeat(64)}`, AT, id])
    if (schema !== '0001-spine') {
      put('announcements', { id: `ann_${version}`, title: version, body: '', ...by })
      put('announcement_releases', { announcement_id: `ann_${version}`, position: 0, app_id: app, release_id: id })
    }
    database.prepare(`update releases set state = 'announced', announced_at = ? where id = ?`).run([AT, id])
    return id
  }
  const releases = [release('1.0.0', true), release('1.1.0', true)]
  const open = release('1.2.0', false)
  if (schema !== '0001-spine') {
    database.prepare(`update releases set reserved_until = '2026-11-22T00:00:00.000Z' where id = ?`).run([open])
    const digest = `sha256:${'1'.repeat(64)}`
    put('blobs', { digest, size_bytes: 5, state: 'live', is_new: 0, created_at: AT })
    put('kept_blobs', { digest, until: AT })
    put('branches', { id: 'brn_0', app_id: app, name: 'main', kind: 'branch', ...by, updated_at: AT })
    put('branch_slots', {
      ...{ branch_id: 'brn_0', platform: 'linux', arch: 'x64', file_name: 'notes.bin', format: 'file', size_bytes: 5 },
      ...{ digest, install_mode: 'file', inspection: '{"format":"file"}', checks: '[]' },
      ...{ uploaded_at: AT, uploaded_by: `token:${token} (ci)`, modified_at: 1 },
    })
    const sealed = release('1.3.0', false)
    database
      .prepare(`update releases set state = 'published', content_digest = ?, published_at = ? where id = ?`)
      .run([`sha256:${'2'.repeat(64)}`, AT, sealed])
    put('previews', { id: '0'.repeat(32), release_id: sealed, ...by, expires_at: '2026-12-04T00:00:00.000Z' })
  }
  const held = { app_id: app, revision: 2, policy: JSON.stringify(DEFAULT_CHANNEL_POLICY), updated_at: AT }
  put('channels', { name: 'stable', release_id: releases[1]!, ...held })
  for (const [i, to] of releases.entries()) {
    const move = { app_id: app, channel: 'stable', kind: 'promote', actor: `token:${token} (ci)`, at: AT }
    put('channel_moves', { id: `mov_${i}`, ...move, from_release: i === 0 ? null : releases[0]!, to_release: to })
  }
  const event = {
    seq: 1,
    id: createId('event', 1, random(10)),
    at: AT,
    actor: { kind: 'system' as const, id: null, name: null },
    action: 'app.created',
    object: `app:${app}`,
    app: 'notes',
    before: null,
    after: { slug: 'notes' },
    requestId: null,
    prevHash: GENESIS_HASH,
  }
  put('audit', {
    seq: 1,
    id: event.id,
    at: AT,
    actor: JSON.stringify(event.actor),
    action: event.action,
    object: event.object,
    app: event.app,
    after: JSON.stringify(event.after),
    prev_hash: event.prevHash,
    hash: eventHash(event),
  })
}

async function schemaOf({ folder }: Pick<TestApp, 'folder'>): Promise<unknown> {
  const database = (await currentRuntime()).openSqlite(join(folder, 'test.sqlite'), { readonly: true })
  try {
    const tables = `select name from sqlite_master where type = 'table' order by name`
    return {
      objects: database.prepare(`select type, name, tbl_name from sqlite_master order by type, name`).all([]),
      columns: (database.prepare(tables).all([]) as { name: string }[]).map(({ name }) => ({
        name,
        columns: database.prepare(`pragma table_info("${name}")`).all([]),
      })),
      triggers: database.prepare(`select sql from sqlite_master where type = 'trigger' order by name`).all([]),
    }
  } finally {
    database.close()
  }
}

/** Tables that an old database of the test has no rows in, though its schema has them. */
const EMPTY = ['blobs', 'artifacts', 'uploads', 'idempotency_keys']

for (const schema of ['0001-spine', '0002-life'] as const) {
  test(`a database of ${schema} comes up with every row that it had, and with the schema of a new one`, () =>
    inOldDatabase(schema, async (folder, _secret, before) => {
      const upgraded = await createTestApp({ folder })
      const fresh = await createTestApp()
      try {
        assert.deepEqual(await schemaOf(upgraded), await schemaOf(fresh))
        const database = (await currentRuntime()).openSqlite(join(folder, 'test.sqlite'), { readonly: true })
        const after = tableRows(database)
        database.close()
        for (const [table, rows] of Object.entries(before)) {
          if (table === 'meta' || table.startsWith('kysely_')) continue
          assert.ok(rows.length > 0 || EMPTY.includes(table), table)
          assert.equal(after[table]?.length, rows.length, table)
          for (const [i, row] of rows.entries()) {
            assert.deepEqual(
              { ...JSON.parse(after[table]![i]!), ...JSON.parse(row) },
              JSON.parse(after[table]![i]!),
              table,
            )
          }
        }
        assert.equal((await verifyAudit(upgraded.deps.store.reads)).broken, undefined)
      } finally {
        await upgraded.close()
        await fresh.close()
      }
    }))
}

test('tokens, releases, drafts and channels of the first schema live on', () =>
  inOldDatabase('0001-spine', async (folder, token) => {
    // Twice: the second start finds nothing to do.
    await (await createTestApp({ folder })).close()
    const app = await createTestApp({ folder })
    try {
      const api = '/api/v1/apps/notes'
      const who = (await app.ask('GET', '/api/v1/whoami', { token })).json
      assert.deepEqual([who.token.name, who.token.actions, who.token.branches], ['ci', ['admin'], {}])
      assert.equal((await app.ask('GET', '/notes/releases/1.1.0')).status, 200)
      assert.equal((await app.ask('GET', `${api}/releases/latest`)).json.ref, '1.1.0')
      const channel = await app.ask('GET', `${api}/channels/stable`)
      const back = await app.ask('POST', `${api}/channels/stable/actions/rollback`, {
        token,
        headers: { 'If-Match': channel.headers.get('etag')! },
        body: {},
      })
      assert.equal(back.json.channel.current, '1.0.0', back.text)
      const drafts = (await app.ask('GET', `${api}/releases?state=draft`, { token })).json.items
      assert.deepEqual(
        drafts.map((d: { ref: string; reservedUntil: null }) => [d.ref, d.reservedUntil]),
        [['1.2.0', null]],
      )
      const act = (id: string, action: string, body?: object) =>
        app.ask('POST', `${api}/releases/${id}/actions/${action}`, { token, body })
      assert.equal((await act(drafts[0].id, 'publish')).json.created, true)
      assert.equal((await act('1.2.0', 'announce')).status, 200)
      assert.equal((await app.ask('GET', `${api}/releases/latest`)).json.ref, '1.2.0')
      assert.equal((await act('1.1.0', 'yank', { reason: 'old' })).status, 200)
      const taken = await draft(app, token, 'notes', { version: '1.1.0' }, [
        { fileName: 'notes.bin', bytes: new TextEncoder().encode('other') },
      ])
      assert.equal((await act(taken.id, 'publish')).json.code, 'release.conflict')
      assert.equal((await verifyAudit(app.deps.store.reads)).broken, undefined)
    } finally {
      await app.close()
    }
  }))

test('announcements, previews, reservations and branch builds of the second schema live on beside people', () =>
  inOldDatabase('0002-life', async (folder, token) => {
    await (await createTestApp({ folder })).close()
    const app = await createTestApp({ folder })
    try {
      const get = async (path: string, as: Ask = { token }) => (await app.ask('GET', path, as)).json
      assert.equal((await get('/api/v1/apps/notes/releases/latest')).ref, '1.1.0')
      const announced = (await get('/api/v1/apps/notes/announcements')).items
      assert.deepEqual(announced.map(({ title }: { title: string }) => title).sort(), ['1.0.0', '1.1.0'])
      assert.equal((await app.ask('GET', `/preview/${'0'.repeat(32)}`)).status, 200)
      const [planned] = (await get('/api/v1/apps/notes/releases?state=draft')).items
      assert.deepEqual([planned.ref, planned.reservedUntil], ['1.2.0', '2026-11-22T00:00:00.000Z'])
      assert.equal((await get('/api/v1/apps/notes/branches/main')).name, 'main')

      const { cookie } = await app.person({ apps: { notes: 'viewer' } })
      assert.equal((await get('/api/v1/whoami', { cookie })).user.apps.notes, 'viewer')
      const body = { app: 'notes', channel: 'stable', label: 'ACME' }
      const shared = await app.ask('POST', '/api/v1/shares', { token, body })
      assert.equal(shared.status, 201, shared.text)
      assert.equal((await app.ask('POST', '/api/v1/users', { token, body: { name: 'ada' } })).status, 201)
      assert.equal((await verifyAudit(app.deps.store.reads)).broken, undefined)
    } finally {
      await app.close()
    }
  }))
