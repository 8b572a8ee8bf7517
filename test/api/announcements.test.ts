import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyAudit } from '../../src/audit/verify.ts'
import { listAuditEvents } from '../../src/store/audit.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { tableRows } from '../helpers/table-rows.ts'
import { type Answer, createTestApp, draft, release, type TestApp } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const API = '/api/v1'

type Named = readonly [app: string, release: string]
const releasesOf = (named: readonly Named[]) => named.map(([app, release]) => ({ app, release }))

/** The public apps `notes` and `sync`, the unlisted `side` and the private `secret`; a token that may do everything. */
async function inApps(run: (app: TestApp, token: string) => Promise<void>): Promise<void> {
  const app = await createTestApp()
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    for (const [slug, visibility] of Object.entries({
      notes: 'public',
      sync: 'public',
      side: 'unlisted',
      secret: 'private',
    })) {
      const body = { slug, visibility, name: `Acme ${slug}` }
      assert.equal((await app.ask('POST', `${API}/apps`, { token, body })).status, 201)
    }
    await run(app, token)
  } finally {
    await app.close()
  }
}

/** A sealed release that is not announced; gives its id. */
async function published(app: TestApp, token: string, [slug, version]: Named, more: object = {}): Promise<string> {
  const { id } = await draft(app, token, slug, { version, ...more }, [textFile(`${slug} ${version}`)])
  const sealed = await app.ask('POST', `${API}/apps/${slug}/releases/${id}/actions/publish`, { token })
  assert.equal(sealed.status, 200, sealed.text)
  return id
}

async function announce(
  app: TestApp,
  token: string | undefined,
  named: readonly Named[],
  words: { title?: string; body?: string } = {},
  key?: string,
): Promise<Answer> {
  return app.ask('POST', `${API}/announcements`, {
    token,
    body: { ...words, releases: releasesOf(named) },
    ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
  })
}

/** Publishes and announces; gives the announcement. The clock goes on, so that the next one is later. */
async function made(
  app: TestApp,
  token: string,
  named: readonly Named[],
  words: { title?: string; body?: string } = {},
) {
  for (const one of named) await published(app, token, one)
  const answer = await announce(app, token, named, words)
  assert.equal(answer.status, 201, answer.text)
  await app.clock.advance(1000)
  return answer.json
}

async function stateOf(app: TestApp, token: string, [slug, ref]: Named): Promise<string> {
  return (await app.ask('GET', `${API}/apps/${slug}/releases/${ref}`, { token })).json.state
}

async function everyRow(app: TestApp): Promise<Record<string, string[]>> {
  const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: true })
  try {
    return tableRows(database)
  } finally {
    database.close()
  }
}

const refsOf = (announcement: { releases: { app: string; ref: string }[] }) =>
  announcement.releases.map(({ app, ref }) => `${app} ${ref}`)

const listedRefs = async (app: TestApp, slug: string) =>
  (await app.ask('GET', `${API}/apps/${slug}/releases`)).json.items.map((item: { ref: string }) => item.ref)

const latestOf = async (app: TestApp, slug: string) =>
  (await app.ask('GET', `${API}/apps/${slug}/releases/latest`)).json.ref

test('one announcement with a text makes the releases of two apps live', () =>
  inApps(async (app, token) => {
    await published(app, token, ['notes', '1.4.0'])
    await published(app, token, ['sync', '2.0.0'])
    assert.deepEqual([await listedRefs(app, 'notes'), await listedRefs(app, 'sync')], [[], []])
    const seq = (await app.ask('GET', `${API}/audit/head`, { token })).json.seq

    const answer = await announce(
      app,
      token,
      [
        ['sync', '2.0.0'],
        ['notes', '1.4.0'],
      ],
      {
        title: 'Sync is here',
        body: '# Sync\n\nYour notes, *everywhere*.',
      },
    )
    assert.equal(answer.status, 201, answer.text)
    const announcement = answer.json
    assert.equal(answer.headers.get('location'), `http://distd.test${API}/announcements/${announcement.id}`)
    assert.deepEqual(announcement, {
      id: announcement.id,
      title: 'Sync is here',
      body: '# Sync\n\nYour notes, *everywhere*.',
      createdAt: '2026-11-21T00:00:00.000Z',
      url: `http://distd.test/sync/announcements/${announcement.id}`,
      releases: [
        ['sync', '2.0.0'],
        ['notes', '1.4.0'],
      ].map(([slug, ref]) => ({
        app: slug,
        name: `Acme ${slug}`,
        ref,
        version: ref,
        build: null,
        prerelease: false,
        state: 'announced',
        url: `http://distd.test/${slug}/releases/${ref}`,
      })),
    })
    assert.deepEqual([await listedRefs(app, 'notes'), await listedRefs(app, 'sync')], [['1.4.0'], ['2.0.0']])
    assert.deepEqual([await latestOf(app, 'notes'), await latestOf(app, 'sync')], ['1.4.0', '2.0.0'])
    assert.deepEqual((await app.ask('GET', `${API}/announcements/${announcement.id}`)).json, announcement)
    for (const slug of ['notes', 'sync']) {
      const { items } = (await app.ask('GET', `${API}/apps/${slug}/announcements`)).json
      const url: string = `http://distd.test/${slug}/announcements/${announcement.id}`
      assert.deepEqual(items, [{ ...announcement, url }], 'it leads to the page of the app that was asked for')
      const page = (await app.ask('GET', `/${slug}/announcements/${announcement.id}`)).text
      for (const text of [
        'Sync is here',
        'Your notes, <em>everywhere</em>.',
        '/sync/releases/2.0.0',
        '/notes/releases/1.4.0',
      ])
        assert.ok(page.includes(text), text)
      assert.ok(
        (await app.ask('GET', `/${slug}/announcements`)).text.includes(`/${slug}/announcements/${announcement.id}`),
      )
    }
    const written = await listAuditEvents(app.deps.store.reads, { app: null, order: 'asc', after: seq, limit: 9 })
    assert.deepEqual(
      written.map(({ action, app: slug }) => `${action} ${slug}`),
      ['announcement.created null', 'release.announced sync', 'release.announced notes'],
    )
    assert.equal((await verifyAudit(app.deps.store.reads)).broken, undefined)
  }))

test('when one release cannot be announced nothing changes, whatever is wrong with it and wherever it stands', () =>
  inApps(async (app, token) => {
    const good: Named = ['notes', '1.0.0']
    await published(app, token, good)
    await app.ask('PATCH', `${API}/apps/notes/channels/edge`, { token, body: { policy: { auto: 'latest' } } })
    const draftId = (await draft(app, token, 'sync', { version: '1.0.0' }, [textFile('d')])).id
    const gone = await published(app, token, ['sync', '1.1.0'])
    await app.ask('POST', `${API}/apps/sync/releases/${gone}/actions/discard`, { token })
    for (const version of ['2.0.0', '2.1.0', '2.2.0'])
      await release(app, token, 'sync', { version }, [textFile(version)])
    await app.ask('POST', `${API}/apps/sync/releases/2.1.0/actions/yank`, { token, body: { reason: 'r' } })
    await app.ask('POST', `${API}/apps/sync/releases/2.2.0/actions/purge`, { token, body: { reason: 'r' } })
    const bad: readonly [string, string, string][] = [
      [draftId, 'release.wrong_state', '"draft"'],
      ['2.0.0', 'release.wrong_state', '"announced"'],
      ['2.1.0', 'release.wrong_state', '"yanked"'],
      ['2.2.0', 'release.wrong_state', '"purged"'],
      // A draft answers to its id alone, and what was discarded to nothing.
      ['1.0.0', 'release.not_found', '"sync"'],
      [gone, 'release.not_found', '"sync"'],
      ['9.9.9', 'release.not_found', '"9.9.9"'],
      ['latest', 'release.not_found', '"latest"'],
    ]
    const before = await everyRow(app)
    for (const [name, code, says] of bad) {
      for (const named of [
        [good, ['sync', name]],
        [['sync', name], good],
      ] as const) {
        const answer = await announce(app, token, named, { title: 't', body: 'b' }, `key ${name}`.replaceAll(' ', '-'))
        assert.equal(answer.json.code, code, `${name}: ${answer.text}`)
        assert.equal(answer.status, code === 'release.not_found' ? 404 : 409)
        assert.ok(answer.json.detail.includes(says), answer.json.detail)
        assert.ok(answer.json.detail.includes('sync'), 'the release that is wrong is named')
      }
    }
    // An id of another app is none of this one.
    const foreign = await announce(app, token, [
      ['sync', (await app.ask('GET', `${API}/apps/notes/releases/1.0.0`, { token })).json.id],
    ])
    assert.equal(foreign.json.code, 'release.not_found')
    assert.deepEqual(await everyRow(app), before, 'no table differs')
    assert.equal(await stateOf(app, token, good), 'published')
    assert.equal((await announce(app, token, [good])).status, 201)
  }))

test('a failure in the middle of the writes leaves nothing behind', () =>
  inApps(async (app, token) => {
    for (const named of [
      ['notes', '1.0.0'],
      ['sync', '1.0.0'],
    ] as Named[])
      await published(app, token, named)
    const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: false })
    // The second event of a release is the last thing that is written.
    database
      .prepare(
        `create trigger late before insert on audit when new.action = 'release.announced' and new.app = 'sync'
         begin select raise(abort, 'late'); end`,
      )
      .run([])
    database.close()
    const before = await everyRow(app)
    assert.equal(
      (
        await announce(
          app,
          token,
          [
            ['notes', '1.0.0'],
            ['sync', '1.0.0'],
          ],
          {},
          'k',
        )
      ).status,
      500,
    )
    assert.deepEqual(await everyRow(app), before)
  }))

test('a release that is named twice, none, and too many are refused', () =>
  inApps(async (app, token) => {
    const id = await published(app, token, ['notes', '1.0.0'])
    const before = await everyRow(app)
    for (const named of [
      [
        ['notes', '1.0.0'],
        ['notes', '1.0.0'],
      ],
      [
        ['notes', '1.0.0'],
        ['notes', id],
      ],
      [],
      Array.from({ length: 101 }, (_, i) => ['notes', `1.0.${i}`]),
    ] as unknown as Named[][]) {
      const answer = await announce(app, token, named)
      assert.deepEqual([answer.status, answer.json.code], [422, 'request.invalid'], answer.text)
    }
    for (const words of [
      { title: '' },
      { title: 'a\nb' },
      { title: '\u202ea' },
      { title: 'x'.repeat(201) },
      { body: 'x'.repeat(262_145) },
      { body: '\u0000' },
      { body: 'a\u001bb' },
    ]) {
      assert.equal((await announce(app, token, [['notes', '1.0.0']], words)).json.code, 'request.invalid')
    }
    assert.deepEqual(await everyRow(app), before)
    const most = await announce(app, token, [['notes', '1.0.0']], { title: 'x'.repeat(200), body: 'x'.repeat(262_144) })
    assert.equal(most.status, 201, 'the limits themselves are allowed')
  }))

test('the same Idempotency-Key finds the announcement again, with another input it is a conflict', () =>
  inApps(async (app, token) => {
    await published(app, token, ['notes', '1.0.0'])
    await published(app, token, ['sync', '1.0.0'])
    const words = { body: 'text' }
    const first = await announce(app, token, [['notes', '1.0.0']], words, 'key')
    assert.equal(first.status, 201)
    const stranger = (await app.issue({ actions: ['admin'] })).secret
    const before = await everyRow(app)
    const again = await announce(app, token, [['notes', '1.0.0']], words, 'key')
    assert.deepEqual([again.status, again.json], [200, first.json])
    for (const other of [
      await announce(app, token, [['notes', '1.0.0']], { body: 'other' }, 'key'),
      await announce(app, token, [['sync', '1.0.0']], words, 'key'),
    ]) {
      assert.deepEqual([other.status, other.json.code], [409, 'request.idempotency_conflict'])
    }
    assert.equal((await announce(app, token, [['notes', '1.0.0']], words)).json.code, 'release.wrong_state', 'no key')
    const theirs = await announce(app, stranger, [['notes', '1.0.0']], words, 'key')
    assert.equal(theirs.json.code, 'release.wrong_state', 'keys are of one principal')
    assert.deepEqual(await everyRow(app), before)
    assert.equal((await announce(app, token, [['notes', '1.0.0']], {}, 'bad key')).json.code, 'request.invalid')
  }))

test('announcements that race for a release: one wins, and the others leave theirs as they were', () =>
  inApps(async (app, token) => {
    for (const version of ['1.0.0', '1.0.1', '1.0.2', '1.0.3']) await published(app, token, ['notes', version])
    const sets = ['1.0.1', '1.0.2', '1.0.3'].map((other): Named[] => [
      ['notes', other],
      ['notes', '1.0.0'],
    ])
    const answers = await Promise.all(sets.map((named) => announce(app, token, named)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
    for (const [i, { status, json }] of answers.entries()) {
      const expected = status === 201 ? 'announced' : 'published'
      assert.equal(await stateOf(app, token, sets[i]![0]!), expected)
      if (status === 409) assert.equal(json.code, 'release.wrong_state')
    }
    assert.equal((await app.ask('GET', `${API}/apps/notes/announcements`)).json.items.length, 1)

    await published(app, token, ['sync', '1.0.0'])
    const same = await Promise.all(
      Array.from({ length: 4 }, () => announce(app, token, [['sync', '1.0.0']], {}, 'key')),
    )
    assert.deepEqual(same.map(({ status }) => status).sort(), [200, 200, 200, 201])
    assert.equal(new Set(same.map(({ json }) => json.id)).size, 1)

    await published(app, token, ['sync', '1.0.1'])
    const [alone, together] = await Promise.all([
      app.ask('POST', `${API}/apps/sync/releases/1.0.1/actions/announce`, { token }),
      announce(app, token, [['sync', '1.0.1']]),
    ])
    assert.equal(alone.status, 200, 'announcing what is announced is success')
    assert.ok([201, 409].includes(together.status))
    assert.equal((await app.ask('GET', `${API}/apps/sync/announcements`)).json.items.length, 2)
  }))

test('the action of one release makes an announcement of it, once', () =>
  inApps(async (app, token) => {
    await published(app, token, ['notes', '1.0.0'], { notes: 'What is new' })
    for (let i = 0; i < 2; i++) {
      const answer = await app.ask('POST', `${API}/apps/notes/releases/1.0.0/actions/announce`, { token })
      assert.deepEqual([answer.status, answer.json.state], [200, 'announced'])
    }
    const { items } = (await app.ask('GET', `${API}/apps/notes/announcements`)).json
    assert.equal(items.length, 1)
    assert.deepEqual([items[0].title, items[0].body, refsOf(items[0])], [null, '', ['notes 1.0.0']])
    assert.ok(
      (await app.ask('GET', '/notes/announcements')).text.includes('Acme notes 1.0.0'),
      'the release is the title',
    )
  }))

test('a token announces only releases of apps that it covers; a hidden app is as absent, and nothing changes', () =>
  inApps(async (app, token) => {
    for (const slug of ['notes', 'sync', 'secret']) await published(app, token, [slug, '1.0.0'])
    const narrow = (await app.issue({ actions: ['publish'], apps: ['notes'] })).secret
    const others = await Promise.all((['read', 'promote', 'branch'] as const).map((a) => app.issue({ actions: [a] })))
    const before = await everyRow(app)
    const good: Named = ['notes', '1.0.0']

    const facts = ({ status, json }: Answer) => ({ status, ...json, requestId: '' })
    const hidden = await announce(app, narrow, [good, ['secret', '1.0.0']])
    const absent = await announce(app, narrow, [good, ['secreu', '1.0.0']])
    const named = (answer: Answer) => JSON.parse(JSON.stringify(facts(answer)).replaceAll('secreu', 'secret'))
    assert.deepEqual([hidden.status, hidden.json.code], [404, 'release.not_found'])
    assert.deepEqual(named(hidden), named(absent))
    assert.equal((await announce(app, narrow, [good, ['secret', '9.9.9']])).json.code, 'release.not_found')
    // Named twice, or by the id of what is there: still nothing to learn.
    const { id } = (await app.ask('GET', `${API}/apps/secret/releases/1.0.0`, { token })).json
    for (const secrets of [
      [
        ['secret', '1.0.0'],
        ['secret', '1.0.0'],
      ],
      [['secret', id]],
    ] as unknown as Named[][]) {
      assert.equal((await announce(app, narrow, [good, ...secrets])).json.code, 'release.not_found')
    }
    for (const ref of ['1.0.0', '9.9.9']) {
      const visible = await announce(app, narrow, [good, ['sync', ref]])
      assert.deepEqual([visible.status, visible.json.code], [403, 'access.denied'], 'a public app is not hidden')
    }
    for (const { secret, token: other } of others) {
      assert.equal((await announce(app, secret, [good])).json.code, 'access.denied', String(other.actions))
    }
    assert.equal((await announce(app, undefined, [good])).json.code, 'access.unauthenticated')
    assert.deepEqual(await everyRow(app), before)
    assert.equal((await announce(app, narrow, [good])).status, 201)
  }))

test('latest is the highest stable version that is announced: neither a backport nor a prerelease moves it', () =>
  inApps(async (app, token) => {
    assert.equal((await app.ask('GET', `${API}/apps/notes/releases/latest`)).status, 404)
    await made(app, token, [['notes', '2.0.0']])
    assert.equal(await latestOf(app, 'notes'), '2.0.0')
    await made(app, token, [['notes', '1.0.1']])
    assert.equal(await latestOf(app, 'notes'), '2.0.0', 'a backport')
    await made(app, token, [['notes', '3.0.0-rc.1']])
    assert.equal(await latestOf(app, 'notes'), '2.0.0', 'a prerelease by its version')
    await published(app, token, ['notes', '4.0.0'], { prerelease: true })
    assert.equal((await announce(app, token, [['notes', '4.0.0']])).status, 201)
    assert.equal(await latestOf(app, 'notes'), '2.0.0', 'a prerelease by its flag')
    await published(app, token, ['notes', '5.0.0'])
    assert.equal(await latestOf(app, 'notes'), '2.0.0', 'what is only sealed')
    await made(app, token, [
      ['notes', '2.1.0'],
      ['notes', '3.0.0'],
      ['notes', '2.2.0'],
    ])
    assert.equal(await latestOf(app, 'notes'), '3.0.0', 'the highest of those that became live together')
    for (const path of ['/notes/latest', '/notes/latest/notes.bin', '/notes/latest/download?platform=linux']) {
      const answer = await app.ask('GET', path, { headers: { Accept: 'application/json' } })
      assert.equal(answer.status, 200, path)
    }
  }))

test('no method of any route sets latest', () =>
  inApps(async (app, token) => {
    await made(app, token, [
      ['notes', '1.0.0'],
      ['notes', '2.0.0'],
    ])
    const before = await everyRow(app)
    const writes = app.app.routes.filter(({ method, path }) => method !== 'GET' && path.startsWith(`${API}/apps/:app/`))
    const paths = new Set([`${API}/apps/notes/channels/latest`, '/notes/latest', '/notes/latest/notes.bin'])
    for (const { path } of writes) {
      if (!/:(?:channel|ref)\b/.test(path)) continue
      paths.add(
        path
          .replace(':app', 'notes')
          .replace(/:(?:channel|ref)\b/, 'latest')
          .replace(/:[a-z]+/g, 'notes.bin'),
      )
    }
    assert.ok(paths.size > 8)
    const bodies = [
      { release: '1.0.0' },
      { policy: { protected: true } },
      { reason: 'r' },
      { reason: 'r', to: '1.0.0' },
      {},
    ]
    for (const path of paths) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        for (const body of bodies) {
          for (const headers of [{}, { 'If-None-Match': '*' }, { 'If-Match': '*' }] as Record<string, string>[]) {
            const answer = await app.ask(method, path, { token, body, headers })
            assert.ok(answer.status >= 400 && answer.status < 500, `${method} ${path}: ${answer.status} ${answer.text}`)
          }
        }
      }
    }
    assert.deepEqual(await everyRow(app), before)
    assert.equal(await latestOf(app, 'notes'), '2.0.0')
  }))

test('a channel that follows moves once, to the highest release that it takes', () =>
  inApps(async (app, token) => {
    const follow = (channel: string, auto: string) =>
      app.ask('PATCH', `${API}/apps/notes/channels/${channel}`, { token, body: { policy: { auto } } })
    await follow('stable', 'latest')
    await follow('edge', 'prerelease')
    await made(app, token, [
      ['notes', '1.0.0'],
      ['notes', '1.1.0'],
      ['notes', '1.2.0-rc.1'],
      ['sync', '9.0.0'],
    ])
    const moves = async (channel: string) => {
      const { items } = (await app.ask('GET', `${API}/apps/notes/channels/${channel}/moves`, { token })).json
      return items.map(({ to }: { to: string }) => to)
    }
    assert.deepEqual(await moves('stable'), ['1.1.0'])
    assert.deepEqual(await moves('edge'), ['1.2.0-rc.1'])
    assert.equal(
      (await app.ask('GET', `${API}/apps/sync/channels/stable`, { token })).status,
      404,
      'channels are of one app',
    )
  }))

test('a reader is told of an announcement and its releases as far as he may see their apps', () =>
  inApps(async (app, token) => {
    const both = await made(
      app,
      token,
      [
        ['secret', '1.0.0'],
        ['notes', '1.0.0'],
      ],
      { title: 'Both', body: 'for all' },
    )
    const hidden = await made(app, token, [['secret', '1.1.0']], { title: 'Hidden' })
    const sides = await made(
      app,
      token,
      [
        ['side', '1.0.0'],
        ['notes', '1.1.0'],
        ['secret', '1.2.0'],
      ],
      { title: 'Side' },
    )
    const alone = await made(app, token, [['side', '1.1.0']], { title: 'Alone' })
    const reader = (await app.issue({ actions: ['read'], apps: ['secret'] })).secret
    const elsewhere = (await app.issue({ actions: ['admin'], apps: ['elsewhere'] })).secret
    const get = (path: string, who?: string) =>
      app.ask('GET', path, { ...(who === undefined ? {} : { token: who }), headers: { Accept: 'application/json' } })
    const one = async (id: string, who?: string) => {
      const answer = await get(`${API}/announcements/${id}`, who)
      if (answer.status !== 200) return answer.json.code
      const [slug] = answer.json.url.replace('http://distd.test/', '').split('/')
      return [slug, ...refsOf(answer.json)]
    }
    for (const stranger of [undefined, elsewhere]) {
      assert.deepEqual(await one(both.id, stranger), ['notes', 'notes 1.0.0'])
      assert.equal(await one(hidden.id, stranger), 'announcement.not_found')
      assert.deepEqual(await one(sides.id, stranger), ['notes', 'notes 1.1.0'], 'an unlisted app is not told of')
      assert.deepEqual(await one(alone.id, stranger), ['side', 'side 1.1.0'], 'who has the id was on its page')
    }
    assert.deepEqual(await one(both.id, reader), ['secret', 'secret 1.0.0', 'notes 1.0.0'])
    assert.deepEqual(await one(hidden.id, reader), ['secret', 'secret 1.1.0'])
    assert.deepEqual(await one(sides.id, reader), ['notes', 'notes 1.1.0', 'secret 1.2.0'])
    assert.deepEqual(await one(sides.id, token), ['side', 'side 1.0.0', 'notes 1.1.0', 'secret 1.2.0'])
    for (const id of ['ann_0', `ann_${'0'.repeat(26)}`, both.id.toUpperCase()]) {
      assert.equal(await one(id), 'announcement.not_found')
    }
    const absent = await get(`${API}/announcements/ann_${'0'.repeat(26)}`)
    const unseen = await get(`${API}/announcements/${hidden.id}`)
    assert.deepEqual({ ...unseen.json, requestId: '' }, { ...absent.json, requestId: '' })

    // Pages: the same decision; below an app that is no member there is nothing.
    const page = async (slug: string, id: string, who?: string) => {
      const answer = await get(`/${slug}/announcements/${id}`, who)
      return answer.status === 200 ? refsOf(answer.json) : answer.json.code
    }
    assert.deepEqual(await page('notes', both.id), ['notes 1.0.0'])
    assert.deepEqual(
      await page('side', sides.id),
      ['side 1.0.0', 'notes 1.1.0'],
      'who is on the page of an unlisted app sees it',
    )
    assert.equal(await page('sync', both.id), 'announcement.not_found')
    assert.equal(await page('secret', both.id), 'app.not_found')
    assert.equal(await page('notes', hidden.id, reader), 'announcement.not_found')
    assert.deepEqual(await page('notes', both.id, reader), ['secret 1.0.0', 'notes 1.0.0'])
    assert.equal((await get('/secret/announcements')).json.code, 'app.not_found')
    assert.equal((await get('/secret/announcements.atom')).json.code, 'app.not_found')
    assert.equal((await get(`${API}/apps/secret/announcements`)).json.code, 'app.not_found')

    // Not a word of the private app, not even how many there are.
    for (const path of [
      `${API}/apps/notes/announcements`,
      `${API}/announcements/${sides.id}`,
      '/notes/announcements',
      `/notes/announcements/${both.id}`,
      `/notes/announcements/${sides.id}`,
      '/notes/announcements.atom',
    ]) {
      for (const Accept of ['text/html', 'application/json']) {
        const { text, status } = await app.ask('GET', path, { headers: { Accept } })
        assert.equal(status, 200, path)
        assert.ok(!/secret|side\b|Acme side|and \d+ more/.test(text), `${path} as ${Accept}: ${text}`)
      }
    }
  }))

test('what differs by reader is revalidated by its own ETag, and kept by nobody when it names a private app', () =>
  inApps(async (app, token) => {
    const open = await made(app, token, [['notes', '1.0.0']])
    const paths = (slug: string, id: string) => [
      `/${slug}/announcements`,
      `/${slug}/announcements/${id}`,
      `/${slug}/announcements.atom`,
    ]
    const get = (path: string, who: string | undefined, headers: Record<string, string> = {}) =>
      app.ask('GET', path, { token: who, headers })
    for (const path of paths('notes', open.id)) {
      const answer = await get(path, undefined)
      assert.equal(answer.headers.get('cache-control'), 'no-cache', path)
      assert.match(answer.headers.get('vary') ?? '', /Authorization/)
      const etag = answer.headers.get('etag')!
      assert.equal((await get(path, undefined, { 'If-None-Match': etag })).status, 304)
      const head = await app.ask('HEAD', path)
      assert.deepEqual([head.status, head.headers.get('etag')], [200, etag])
    }
    const mixed = await made(app, token, [
      ['notes', '1.1.0'],
      ['secret', '1.1.0'],
    ])
    for (const path of paths('notes', mixed.id)) {
      const stranger = await get(path, undefined)
      const insider = await get(path, token)
      assert.equal(stranger.headers.get('cache-control'), 'no-cache', path)
      assert.equal(insider.headers.get('cache-control'), 'private, no-store', path)
      assert.notEqual(stranger.headers.get('etag'), insider.headers.get('etag'), path)
      const crossed = await get(path, undefined, { 'If-None-Match': insider.headers.get('etag')! })
      assert.equal(crossed.status, 200, 'the tag of another reader is not his')
    }
    for (const path of paths('secret', mixed.id)) {
      const answer = await get(path, token)
      assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'private, no-store'])
      assert.equal(answer.headers.get('x-robots-tag'), 'noindex')
    }
  }))

test('what was yanked or purged since says so, and stays in its announcement', () =>
  inApps(async (app, token) => {
    const { id } = await made(app, token, [
      ['notes', '1.0.0'],
      ['notes', '1.1.0'],
      ['sync', '2.0.0'],
    ])
    const etag = (await app.ask('GET', `/notes/announcements/${id}`)).headers.get('etag')
    await app.ask('POST', `${API}/apps/notes/releases/1.0.0/actions/yank`, { token, body: { reason: 'broken' } })
    const purged = await app.ask('POST', `${API}/apps/sync/releases/2.0.0/actions/purge`, {
      token,
      body: { reason: 'leak' },
    })
    assert.equal(purged.status, 200, purged.text)
    const { releases } = (await app.ask('GET', `${API}/announcements/${id}`)).json
    assert.deepEqual(
      releases.map(({ ref, state }: { ref: string; state: string }) => `${ref} ${state}`),
      ['1.0.0 yanked', '1.1.0 announced', '2.0.0 purged'],
    )
    const page = await app.ask('GET', `/notes/announcements/${id}`)
    assert.notEqual(page.headers.get('etag'), etag)
    assert.match(page.text, /1\.0\.0<\/a><\/strong>\s*<div[^>]*><span[^>]*>yanked/)
    assert.match(page.text, /<strong>Acme sync 2\.0\.0<\/strong>\s*<div[^>]*><span[^>]*>purged/, 'and is no link')
    const list = await app.ask('GET', '/notes/announcements', { headers: { Accept: 'text/html' } })
    assert.match(list.text, /1 of 3 yanked/)
    assert.match(list.text, /1 of 3 purged/)
    const feed = await app.ask('GET', '/notes/announcements.atom')
    assert.ok(feed.text.includes('Acme notes 1.0.0 was yanked.'))
    assert.ok(feed.text.includes('Acme sync 2.0.0 was purged.'))
    assert.ok(!feed.text.includes('/sync/releases/2.0.0') && !feed.text.includes('/notes/releases/1.0.0'))
    assert.ok(feed.text.includes('/notes/releases/1.1.0'))
    // The last of its releases takes it out of the feed, and not out of the history.
    await app.ask('POST', `${API}/apps/notes/releases/1.1.0/actions/yank`, { token, body: { reason: 'broken' } })
    assert.ok(!(await app.ask('GET', '/notes/announcements.atom')).text.includes('<entry>'))
    assert.equal((await app.ask('GET', `/notes/announcements/${id}`)).status, 200)
  }))

test('announcements are listed newest first, page by page', () =>
  inApps(async (app, token) => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++)
      ids.unshift(
        (
          await made(app, token, [
            ['notes', `1.0.${i}`],
            ['sync', `1.0.${i}`],
          ])
        ).id,
      )
    await made(app, token, [['sync', '2.0.0']])
    const seen: string[] = []
    let path: string | undefined = `${API}/apps/notes/announcements?limit=2`
    let pages = 0
    while (path !== undefined) {
      const answer: Answer = await app.ask('GET', path)
      seen.push(...answer.json.items.map((item: { id: string }) => item.id))
      path = /<http:\/\/distd\.test([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
      pages++
    }
    assert.deepEqual([seen, pages], [ids, 3])
    const first = await app.ask('GET', '/notes/announcements?limit=3')
    const older = /href="(\/notes\/announcements\?[^"]+)"/.exec(first.text)![1]!.replaceAll('&amp;', '&')
    const second = await app.ask('GET', older)
    const on = (text: string) => ids.filter((id) => text.includes(id))
    assert.deepEqual([on(first.text), on(second.text)], [ids.slice(0, 3), ids.slice(3)])
    for (const cursor of ['!', 'YQ', 'YW5uXzA']) {
      for (const list of [`${API}/apps/notes/announcements`, '/notes/announcements']) {
        assert.equal((await app.ask('GET', `${list}?cursor=${cursor}`)).json.code, 'request.invalid')
      }
    }
  }))

test('the page of an app leads to its announcements and names its feed', () =>
  inApps(async (app, token) => {
    await made(app, token, [['notes', '1.0.0']])
    for (const path of ['/notes', '/notes/announcements']) {
      const { text } = await app.ask('GET', path)
      assert.match(
        text,
        /<link rel="alternate" type="application\/atom\+xml" title="Acme notes: announcements" href="\/notes\/announcements\.atom"\/>/,
      )
      if (path === '/notes') assert.ok(text.includes('href="/notes/announcements"'))
    }
    assert.ok(!(await app.ask('GET', '/')).text.includes('application/atom+xml'), 'a page without a feed names none')
  }))

test('what was announced can be changed and removed by nobody, not even in the database', () =>
  inApps(async (app, token) => {
    const { id } = await made(app, token, [['notes', '1.0.0']], { body: 'as it was' })
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST']) {
      assert.equal((await app.ask(method, `${API}/announcements/${id}`, { token, body: {} })).status, 405, method)
    }
    const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: false })
    try {
      for (const statement of [
        `update announcements set body = 'x'`,
        'delete from announcements',
        `update announcement_releases set position = 9`,
        'delete from announcement_releases',
      ]) {
        assert.throws(() => database.prepare(statement).run([]), /cannot be changed/)
      }
    } finally {
      database.close()
    }
  }))
