import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemoryBlobStore } from '../../adapters/memory/blob-store.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { pageIcon } from '../../src/install/icon.ts'
import type { Inspection } from '../../src/model/inspection.ts'
import { givenShare } from '../helpers/given-share.ts'
import { pictured, pictureOf } from '../helpers/pictured.ts'
import { draft, release, type TestApp, upload, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const LARGE = pictureOf(180)
const SMALL = pictureOf(60, 30)

async function bytesAt(
  app: TestApp,
  path: string,
  init: RequestInit = {},
): Promise<{ answer: Response; bytes: Uint8Array }> {
  const answer = await app.fetch(new Request(`https://distd.test${path}`, init))
  return { answer, bytes: new Uint8Array(await answer.arrayBuffer()) }
}

/** `notes` with 1.0.0, whose files look different, and 0.9.0 without any picture; channel `stable` holds 1.0.0. */
const inScene = (run: (app: TestApp, token: string, setUrl: string) => Promise<void>) =>
  withNotes({}, async (app, token) => {
    const files = [pictured('A.ipa', SMALL), pictured('B.ipa', LARGE), textFile('words')]
    const { setUrl } = await release(app, token, 'notes', { version: '1.0.0' }, files)
    await release(app, token, 'notes', { version: '0.9.0' }, [textFile('older')])
    for (const [channel, ref] of [
      ['stable', '1.0.0'],
      ['old', '0.9.0'],
    ]) {
      const moved = await app.ask('POST', `/api/v1/apps/notes/channels/${channel}/actions/promote`, {
        token,
        headers: { 'If-None-Match': '*' },
        body: { release: ref },
      })
      assert.equal(moved.status, 200, moved.text)
    }
    await run(app, token, new URL(setUrl).pathname)
  })

test('every page with something to install has the picture of its files, and one of a file that looks different', () =>
  inScene(async (app, token, set) => {
    const pushed = await app.ask('PUT', '/api/v1/apps/notes/branches/main/slots/ios-arm64', {
      token,
      body: { uploadId: await upload(app, token, pictured('Branch.ipa', SMALL)) },
    })
    assert.equal(pushed.status, 201, pushed.text)
    const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [pictured('C.ipa', SMALL)])
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    const made = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: '2.0.0' } })
    const preview = new URL(made.json.preview.url).pathname
    for (const [path, bytes] of [
      ['/notes/icon.png', LARGE],
      ['/notes/stable/icon.png', LARGE],
      ['/notes/latest/icon.png', LARGE],
      ['/notes/releases/1.0.0/icon.png', LARGE],
      ['/notes/releases/1.0.0/icon.png?file=A.ipa', SMALL],
      [`${set}/icon.png`, LARGE],
      [`${preview}/icon.png`, SMALL],
      ['/notes/branches/main/icon.png', SMALL],
    ] as const) {
      const got = await bytesAt(app, path)
      assert.equal(got.answer.status, 200, path)
      assert.deepEqual(got.bytes, new Uint8Array(bytes), path)
    }
    for (const path of [
      '/notes/old/icon.png',
      '/notes/releases/1.0.0/icon.png?file=notes.bin',
      '/notes/stable/icon.png?file=none',
    ]) {
      const none = await app.ask('GET', path)
      assert.deepEqual([none.status, none.json.code], [404, 'icon.not_found'], path)
    }
  }))

test('a picture is sent as what it is, to be shown and never run, and asked for again by its ETag', () =>
  inScene(async (app) => {
    const path = '/notes/stable/icon.png'
    const { answer } = await bytesAt(app, path)
    const etag = `"${digestOf(LARGE).replace(':', '-')}"`
    const fields = Object.fromEntries(answer.headers)
    assert.equal(fields.etag, etag)
    assert.equal(fields['content-type'], 'image/png')
    assert.equal(fields['content-length'], String(LARGE.byteLength))
    assert.equal(fields['x-content-type-options'], 'nosniff')
    assert.match(fields['content-security-policy']!, /^sandbox; default-src 'none'/)
    assert.equal(fields['cache-control'], 'no-cache')
    const known = await bytesAt(app, path, { headers: { 'If-None-Match': etag } })
    assert.deepEqual([known.answer.status, known.bytes.byteLength], [304, 0])
    const head = await bytesAt(app, path, { method: 'HEAD' })
    assert.deepEqual([head.answer.status, head.bytes.byteLength], [200, 0])
    assert.equal(head.answer.headers.get('content-length'), String(LARGE.byteLength))
  }))

test('the address on a page names the bytes and may be kept; with other bytes behind it, it is asked again', () =>
  inScene(async (app) => {
    const page = (await app.ask('GET', '/notes/stable', { headers: { Accept: 'text/html' } })).text
    const [address] = /\/notes\/stable\/icon\.png\?v=[0-9a-f]{16}/.exec(page) ?? []
    assert.ok(address, 'the page shows it')
    assert.match(page, /\/notes\/stable\/icon\.png\?file=A\.ipa&amp;v=/, 'and that of a file that looks different')
    assert.doesNotMatch(page, /file=B\.ipa/)
    const named = await bytesAt(app, address)
    assert.equal(named.answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    const other = await bytesAt(app, `${address.slice(0, -1)}${address.endsWith('0') ? '1' : '0'}`)
    assert.equal(other.answer.headers.get('cache-control'), 'no-cache')
  }))

test('a picture is as secret as its page: nothing of private apps is kept, and a share link reaches its own alone', () =>
  inScene(async (app, token) => {
    const uploadId = await upload(app, token, pictured('Branch.ipa', SMALL))
    await app.ask('PUT', '/api/v1/apps/notes/branches/main/slots/ios-arm64', { token, body: { uploadId } })
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const { headers } = await givenShare(app, token, { app: 'notes', channel: 'stable' })
    const folders = ['', '/old', '/releases/1.0.0', '/branches/main']
    const paths = folders.map((folder) => `/notes${folder}/icon.png`)
    for (const path of [...paths, '/notes/stable/icon.png']) {
      assert.equal((await app.ask('GET', path)).status, 404, path)
      const own = await app.ask('GET', `${path}?v=1`, { token })
      if (path !== '/notes/old/icon.png') assert.equal(own.headers.get('cache-control'), 'private, no-store', path)
    }
    for (const path of paths) assert.equal((await app.ask('GET', path, { headers })).json.code, 'app.not_found', path)
    const shared = await app.ask('GET', '/notes/stable/icon.png', { headers })
    assert.deepEqual([shared.status, shared.headers.get('cache-control')], [200, 'private, no-store'])
  }))

test('a picture goes with its release: a discarded one has none, and one whose bytes are lost is told as such', () =>
  inScene(async (app, token) => {
    const { id, setUrl } = await draft(app, token, 'notes', { version: '3.0.0' }, [pictured('C.ipa', pictureOf(72, 9))])
    const path = `${new URL(setUrl).pathname}/icon.png`
    assert.equal((await app.ask('GET', path)).status, 200)
    await app.ask('DELETE', `/api/v1/apps/notes/releases/${id}`, { token })
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/discard`, { token })
    assert.equal((await app.ask('GET', path)).json.code, 'release.not_found')
    const digest = digestOf(LARGE)
    ;(app.deps.blobs as MemoryBlobStore).place(digest, new Uint8Array(3), true)
    for (const method of ['GET', 'HEAD']) assert.equal((await app.ask(method, '/notes/icon.png')).status, 503, method)
  }))

test('of several pictures one is chosen, whatever the order: wide enough, a PNG, sharp, and not too large', () => {
  const file = (width: number, mediaType = 'image/png', kind = 'app') => ({
    fileName: `${width}`,
    kind: kind as 'app',
    inspection: {
      icon: { mediaType, width, height: width, sizeBytes: 9, digest: `sha256:${String(width).padStart(64, '0')}` },
    } as Inspection,
  })
  for (const [files, width] of [
    [[file(192), file(512), file(1024)], 512],
    [[file(1024), file(2048)], 1024],
    [[file(512, 'image/webp'), file(96)], 96],
    [[file(192, 'image/webp'), file(16)], 192],
    [[file(512, 'image/png', 'source'), file(64)], 64],
  ] as const) {
    assert.equal(pageIcon(files)?.width, width)
    assert.equal(pageIcon(files.toReversed())?.width, width)
  }
  const nothing = { fileName: 'x', inspection: { format: 'apk' } as Inspection }
  assert.equal(pageIcon([nothing]), undefined)
})
