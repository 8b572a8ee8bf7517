import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { act, codeOf } from '../helpers/release-actions.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { draft, release, type TestApp, upload, withNotes } from '../helpers/test-app.ts'
import { bytesOf, textFile } from '../helpers/text-file.ts'

const purge = (app: TestApp, token: string, ref: string, reason = 'holds a private key') =>
  act(app, token, ref, 'purge', { reason })

/** Every address of a release, with the one of its preview. */
async function urlsOf(app: TestApp, token: string, ref: string): Promise<string[]> {
  const { id, setUrl, previewUrl } = (await app.ask('GET', `/api/v1/apps/notes/releases/${ref}`, { token })).json
  const [set, preview] = [setUrl, previewUrl].map((url) => new URL(url).pathname)
  const page = `/notes/releases/${ref}`
  return [
    page,
    `${page}/notes.bin`,
    `${page}/sha256.sum`,
    `${page}/no-such-file`,
    `${set}`,
    `${set}/notes.bin`,
    `${preview}`,
    `${preview}/notes.bin`,
    `${preview}/sha256.sum`,
    `/api/v1/apps/notes/releases/${ref}`,
    `/api/v1/apps/notes/releases/${id}`,
    `/api/v1/apps/notes/releases/${ref}/artifacts`,
  ]
}

/** An announced release that had a preview. */
async function announced(app: TestApp, token: string, version: string): Promise<string> {
  const { id } = await draft(app, token, 'notes', { version }, [textFile(version)])
  await act(app, token, id, 'publish')
  await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: id } })
  assert.equal((await act(app, token, id, 'announce')).status, 200)
  return id
}

test('every URL of a purged release says that it is gone and why, and its neighbours go on', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '0.9.0' }, [textFile('old')])
    await announced(app, token, '1.0.0')
    const urls = await urlsOf(app, token, '1.0.0')
    for (const url of urls.filter((url) => !url.endsWith('/no-such-file'))) {
      assert.equal((await app.ask('GET', url)).status, 200, url)
    }
    const purged = await purge(app, token, '1.0.0')
    assert.deepEqual(
      [purged.status, purged.json],
      [200, { app: 'notes', ref: '1.0.0', purgedAt: '2026-11-21T00:00:00.000Z', reason: 'holds a private key' }],
    )
    for (const url of urls) {
      for (const headers of [{}, { Range: 'bytes=0-0' }, { 'If-None-Match': '*' }] as Record<string, string>[]) {
        const gone = await app.ask('GET', url, { headers })
        assert.deepEqual(codeOf(gone), [410, 'release.purged'], url)
        assert.match(gone.json.detail, /"1\.0\.0" of "notes" was purged: holds a private key/)
        assert.equal(gone.headers.get('cache-control'), 'no-store')
        assert.equal((await app.ask('HEAD', url, { headers })).status, 410, url)
      }
    }
    const page = await app.ask('GET', '/notes/releases/1.0.0', { headers: { Accept: 'text/html' } })
    assert.equal(page.status, 410)
    assert.match(page.text, /holds a private key/)

    assert.equal((await app.ask('GET', '/notes/latest/notes.bin')).text, 'old')
    const listed = (await app.ask('GET', '/api/v1/apps/notes/releases')).json.items
    assert.deepEqual(
      listed.map((item: { ref: string }) => item.ref),
      ['0.9.0'],
    )
    const tombs = await app.ask('GET', '/api/v1/apps/notes/releases?state=purged', { token })
    assert.deepEqual(
      tombs.json.items.map((item: Record<string, unknown>) => [item.ref, item.state, item.artifacts]),
      [['1.0.0', 'purged', []]],
    )
    assert.equal((await app.ask('GET', '/api/v1/apps/notes/releases?state=purged')).status, 401)
  }))

test('who may not see the app is not told of a tombstone', () =>
  withNotes({}, async (app, token) => {
    await announced(app, token, '1.0.0')
    const urls = await urlsOf(app, token, '1.0.0')
    await purge(app, token, '1.0.0')
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const { secret: stranger } = await app.issue({ actions: ['admin'], apps: ['other'] })
    for (const url of urls) {
      for (const who of [undefined, stranger]) {
        const hidden = await app.ask('GET', url, { token: who })
        assert.equal(hidden.status, 404, url)
        assert.doesNotMatch(hidden.text, /purged|private key/)
      }
      assert.equal((await app.ask('GET', url, { token })).status, 410, url)
    }
  }))

test('only an admin purges, with a reason, and only what was announced and no channel holds', () =>
  withNotes({}, async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('a')])
    const other = (await app.issue({ actions: ['read', 'publish', 'promote', 'branch', 'repo', 'mirror'] })).secret
    assert.deepEqual(codeOf(await purge(app, token, id)), [409, 'release.wrong_state'])
    await act(app, token, id, 'publish')
    assert.deepEqual(codeOf(await purge(app, token, '1.0.0')), [409, 'release.wrong_state'])
    await act(app, token, id, 'announce')
    assert.deepEqual(codeOf(await purge(app, other, '1.0.0')), [403, 'access.denied'])
    for (const body of [{}, { reason: '' }, { reason: '  ' }, { reason: 'a\u202eb' }, { reason: 'r', force: true }]) {
      const refused = await act(app, token, '1.0.0', 'purge', body)
      assert.deepEqual(codeOf(refused), [422, 'request.invalid'], JSON.stringify(body))
    }
    const promoted = await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
      token,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
    assert.equal(promoted.status, 200)
    const held = await purge(app, token, '1.0.0')
    assert.deepEqual(codeOf(held), [409, 'release.in_use'])
    assert.deepEqual(held.json.details, { channels: ['stable'] })
    assert.equal((await app.ask('GET', '/notes/stable/notes.bin')).text, 'a')

    await release(app, token, 'notes', { version: '1.1.0' }, [textFile('b')])
    await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
      token,
      headers: { 'If-Match': promoted.headers.get('etag')! },
      body: { release: '1.1.0' },
    })
    await act(app, token, '1.0.0', 'yank', { reason: 'broken' })
    assert.equal((await purge(app, token, '1.0.0')).status, 200, 'a yanked one too')
    assert.deepEqual(codeOf(await purge(app, token, '9.9.9')), [404, 'release.not_found'])
    // The history of the channel still names it, and nothing rolls back to it.
    const back = await app.ask('GET', '/api/v1/apps/notes/channels/stable', { token })
    const rolled = await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/rollback', {
      token,
      headers: { 'If-Match': back.headers.get('etag')! },
      body: {},
    })
    assert.deepEqual(codeOf(rolled), [409, 'channel.nothing_to_roll_back'])
  }))

test('purging twice gives the same tombstone, and the audit log keeps the digests that went', () =>
  withNotes({}, async (app, token) => {
    const shared = textFile('shared')
    await release(app, token, 'notes', { version: '1.0.0' }, [shared, textFile('alone', 'alone.bin')])
    await release(app, token, 'notes', { version: '1.0.1' }, [shared])
    const first = await purge(app, token, '1.0.0')
    const head = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items[0]
    assert.deepEqual([head.action, head.after.reason], ['release.purged', 'holds a private key'])
    assert.deepEqual(
      head.before.artifacts.map((item: { fileName: string; digest: string }) => [item.fileName, item.digest]),
      [
        ['alone.bin', digestOf(bytesOf('alone'))],
        ['notes.bin', digestOf(bytesOf('shared'))],
      ],
    )
    await app.clock.advance(60_000)
    const again = await purge(app, token, '1.0.0', 'another reason')
    assert.deepEqual([again.status, again.json], [200, first.json])
    const after = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items[0]
    assert.equal(after.id, head.id, 'nothing happened, and nothing is told')
    assert.equal((await app.ask('GET', '/notes/releases/1.0.1/notes.bin')).text, 'shared')
  }))

test('a tombstone takes no change: not by any action, not by its ref, not in the database', () =>
  withNotes({}, async (app, token) => {
    const { id } = await release(app, token, 'notes', { version: '1.0.0' }, [textFile('a')])
    await purge(app, token, '1.0.0')
    const uploadId = await upload(app, token, textFile('more'))
    const below = `/api/v1/apps/notes/releases/${id}`
    const changes: [method: string, path: string, body?: object][] = [
      ['POST', `${below}/artifacts`, { uploadId, platform: 'linux' }],
      ['DELETE', `${below}/artifacts/notes.bin`],
      ['POST', `${below}/links`, { platform: 'linux', kind: 'web', url: 'https://example.com/' }],
      ['DELETE', `${below}/links/lnk_1`],
      ...['publish', 'announce', 'unyank', 'discard'].map((action): [string, string] => [
        'POST',
        `${below}/actions/${action}`,
      ]),
      ['POST', `${below}/actions/yank`, { reason: 'r' }],
      ['POST', '/api/v1/previews', { app: 'notes', release: id }],
    ]
    for (const [method, path, body] of changes) {
      const refused = await app.ask(method, path, { token, ...(body === undefined ? {} : { body }) })
      assert.deepEqual(codeOf(refused), [410, 'release.purged'], `${method} ${path}`)
    }
    for (const text of ['a', 'b']) {
      const next = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile(text)])
      assert.deepEqual(codeOf(await act(app, token, next.id, 'publish')), [409, 'release.conflict'])
    }
    const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: false })
    try {
      for (const set of [`state = 'announced'`, `ref = '1.0.1'`, `purge_reason = 'x'`, `notes = ''`]) {
        assert.throws(
          () => database.prepare(`update releases set ${set} where id = '${id}'`).run([]),
          /tombstone cannot be changed|sealed release cannot|cannot go to that state/,
          set,
        )
      }
      assert.throws(() => database.prepare(`delete from releases where id = '${id}'`).run([]), /cannot be deleted/)
    } finally {
      database.close()
    }
  }))
