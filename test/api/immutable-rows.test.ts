import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SYSTEM } from '../../src/access/actor.ts'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { announceReleases } from '../../src/releases/announce.ts'
import { createPreview } from '../../src/releases/preview.ts'
import { purgeRelease } from '../../src/releases/purge.ts'
import { findApp } from '../../src/store/apps.ts'
import { needPrograms } from '../helpers/debian.ts'
import { givenShare } from '../helpers/given-share.ts'
import { draft, release, withNotes } from '../helpers/test-app.ts'

/** The words of the triggers: what refuses is a rule of ours, not a lucky constraint. */
const OURS =
  /a sealed release|a release cannot|a release begins|a tombstone|of a sealed release|append-only|announcements cannot|a preview is of|a slot keeps|a branch build keeps|named by its content|a share link|a revoked share link|only counted up/

interface Kept {
  readonly table: string
  /** SQL that names the row. */
  readonly row: string
  /** Columns that may change, and why; every other one may not. */
  readonly open: Readonly<Record<string, string>>
  /** May it be deleted? Why. */
  readonly deleted?: string
  /** A key of the row beside its first column, which `insert or replace` could go by. */
  readonly keys: readonly string[]
}

const STATE = 'moves along the life of a release; every other way is refused below'
const READ_AGAIN = 'what is read from the same bytes may be read better by a later version'

const KEPT: readonly Kept[] = [
  {
    table: 'releases',
    row: `ref = '1.0.0' and state = 'announced'`,
    open: { state: STATE },
    keys: ['id', 'set_id', 'rowid'],
  },
  {
    table: 'releases',
    row: `ref = '1.1.0'`,
    open: { state: STATE, announced_at: 'written by the announcement, with the state' },
    keys: ['id', 'set_id', 'rowid'],
  },
  { table: 'releases', row: `ref = '1.2.0'`, open: { state: STATE }, keys: ['id', 'set_id', 'rowid'] },
  { table: 'releases', row: `ref = '0.9.0'`, open: {}, keys: ['id', 'set_id', 'rowid'] },
  {
    table: 'artifacts',
    row: `release_id = (select id from releases where ref = '1.0.0' and state = 'announced')`,
    open: { inspection: READ_AGAIN, checks: READ_AGAIN, icon_digest: READ_AGAIN },
    keys: ['id', 'rowid'],
  },
  { table: 'links', row: `url like '%/1.0.0'`, open: {}, keys: ['id', 'rowid'] },
  { table: 'channel_moves', row: 'seq = 1', open: {}, keys: ['seq', 'id'] },
  { table: 'audit', row: 'seq = 2', open: {}, keys: ['seq', 'id'] },
  { table: 'announcements', row: `title = 'Both'`, open: {}, keys: ['id', 'rowid'] },
  {
    table: 'announcement_releases',
    row: `release_id = (select id from releases where ref = '1.0.0' and state = 'announced')`,
    open: {},
    keys: ['release_id'],
  },
  {
    table: 'previews',
    row: 'true',
    open: { expires_at: 'a preview is extended and ended' },
    deleted: 'a preview is no release: its row may go when its release did',
    keys: ['id', 'release_id', 'rowid'],
  },
  {
    table: 'shares',
    row: 'true',
    open: {
      revoked_at: 'a link is revoked, once; the other ways are refused below',
      downloads: 'counted up; down is refused below',
      last_opened_at: 'written when somebody opens it',
    },
    deleted: 'links go with their app, which never released anything',
    keys: ['id', 'rowid'],
  },
  {
    table: 'blobs',
    row: 'true',
    open: {
      state: 'bytes are found damaged, and healed',
      is_new: 'cleared when a start has looked at the bytes',
      created_at: 'when its bytes were written last',
    },
    deleted: 'bytes that nothing names are collected',
    keys: ['rowid'],
  },
]

/** A file with every kind of row, made by the product itself and closed in order. @returns its path */
async function makeDatabase(run: (path: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'distd-rows-'))
  try {
    await withNotes({ folder }, async (app, token) => {
      const notes = findApp(app.deps.store, 'notes')!
      const sealed = async (version: string) => {
        const file = { fileName: 'notes.bin', bytes: new TextEncoder().encode(version) }
        const { id } = await draft(app, token, 'notes', { version }, [file])
        const link = { platform: 'linux', kind: 'web', url: `https://example.com/${version}` }
        const at = `/api/v1/apps/notes/releases/${id}`
        await app.ask('POST', `${at}/links`, { token, body: link })
        assert.equal((await app.ask('POST', `${at}/actions/publish`, { token })).status, 200)
        return id as string
      }
      const both = { title: 'Both', releases: [] as { app: string; release: string }[] }
      for (const version of ['1.0.0', '1.2.0']) both.releases.push({ app: 'notes', release: await sealed(version) })
      await announceReleases(app.deps, SYSTEM, both, null, SYSTEM_CAUSE)
      const published = await sealed('1.1.0')
      await createPreview(app.deps, SYSTEM, notes, published, 14, SYSTEM_CAUSE)
      const given = await givenShare(app, token, { app: 'notes', release: '1.0.0', maxDownloads: 5 })
      assert.equal((await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { headers: given.headers })).status, 200)
      const ended = await givenShare(app, token, { app: 'notes', release: '1.0.0', label: 'ended' })
      await app.ask('DELETE', `/api/v1/shares/${ended.share.id}`, { token })
      const moved = await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
        token,
        headers: { 'If-None-Match': '*' },
        body: { release: '1.0.0' },
      })
      assert.equal(moved.status, 200, moved.text)
      const yank = { token, body: { reason: 'r' } }
      assert.equal((await app.ask('POST', '/api/v1/apps/notes/releases/1.2.0/actions/yank', yank)).status, 200)
      const leaked = { fileName: 'leaked.bin', bytes: new TextEncoder().encode('leaked') }
      const { id } = await release(app, token, 'notes', { version: '0.9.0' }, [leaked])
      await purgeRelease(app.deps, notes, id, 'leaked', SYSTEM_CAUSE)
      // A draft beside them: what may still change must not become a way to what may not.
      const file = { fileName: 'other.bin', bytes: new TextEncoder().encode('draft') }
      const open = await draft(app, token, 'notes', { version: '1.0.0' }, [file])
      const link = { platform: 'linux', kind: 'web', url: 'https://example.com/draft' }
      await app.ask('POST', `/api/v1/apps/notes/releases/${open.id}/links`, { token, body: link })
    })
    run(join(folder, 'test.sqlite'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Debian's own program: another SQLite, with foreign keys off and nothing of ours but the file. */
function sqlite(path: string, text: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('sqlite3', [path, text], { encoding: 'utf8' })
}

function lines(path: string, text: string): string[] {
  const { stdout, stderr } = sqlite(path, text)
  assert.equal(stderr, '', text)
  return stdout.split('\n').filter((line) => line !== '')
}

/** Refused by a rule of ours, and nothing of the file is another than before. */
function checkRefused(path: string, text: string): void {
  const { status, stderr } = sqlite(path, text)
  assert.notEqual(status, 0, `sqlite3 took: ${text}`)
  assert.match(stderr, OURS, text)
}

test('rows that stay refuse every UPDATE, DELETE and REPLACE by the plain sqlite3 program', async () => {
  needPrograms({ sqlite3: 'sqlite3' })
  await makeDatabase((path) => {
    const dump = sqlite(path, '.dump').stdout
    assert.ok(dump.includes('CREATE TRIGGER'), 'the triggers are in the file')
    const draftId = `(select id from releases where state = 'draft')`
    for (const { table, row, open, deleted, keys } of KEPT) {
      assert.equal(lines(path, `select count(*) > 0 from ${table} where ${row}`)[0], '1', `${table} where ${row}`)
      const columns = lines(path, `select name || '|' || type from pragma_table_info('${table}')`)
      for (const text of columns) {
        const [name, type] = text.split('|') as [string, string]
        if (Object.hasOwn(open, name)) continue
        const other = type === 'INTEGER' ? `coalesce(${name}, 0) + 1` : `coalesce(${name}, '') || 'x'`
        checkRefused(path, `update ${table} set ${name} = ${other} where ${row}`)
        checkRefused(path, `update or replace ${table} set ${name} = ${other} where ${row}`)
        checkRefused(path, `update or ignore ${table} set ${name} = ${other} where ${row}`)
        const given = lines(path, `select ${name} is not null from ${table} where ${row}`)[0] === '1'
        // SQLite itself takes no null there, in any row.
        const needed = `select 1 from pragma_table_info('${table}')
          where name = '${name}' and ("notnull" or (pk and type = 'INTEGER'))`
        const isRequired = lines(path, needed)
        if (given && isRequired.length === 0) checkRefused(path, `update ${table} set ${name} = null where ${row}`)
      }
      for (const name of Object.keys(open)) {
        assert.ok(
          columns.some((text) => text.startsWith(`${name}|`)),
          `${table}.${name} is no column`,
        )
      }
      if (deleted === undefined) checkRefused(path, `delete from ${table} where ${row}`)

      // The same row again under one of its keys, with all other keys new, takes the place of the old one.
      const names = columns.map((text) => text.split('|')[0]!)
      for (const key of keys) {
        const values = names.map((name, i) => {
          if (name === key || !keys.includes(name)) return name === 'state' && table === 'releases' ? `'draft'` : name
          return columns[i]!.endsWith('INTEGER') ? 'null' : `${name} || 'y'`
        })
        const [into, from] = key === 'rowid' ? ['rowid, ', 'rowid, '] : ['', '']
        checkRefused(
          path,
          `insert or replace into ${table} (${into}${names.join(', ')})
           select ${from}${values.join(', ')} from ${table} where ${row} limit 1`,
        )
      }
    }

    for (const [from, to] of [
      ['1.0.0', ['draft', 'published', 'discarded']],
      ['1.1.0', ['draft', 'yanked', 'purged']],
      ['1.2.0', ['draft', 'published', 'discarded']],
      ['0.9.0', ['draft', 'published', 'announced', 'yanked', 'discarded']],
    ] as const) {
      for (const state of to) {
        checkRefused(path, `update releases set state = '${state}' where ref = '${from}' and state <> 'draft'`)
      }
    }

    const sealed = `(select id from releases where ref = '1.0.0' and state = 'announced')`
    for (const text of [
      // What may still change becomes what may not.
      `update or replace releases set state = 'published' where id = ${draftId}`,
      `update or replace releases set id = ${sealed} where id = ${draftId}`,
      `update or replace releases set rowid = (select rowid from releases where id = ${sealed}) where id = ${draftId}`,
      `update or replace releases set set_id = (select set_id from releases where id = ${sealed}) where id = ${draftId}`,
      `update or replace artifacts set id = (select id from artifacts where release_id = ${sealed})
         where release_id = ${draftId}`,
      `update or replace artifacts set rowid = (select rowid from artifacts where release_id = ${sealed})
         where release_id = ${draftId}`,
      `update artifacts set release_id = ${sealed} where release_id = ${draftId}`,
      `update artifacts set release_id = ${draftId} where release_id = ${sealed}`,
      `update or replace links set id = (select id from links where release_id = ${sealed}) where release_id = ${draftId}`,
      `update links set release_id = ${draftId} where release_id = ${sealed}`,
      // A row of a draft takes the key of one that is sealed.
      `insert or replace into links select id, ${draftId}, platform, kind, 'https://evil.example/' from links
         where release_id = ${sealed}`,
      `insert into links select 'lnk_new', release_id, platform, kind, 'https://evil.example/' from links
         where release_id = ${sealed}`,
      // History is written at its end, and an announcement takes no more once it is out.
      `insert into channel_moves (seq, id, app_id, channel, kind, to_release, actor, at)
         select 0, 'mov_0', app_id, channel, kind, to_release, actor, at from channel_moves where seq = 1`,
      `insert into announcement_releases
         select (select id from announcements where title = 'Both'), 9, app_id, id from releases where ref = '1.1.0'`,
      `insert into announcement_releases
         select (select id from announcements where title = 'Both'), 9, app_id, ${draftId} from releases limit 1`,
      `insert into previews select 'x', ${sealed}, created_at, created_by, expires_at from previews`,
      // Other bytes under the name of those that a release promises.
      `insert or replace into blobs select digest, size_bytes + 1, state, is_new, created_at from blobs limit 1`,
      // The dates of steps that were not taken.
      `update releases set purged_at = '2026-01-01', purge_reason = 'r' where id = ${sealed}`,
      `update releases set yanked_at = '2026-01-01' where id = ${sealed}`,
      `update releases set announced_at = '2026-01-01' where ref = '1.1.0'`,
      // A link that ended lives again, or has downloads left again, or more of them.
      `update shares set revoked_at = null where label = 'ended'`,
      `update shares set revoked_at = '2027-01-01' where label = 'ended'`,
      'update shares set downloads = 0 where downloads = 1',
      'update or replace shares set rowid = (select max(rowid) from shares) where downloads = 1',
      'update shares set max_downloads = null where max_downloads = 5',
    ]) {
      checkRefused(path, text)
    }
    assert.equal(sqlite(path, '.dump').stdout, dump, 'no row of the file is another one')
  })
})

test('what is still a draft changes by the plain sqlite3 program: the rules are not simply always in the way', async () => {
  needPrograms({ sqlite3: 'sqlite3' })
  await makeDatabase((path) => {
    for (const text of [
      `update releases set notes = 'other' where state = 'draft'`,
      `update artifacts set variant = 'musl' where release_id = (select id from releases where state = 'draft')`,
      `update releases set state = 'yanked', yanked_at = '2026-11-21', yank_reason = 'r' where ref = '1.0.0' and state = 'announced'`,
      `update releases set state = 'announced', announced_at = '2026-11-21' where ref = '1.1.0'`,
      `update previews set expires_at = '2027-01-01'`,
      `update artifacts set inspection = '{"format":"file"}'`,
      `update shares set downloads = downloads + 1, last_opened_at = '2027-01-01', revoked_at = '2027-01-01'
         where revoked_at is null`,
    ]) {
      assert.deepEqual(lines(path, `${text}; select changes() > 0`), ['1'], text)
    }
  })
})
