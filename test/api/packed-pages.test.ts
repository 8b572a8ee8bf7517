import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { release, type TestApp, withNotes } from '../helpers/test-app.ts'

const bytes = new TextEncoder().encode('the app')
const FILES = [{ fileName: 'notes.bin', bytes, platform: 'linux' }]

async function got(app: TestApp, path: string, more: Record<string, string> = {}) {
  const headers = { Accept: 'text/html', 'Accept-Encoding': 'gzip, br', ...more }
  const response = await app.fetch(new Request(`https://dist.example.com${path}`, { headers }))
  const body = Buffer.from(await response.arrayBuffer())
  const isPacked = response.headers.get('content-encoding') === 'gzip'
  const { status } = response
  return {
    status,
    isPacked,
    size: body.byteLength,
    headers: response.headers,
    text: isPacked ? String(gunzipSync(body)) : String(body),
  }
}

test('a page for everybody travels packed to who takes it so, and is the same page', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    const plain = await got(app, '/notes/latest', { 'Accept-Encoding': 'identity' })
    const packed = await got(app, '/notes/latest')
    assert.deepEqual([plain.isPacked, packed.isPacked], [false, true])
    assert.ok(packed.text === plain.text && packed.size < plain.size / 2, `${packed.size} of ${plain.size} bytes`)
    assert.equal(packed.headers.get('etag'), `W/${plain.headers.get('etag')}`)
    for (const { headers } of [plain, packed]) assert.match(headers.get('vary')!, /, Accept-Encoding$/)
    for (const tag of [plain, packed].map(({ headers }) => headers.get('etag')!)) {
      const again = await got(app, '/notes/latest', { 'If-None-Match': tag })
      assert.deepEqual([again.status, again.size], [304, 0])
    }
    for (const refused of ['gzip;q=0', 'br']) {
      assert.ok(!(await got(app, '/notes/latest', { 'Accept-Encoding': refused })).isPacked, refused)
    }
    assert.ok(!(await got(app, '/notes/latest', { Accept: 'application/json' })).isPacked, 'facts keep their tag')
  }))

test('a page that is not for everybody is never packed: its length would tell of what is in it', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    const { cookie } = await app.person({ role: 'admin' })
    const asked = await got(app, '/notes/latest?udid=0000')
    const signedIn = await got(app, '/notes/latest', { Cookie: cookie })
    assert.match(signedIn.text, /Sign out/)
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const hidden = await got(app, '/notes/latest', { Authorization: `Bearer ${token}` })
    for (const page of [asked, signedIn, hidden]) assert.deepEqual([page.status, page.isPacked], [200, false])
  }))
