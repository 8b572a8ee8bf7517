import assert from 'node:assert/strict'
import { test } from 'node:test'
import { push } from '../helpers/push.ts'
import { type TestApp, withNotes } from '../helpers/test-app.ts'

const URL_ = '/notes/branches/main/download'
const X64 = `${URL_}?platform=linux&arch=x64`

const file = (text: string, fileName = 'notes.bin') => ({ fileName, bytes: new TextEncoder().encode(text) })
const dateOf = (ms: number) => new Date(ms).toUTCString()
const since = (app: TestApp, date: string) => app.ask('GET', URL_, { headers: { 'If-Modified-Since': date } })

test('a date stands for no other slot that a URL gives later', () =>
  withNotes({}, async (app, token) => {
    const named = '/notes/branches/main/notes.bin'
    const dateIs304 = async (url: string, date: string) =>
      (await app.ask('GET', url, { headers: { 'If-Modified-Since': date } })).status
    await push(app, token, 'main', 'any-any', file('for all', 'other.bin'))
    await app.clock.advance(100_000)
    await push(app, token, 'main', 'linux-x64', file('for x64'))
    await app.clock.advance(100_000)
    const date = (await app.ask('GET', X64)).headers.get('last-modified')!
    const fetched = dateOf(app.clock.now())
    assert.deepEqual([await dateIs304(X64, date), await dateIs304(named, fetched)], [304, 304])

    const slot = '/api/v1/apps/notes/branches/main/slots/linux-x64'
    assert.equal((await app.ask('DELETE', slot, { token })).status, 204)
    // The same bytes under another name are what that name gives now.
    await push(app, token, 'main', 'any-any', file('for all'))
    await app.clock.advance(100_000)
    for (const url of [X64, named])
      for (const known of [date, fetched]) assert.equal(await dateIs304(url, known), 200, `${url} ${known}`)
    assert.equal((await app.ask('GET', X64)).text, 'for all')

    // A slot of its own goes before the one for all, and is newer, also when the clock went back.
    const later = (await app.ask('GET', X64)).headers.get('last-modified')!
    const now = app.clock.now()
    app.clock.setNow(now - 3_600_000)
    await push(app, token, 'main', 'linux-x64', file('for x64 again'))
    app.clock.setNow(now + 10_000)
    assert.equal((await app.ask('GET', X64, { headers: { 'If-Modified-Since': later } })).text, 'for x64 again')
  }))

test('the same bytes under another name are asked for again by that name, and stay known to their slot by ETag', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'any-any', file('bytes', 'a.bin'))
    await app.clock.advance(10_000)
    const { headers } = await app.ask('GET', URL_)
    await push(app, token, 'main', 'any-any', file('bytes', 'b.bin'))
    await app.clock.advance(10_000)
    assert.equal((await since(app, headers.get('last-modified')!)).status, 200)
    const known = await app.ask('GET', URL_, { headers: { 'If-None-Match': headers.get('etag')! } })
    assert.equal(known.status, 304)
    assert.match(known.headers.get('content-disposition')!, /b\.bin/)
    assert.equal((await app.ask('GET', '/notes/branches/main/a.bin')).status, 404)
  }))
