import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { buildTar } from '../fixtures/tar-writer.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { createTestApp, release, withNotes } from '../helpers/test-app.ts'

const FILES = [
  {
    fileName: 'notes.tar.gz',
    bytes: new Uint8Array(gzipSync(buildTar([{ name: 'notes', data: '#!/bin/sh\n', mode: 0o755 }]))),
  },
  { fileName: 'notes.zip', bytes: buildZip([{ name: 'notes.txt', data: 'x' }]), platform: 'windows' },
]

async function withRelease(run: Parameters<typeof withNotes>[1], config = {}) {
  await withNotes({ config }, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    await run(app, token)
  })
}

test('install.sh and install.ps1 are texts that browsers do nothing with, are revalidated, and answer HEAD', () =>
  withRelease(async (app) => {
    for (const name of ['install.sh', 'install.ps1']) {
      for (const folder of ['/notes/latest', '/notes/releases/1.0.0']) {
        const answer = await app.ask('GET', `${folder}/${name}`)
        assert.equal(answer.status, 200)
        assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
        assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/)
        assert.equal(answer.headers.get('cache-control'), 'no-cache')
        const head = await app.ask('HEAD', `${folder}/${name}`)
        assert.equal(head.headers.get('content-length'), String(answer.text.length))
        const headers = { 'If-None-Match': answer.headers.get('etag')! }
        assert.equal((await app.ask('GET', `${folder}/${name}`, { headers })).status, 304)
        const wanted = await app.ask('GET', `${folder}/${name}?file=notes.zip`)
        assert.match(wanted.text, /(?:default_file=|\$wanted = )'notes\.zip'/)
        assert.equal((await app.ask('GET', `${folder}/${name}?file=other`)).json.code, 'artifact.not_found')
      }
    }
  }))

test('a script of a moving address is of one release, and changes when another one is there', () =>
  withRelease(async (app, token) => {
    const before = await app.ask('GET', '/notes/latest/install.sh')
    assert.match(before.text, /release='1\.0\.0'/)
    await release(app, token, 'notes', { version: '2.0.0' }, FILES)
    const now = await app.ask('GET', '/notes/latest/install.sh')
    assert.match(now.text, /release='2\.0\.0'/)
    assert.doesNotMatch(now.text, /1\.0\.0/)
    assert.notEqual(now.headers.get('etag'), before.headers.get('etag'))
    const page = async () => (await app.ask('GET', '/notes/releases/1.0.0', { headers: { Accept: 'text/html' } })).text
    assert.match(await page(), /install\.sh/)
    await app.ask('POST', '/api/v1/apps/notes/releases/1.0.0/actions/yank', { token, body: { reason: "it's bad" } })
    assert.doesNotMatch(await page(), /install\.(?:sh|ps1)/, 'no line to copy blindly')
    const yanked = await app.ask('GET', '/notes/releases/1.0.0/install.sh')
    assert.match(yanked.text, /was yanked: it'\\''s bad'/)
    assert.match(yanked.headers.get('warning') ?? '', /yanked/)
  }))

test('scripts name the host of downloads for bytes, and are themselves of the host of pages', () =>
  withRelease(
    async (app) => {
      const { text } = await app.ask('GET', '/notes/latest/install.sh')
      assert.ok(text.includes("'https://dl.test/notes/releases/1.0.0/notes.tar.gz'"))
      const request = new Request('https://dl.test/notes/latest/install.sh')
      assert.equal((await app.fetch(request)).status, 421)
    },
    { publicUrl: 'http://distd.test', downloadUrl: 'https://dl.test' },
  ))

test('scripts of a private app are absent without a credential, say that a token is needed, and hold none', async () => {
  const app = await createTestApp()
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'private' } })
    await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    for (const path of ['/notes/latest/install.sh', '/notes/releases/1.0.0/install.ps1']) {
      assert.equal((await app.ask('GET', path)).json.code, 'app.not_found')
      const answer = await app.ask('GET', path, { token })
      assert.equal(answer.headers.get('cache-control'), 'private, no-store')
      assert.match(answer.text, /needs_token='1'|\$needsToken = \$true/)
      assert.ok(!answer.text.includes(token))
    }
  } finally {
    await app.close()
  }
})
