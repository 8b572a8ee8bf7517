import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { type AccessScene, accessScene, type Principal } from '../helpers/principals.ts'
import { type PublishedFile, release, upload } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

/** A file that stands in the app `private` and nowhere else. */
const SECRET: PublishedFile = { fileName: 'secret.bin', bytes: bytesOf('these bytes are of one app alone') }
const DIGEST = digestOf(SECRET.bytes)
const HEX = DIGEST.slice('sha256:'.length)

let scene: AccessScene
let setUrl: string
let etag: string
before(async () => {
  scene = await accessScene()
  const made = await release(scene.app, scene.admin, 'private', { version: '3.0.0' }, [SECRET])
  setUrl = new URL(made.setUrl).pathname
  const got = await scene.app.ask('GET', '/private/releases/3.0.0/secret.bin', { token: scene.admin })
  etag = got.headers.get('etag')!
  assert.ok(etag.includes(HEX), 'the ETag is what the digest makes it')
})
after(() => scene.app.close())

/** They know the digest, the set id and the ETag, and have rights elsewhere. */
const OTHERS: Principal[] = [
  'none',
  'wrong-app',
  'other-admin',
  'no-role',
  'other-role',
  'share-channel',
  'foreign-share',
]

test('a digest, a set id or an ETag opens no bytes: not through another app, not by range, HEAD or 304', async () => {
  const paths = [
    '/private/releases/3.0.0/secret.bin',
    '/private/latest/secret.bin',
    '/private/releases/3.0.0/sha256.sum',
    `${setUrl}/secret.bin`,
    `${setUrl}/sha256.sum`,
    setUrl,
    // By its digest, and through what they may read.
    `/sets/${HEX}/secret.bin`,
    `/sets/${HEX.slice(0, 32)}/secret.bin`,
    `/blobs/${DIGEST}`,
    `/public/releases/1.0.0/secret.bin`,
    `/public/stable/secret.bin`,
    `/public/releases/3.0.0/secret.bin`,
    `/elsewhere/releases/1.0.0/secret.bin`,
    `/elsewhere/stable/secret.bin`,
    `${setUrl.replace(/[^/]+$/, scene.sets.public!)}/secret.bin`,
  ]
  const conditions: Record<string, string>[] = [
    {},
    { Range: 'bytes=0-0' },
    { Range: 'bytes=0-0', 'If-Range': etag },
    { 'If-None-Match': etag },
    { 'If-None-Match': '*' },
    { 'If-Match': etag },
  ]
  for (const principal of OTHERS) {
    for (const path of paths) {
      for (const headers of conditions) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await scene.app.ask(method, path, { ...scene.of(principal), headers })
          const where = `${method} ${path} ${JSON.stringify(headers)} as ${principal}`
          assert.equal(answer.status, 404, where)
          for (const name of ['etag', 'repr-digest', 'content-range', 'accept-ranges', 'last-modified']) {
            assert.equal(answer.headers.get(name), null, `${where}: ${name}`)
          }
          assert.ok(!answer.text.includes(HEX), where)
        }
      }
    }
  }
})

test('an upload of a known digest is answered as one of unknown bytes to who may not read them', async () => {
  const open = (token: string, digest: string) =>
    scene.app.ask('POST', '/api/v1/uploads', {
      token,
      body: { sizeBytes: SECRET.bytes.byteLength, digest, fileName: 'x.bin' },
    })
  const foreign = (await scene.app.issue({ actions: ['publish'], apps: ['elsewhere'] })).secret
  const own = (await scene.app.issue({ actions: ['publish'], apps: ['private'] })).secret
  const hidden = await open(foreign, DIGEST)
  const unknown = await open(foreign, `sha256:${'7'.repeat(64)}`)
  const shapeOf = ({ id: _id, url: _url, digest: _digest, ...rest }: Record<string, unknown>) => rest
  assert.deepEqual([hidden.status, unknown.status], [201, 201])
  assert.deepEqual(shapeOf(hidden.json), shapeOf(unknown.json))
  assert.equal((await open(own, DIGEST)).status, 200, 'who may read them sends nothing')
  // A public app with the same bytes grants these bytes, since they are public; not the private app.
  await release(scene.app, scene.admin, 'public', { version: '3.0.0' }, [SECRET])
  assert.equal((await open(foreign, DIGEST)).status, 200)
  assert.equal((await scene.app.ask('GET', `${setUrl}/secret.bin`, { token: foreign })).status, 404)
})

test('an upload is of the token that began it: for every other one, admins too, its id names nothing', async () => {
  const publisher = (await scene.app.issue({ actions: ['publish'] })).secret
  const id = await upload(scene.app, publisher, { fileName: 'own.bin', bytes: bytesOf('bytes of one token') })
  const begun = await scene.app.ask('POST', '/api/v1/uploads', {
    token: publisher,
    body: { sizeBytes: 9, digest: `sha256:${'3'.repeat(64)}`, fileName: 'begun.bin' },
  })
  const body = (uploadId: string) => ({ uploadId, platform: 'linux' })
  for (const other of [scene.admin, (await scene.app.issue({ actions: ['publish'] })).secret]) {
    const drafted = await scene.app.ask('POST', '/api/v1/apps/public/releases', {
      token: other,
      headers: { 'Idempotency-Key': `draft-${other.slice(-6)}` },
      body: { version: `4.0.${other === scene.admin ? 0 : 1}` },
    })
    const artifacts = `/api/v1/apps/public/releases/${drafted.json.id}/artifacts`
    for (const uploadId of [id, begun.json.id, 'upl_00000000000000000000000000']) {
      const read = await scene.app.ask('GET', `/api/v1/uploads/${uploadId}`, { token: other })
      const told = await scene.app.ask('HEAD', `/api/v1/uploads/${uploadId}`, { token: other })
      const sent = await scene.app.ask('PATCH', `/api/v1/uploads/${uploadId}`, {
        token: other,
        headers: { 'Content-Type': 'application/partial-upload', 'Upload-Offset': '0' },
        raw: 'x',
      })
      const ended = await scene.app.ask('DELETE', `/api/v1/uploads/${uploadId}`, { token: other })
      const attached = await scene.app.ask('POST', artifacts, { token: other, body: body(uploadId) })
      for (const answer of [read, sent, ended, attached]) assert.equal(answer.json.code, 'upload.not_found')
      assert.deepEqual([told.status, told.headers.get('upload-offset')], [404, null])
    }
  }
  assert.equal((await scene.app.ask('GET', `/api/v1/uploads/${id}`, { token: publisher })).status, 200)
})

test('a cookie that is none is nobody: blank, short, doubled, of another name, or a token', async () => {
  const { cookie, secret } = await scene.app.person({ role: 'admin' })
  const { secret: token } = await scene.app.issue({ actions: ['admin'] })
  const headers = [
    '',
    ' ',
    ';',
    '__Host-dist',
    '__Host-dist=',
    '__Host-dist= ',
    '__Host-dist=null',
    '__Host-dist=undefined',
    `__Host-dist=${secret.slice(0, -1)}`,
    `__Host-dist=${secret}A`,
    `__Host-dist="${secret}"`,
    `__Host-dist=${encodeURIComponent(`${secret} `)}`,
    `__host-dist=${secret}`,
    `__Secure-dist=${secret}`,
    // What a sibling host can set, beside or instead of the cookie that only this one can.
    `dist=${secret}`,
    `${cookie}; __Host-dist=${'A'.repeat(43)}`,
    `__Host-dist=; ${cookie}`,
    `${cookie}; ${cookie}`,
    `__Host-dist=${token}`,
    `dist-share-${'0'.repeat(26)}=`,
    `dist-share-${'0'.repeat(26)}=${secret}`,
  ]
  for (const sent of headers) {
    const page = await scene.app.ask('GET', '/private', { cookie: sent })
    assert.equal(page.status, 404, sent)
    assert.equal((await scene.app.ask('GET', '/api/v1/sessions', { cookie: sent })).status, 401, sent)
    assert.equal((await scene.app.ask('GET', '/public', { cookie: sent })).status, 200, sent)
  }
  assert.equal((await scene.app.ask('GET', '/private', { cookie: `a=b; ${cookie}; dist=x` })).status, 200)
  // A cookie beside a token is not looked at, whichever of the two is worth more.
  const { secret: narrow } = await scene.app.issue({ actions: ['read'], apps: ['public'] })
  assert.equal((await scene.app.ask('GET', '/private', { cookie, token: narrow })).status, 404)
  assert.equal((await scene.app.ask('GET', '/public', { cookie, token: 'none' })).status, 401)
})
