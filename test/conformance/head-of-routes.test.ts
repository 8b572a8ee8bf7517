import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STYLE } from '../../ui/assets.gen.ts'
import { givenShare } from '../helpers/given-share.ts'
import { serveTestApp } from '../helpers/served-app.ts'
import { release, upload } from '../helpers/test-app.ts'
import { receive } from './raw-http.ts'
import { runtimeName } from './runtime-name.ts'

/** Fields that differ from one answer to the next. */
const PASSING = new Set(['date', 'x-request-id'])
const ACCEPTED = ['*/*', 'text/html', 'application/json']

test(`every GET on ${runtimeName} answers HEAD with the same status, fields and length, and no body`, async () => {
  const app = await serveTestApp({ blobs: 'fs' })
  try {
    const { secret, token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token: secret, body: { slug: 'notes', visibility: 'public' } })
    const { setUrl } = await release(app, secret, 'notes', { version: '1.0.0' }, [
      { fileName: 'notes.bin', bytes: new TextEncoder().encode('the bytes of notes, \u00fc too') },
      { fileName: 'empty.bin', bytes: new Uint8Array(0) },
    ])
    const moved = await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
      token: secret,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
    assert.equal(moved.status, 200, moved.text)
    const pushed = await app.ask('PUT', '/api/v1/apps/notes/branches/main/slots/any-any', {
      token: secret,
      body: { uploadId: await upload(app, secret, { fileName: 'notes.bin', bytes: new Uint8Array(9) }) },
    })
    assert.equal(pushed.status, 201, pushed.text)
    const { share, path: shared } = await givenShare(app, secret, { app: 'notes', channel: 'stable' })
    const { user } = await app.person()
    const words: Record<string, string> = {
      app: 'notes',
      set: new URL(setUrl).pathname.split('/').at(-1)!,
      ref: '1.0.0',
      channel: 'stable',
      file: 'notes.bin',
      token: token.id,
      branch: 'main',
      announcement: 'ann_0',
      preview: '0'.repeat(32),
      user: user.id,
      share: share.id,
      grant: shared.split('/').at(-1)!,
      key: 'distb_0',
      asset: STYLE.path.split('/').at(-1)!,
    }
    const pathOf = (path: string) => path.replace(/:([a-z]+)/g, (_, name) => words[name] ?? assert.fail(name))
    const routes = app.app.routes.filter((route) => route.method === 'GET' && route.head === undefined)
    assert.ok(routes.length > 20)
    const paths = [
      ...routes.map((route) => pathOf(route.path)),
      ...['/notes/stable/update?version=0.9.0', '/notes/stable/update?version=1.0.0', '/notes/stable/empty.bin'],
      ...['/notes/stable/none.bin', '/notes/releases/9.9.9', '/api/nothing', '/api/v1/audit?limit=0', '/a%2fb'],
      '/api/v1/tokens/revoke-self',
    ]
    const ask = async (method: string, path: string, accept: string, credential: string | undefined, more: string) => {
      const bearer = credential === undefined ? '' : `Authorization: Bearer ${credential}\r\n`
      const head = `${method} ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nAccept: ${accept}\r\n`
      const { status, headers, body } = await receive(app.port, `${head}${bearer}${more}\r\n`)
      return { status, body, fields: [...headers].filter(([name]) => !PASSING.has(name)).sort() }
    }
    for (const path of paths) {
      for (const [accept, credential] of [
        ...ACCEPTED.map((type) => [type, secret] as const),
        ['*/*', undefined],
      ] as const) {
        const where = `${path} as ${accept}${credential === undefined ? ', of a stranger' : ''}`
        const get = await ask('GET', path, accept, credential, '')
        const head = await ask('HEAD', path, accept, credential, '')
        assert.deepEqual([head.status, head.fields], [get.status, get.fields], where)
        assert.equal(head.body.length, 0, where)
        const etag = get.fields.find(([name]) => name === 'etag')?.[1]
        if (etag === undefined || get.status !== 200) continue
        const known = await ask('HEAD', path, accept, credential, `If-None-Match: ${etag}\r\n`)
        assert.deepEqual([known.status, known.body.length], [304, 0], where)
      }
    }
  } finally {
    await app.close()
  }
})
