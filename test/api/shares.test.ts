import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { SYSTEM } from '../../src/access/actor.ts'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { createShare } from '../../src/shares/create.ts'
import { findApp } from '../../src/store/apps.ts'
import { givenShare, shareDetails } from '../helpers/given-share.ts'
import { createTestApp, draft, release, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const DAY_MS = 86_400_000

/** The private app `notes` with release 1.0.0 in channel `beta`, and a token that may do everything. */
async function withShared(
  run: (app: TestApp, token: string) => Promise<void>,
  options: TestAppOptions = {},
): Promise<void> {
  const app = await createTestApp(options)
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
    await release(app, token, 'notes', { version: '1.0.0' }, [textFile('one')])
    await promote(app, token, 'beta', '1.0.0')
    await run(app, token)
  } finally {
    await app.close()
  }
}

async function promote(app: TestApp, token: string, channel: string, ref: string): Promise<void> {
  const moved = await app.ask('POST', `/api/v1/apps/notes/channels/${channel}/actions/promote`, {
    token,
    headers: { 'If-None-Match': '*' },
    body: { release: ref },
  })
  assert.equal(moved.status, 200, moved.text)
}

const create = (app: TestApp, token: string | undefined, body: object, headers = {}) =>
  app.ask('POST', '/api/v1/shares', { token, headers, body: { app: 'notes', label: 'Ada', ...body } })

async function actions(app: TestApp, token: string): Promise<string[]> {
  const { items } = (await app.ask('GET', '/api/v1/audit?order=desc&limit=200', { token })).json
  return items.map(({ action }: { action: string }) => action)
}

const events = async (app: TestApp, token: string, action: string) =>
  (await app.ask('GET', '/api/v1/audit?order=desc&limit=200', { token })).json.items.filter(
    (event: { action: string }) => event.action === action,
  )

test('a share link is made, opened, shown without its URL, and revoked, and the audit log says so of each', () =>
  withShared(async (app, token) => {
    const made = await create(app, token, { channel: 'beta', label: 'Beta testers', maxDownloads: 3 })
    assert.equal(made.status, 201, made.text)
    const { share, url } = made.json
    assert.deepEqual(
      [share.app, share.channel, share.release, share.label, share.maxDownloads, share.downloads, share.state],
      ['notes', 'beta', null, 'Beta testers', 3, 0, 'active'],
    )
    assert.equal(Date.parse(share.expiresAt) - Date.parse(share.createdAt), 30 * DAY_MS)
    assert.equal(made.headers.get('location'), `http://distd.test/api/v1/shares/${share.id}`)

    const opened = await app.ask('GET', new URL(url).pathname)
    assert.deepEqual([opened.status, opened.headers.get('location')], [303, 'http://distd.test/notes/beta'])
    assert.equal(opened.headers.get('cache-control'), 'no-store')
    const [pair, ...attributes] = opened.headers.get('set-cookie')!.split('; ')
    assert.deepEqual(attributes, ['Path=/notes', 'HttpOnly', 'SameSite=Lax', `Max-Age=${30 * 86_400}`])
    assert.match(pair!, /^dist-share-[0-9a-z]{26}=/)
    assert.equal((await app.ask('GET', '/notes/beta', { headers: { Cookie: pair! } })).status, 200)

    const details = await shareDetails(app, token, share)
    assert.deepEqual(
      [details.lastOpenedAt, details.files, details.state],
      [new Date(app.clock.now()).toISOString(), [], 'active'],
    )
    const list = await app.ask('GET', '/api/v1/shares?app=notes', { token })
    assert.deepEqual(
      list.json.items.map(({ id }: { id: string }) => id),
      [share.id],
    )
    for (const answer of [list, await app.ask('GET', `/api/v1/shares/${share.id}`, { token })]) {
      assert.ok(!answer.text.includes(url.slice(-43)), 'the URL is shown once')
    }

    for (const _ of [1, 2]) {
      assert.equal((await app.ask('DELETE', `/api/v1/shares/${share.id}`, { token })).status, 204)
    }
    assert.equal((await app.ask('GET', '/notes/beta', { headers: { Cookie: pair! } })).status, 404)
    assert.equal((await shareDetails(app, token, share)).state, 'revoked')
    const written = (await actions(app, token)).filter((action) => action.startsWith('share.'))
    assert.deepEqual(written, ['share.revoked', 'share.opened', 'share.created'])
    const [event] = await events(app, token, 'share.opened')
    assert.deepEqual(event.actor, { kind: 'share', id: share.id, name: 'Beta testers' })
    assert.deepEqual([event.app, event.object], ['notes', `share:${share.id}`])
  }))

test('a share link of a release leads to it, by its ref or its id, also before it is announced', () =>
  withShared(async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '1.4.0', build: '1040' }, [textFile('built')])
    const early = await create(app, token, { release: id })
    assert.deepEqual([early.status, early.json.code], [409, 'release.wrong_state'], 'not of a draft')
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    for (const release of [id, '1.4.0+1040']) {
      const { path, headers } = await givenShare(app, token, { app: 'notes', release })
      const location = (await app.ask('GET', path)).headers.get('location')
      assert.equal(location, 'http://distd.test/notes/releases/1.4.0+1040')
      assert.equal((await app.ask('GET', new URL(location!).pathname, { headers })).status, 200)
      assert.equal((await app.ask('GET', '/notes/releases/1.4.0%2B1040/notes.bin', { headers })).text, 'built')
      // The bare version is another address, which was not given to anybody.
      assert.equal((await app.ask('GET', '/notes/releases/1.4.0', { headers })).json.code, 'app.not_found')
    }
  }))

test('over https the cookie is Secure and of this host, and it lasts as long as the link', () =>
  withShared(
    async (app, token) => {
      const made = await create(app, token, { channel: 'latest', expiresInDays: 2 })
      assert.ok(made.json.url.startsWith('https://distd.test/s/'))
      await app.clock.advance(DAY_MS)
      const opened = await app.ask('GET', new URL(made.json.url).pathname)
      assert.equal(opened.headers.get('location'), 'https://distd.test/notes/latest')
      const cookie = opened.headers.get('set-cookie')!
      assert.match(cookie, /^__Secure-dist-share-/)
      assert.match(cookie, /; Path=\/notes; HttpOnly; SameSite=Lax; Secure; Max-Age=86400$/)
    },
    { config: { publicUrl: 'https://distd.test' } },
  ))

test('opening is no use of the link: HEAD notes nothing, and GET is noted once a minute', () =>
  withShared(async (app, token) => {
    const made = await create(app, token, { channel: 'beta', maxDownloads: 1 })
    const path = new URL(made.json.url).pathname
    const head = await app.ask('HEAD', path)
    assert.equal(head.status, 303)
    assert.equal((await shareDetails(app, token, made.json.share)).lastOpenedAt, null)
    await Promise.all(Array.from({ length: 10 }, () => app.ask('GET', path)))
    assert.equal((await events(app, token, 'share.opened')).length, 1)
    await app.clock.advance(60_000)
    assert.equal((await app.ask('GET', path)).status, 303)
    assert.equal((await events(app, token, 'share.opened')).length, 2)
    const { downloads, state } = await shareDetails(app, token, made.json.share)
    assert.deepEqual([downloads, state], [0, 'active'])
  }))

test('what is no link of this server is 404, and one that has ended is 410 and says which way', () =>
  withShared(async (app, token) => {
    const made = await create(app, token, { release: '1.0.0', expiresInDays: 1, maxDownloads: 1 })
    const path = new URL(made.json.url).pathname
    const grant = path.slice('/s/'.length)
    const [id, mac] = grant.split('.') as [string, string]
    const other = (await create(app, token, { release: '1.0.0' })).json
    const otherMac = new URL(other.url).pathname.split('.')[1]
    for (const bad of [
      id,
      `${id}.`,
      `.${mac}`,
      `${id}.${otherMac}`,
      `${id}.${mac.slice(0, -1)}`,
      `${id}.${mac}A`,
      `${id.toUpperCase()}.${mac}`,
      `${id}.${id}.${mac}`,
      `shr_${'0'.repeat(26)}.${mac}`,
      `${'a'.repeat(600)}.${mac}`,
      'x',
      '%00',
    ]) {
      const answer = await app.ask('GET', `/s/${bad}`)
      assert.equal(answer.status, 404, bad)
      assert.ok(['share.not_found', 'route.not_found'].includes(answer.json.code), bad)
      assert.ok(!answer.text.includes(mac.slice(0, 40)))
      assert.equal(answer.headers.get('set-cookie'), null)
    }

    const { headers } = await givenShare(app, token, { app: 'notes', release: '1.0.0', maxDownloads: 1 })
    const Cookie = (await app.ask('GET', path)).headers.get('set-cookie')!.split(';')[0]!
    assert.equal((await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { headers: { Cookie } })).text, 'one')
    assert.ok(headers.Cookie !== Cookie)
    const gone = async (words: RegExp) => {
      const answer = await app.ask('GET', path)
      assert.deepEqual([answer.status, answer.json.code], [410, 'share.gone'])
      assert.match(answer.json.detail, words)
      assert.ok(!answer.text.includes('notes'), 'the app is not named to who did not know it')
      const page = await app.ask('GET', path, { headers: { Accept: 'text/html' } })
      assert.equal(page.status, 410)
      assert.match(page.text, /Ask whoever gave it to you/)
    }
    await gone(/All downloads/)
    await app.clock.advance(DAY_MS)
    await gone(/expired on 2026-11-22/)
    await app.ask('DELETE', `/api/v1/shares/${made.json.share.id}`, { token })
    await gone(/was revoked/)
  }))

test('a link is made of what is there: a channel, latest, or a release that was published', () =>
  withShared(async (app, token) => {
    const refusals: [object, number, string][] = [
      [{ channel: 'nothing' }, 404, 'channel.not_found'],
      [{ release: '9.9.9' }, 404, 'release.not_found'],
      [{ release: 'rel_01jd3v6k8m01jd3v6k8m01jd3v' }, 404, 'release.not_found'],
      [{}, 422, 'request.invalid'],
      [{ channel: 'beta', release: '1.0.0' }, 422, 'request.invalid'],
      [{ channel: 'releases' }, 422, 'request.invalid'],
      [{ channel: 'beta', label: '' }, 422, 'request.invalid'],
      [{ channel: 'beta', label: 'a\nb' }, 422, 'request.invalid'],
      [{ channel: 'beta', expiresInDays: 0 }, 422, 'request.invalid'],
      [{ channel: 'beta', expiresInDays: 366 }, 422, 'request.invalid'],
      [{ channel: 'beta', maxDownloads: 0 }, 422, 'request.invalid'],
      [{ channel: 'beta', app: 'absent' }, 404, 'app.not_found'],
    ]
    for (const [body, status, code] of refusals) {
      const answer = await create(app, token, body)
      assert.deepEqual([answer.status, answer.json.code], [status, code], JSON.stringify(body))
    }
    assert.equal((await create(app, token, { channel: 'latest' })).status, 201)
    const { id } = await release(app, token, 'notes', { version: '0.9.0' }, [textFile('old')])
    await app.ask('POST', '/api/v1/apps/notes/releases/0.9.0/actions/purge', { token, body: { reason: 'leaked' } })
    for (const release of ['0.9.0', id]) {
      assert.equal((await create(app, token, { release })).json.code, 'release.purged')
    }
    assert.equal((await events(app, token, 'share.created')).length, 1)
  }))

test('the same Idempotency-Key makes one link, whose URL is not shown again', () =>
  withShared(async (app, token) => {
    const headers = { 'Idempotency-Key': 'k1' }
    const made = await create(app, token, { channel: 'beta' }, headers)
    const again = await create(app, token, { channel: 'beta' }, headers)
    assert.deepEqual([again.status, again.json.code], [409, 'request.idempotency_conflict'])
    assert.equal(again.json.details.share, made.json.share.id)
    assert.equal((await create(app, token, { channel: 'latest' }, headers)).status, 409)
    assert.equal((await app.ask('GET', '/api/v1/shares', { token })).json.items.length, 1)
  }))

test('links are managed by who has the right on their app and channel; other ones are not there', () =>
  withShared(async (app, token) => {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'other' } })
    const beta = (await create(app, token, { channel: 'beta' })).json.share
    const whole = (await create(app, token, { release: '1.0.0' })).json.share
    const other = (await create(app, token, { app: 'other', channel: 'latest' })).json.share
    const manager = await app.person({ apps: { notes: 'manager' } })
    const viewer = await app.person({ apps: { notes: 'viewer' } })
    const issue = async (actions: ('read' | 'promote' | 'publish')[], more = {}) => ({
      token: (await app.issue({ actions, ...more })).secret,
    })
    const rows: [{ token?: string; cookie?: string }, unknown][] = [
      [{ token }, [beta.id, whole.id, other.id]],
      [await issue(['promote']), [beta.id, whole.id, other.id]],
      [await issue(['promote'], { apps: ['notes'] }), [beta.id, whole.id]],
      [await issue(['promote'], { apps: ['notes'], channels: ['beta'] }), [beta.id, whole.id]],
      [await issue(['promote'], { apps: ['notes'], channels: ['stable'] }), [whole.id]],
      [{ cookie: manager.cookie }, [beta.id, whole.id]],
      [{ cookie: viewer.cookie }, 403],
      [await issue(['publish']), 403],
      [await issue(['read']), 403],
      [{}, 401],
    ]
    for (const [i, [who, seen]] of rows.entries()) {
      const list = await app.ask('GET', '/api/v1/shares', who)
      if (typeof seen === 'number') {
        assert.equal(list.status, seen, `row ${i}`)
        assert.equal((await app.ask('DELETE', `/api/v1/shares/${beta.id}`, who)).status, seen)
        continue
      }
      const ids = list.json.items.map(({ id }: { id: string }) => id)
      assert.deepEqual(ids.sort(), [...(seen as string[])].sort(), `row ${i}`)
      for (const { id } of [beta, whole, other]) {
        const isSeen = (seen as string[]).includes(id)
        assert.equal((await app.ask('GET', `/api/v1/shares/${id}`, who)).status, isSeen ? 200 : 404, `row ${i} ${id}`)
        if (isSeen) continue
        const absent = await app.ask('DELETE', '/api/v1/shares/shr_01jd3v6k8m01jd3v6k8m01jd3v', who)
        const hidden = await app.ask('DELETE', `/api/v1/shares/${id}`, who)
        assert.deepEqual({ ...hidden.json, requestId: '' }, { ...absent.json, requestId: '' })
      }
      if ((seen as string[]).includes(other.id)) continue
      const make = (slug: string) =>
        app.ask('POST', '/api/v1/shares', { ...who, body: { app: slug, channel: 'latest', label: 'x' } })
      const [hidden, absent] = [await make('other'), await make('absent')]
      assert.deepEqual({ ...hidden.json, requestId: '' }, { ...absent.json, requestId: '' }, `row ${i}`)
    }
    const byPerson = await app.ask('POST', '/api/v1/shares', {
      cookie: manager.cookie,
      body: { app: 'notes', channel: 'beta', label: 'x' },
    })
    assert.equal(byPerson.json.share.createdBy, manager.user.id)
  }))

test('links are listed in pages, of one app or of all', () =>
  withShared(async (app, token) => {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'other' } })
    for (let i = 0; i < 5; i++) {
      await create(app, token, { channel: 'beta', label: `${i}` })
      await create(app, token, { app: 'other', channel: 'latest', label: `${i}` })
      await app.clock.advance(1)
    }
    const labels: string[] = []
    let cursor = ''
    for (;;) {
      const page = await app.ask('GET', `/api/v1/shares?app=notes&limit=2${cursor}`, { token })
      assert.ok(page.json.items.length <= 2)
      labels.push(...page.json.items.map(({ label }: { label: string }) => label))
      if (page.json.nextCursor === null) break
      assert.match(page.headers.get('link') ?? '', /rel="next"/)
      cursor = `&cursor=${page.json.nextCursor}`
    }
    assert.deepEqual(labels, ['0', '1', '2', '3', '4'])
    assert.equal((await app.ask('GET', '/api/v1/shares?limit=200', { token })).json.items.length, 10)
    assert.equal((await app.ask('GET', '/api/v1/shares?app=absent', { token })).status, 404)
    const bad = await app.ask('GET', '/api/v1/shares?cursor=AAAA', { token })
    assert.deepEqual([bad.status, bad.json.code], [422, 'request.invalid'])
  }))

test('links end with what they are of: a release that is discarded or purged, and an app that is deleted', () =>
  withShared(async (app, token) => {
    const act = (id: string, action: string, body?: object) =>
      app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/${action}`, { token, body })
    const sealed = async (text: string) => {
      const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [textFile(text)])
      assert.equal((await act(id, 'publish')).status, 200)
      return id as string
    }
    const first = await sealed('first')
    const discarded = await givenShare(app, token, { app: 'notes', release: first })
    assert.equal((await act(first, 'discard')).status, 204)
    await sealed('second')
    const { headers, path, share } = discarded
    assert.equal((await app.ask('GET', path)).json.code, 'share.gone')
    assert.equal(
      (await app.ask('GET', '/notes/releases/2.0.0/notes.bin', { headers })).status,
      404,
      'the ref is reused',
    )
    assert.deepEqual((await events(app, token, 'release.discarded'))[0].after.endedShares, [share.id])

    const { id } = await release(app, token, 'notes', { version: '0.9.0' }, [textFile('leaked')])
    const purged = await givenShare(app, token, { app: 'notes', release: id })
    assert.equal((await act(id, 'purge', { reason: 'secret reason' })).status, 200)
    assert.equal((await app.ask('GET', purged.path)).json.code, 'share.gone')
    const after = await app.ask('GET', '/notes/releases/0.9.0', { headers: purged.headers })
    assert.deepEqual([after.status, after.json.code], [404, 'app.not_found'])
    assert.deepEqual((await events(app, token, 'release.purged'))[0].after.endedShares, [purged.share.id])
    assert.equal((await shareDetails(app, token, purged.share)).release, '0.9.0', 'what it was of is still known')

    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'short' } })
    const ended = await givenShare(app, token, { app: 'short', channel: 'latest' })
    assert.equal((await app.ask('DELETE', '/api/v1/apps/short', { token })).status, 204)
    assert.deepEqual((await events(app, token, 'app.deleted'))[0].before.endedShares, [ended.share.id])
    assert.equal((await app.ask('GET', ended.path)).json.code, 'share.not_found')
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'short' } })
    await release(app, token, 'short', { version: '1.0.0' }, [textFile('new app')])
    assert.equal((await app.ask('GET', '/short/latest', { headers: ended.headers })).status, 404)
  }))

test('a yanked release stays with its link, as its exact URLs do', () =>
  withShared(async (app, token) => {
    await release(app, token, 'notes', { version: '1.1.0' }, [textFile('two')])
    const { headers } = await givenShare(app, token, { app: 'notes', release: '1.1.0' })
    await app.ask('POST', '/api/v1/apps/notes/releases/1.1.0/actions/yank', { token, body: { reason: 'broken' } })
    const answer = await app.ask('GET', '/notes/releases/1.1.0/notes.bin', { headers })
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('warning') ?? '', /yanked/)
    assert.equal((await create(app, token, { release: '1.1.0' })).status, 201)
  }))

test('the grant of a link is in no answer but its own and its cookie, no log line, no event and no file', async () => {
  const lines: string[] = []
  const app = await createTestApp({ blobs: 'fs', config: { logLevel: 'debug' } })
  try {
    ;(app.deps as { log: unknown }).log = (...args: unknown[]) => lines.push(JSON.stringify(args))
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
    await release(app, token, 'notes', { version: '1.0.0' }, [textFile('one')])
    const { path, headers, share } = await givenShare(app, token, { app: 'notes', release: '1.0.0', maxDownloads: 1 })
    const mac = path.slice(-43)
    const answers = [
      await app.ask('GET', '/notes/releases/1.0.0', { headers }),
      await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { headers }),
      await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { headers }),
      await app.ask('GET', path),
      await app.ask('GET', path, { headers: { Accept: 'text/html' } }),
      await app.ask('GET', `${path}x`),
      await app.ask('POST', path),
      await app.ask('GET', `/api/v1/shares/${share.id}`, { token }),
      await app.ask('GET', `/api/v1/shares/${path.slice(3)}`, { token }),
      await app.ask('GET', '/api/v1/audit?limit=200', { token }),
    ]
    for (const answer of answers) {
      assert.ok(!answer.text.includes(mac), answer.text)
      assert.ok(![...answer.headers].flat().join().includes(mac), answer.text)
    }
    assert.ok(lines.some((line) => line.includes('"/s/')))
    for (const line of lines) assert.ok(!line.includes(mac), line)
    const names = await readdir(app.folder, { recursive: true, withFileTypes: true })
    for (const entry of names.filter((name) => name.isFile())) {
      const text = new TextDecoder('latin1').decode(await readFile(join(entry.parentPath, entry.name)))
      assert.ok(!text.includes(mac), entry.name)
    }
  } finally {
    await app.close()
  }
})

test('the page of a link that ended carries its grant nowhere, also not to the sign-in', () =>
  withShared(
    async (app, token) => {
      const made = await create(app, token, { channel: 'beta' })
      await app.ask('DELETE', `/api/v1/shares/${made.json.share.id}`, { token })
      const { pathname } = new URL(made.json.url)
      const page = await app.ask('GET', pathname, { headers: { Accept: 'text/html' } })
      assert.equal(page.status, 410)
      assert.ok(!page.text.includes(pathname.slice(-43)), 'neither in a link of the page')
      const elsewhere = await app.ask('GET', '/notes/beta', { headers: { Accept: 'text/html' } })
      assert.match(elsewhere.text, /\/login\?next=/)
    },
    { config: { publicUrl: 'https://distd.test' } },
  ))

test('an app that went meanwhile gets no link', () =>
  withShared(async (app, token) => {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'short' } })
    const record = findApp(app.deps.store, 'short')!
    await app.ask('DELETE', '/api/v1/apps/short', { token })
    const input = { app: 'short', channel: 'latest', label: 'x', expiresInDays: 1, maxDownloads: null }
    const target = { channel: 'latest', releaseId: null }
    await assert.rejects(createShare(app.deps, SYSTEM, record, target, input, null, SYSTEM_CAUSE), {
      code: 'app.not_found',
    })
  }))
