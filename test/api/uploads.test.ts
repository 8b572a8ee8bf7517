import assert from 'node:assert/strict'
import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findDamagedBlobs } from '../../src/artifacts/damage.ts'
import { expireUploads } from '../../src/artifacts/upload-session.ts'
import { blobPath, LAYOUT, SHARDS } from '../../src/blob/layout.ts'
import { type Digest, digestOf } from '../../src/bytes/digest.ts'
import { createTestApp, draft, release, type TestApp, type TestAppOptions, upload } from '../helpers/test-app.ts'
import { bytesOf, textFile } from '../helpers/text-file.ts'

const PART = { 'Content-Type': 'application/partial-upload' }

interface Scene {
  readonly app: TestApp
  readonly token: string
  readonly tokenId: string
}

async function inApp(options: TestAppOptions, run: (scene: Scene) => Promise<void>): Promise<void> {
  const app = await createTestApp(options)
  try {
    const { secret, token } = await app.issue({ actions: ['publish'] })
    await run({ app, token: secret, tokenId: token.id })
  } finally {
    await app.close()
  }
}

async function open(
  { app, token }: Scene,
  bytes: Uint8Array,
  options: { digest?: string; fileName?: string; sizeBytes?: number } = {},
) {
  const body = { sizeBytes: bytes.byteLength, digest: digestOf(bytes), fileName: 'notes.bin', ...options }
  const opened = await app.ask('POST', '/api/v1/uploads', { token, body })
  assert.equal(opened.status, 201, opened.text)
  return opened.json.id as string
}

const append = (
  { app, token }: Scene,
  id: string,
  offset: number | string,
  raw: BodyInit,
  headers: Record<string, string> = {},
) =>
  app.ask('PATCH', `/api/v1/uploads/${id}`, {
    token,
    headers: { ...PART, 'Upload-Offset': String(offset), ...headers },
    raw,
  })

const offsetOf = async ({ app, token }: Scene, id: string) => {
  const head = await app.ask('HEAD', `/api/v1/uploads/${id}`, { token })
  return head.status === 204 ? Number(head.headers.get('upload-offset')) : head.status
}

/** Every file below staging and blobs. */
async function filesOf(app: TestApp): Promise<string[]> {
  const found: string[] = await readdir(join(app.folder, LAYOUT.staging))
  for (const shard of SHARDS) found.push(...(await readdir(join(app.folder, LAYOUT.blobs, shard))))
  return found
}

for (const blobs of ['memory', 'fs'] as const) {
  test(`an upload in parts is whole when the last byte came (${blobs})`, () =>
    inApp({ blobs }, async (scene) => {
      const bytes = bytesOf('0123456789')
      const id = await open(scene, bytes)
      assert.equal(await offsetOf(scene, id), 0)
      const first = await append(scene, id, 0, bytes.subarray(0, 4), { 'Upload-Complete': '?0' })
      assert.equal(first.status, 204, first.text)
      assert.equal(first.headers.get('upload-offset'), '4')
      assert.equal(await offsetOf(scene, id), 4)
      const last = await append(scene, id, 4, bytes.subarray(4), { 'Upload-Complete': '?1' })
      assert.equal(last.status, 200, last.text)
      assert.equal(last.json.state, 'complete')
      const head = await scene.app.ask('HEAD', `/api/v1/uploads/${id}`, { token: scene.token })
      assert.deepEqual(
        ['upload-offset', 'upload-complete', 'upload-length', 'cache-control'].map((name) => head.headers.get(name)),
        ['10', '?1', '10', 'no-store'],
      )
    }))

  test(`bytes with another digest are 422 and leave no trace (${blobs})`, () =>
    inApp({ blobs }, async (scene) => {
      const id = await open(scene, bytesOf('right'))
      const sent = await append(scene, id, 0, bytesOf('wrong'))
      assert.equal(sent.status, 422)
      assert.equal(sent.json.code, 'upload.digest_mismatch')
      assert.equal(sent.json.details.actual, digestOf(bytesOf('wrong')))
      assert.equal(await offsetOf(scene, id), 410)
      if (blobs === 'fs') assert.deepEqual(await filesOf(scene.app), [])
      for (const text of ['right', 'wrong'])
        assert.equal(await scene.app.deps.blobs.stat(digestOf(bytesOf(text))), undefined)
      const rows = await scene.app.deps.store.reads.selectFrom('blobs').selectAll().execute()
      assert.deepEqual(rows, [])
    }))

  test(`the offset table of RFC 8941 integers: nothing else moves the upload (${blobs})`, () =>
    inApp({ blobs }, async (scene) => {
      const bytes = bytesOf('0123456789')
      const id = await open(scene, bytes)
      await append(scene, id, 0, bytes.subarray(0, 5), { 'Upload-Complete': '?0' })
      const table: [string | undefined, number][] = [
        ['4', 409],
        ['6', 409],
        ['0', 409],
        ['999999999999999', 409],
        ['9007199254740992', 400],
        ['-1', 400],
        ['1e3', 400],
        ['0x10', 400],
        ['', 400],
        ['05', 400],
        ['5.0', 400],
        ['+5', 400],
        ['5, 5', 400],
        ['5;a', 400],
        ['five', 400],
        ['NaN', 400],
        [undefined, 400],
      ]
      for (const [offset, status] of table) {
        const headers: Record<string, string> = offset === undefined ? PART : { ...PART, 'Upload-Offset': offset }
        const answer = await scene.app.ask('PATCH', `/api/v1/uploads/${id}`, {
          token: scene.token,
          headers,
          raw: bytesOf('XXXXX'),
        })
        assert.equal(answer.status, status, `offset ${offset}: ${answer.text}`)
        if (status === 409) {
          assert.equal(answer.json.code, 'upload.offset_mismatch')
          assert.equal(answer.headers.get('upload-offset'), '5')
        } else assert.equal(answer.json.code, 'upload.offset_invalid')
      }
      assert.equal(await offsetOf(scene, id), 5)
      const last = await append(scene, id, 5, bytes.subarray(5), { 'Upload-Complete': '?1' })
      assert.equal(last.json.state, 'complete', 'the first five bytes are as they were')
    }))

  test(`a body that breaks off leaves what came, and the upload goes on from there (${blobs})`, () =>
    inApp({ blobs }, async (scene) => {
      const bytes = bytesOf('0123456789')
      const id = await open(scene, bytes)
      let pulls = 0
      const broken = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulls++ === 0) controller.enqueue(bytes.slice(0, 3))
          else controller.error(new Error('connection reset'))
        },
      })
      const request = new Request(`http://distd.test/api/v1/uploads/${id}`, {
        method: 'PATCH',
        headers: { ...PART, Authorization: `Bearer ${scene.token}`, 'Upload-Offset': '0', 'Upload-Complete': '?1' },
        body: broken,
        duplex: 'half',
      } as RequestInit)
      const cut = await scene.app.fetch(request)
      assert.equal(cut.status, 400)
      const problem = (await cut.json()) as { code: string }
      assert.equal(problem.code, 'request.body_aborted')
      const durable = await offsetOf(scene, id)
      assert.equal(cut.headers.get('upload-offset'), String(durable))
      const done = await append(scene, id, durable, bytes.subarray(durable))
      assert.equal(done.json.state, 'complete', done.text)
    }))

  test(`an endless body is cut at the declared size and ends the upload (${blobs})`, () =>
    inApp({ blobs }, async (scene) => {
      const id = await open(scene, new Uint8Array(100_000))
      let pulled = 0
      const endless = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulled += 65_536
            controller.enqueue(new Uint8Array(65_536))
          },
        },
        { highWaterMark: 0 },
      )
      const request = new Request(`http://distd.test/api/v1/uploads/${id}`, {
        method: 'PATCH',
        headers: { ...PART, Authorization: `Bearer ${scene.token}`, 'Upload-Offset': '0' },
        body: endless,
        duplex: 'half',
      } as RequestInit)
      const cut = await scene.app.fetch(request)
      assert.equal(cut.status, 413)
      assert.equal(((await cut.json()) as { code: string }).code, 'upload.too_long')
      assert.ok(pulled <= 100_000 + 16 * 65_536, `${pulled} bytes were read`)
      assert.equal(await offsetOf(scene, id), 410)
      if (blobs === 'fs') assert.deepEqual(await filesOf(scene.app), [])
    }))

  test(`more bytes than declared are 413, and nothing takes the upload up again (${blobs})`, () =>
    inApp({ blobs }, async (scene) => {
      for (const headers of [{}, { 'Content-Length': '11' }]) {
        const id = await open(scene, bytesOf('0123456789'))
        const long = await append(scene, id, 0, bytesOf('0123456789X'), headers)
        assert.equal(long.status, 413)
        const again = await append(scene, id, 0, bytesOf('0123456789'))
        assert.equal(again.status, 410)
        assert.equal(again.json.code, 'upload.gone')
      }
    }))

  test(`files of 0 and 1 bytes are uploaded, released and read (${blobs})`, () =>
    inApp({ blobs }, async (scene) => {
      await scene.app.ask('POST', '/api/v1/apps', { token: scene.token, body: { slug: 'notes' } })
      await release(scene.app, scene.token, 'notes', { version: '1.0.0' }, [
        textFile('', 'empty.bin'),
        textFile('x', 'one.bin'),
      ])
      const empty = await scene.app.ask('GET', '/notes/releases/1.0.0/empty.bin', { token: scene.token })
      assert.deepEqual([empty.status, empty.text, empty.headers.get('content-length')], [200, '', '0'])
      const none = await scene.app.ask('GET', '/notes/releases/1.0.0/empty.bin', {
        token: scene.token,
        headers: { Range: 'bytes=0-' },
      })
      assert.deepEqual([none.status, none.headers.get('content-range')], [416, 'bytes */0'])
      const one = await scene.app.ask('GET', '/notes/releases/1.0.0/one.bin', {
        token: scene.token,
        headers: { Range: 'bytes=-1' },
      })
      assert.deepEqual([one.status, one.text, one.headers.get('content-range')], [206, 'x', 'bytes 0-0/1'])
    }))
}

test('the last part must be the last byte', () =>
  inApp({}, async (scene) => {
    const id = await open(scene, bytesOf('0123456789'))
    const early = await append(scene, id, 0, bytesOf('01234'), { 'Upload-Complete': '?1' })
    assert.equal(early.status, 409)
    assert.equal(early.json.code, 'upload.incomplete')
    assert.equal(early.headers.get('upload-offset'), '5')
    const odd = await append(scene, id, 5, bytesOf('5'), { 'Upload-Complete': 'true' })
    assert.equal(odd.status, 400)
    const typed = await append(scene, id, 5, bytesOf('5'), { 'Content-Type': 'text/plain' })
    assert.equal(typed.json.code, 'request.unsupported_media_type')
    assert.equal(await offsetOf(scene, id), 5)
  }))

test('a finished upload takes no more bytes and finishing twice at once is one blob', () =>
  inApp({ blobs: 'fs' }, async (scene) => {
    const bytes = bytesOf('0123456789')
    const id = await open(scene, bytes)
    const answers = await Promise.all([
      append(scene, id, 0, bytes),
      append(scene, id, 0, bytes),
      append(scene, id, 0, bytes),
    ])
    const done = answers.filter((answer) => answer.status === 200)
    assert.equal(done.length, 1, answers.map((answer) => answer.text).join('\n'))
    for (const other of answers) if (other !== done[0]) assert.equal(other.status, 409, other.text)
    const after = await append(scene, id, 10, bytesOf('more'))
    assert.equal(after.json.code, 'upload.complete')
    assert.equal(
      (await scene.app.ask('DELETE', `/api/v1/uploads/${id}`, { token: scene.token })).json.code,
      'upload.complete',
    )
    assert.deepEqual(await filesOf(scene.app), [digestOf(bytes).slice(7)])
  }))

test('of two appends at once the newer goes on and the older is told', () =>
  inApp({ blobs: 'fs' }, async (scene) => {
    const bytes = bytesOf('0123456789')
    const id = await open(scene, bytes)
    let firstPull!: () => void
    const started = new Promise<void>((resolve) => {
      firstPull = resolve
    })
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, 2))
      },
      pull: () => firstPull(),
    })
    const older = scene.app.fetch(
      new Request(`http://distd.test/api/v1/uploads/${id}`, {
        method: 'PATCH',
        headers: { ...PART, Authorization: `Bearer ${scene.token}`, 'Upload-Offset': '0' },
        body: slow,
        duplex: 'half',
      } as RequestInit),
    )
    await started
    const probe = await append(scene, id, 7, bytes.subarray(7))
    assert.equal(probe.status, 409)
    const durable = Number(probe.headers.get('upload-offset'))
    const newer = durable === 7 ? probe : await append(scene, id, durable, bytes.subarray(durable))
    assert.equal(newer.json.state, 'complete', newer.text)
    const ended = await older
    assert.equal(ended.status, 409)
    assert.equal(((await ended.json()) as { code: string }).code, 'upload.superseded')
    assert.deepEqual(await filesOf(scene.app), [digestOf(bytes).slice(7)])
  }))

test("another token's upload looks absent, whatever is asked of it", () =>
  inApp({}, async (scene) => {
    const id = await open(scene, bytesOf('mine'))
    const other = (await scene.app.issue({ actions: ['admin'] })).secret
    const absent = `upl_${'0'.repeat(26)}`
    for (const method of ['GET', 'HEAD', 'PATCH', 'DELETE']) {
      const headers = { ...PART, 'Upload-Offset': '0' }
      const raw = method === 'PATCH' ? { raw: bytesOf('mine') } : {}
      const foreign = await scene.app.ask(method, `/api/v1/uploads/${id}`, { token: other, headers, ...raw })
      const none = await scene.app.ask(method, `/api/v1/uploads/${absent}`, { token: other, headers, ...raw })
      assert.equal(foreign.status, 404)
      if (method !== 'HEAD') assert.deepEqual({ ...foreign.json, requestId: '' }, { ...none.json, requestId: '' })
    }
    await scene.app.ask('POST', '/api/v1/apps', { token: other, body: { slug: 'notes' } })
    const { id: releaseId } = await draft(scene.app, other, 'notes', { version: '1' }, [])
    await append(scene, id, 0, bytesOf('mine'))
    const attach = await scene.app.ask('POST', `/api/v1/apps/notes/releases/${releaseId}/artifacts`, {
      token: other,
      body: { uploadId: id, platform: 'linux' },
    })
    assert.equal(attach.json.code, 'upload.not_found')
    assert.equal(await offsetOf(scene, id), 4)
  }))

test('a token that is revoked during an upload ends it: 401, and the staged bytes are gone', () =>
  inApp({ blobs: 'fs' }, async (scene) => {
    const admin = (await scene.app.issue({ actions: ['admin'] })).secret
    const idle = await open(scene, bytesOf('idle'))
    const id = await open(scene, bytesOf('0123456789'))
    let firstPull!: () => void
    const started = new Promise<void>((resolve) => {
      firstPull = resolve
    })
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytesOf('01'))
      },
      pull: () => firstPull(),
    })
    const running = scene.app.fetch(
      new Request(`http://distd.test/api/v1/uploads/${id}`, {
        method: 'PATCH',
        headers: { ...PART, Authorization: `Bearer ${scene.token}`, 'Upload-Offset': '0' },
        body: slow,
        duplex: 'half',
      } as RequestInit),
    )
    await started
    const revoked = await scene.app.ask('DELETE', `/api/v1/tokens/${scene.tokenId}`, { token: admin })
    assert.equal(revoked.status, 204, revoked.text)
    const ended = await running
    assert.ok([401, 409].includes(ended.status), String(ended.status))
    assert.equal((await append(scene, id, 0, bytesOf('0123456789'))).status, 401)
    assert.equal((await append(scene, idle, 0, bytesOf('idle'))).status, 401)
    assert.deepEqual(await filesOf(scene.app), [])
  }))

test('a token that expires during an upload ends it too', () =>
  inApp({ blobs: 'fs' }, async ({ app }) => {
    const { secret } = await app.issue({ actions: ['publish'], expiresInDays: 1 })
    const scene = { app, token: secret, tokenId: '' }
    const id = await open(scene, bytesOf('0123456789'))
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          app.clock.setNow(app.clock.now() + 2 * 86_400_000)
          controller.enqueue(bytesOf('0123456789'))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const ended = await app.fetch(
      new Request(`http://distd.test/api/v1/uploads/${id}`, {
        method: 'PATCH',
        headers: { ...PART, Authorization: `Bearer ${secret}`, 'Upload-Offset': '0' },
        body,
        duplex: 'half',
      } as RequestInit),
    )
    assert.equal(ended.status, 401)
    assert.deepEqual(await filesOf(app), [])
  }))

test('quotas: too many open uploads of one token are 429 and other tokens are not touched', () =>
  inApp({ config: { maxOpenUploads: 3 } }, async (scene) => {
    const ids = []
    for (let i = 0; i < 3; i++) ids.push(await open(scene, bytesOf(`f${i}`)))
    const body = { sizeBytes: 1, digest: digestOf(bytesOf('x')), fileName: 'x' }
    const refused = await scene.app.ask('POST', '/api/v1/uploads', { token: scene.token, body })
    assert.equal(refused.status, 429)
    assert.equal(refused.json.code, 'upload.too_many')
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    const other = (await scene.app.issue({ actions: ['publish'] })).secret
    assert.equal((await scene.app.ask('POST', '/api/v1/uploads', { token: other, body })).status, 201)
    assert.equal((await scene.app.ask('DELETE', `/api/v1/uploads/${ids[0]}`, { token: scene.token })).status, 204)
    assert.equal((await scene.app.ask('DELETE', `/api/v1/uploads/${ids[0]}`, { token: scene.token })).status, 204)
    assert.equal((await scene.app.ask('POST', '/api/v1/uploads', { token: scene.token, body })).status, 201)
  }))

test('quotas: a token may promise half of the staging room, all together may stage all of it, the disk keeps its reserve', () =>
  inApp(
    { config: { maxStagingBytes: 100, maxArtifactBytes: 200, reserveBytes: 50 }, freeBytes: async () => 220 },
    async (scene) => {
      const ask = (sizeBytes: number, text: string, token = scene.token) =>
        scene.app.ask('POST', '/api/v1/uploads', {
          token,
          body: { sizeBytes, digest: digestOf(bytesOf(text)), fileName: 'x' },
        })
      const send = async (id: string, token: string) =>
        assert.equal(
          (
            await scene.app.ask('PATCH', `/api/v1/uploads/${id}`, {
              token,
              headers: { ...PART, 'Upload-Offset': '0' },
              raw: new Uint8Array(39),
            })
          ).status,
          204,
        )
      const other = (await scene.app.issue({ actions: ['publish'] })).secret
      const third = (await scene.app.issue({ actions: ['publish'] })).secret
      assert.equal((await ask(201, 'a')).json.code, 'upload.too_large')
      assert.equal((await ask(201, 'a')).status, 413)
      assert.equal((await ask(180, 'b')).json.code, 'storage.full', 'the disk')
      const first = await ask(40, 'c')
      assert.equal(first.status, 201)
      const greedy = await ask(20, 'd')
      assert.deepEqual([greedy.status, greedy.json.code], [429, 'upload.too_many'])
      assert.ok(greedy.headers.has('retry-after'))
      const second = await ask(40, 'e', other)
      assert.equal(second.status, 201, 'what one token promised does not hinder another')
      await send(first.json.id, scene.token)
      await send(second.json.id, other)
      const full = await ask(30, 'f', third)
      assert.deepEqual([full.status, full.json.code], [507, 'storage.full'])
      assert.ok(full.headers.has('retry-after'))
      assert.equal((await scene.app.ask('GET', '/api/v1/apps', { token: scene.token })).status, 200, 'reading goes on')
    },
  ))

test('an upload that nobody finishes expires with its staged bytes', () =>
  inApp({ blobs: 'fs', config: { draftDays: 2 } }, async (scene) => {
    const id = await open(scene, bytesOf('0123456789'))
    await append(scene, id, 0, bytesOf('01234'))
    await scene.app.clock.advance(86_400_000)
    assert.equal(await expireUploads(scene.app.deps), 0)
    assert.equal(await offsetOf(scene, id), 5)
    await scene.app.clock.advance(86_400_001)
    assert.equal((await append(scene, id, 5, bytesOf('56789'))).status, 410, 'over, even before it is cleaned up')
    assert.equal(await expireUploads(scene.app.deps), 1)
    assert.equal(await offsetOf(scene, id), 410)
    assert.deepEqual(await filesOf(scene.app), [])
    assert.equal(await expireUploads(scene.app.deps), 0)
  }))

test('knowing a digest gives nothing: bytes of a hidden app look as absent as no bytes', () =>
  inApp({}, async (scene) => {
    const { app, token } = scene
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'secret' } })
    await release(app, token, 'secret', { version: '1.0.0' }, [textFile('secret bytes')])
    const stranger = (await app.issue({ actions: ['publish'], apps: ['other'] })).secret
    const ask = (text: string, who: string) =>
      app.ask('POST', '/api/v1/uploads', {
        token: who,
        body: { sizeBytes: text.length, digest: digestOf(bytesOf(text)), fileName: 'x' },
      })
    const exists = await ask('secret bytes', stranger)
    const absent = await ask('absent bytes', stranger)
    assert.deepEqual([exists.status, absent.status], [201, 201])
    const same = (json: Record<string, unknown>) => ({ ...json, id: '', url: '', digest: '' })
    assert.deepEqual(same(exists.json), same(absent.json))
    assert.deepEqual([...exists.headers.keys()], [...absent.headers.keys()])
    const colleague = (await app.issue({ actions: ['publish'], apps: ['secret'] })).secret
    const known = await ask('secret bytes', colleague)
    assert.deepEqual([known.status, known.json.skipped, known.json.state], [200, true, 'complete'])
    const reader = await ask('secret bytes', (await app.issue({ actions: ['read'] })).secret)
    assert.equal(reader.status, 403)
    // A wrong size with a right digest is a question about bytes, too.
    const probe = await app.ask('POST', '/api/v1/uploads', {
      token: colleague,
      body: { sizeBytes: 5, digest: digestOf(bytesOf('secret bytes')), fileName: 'x' },
    })
    assert.equal(probe.status, 201)
  }))

test('bytes of a draft are not shared, and a failed upload of known bytes leaves the blob alone', () =>
  inApp({ blobs: 'fs' }, async (scene) => {
    const { app, token } = scene
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
    await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('draft bytes')])
    const stranger = { app, token: (await app.issue({ actions: ['publish'], apps: ['other'] })).secret, tokenId: '' }
    const id = await open(stranger, bytesOf('draft bytes'))
    assert.equal((await append(stranger, id, 0, bytesOf('DRAFT bytes'))).status, 422)
    const cancelled = await open(stranger, bytesOf('draft bytes'))
    await app.ask('DELETE', `/api/v1/uploads/${cancelled}`, { token: stranger.token })
    assert.equal((await app.deps.blobs.stat(digestOf(bytesOf('draft bytes'))))?.sizeBytes, 11)
    const again = await open(stranger, bytesOf('draft bytes'))
    assert.equal((await append(stranger, again, 0, bytesOf('draft bytes'))).status, 200)
    assert.deepEqual(await filesOf(app), [digestOf(bytesOf('draft bytes')).slice(7)])
  }))

async function breakBlob(
  app: TestApp,
  digest: Digest,
  how: 'delete' | 'cut' | 'flip',
  bytes: Uint8Array,
): Promise<void> {
  const path = join(app.folder, blobPath(digest))
  if (how === 'delete') return rm(path)
  await chmod(path, 0o644)
  const broken = how === 'cut' ? bytes.slice(0, -1) : bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
  await writeFile(path, broken)
}

for (const how of ['delete', 'cut', 'flip'] as const) {
  test(`bytes damaged on the disk (${how}) are found, refused, and healed by sending them again`, () =>
    inApp({ blobs: 'fs' }, async (scene) => {
      const { app, token } = scene
      const bytes = bytesOf('precious bytes')
      const digest = digestOf(bytes)
      await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
      const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [{ fileName: 'notes.bin', bytes }])
      await breakBlob(app, digest, how, bytes)
      const publish = () => app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
      if (how !== 'flip') {
        const early = await publish()
        assert.equal(early.json.code, 'blob.damaged', 'refused before any scrub')
      }
      const found = await findDamagedBlobs(app.deps, { readData: true })
      assert.deepEqual(
        found.map((blob) => blob.digest),
        [digest],
      )
      assert.deepEqual(await findDamagedBlobs(app.deps, { readData: true }), found, 'told again, recorded once')
      const ready = await app.ask('GET', '/readyz')
      assert.deepEqual([ready.status, ready.json.status, ready.json.damagedBlobs], [200, 'degraded', 1])
      const refused = await publish()
      assert.equal(refused.status, 409)
      assert.equal(refused.json.code, 'blob.damaged')

      await upload(app, token, { fileName: 'again.bin', bytes })
      assert.deepEqual(await findDamagedBlobs(app.deps, { readData: true }), [])
      const published = await publish()
      assert.equal(published.status, 200, published.text)
      const got = await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { token })
      assert.equal(got.text, 'precious bytes')
      assert.equal((await app.ask('GET', '/readyz')).json.status, 'ok')
    }))
}

test('sending missing bytes again heals them even before anybody looked', () =>
  inApp({ blobs: 'fs' }, async (scene) => {
    const { app, token } = scene
    const bytes = bytesOf('precious bytes')
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
    await release(app, token, 'notes', { version: '1.0.0' }, [{ fileName: 'notes.bin', bytes }])
    await breakBlob(app, digestOf(bytes), 'delete', bytes)
    const lost = await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { token })
    assert.equal(lost.status, 503)
    assert.equal(lost.json.code, 'blob.unavailable')
    await upload(app, token, { fileName: 'again.bin', bytes })
    assert.equal((await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { token })).text, 'precious bytes')
  }))

test('file names that are paths, devices, controls or twins are refused wherever a name is taken', () =>
  inApp({ blobs: 'fs' }, async (scene) => {
    const { app, token } = scene
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
    const bad = [
      '../x',
      '..',
      '..%2f',
      '%2f%2f',
      'C:\\x',
      'a\0b',
      'CON',
      'nul.txt',
      'x.',
      'x ',
      'x'.repeat(300),
      'gpj\u202eexe',
      'cafe\u0301',
      'a/b',
      'sha256.sum',
      '',
    ]
    const good = await upload(app, token, textFile('bytes'))
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [])
    for (const fileName of bad) {
      const opened = await app.ask('POST', '/api/v1/uploads', {
        token,
        body: { sizeBytes: 1, digest: digestOf(bytesOf('x')), fileName },
      })
      assert.equal(opened.status, 422, JSON.stringify(fileName))
      const attached = await app.ask('POST', `/api/v1/apps/notes/releases/${id}/artifacts`, {
        token,
        body: { uploadId: good, fileName, platform: 'linux' },
      })
      assert.equal(attached.status, 422, JSON.stringify(fileName))
    }
    const attach = (fileName: string) =>
      app.ask('POST', `/api/v1/apps/notes/releases/${id}/artifacts`, {
        token,
        body: { uploadId: good, fileName, platform: 'linux' },
      })
    assert.equal((await attach('Notes.bin')).status, 201)
    assert.equal((await attach('Notes.bin')).status, 200)
    assert.equal((await attach('notes.BIN')).json.code, 'artifact.exists', 'a case twin')
    assert.deepEqual(await filesOf(app), [digestOf(bytesOf('bytes')).slice(7)], 'no name became a path')
  }))

test('hostile names in URLs are 400 or 404 and never leave the release', () =>
  inApp({ blobs: 'fs' }, async (scene) => {
    const { app, token } = scene
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
    await release(app, token, 'notes', { version: '1.0.0' }, [textFile('bytes')])
    const names = [
      '..%2ftest.sqlite',
      '%2e%2e%2f%2e%2e%2ftest.sqlite',
      '..%5ctest.sqlite',
      '%2fetc%2fpasswd',
      'C:%5cx',
      'a%00b',
      'notes.bin%00',
      'CON',
      'notes.bin.',
      'notes.bin%20',
      'NOTES.BIN',
      'notes.bin%2e',
      '%c0%ae%c0%ae',
      '%ff',
      '%',
      '%zz',
      '%u002e',
      'x'.repeat(3000),
      '%F0%9F%98%80',
      'gpj%e2%80%aeexe',
      '..%252ftest.sqlite',
      '..;',
      'notes.bin;x',
    ]
    for (const name of names) {
      for (const folder of ['/notes/releases/1.0.0', '/notes/latest', '/sets/0', '/notes']) {
        const answer = await app.ask('GET', `${folder}/${name}`)
        assert.ok(answer.status === 404 || answer.status === 400, `${folder}/${name}: ${answer.status}`)
        assert.ok(!answer.text.includes('SQLite') && !answer.text.includes(app.folder))
      }
    }
  }))
