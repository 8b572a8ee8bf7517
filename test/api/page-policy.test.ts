import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessScene, type Principal } from '../helpers/principals.ts'
import { askRoute, endsCredential, hasObject, keyOf } from '../helpers/route-requests.ts'

/** Written apart from the server: what pages may do is read here, and nowhere else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
]

const READERS: readonly Principal[] = ['none', 'no-role', 'server-admin', 'share-channel', 'revoked']

test('every page of every route, of errors too, comes under the one policy and is taken for nothing else', async () => {
  const scene = await accessScene()
  try {
    const seen = new Set<string>()
    for (const route of scene.app.app.routes) {
      if (route.path.startsWith('/api/v1/') && route.method !== 'GET') continue
      for (const object of hasObject(route) ? ['private', 'public', 'absent'] : ['-']) {
        for (const reader of READERS) {
          const credential = endsCredential(route) ? await scene.fresh(reader) : scene.of(reader)
          const answer = await askRoute(scene, route, object, credential, { headers: { Accept: 'text/html' } })
          const where = `${keyOf(route)} ${object} as ${reader}: ${answer.status}`
          if (!answer.headers.get('content-type')?.startsWith('text/html')) continue
          seen.add(`${keyOf(route)} ${answer.status}`)
          assert.deepEqual(answer.headers.get('content-security-policy')?.split('; '), POLICY, where)
          assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8', where)
          assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', where)
          // Addresses of pages can be secrets; a form must still say that it comes from here.
          assert.equal(answer.headers.get('referrer-policy'), 'same-origin', where)
        }
      }
    }
    for (const page of ['GET / 200', 'GET /:app 404', 'GET /login 200', 'GET /account 200', 'GET /s/:grant 404']) {
      assert.ok(seen.has(page), `${page} is among ${[...seen].join(', ')}`)
    }
    assert.ok(seen.size > 40, `${seen.size} pages`)
  } finally {
    await scene.app.close()
  }
})
