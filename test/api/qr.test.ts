import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { before, test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { givenShare } from '../helpers/given-share.ts'
import { draft, release, type TestApp, upload, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

before(() => needPrograms({ zbarimg: 'zbar-tools', 'rsvg-convert': 'librsvg2-bin' }))

/** What a reader that knows nothing of this server reads from a picture. */
function decoded(svg: string): string {
  const png = execFileSync('rsvg-convert', ['--width', '400', '--format', 'png'], { input: svg })
  return execFileSync('zbarimg', ['--quiet', '--nodbus', '--raw', 'PNG:-'], { input: png, encoding: 'utf8' }).trim()
}

const inScene = (run: (app: TestApp, token: string, setUrl: string) => Promise<void>) =>
  withNotes({}, async (app, token) => {
    const { setUrl } = await release(app, token, 'notes', { version: '1.0.0', build: '7' }, [textFile('words')])
    const moved = await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
      token,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0+7' },
    })
    assert.equal(moved.status, 200, moved.text)
    await run(app, token, setUrl)
  })

test('the code of every page leads to that page, as another program reads it', () =>
  inScene(async (app, token, setUrl) => {
    const uploadId = await upload(app, token, textFile('branch'))
    const branch = await app.ask('PUT', '/api/v1/apps/notes/branches/feature%2Fa/slots/any-any', {
      token,
      body: { uploadId },
    })
    assert.equal(branch.status, 201, branch.text)
    const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [textFile('next')])
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    const made = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: '2.0.0' } })
    const pages = ['/notes', '/notes/stable', '/notes/latest', '/notes/releases/1.0.0+7', '/notes/branches/feature%2Fa']
    pages.push(new URL(setUrl).pathname, new URL(made.json.preview.url).pathname)
    for (const page of pages) {
      const answer = await app.ask('GET', `${page}/qr.svg`)
      assert.equal(answer.status, 200, `${page}: ${answer.text}`)
      assert.equal(answer.headers.get('content-type'), 'image/svg+xml')
      assert.equal(decoded(answer.text), `http://distd.test${page}`)
    }
    for (const page of pages) {
      const { text } = await app.ask('GET', page, { headers: { Accept: 'text/html' } })
      assert.ok(text.includes(`${page}/qr.svg`), `${page} shows its code`)
    }
    for (const absent of ['/notes/none', '/notes/releases/9.9.9', '/notes/branches/none', '/sets/0', '/preview/0'])
      assert.equal((await app.ask('GET', `${absent}/qr.svg`)).status, 404, absent)
  }))

test('who came by a share link passes on that link, which no cache keeps; others get the address alone', () =>
  inScene(async (app, token) => {
    for (const visibility of ['private', 'public']) {
      await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility } })
      for (const [page, body] of [
        ['/notes/stable', { app: 'notes', channel: 'stable' }],
        ['/notes/releases/1.0.0+7', { app: 'notes', release: '1.0.0+7' }],
      ] as const) {
        const { path, headers } = await givenShare(app, token, body)
        const code = await app.ask('GET', `${page}/qr.svg`, { headers })
        assert.equal(decoded(code.text), `http://distd.test${path}`, `${visibility} ${page}`)
        assert.equal(code.headers.get('cache-control'), 'private, no-store')
        const shown = (await app.ask('GET', page, { headers: { ...headers, Accept: 'text/html' } })).text
        assert.ok(shown.includes('qr.svg'))
        assert.ok(!shown.includes(path.split('/').at(-1)!), 'the page itself does not tell the link')
        assert.equal(decoded((await app.ask('GET', `${page}/qr.svg`, { token })).text), `http://distd.test${page}`)
      }
    }
  }))

test('a link whose downloads are used up is not passed on', () =>
  inScene(async (app, token) => {
    const { headers } = await givenShare(app, token, { app: 'notes', channel: 'stable', maxDownloads: 1 })
    assert.equal((await app.ask('GET', '/notes/stable/notes.bin', { headers })).status, 200)
    assert.equal(
      decoded((await app.ask('GET', '/notes/stable/qr.svg', { headers })).text),
      'http://distd.test/notes/stable',
    )
  }))
