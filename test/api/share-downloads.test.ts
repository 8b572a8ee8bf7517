import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countDownload } from '../../src/shares/count.ts'
import { findShare } from '../../src/store/shares.ts'
import { type GivenShare, givenShare, shareDetails } from '../helpers/given-share.ts'
import { type Answer, createTestApp, release, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

const BYTES = '0123456789'
const FILE = '/notes/releases/1.0.0/notes.bin'
const MINUTE_MS = 60_000

interface Scene {
  readonly app: TestApp
  readonly token: string
  share(body?: object): Promise<GivenShare>
  get(path: string, given: Pick<GivenShare, 'headers'>, headers?: Record<string, string>): Promise<Answer>
  counts(given: GivenShare): Promise<Record<string, number>>
}

/** An app with the release 1.0.0 of `notes.bin`, `other.bin` and `empty.bin`. */
async function inScene(
  run: (scene: Scene) => Promise<void>,
  { visibility = 'private', ...options }: TestAppOptions & { visibility?: string } = {},
): Promise<void> {
  const app = await createTestApp(options)
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility } })
    await release(app, token, 'notes', { version: '1.0.0' }, [
      { fileName: 'notes.bin', bytes: bytesOf(BYTES) },
      { fileName: 'other.bin', bytes: bytesOf('other') },
      { fileName: 'empty.bin', bytes: bytesOf('') },
    ])
    await run({
      app,
      token,
      share: (body = {}) => givenShare(app, token, { app: 'notes', release: '1.0.0', ...body }),
      get: (path, given, headers = {}) => app.ask('GET', path, { headers: { ...given.headers, ...headers } }),
      async counts(given) {
        const { files } = await shareDetails(app, token, given.share)
        return Object.fromEntries(files.map(({ fileName, count }) => [fileName, count]))
      },
    })
  } finally {
    await app.close()
  }
}

async function downloads({ app, token }: Scene): Promise<{ after: Record<string, unknown>; actor: unknown }[]> {
  const { items } = (await app.ask('GET', '/api/v1/audit?order=desc&limit=200', { token })).json
  return items.filter(({ action }: { action: string }) => action === 'share.downloaded')
}

function isGone(answer: Answer): void {
  assert.deepEqual([answer.status, answer.json.code], [410, 'share.gone'], answer.text)
}

test('what includes the first byte is counted, and nothing else is', () =>
  inScene(async ({ app, share, get, counts }) => {
    const given = await share()
    const etag = (await app.ask('HEAD', FILE, { headers: given.headers })).headers.get('etag')!
    const cases: [string, Record<string, string>, number, number][] = [
      ['a whole file', {}, 200, 1],
      ['from the first byte on', { Range: 'bytes=0-' }, 206, 1],
      ['the first byte', { Range: 'bytes=0-0' }, 206, 1],
      ['a suffix that is all of it', { Range: 'bytes=-100' }, 206, 1],
      ['several parts with the first byte', { Range: 'bytes=0-1,4-5' }, 206, 1],
      ['parts that overlap: the whole is sent', { Range: 'bytes=4-5,2-4' }, 200, 1],
      ['a unit that nobody knows: the whole is sent', { Range: 'lines=3-4' }, 200, 1],
      ['If-Range of other bytes: the whole is sent', { Range: 'bytes=4-', 'If-Range': '"sha256-x"' }, 200, 1],
      ['a weak If-Range: the whole is sent', { Range: 'bytes=4-', 'If-Range': `W/${etag}` }, 200, 1],
      ['other bytes than the client has', { 'If-None-Match': '"other"' }, 200, 1],
      ['all but the first byte', { Range: 'bytes=1-' }, 206, 0],
      ['a part', { Range: 'bytes=4-5' }, 206, 0],
      ['a suffix', { Range: 'bytes=-3' }, 206, 0],
      ['several parts without the first byte', { Range: 'bytes=2-3,5-6' }, 206, 0],
      ['the rest of the same bytes', { Range: 'bytes=4-', 'If-Range': etag }, 206, 0],
      ['what the client has', { 'If-None-Match': etag }, 304, 0],
      ['anything that the client has', { 'If-None-Match': '*' }, 304, 0],
      ['no byte of the file', { Range: 'bytes=10-' }, 416, 0],
      ['bytes that are not there', { 'If-Match': '"other"' }, 412, 0],
    ]
    let count = 0
    for (const [name, headers, status, counted] of cases) {
      const answer = await get(FILE, given, headers)
      assert.equal(answer.status, status, name)
      count += counted
      assert.equal((await counts(given))['notes.bin'] ?? 0, count, name)
    }
    const head = await app.ask('HEAD', FILE, { headers: { ...given.headers, Range: 'bytes=0-' } })
    assert.equal(head.status, 200)
    assert.equal((await get('/notes/releases/1.0.0/empty.bin', given)).status, 200)
    for (const path of ['/notes/releases/1.0.0', '/notes/releases/1.0.0/sha256.sum']) {
      assert.equal((await get(path, given)).status, 200)
    }
    assert.equal((await get('/notes/releases/1.0.0/absent.bin', given)).status, 404)
    assert.deepEqual(await counts(given), { 'notes.bin': count, 'empty.bin': 1 })
  }))

test('downloads of a channel are counted by the release that it held, at each of its URLs', () =>
  inScene(async ({ app, token, share, get }) => {
    const given = await share({ release: undefined, channel: 'latest' })
    assert.equal((await get('/notes/latest/notes.bin', given)).status, 200)
    assert.equal((await get('/notes/latest/download', given)).status, 300)
    await release(app, token, 'notes', { version: '1.1.0' }, [{ fileName: 'notes.bin', bytes: bytesOf('new') }])
    assert.equal((await get('/notes/latest/notes.bin', given)).text, 'new')
    await app.clock.advance(1)
    assert.equal((await get('/notes/latest/download', given)).text, 'new')
    const { files, downloads } = await shareDetails(app, token, given.share)
    assert.deepEqual(
      files.map(({ release, fileName, count }) => [release, fileName, count]),
      [
        ['1.1.0', 'notes.bin', 2],
        ['1.0.0', 'notes.bin', 1],
      ],
    )
    assert.equal(downloads, 3)
    const [first] = files
    assert.equal(Date.parse(first!.lastAt) - Date.parse(first!.firstAt), 1)
  }))

test('a limit is of all files together, and what is over it is 410 for files and not for pages', () =>
  inScene(async (scene) => {
    const { share, get, app, token } = scene
    const given = await share({ maxDownloads: 2 })
    assert.equal((await get(FILE, given)).status, 200)
    assert.equal((await get('/notes/releases/1.0.0/other.bin', given)).status, 200)
    isGone(await get(FILE, given))
    isGone(await get('/notes/releases/1.0.0/empty.bin', given))
    assert.equal((await get('/notes/releases/1.0.0', given)).status, 200)
    const details = await shareDetails(app, token, given.share)
    assert.deepEqual([details.state, details.downloads], ['used-up', 2])
    isGone(await app.ask('GET', given.path))
    const page = await get(FILE, given, { Accept: 'text/html' })
    assert.deepEqual([page.status, page.headers.get('content-type')], [410, 'text/html; charset=utf-8'])
  }))

test('of fifty downloads at once with a limit of ten, ten are sent and counted', () =>
  inScene(
    async ({ share, get, app, token }) => {
      const given = await share({ maxDownloads: 10 })
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => get(i % 2 === 0 ? FILE : '/notes/releases/1.0.0/other.bin', given)),
      )
      assert.equal(answers.filter(({ status }) => status === 200).length, 10)
      for (const answer of answers) if (answer.status !== 200) isGone(answer)
      const { downloads, files } = await shareDetails(app, token, given.share)
      assert.equal(downloads, 10)
      assert.equal(
        files.reduce((sum, { count }) => sum + count, 0),
        10,
      )
    },
    { blobs: 'fs' },
  ))

test('a cut download goes on for an hour after it was counted, and leaving out the first byte is no way around', () =>
  inScene(async ({ share, get, app, counts }) => {
    const rest = { Range: 'bytes=1-' }
    const given = await share({ maxDownloads: 2 })
    assert.equal((await get(FILE, given, rest)).status, 206, 'nothing was counted before: this is a download')
    assert.deepEqual(await counts(given), { 'notes.bin': 1 })
    assert.equal((await get(FILE, given, rest)).status, 206)
    assert.deepEqual(await counts(given), { 'notes.bin': 1 }, 'and this goes on with it')
    assert.equal((await get(FILE, given)).status, 200)
    isGone(await get(FILE, given))
    isGone(await get('/notes/releases/1.0.0/other.bin', given, rest))
    await app.clock.advance(60 * MINUTE_MS)
    assert.equal((await get(FILE, given, rest)).text, BYTES.slice(1))
    assert.equal((await get(FILE, given, { Range: 'bytes=5-6,8-9' })).status, 206)
    await app.clock.advance(1)
    isGone(await get(FILE, given, rest))
    isGone(await get(FILE, given, { Range: 'bytes=5-6,8-9' }))
    assert.deepEqual(await counts(given), { 'notes.bin': 2 })
  }))

test('a download that was never sent is not counted', () =>
  inScene(async ({ app, share, get, counts }) => {
    const given = await share({ maxDownloads: 1 })
    for (const digest of await listDigests(app)) await app.deps.blobs.delete(digest)
    for (const headers of [{}, { Range: 'bytes=0-1' }, { Range: 'bytes=0-1,4-5' }] as Record<string, string>[]) {
      assert.equal((await get(FILE, given, headers)).json.code, 'blob.unavailable')
    }
    assert.deepEqual(await counts(given), {})
  }))

async function listDigests(app: TestApp) {
  const found = await app.deps.store.reads.selectFrom('blobs').select('digest').execute()
  return found.map(({ digest }) => digest as Parameters<TestApp['deps']['blobs']['delete']>[0])
}

test('a revoked or expired link sends nothing from the next request on', () =>
  inScene(async ({ app, token, share, get }) => {
    const short = await share({ expiresInDays: 1 })
    const revoked = await share()
    assert.equal((await get(FILE, revoked)).status, 200)
    await app.ask('DELETE', `/api/v1/shares/${revoked.share.id}`, { token })
    assert.equal((await get(FILE, revoked)).json.code, 'app.not_found')
    assert.equal((await get(FILE, revoked, { Range: 'bytes=4-' })).json.code, 'app.not_found')
    await app.clock.advance(86_400_000 - 1)
    assert.equal((await get(FILE, short)).status, 200)
    await app.clock.advance(1)
    assert.equal((await get(FILE, short)).json.code, 'app.not_found')
    const { downloads } = await shareDetails(app, token, short.share)
    assert.equal(downloads, 1)
  }))

test('a link that is revoked while its downloads queue sends no more of them than are counted', () =>
  inScene(async ({ app, token, share, get }) => {
    const given = await share()
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => get(FILE, given))),
      app.ask('DELETE', `/api/v1/shares/${given.share.id}`, { token }),
    ])
    const sent = answers.filter(({ status }) => status === 200).length
    for (const { status, json } of answers.filter((answer) => answer.status !== 200)) {
      assert.deepEqual([status, json.code], [404, 'app.not_found'])
    }
    assert.equal((await shareDetails(app, token, given.share)).downloads, sent)
  }))

test('a link that ended since a request found it alive counts nothing, and its download is refused', () =>
  inScene(async ({ app, token, share }) => {
    const file = { release: '1.0.0', fileName: 'notes.bin' }
    const { share: limited } = await share({ maxDownloads: 5, expiresInDays: 1 })
    const { share: revoked } = await share({ maxDownloads: 5 })
    const found = [limited, revoked].map(({ id }) => findShare(app.deps.store, id)!)
    await app.ask('DELETE', `/api/v1/shares/${revoked.id}`, { token })
    await app.clock.advance(86_400_000)
    for (const hasFirstByte of [true, false]) {
      assert.equal(await countDownload(app.deps, found, file, hasFirstByte, 'req_1'), 'ended')
    }
    for (const link of [limited, revoked]) assert.equal((await shareDetails(app, token, link)).downloads, 0)
  }))

test('of several links the one that was made last is used, until it is used up', () =>
  inScene(async ({ app, token, share, get }) => {
    const first = await share({ label: 'first' })
    await app.clock.advance(1)
    const last = await share({ label: 'last', maxDownloads: 1 })
    await app.clock.advance(1)
    const other = await share({ label: 'of a channel', release: undefined, channel: 'latest' })
    const links = [other, first, last]
    const Cookie = links.map(({ headers }) => headers.Cookie).join('; ')
    const used = async () => Promise.all(links.map(async (l) => (await shareDetails(app, token, l.share)).downloads))
    assert.equal((await get(FILE, { headers: { Cookie } })).status, 200)
    assert.deepEqual(await used(), [0, 0, 1])
    assert.equal((await get(FILE, { headers: { Cookie } })).status, 200)
    assert.deepEqual(await used(), [0, 1, 1])
    const [event] = await downloads({ app, token } as Scene)
    assert.deepEqual(event!.actor, { kind: 'share', id: first.share.id, name: 'first' })
  }))

test('a download is in the audit log once a minute per link and file, with its count', () =>
  inScene(async (scene) => {
    const { app, share, get } = scene
    const given = await share()
    for (let i = 0; i < 3; i++) await get(FILE, given)
    await get('/notes/releases/1.0.0/other.bin', given)
    await app.clock.advance(MINUTE_MS)
    await get(FILE, given)
    const told = (await downloads(scene)).map(({ after }) => [after.fileName, after.count, after.downloads])
    assert.deepEqual(told.reverse(), [
      ['notes.bin', 1, 1],
      ['other.bin', 1, 4],
      ['notes.bin', 4, 5],
    ])
  }))

test('a person and a token with a right of their own use up no link; a person without one does', () =>
  inScene(async ({ app, token, share, counts }) => {
    const given = await share({ maxDownloads: 1 })
    const { Cookie } = given.headers
    const viewer = await app.person({ apps: { notes: 'viewer' } })
    const nobody = await app.person()
    for (let i = 0; i < 3; i++) {
      assert.equal((await app.ask('GET', FILE, { cookie: `${viewer.cookie}; ${Cookie}` })).status, 200)
      assert.equal((await app.ask('GET', FILE, { token, headers: { Cookie } })).status, 200)
    }
    assert.deepEqual(await counts(given), {})
    assert.equal((await app.ask('GET', FILE, { cookie: nobody.cookie })).status, 404)
    assert.equal((await app.ask('GET', FILE, { cookie: `${nobody.cookie}; ${Cookie}` })).status, 200)
    isGone(await app.ask('GET', FILE, { cookie: `${nobody.cookie}; ${Cookie}` }))
    assert.deepEqual(await counts(given), { 'notes.bin': 1 })
    assert.equal((await app.ask('GET', FILE, { cookie: `${viewer.cookie}; ${Cookie}` })).status, 200)
    const [event] = await downloads({ app, token } as Scene)
    assert.deepEqual(event!.actor, { kind: 'share', id: given.share.id, name: 'Ada' })
  }))

for (const visibility of ['public', 'unlisted']) {
  test(`of an app that is ${visibility} downloads are counted, never kept by caches, and never refused`, () =>
    inScene(
      async ({ app, token, share, get, counts }) => {
        const given = await share({ maxDownloads: 1 })
        const open = await app.ask('GET', FILE)
        assert.match(open.headers.get('cache-control') ?? '', /immutable/)
        const shared = await get(FILE, given)
        assert.equal(shared.headers.get('cache-control'), 'private, no-store')
        assert.equal((await get(FILE, given)).status, 200, 'used up it takes nothing from anybody')
        assert.deepEqual(await counts(given), { 'notes.bin': 1 })
        await app.ask('DELETE', `/api/v1/shares/${given.share.id}`, { token })
        assert.equal((await get(FILE, given)).status, 200)
        for (const path of ['/notes/releases/1.0.0', '/notes/releases/1.0.0/sha256.sum']) {
          const again = await share()
          assert.equal((await get(path, again)).headers.get('cache-control'), 'private, no-store')
        }
      },
      { visibility },
    ))
}
