import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../src/app.ts'
import { loggedPath } from '../../src/http/logged-path.ts'
import { createSetupLink } from '../../src/people/setup.ts'
import { renderPage } from '../../ui/render.ts'
import { shareOf } from '../helpers/share-cookie.ts'
import { draft, withNotes } from '../helpers/test-app.ts'

const PEER = { address: '127.0.0.1', keepOpen: () => undefined }

test('the log holds no one-time link of an account, nor a share link, however it is asked for', () =>
  withNotes({}, async (app) => {
    const link = (await createSetupLink(app.deps))!.secret
    const lines: string[] = []
    const log = (_level: string, message: string, fields?: object) => void lines.push(JSON.stringify([message, fields]))
    const deps = { ...app.deps, log, config: { ...app.deps.config, logLevel: 'debug' as const } }
    const logging = createApp({ deps, version: '0.0.0-test', render: renderPage, assets: [] })
    const encoded = [...link].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')
    const paths = [`/setup/${link}`, `/setup/${encoded}`, `/setup/x${link}`, `/setup/${link}/x`]
    // Where no secret belongs.
    for (const misplaced of [link, encoded]) paths.push(`/notes/${misplaced}`, `/api/v1/shares/${misplaced}`)
    for (const path of paths) {
      const request = (method: string) =>
        new Request(`https://distd.test${path}`, {
          method,
          headers: { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/x-www-form-urlencoded' },
          ...(method === 'POST' ? { body: 'name=anna&password=short' } : {}),
        })
      for (const method of ['GET', 'HEAD', 'POST']) {
        const answer = await logging.fetch(request(method), PEER)
        const text = await answer.text()
        if (answer.status === 404) assert.ok(!text.includes(link.slice(16)), path)
      }
    }
    const text = lines.join('\n')
    assert.ok(lines.length >= 9)
    for (const secret of [link.slice(16), encoded.slice(16 * 3)]) assert.ok(!text.includes(secret), text)
    for (const [path, route] of [
      ['/s/c2hyXzAxam0.bWFjbWFjbWFj', '/s/:grant'],
      ['/setup/bm8tbGluay1hdC1hbGw', '/setup/:key'],
    ] as const) {
      const [, folder, secret] = path.split('/')
      assert.equal(loggedPath(path, { path: route }), `/${folder}/${secret!.slice(0, 8)}…`)
    }
  }))

test('a share link or a one-time link in a query is refused, wherever it stands there', () =>
  withNotes({}, async (app) => {
    const link = (await createSetupLink(app.deps))!.secret
    const { grant } = await shareOf(app.deps, { app: 'notes', channel: 'latest' })
    for (const secret of [link, grant]) {
      for (const query of [
        `x=${secret}`,
        secret,
        `next=/s/${secret}`,
        `next=${encodeURIComponent(`/x?y=${secret}`)}`,
      ]) {
        for (const path of ['/login', '/notes', '/api/v1/apps']) {
          const refused = await app.ask('GET', `${path}?${query}`)
          assert.deepEqual([refused.status, refused.json.code], [400, 'request.token_in_query'], `${path}?${query}`)
          assert.ok(!refused.text.includes(secret.slice(-40)))
        }
      }
    }
  }))

test('the log of requests, of failed ones too, holds no address that is a secret', () =>
  withNotes({}, async (app, token) => {
    const file = { fileName: 'notes.bin', bytes: new TextEncoder().encode('notes') }
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [file])
    const sealed = await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    const made = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: id } })
    const preview: string = made.json.preview.id
    const set = new URL(sealed.json.release.setUrl).pathname.split('/').at(-1)!

    const lines: string[] = []
    const log = (_level: string, message: string, fields?: object) => void lines.push(JSON.stringify([message, fields]))
    const deps = { ...app.deps, log, config: { ...app.deps.config, logLevel: 'debug' as const } }
    const logging = createApp({ deps, version: '0.0.0-test', render: renderPage, assets: [] })
    // The disk fails when it is asked for bytes: that request is told of with what went wrong.
    const failing = createApp({
      deps: { ...deps, blobs: { ...deps.blobs, body: () => Promise.reject(new Error('the disk is gone')) } },
      version: '0.0.0-test',
      render: renderPage,
      assets: [],
    })
    const encoded = (text: string) => `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`
    const asked: [status: number, method: string, path: string][] = [
      [200, 'GET', `/preview/${preview}`],
      [200, 'GET', `/preview/${preview}/notes.bin`],
      [200, 'GET', `/preview/${encoded(preview)}/sha256.sum`],
      [404, 'GET', `/preview/${preview}/none`],
      [200, 'GET', `/sets/${set}`],
      [200, 'HEAD', `/sets/${set}/notes.bin`],
      [200, 'GET', `/api/v1/previews/${preview}`],
      [204, 'DELETE', `/api/v1/previews/${preview}`],
    ]
    for (const [status, method, path] of asked) {
      const request = () =>
        new Request(`http://distd.test${path}`, { method, headers: { Authorization: `Bearer ${token}` } })
      if (path.endsWith('.bin') && method === 'GET') assert.equal((await failing.fetch(request(), PEER)).status, 500)
      const answer = await logging.fetch(request(), PEER)
      assert.equal(answer.status, status, `${method} ${path}`)
      await answer.body?.cancel()
    }
    const text = lines.join('\n')
    assert.match(text, /the disk is gone/)
    assert.ok(lines.length > asked.length)
    for (const secret of [preview, set]) {
      assert.ok(text.includes(`${secret.slice(0, 8)}…`), 'it can be told from others')
      assert.ok(!text.includes(secret.slice(1)), text)
    }
  }))
