import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildProfile } from '../fixtures/build-profile.ts'
import { push } from '../helpers/push.ts'
import { type TestApp, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const URL_ = '/notes/branches/main/download'

const since = (app: TestApp, date: string, more: Record<string, string> = {}) =>
  app.ask('GET', URL_, { headers: { 'If-Modified-Since': date, ...more } })
const dateOf = (ms: number) => new Date(ms).toUTCString()

test('the bytes of a branch build come with ETag and digest, in ranges, to be asked for again each time', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'any-any', textFile('the first build'))
    const whole = await app.ask('GET', URL_)
    const etag = whole.headers.get('etag')!
    assert.deepEqual(
      [whole.status, whole.text, whole.headers.get('cache-control'), whole.headers.get('content-length')],
      [200, 'the first build', 'no-cache', '15'],
    )
    assert.match(whole.headers.get('repr-digest')!, /^sha-256=:/)
    assert.match(whole.headers.get('content-disposition')!, /^attachment; .*filename="notes\.bin"$/)
    assert.equal(whole.headers.get('content-location'), null, 'no URL keeps these bytes')
    const head = await app.ask('HEAD', URL_)
    assert.deepEqual([head.status, head.text, head.headers.get('etag')], [200, '', etag])
    const part = await app.ask('GET', URL_, { headers: { Range: 'bytes=4-8', 'If-Range': etag } })
    assert.deepEqual([part.status, part.text], [206, 'first'])

    await app.clock.advance(5000)
    await push(app, token, 'main', 'any-any', textFile('the second one'))
    const resumed = await app.ask('GET', URL_, { headers: { Range: 'bytes=4-8', 'If-Range': etag } })
    assert.deepEqual(
      [resumed.status, resumed.text],
      [200, 'the second one'],
      'a download that began before starts anew',
    )
    for (const condition of ['If-Range', 'If-None-Match'])
      assert.equal((await app.ask('GET', URL_, { headers: { [condition]: etag } })).text, 'the second one')
    assert.equal((await app.ask('GET', URL_, { headers: { 'If-Match': etag } })).status, 412)
    const known = resumed.headers.get('etag')!
    assert.equal((await app.ask('GET', URL_, { headers: { 'If-None-Match': known } })).status, 304)
  }))

test('a date tells whether the client has the present bytes', () =>
  withNotes({}, async (app, token) => {
    const start = app.clock.now()
    await push(app, token, 'main', 'any-any', textFile('one'))
    // Fetched in the second of the push, when another push may still follow: not known for certain.
    assert.equal((await app.ask('GET', URL_)).headers.get('last-modified'), null)
    assert.equal((await since(app, dateOf(start))).status, 200)

    await app.clock.advance(10_500)
    const date = (await app.ask('GET', URL_)).headers.get('last-modified')!
    assert.equal(date, dateOf(start + 1000))
    for (const [asked, status] of [
      [date, 304],
      [dateOf(start + 9000), 304],
      [dateOf(start), 200],
      [dateOf(start + 60_000), 200],
      ['yesterday', 200],
    ] as const)
      assert.equal((await since(app, asked)).status, status, asked)
    assert.equal((await since(app, date, { 'If-None-Match': '"x"' })).status, 200, 'an ETag goes before a date')
    assert.equal((await app.ask('HEAD', URL_, { headers: { 'If-Modified-Since': date } })).status, 304)

    // Whoever fetched a moment ago, in this very second, has a date that is not enough for what comes now.
    const before = dateOf(app.clock.now())
    await push(app, token, 'main', 'any-any', textFile('two'))
    const second = await since(app, before)
    assert.equal(second.text, 'two')
    assert.equal(
      second.headers.get('last-modified'),
      null,
      'curl -z keeps its file when this is no later than its date',
    )
    await app.clock.advance(1000)
    assert.equal((await since(app, dateOf(app.clock.now()))).status, 304)
  }))

test('many pushes within a second, and a clock that goes back, make no date known that was not', () =>
  withNotes({}, async (app, token) => {
    const seen: string[] = []
    for (let i = 0; i < 5; i++) {
      await push(app, token, 'main', 'any-any', textFile(`build ${i}`))
      for (const date of seen) assert.equal((await since(app, date)).text, `build ${i}`)
      seen.push(dateOf(app.clock.now()))
      await app.clock.advance(300)
    }
    app.clock.setNow(app.clock.now() - 3_600_000)
    await push(app, token, 'main', 'any-any', textFile('back'))
    app.clock.setNow(app.clock.now() + 3_600_000)
    for (const date of seen) assert.equal((await since(app, date)).text, 'back')
  }))

test('a file is found by its name too; several of one name are listed', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'linux-x64', textFile('x64', 'notes x64.bin'))
    await push(app, token, 'main', 'linux-arm64', textFile('arm64', 'notes.bin'))
    await push(app, token, 'main', 'linux-any', textFile('any', 'notes.bin'))
    assert.equal((await app.ask('GET', '/notes/branches/main/notes%20x64.bin')).text, 'x64')
    const several = await app.ask('GET', '/notes/branches/main/notes.bin')
    assert.deepEqual([several.status, several.json.code], [300, 'artifact.ambiguous'])
    assert.deepEqual(
      several.json.details.files.map(({ url }: { url: string }) => url),
      ['any', 'arm64'].map((arch) => `http://distd.test${URL_}?platform=linux&arch=${arch}`),
    )
    await push(app, token, 'main', 'linux-any', textFile('arm64', 'notes.bin'))
    assert.equal((await app.ask('GET', '/notes/branches/main/notes.bin')).text, 'arm64', 'the same bytes are no choice')
    for (const name of ['none.bin', 'NOTES.BIN', 'sha256.sum'])
      assert.equal((await app.ask('GET', `/notes/branches/main/${name}`)).json.code, 'artifact.not_found', name)
  }))

test('branch builds of a private app are for credentials that cover it, and stay in no cache', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'any-any', textFile('one'))
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const { secret: other } = await app.issue({ actions: ['read'], apps: ['elsewhere'] })
    const paths = ['/notes/branches', '/notes/branches/main', URL_, '/notes/branches/main/notes.bin']
    for (const path of [...paths, '/api/v1/apps/notes/branches', '/api/v1/apps/notes/branches/main']) {
      for (const credential of [undefined, other]) {
        const hidden = await app.ask('GET', path, { token: credential })
        assert.deepEqual([hidden.status, hidden.json.code], [404, 'app.not_found'], path)
      }
    }
    for (const path of paths) {
      const seen = await app.ask('GET', path, { token })
      assert.deepEqual([seen.status, seen.headers.get('cache-control')], [200, 'private, no-store'], path)
      assert.equal(seen.headers.get('x-robots-tag'), 'noindex', path)
    }
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'unlisted' } })
    for (const path of paths) assert.equal((await app.ask('GET', path)).headers.get('cache-control'), 'no-cache', path)
  }))

test('IPA files of branch builds need a credential of the app, and devices are told to nobody else', () =>
  withNotes({}, async (app, token) => {
    const bytes = buildIpa({ profile: await buildProfile({ type: 'ad-hoc', signer: await buildSigner() }) })
    const pushed = await push(app, token, 'main', 'ios-arm64', { fileName: 'Notes.ipa', bytes })
    assert.equal(pushed.status, 201, pushed.text)
    const { secret: other } = await app.issue({ actions: ['read'], apps: ['elsewhere'] })
    for (const path of [`${URL_}?platform=ios&arch=arm64`, '/notes/branches/main/Notes.ipa']) {
      assert.equal((await app.ask('GET', path)).json.code, 'access.unauthenticated')
      assert.equal((await app.ask('GET', path, { token: other })).json.code, 'access.denied')
      const given = await app.ask('GET', path, { token })
      assert.deepEqual([given.status, given.headers.get('cache-control')], [200, 'private, no-store'])
    }
    const profile = async (secret?: string) =>
      (await app.ask('GET', '/api/v1/apps/notes/branches/main', { token: secret })).json.slots[0].inspection.profile
    assert.ok((await profile(token)).devices.length > 0)
    assert.equal((await profile()).devices, undefined)
  }))
