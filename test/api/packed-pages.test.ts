import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { shareOf } from '../helpers/share-cookie.ts'
import { release, type TestApp, withNotes } from '../helpers/test-app.ts'

const bytes = new TextEncoder().encode('the app')
const FILES = [{ fileName: 'notes.bin', bytes, platform: 'linux' }]

async function got(app: TestApp, path: string, more: Record<string, string> = {}, method = 'GET') {
  const headers = { Accept: 'text/html', 'Accept-Encoding': 'gzip, br', ...more }
  const response = await app.fetch(new Request(`https://dist.example.com${path}`, { headers, method }))
  const body = Buffer.from(await response.arrayBuffer())
  const isPacked = response.headers.get('content-encoding') === 'gzip'
  const { status } = response
  return {
    status,
    isPacked,
    size: body.byteLength,
    headers: response.headers,
    text: isPacked && body.byteLength > 0 ? String(gunzipSync(body)) : String(body),
  }
}

/** Asks for a page packed and plain, by HEAD, and again with each of its tags. */
async function assertPacked(app: TestApp, path: string, more: Record<string, string> = {}): Promise<void> {
  const plain = await got(app, path, { ...more, 'Accept-Encoding': 'identity' })
  const packed = await got(app, path, more)
  assert.deepEqual([plain.status, plain.isPacked, packed.isPacked], [200, false, true], path)
  assert.equal(packed.text, plain.text, path)
  assert.ok(packed.size < plain.size * 0.7, `${path}: ${packed.size} of ${plain.size} bytes`)
  const [tag, weak] = [plain, packed].map(({ headers }) => headers.get('etag')!) as [string, string]
  assert.equal(weak, `W/${tag}`)
  const head = await got(app, path, more, 'HEAD')
  assert.deepEqual([head.size, head.headers.get('content-length')], [0, String(packed.size)], path)
  assert.deepEqual([head.isPacked, head.headers.get('etag')], [true, weak], path)
  const agreed = [plain, packed, head]
  for (const known of [tag, weak]) {
    for (const [coding, expected] of [
      ['gzip', weak],
      ['identity', tag],
    ] as const) {
      const again = await got(app, path, { ...more, 'If-None-Match': known, 'Accept-Encoding': coding })
      assert.deepEqual([again.status, again.size, again.isPacked], [304, 0, false], path)
      assert.equal(again.headers.get('etag'), expected, path)
      agreed.push(again)
    }
  }
  for (const { headers } of agreed) {
    assert.match(headers.get('vary')!, /(?:^|, )Accept-Encoding(?:,|$)/, path)
    assert.equal(headers.get('cache-control'), plain.headers.get('cache-control'), path)
  }
}

const PAGES = ['/', '/notes', '/notes/latest', '/notes/releases', '/notes/releases/1.0.0', '/notes/branches']

test('a page for everybody travels packed to who takes it so, and is the same page', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    for (const path of [...PAGES, '/notes/latest?platform=ios', '/notes/announcements']) await assertPacked(app, path)
    for (const refused of ['gzip;q=0', 'br']) {
      assert.ok(!(await got(app, '/notes/latest', { 'Accept-Encoding': refused })).isPacked, refused)
    }
    assert.ok(!(await got(app, '/notes/latest', { Accept: 'application/json' })).isPacked, 'facts keep their tag')
  }))

test('so does a page for some alone, whoever they are, while nothing of the request stands in it', () =>
  withNotes({}, async (app, token) => {
    const { setUrl } = await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const { cookie } = await app.person({ role: 'admin' })
    const share = await shareOf(app.deps, { app: 'notes', release: '1.0.0' })
    for (const path of [...PAGES, new URL(setUrl).pathname]) {
      await assertPacked(app, path, { Cookie: cookie })
      await assertPacked(app, path, { Authorization: `Bearer ${token}` })
      assert.equal((await got(app, path, { Cookie: cookie })).headers.get('cache-control'), 'private, no-store')
    }
    await assertPacked(app, '/notes/releases/1.0.0', { Cookie: share.cookie })

    const said = 'GUESSED-GRANT'
    const plain = await got(app, '/notes/releases/1.0.0', { Cookie: share.cookie })
    for (const field of ['Referer', 'Origin', 'Accept-Language', 'X-Forwarded-Host', 'X-Forwarded-Prefix', 'From']) {
      const value = field === 'Referer' ? `https://evil.test/${said}` : said
      const asked = await got(app, '/notes/releases/1.0.0', { Cookie: share.cookie, [field]: value })
      assert.deepEqual([asked.isPacked, asked.text === plain.text], [true, true], field)
    }
  }))

test('a page for some alone is not packed beside text that the address brings: its length would tell of what is in it', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    const { cookie } = await app.person({ role: 'admin' })
    const share = await shareOf(app.deps, { app: 'notes', release: '1.0.0' })
    const asked = await got(app, '/notes/latest?udid=0000')
    const signedIn = await got(app, '/notes/latest?x=guess', { Cookie: cookie })
    assert.match(signedIn.text, /Sign out/)
    const form = await got(app, '/account', { Cookie: cookie })
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const hidden = await got(app, '/notes/latest?guess', { Authorization: `Bearer ${token}` })
    const shared = await got(app, '/notes/releases/1.0.0?guess', { Cookie: share.cookie })
    assert.match(shared.text, /guess/, 'the way to sign in repeats it')
    const spelled = await got(app, '/notes/%72eleases/1.0.0', { Cookie: share.cookie })
    assert.match(spelled.text, /%2572eleases/)
    for (const page of [asked, signedIn, form, hidden, shared, spelled]) {
      assert.deepEqual([page.status, page.isPacked], [200, false])
    }
    const error = await got(app, '/notes/releases/1.0.0/guess', { Cookie: share.cookie })
    assert.match(error.text, /guess/)
    assert.deepEqual([error.status, error.isPacked], [404, false])
  }))

test('a private release of sixty files is a page of less than 30,000 bytes on the line', () =>
  withNotes({}, async (app, token) => {
    const platforms = ['linux', 'macos', 'windows', 'android'] as const
    const files = Array.from({ length: 60 }, (_, i) => ({
      fileName: `notes-${i}.bin`,
      bytes: new TextEncoder().encode(`file ${i}`),
      platform: platforms[i % 4]!,
    }))
    await release(app, token, 'notes', { version: '1.0.0' }, files)
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const { cookie } = await app.person({ role: 'admin' })
    const page = await got(app, '/notes/latest', { Cookie: cookie })
    let size = page.size
    for (const [, path] of page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+\.(?:css|js))"/g)) {
      size += (await got(app, path!)).size
    }
    for (const { fileName } of files) assert.ok(page.text.includes(fileName))
    assert.ok(page.text.length > 30_000 && size < 30_000, `${size} bytes of ${page.text.length}`)
  }))
