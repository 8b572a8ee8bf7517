import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, reprDigest } from '../../src/bytes/digest.ts'
import { listAuditEvents } from '../../src/store/audit.ts'
import { push } from '../helpers/push.ts'
import { type Answer, type TestApp, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'
import { bodyOf, brokenBody, seededBytes } from '../suites/bodies.ts'

const SLOT = '/api/v1/apps/notes/branches/main/slots/any-any'
const DOWNLOAD = '/notes/branches/main/download'

interface Sent {
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit
}

/** A PUT of bytes as curl sends it. */
function put(app: TestApp, token: string, bytes: Uint8Array<ArrayBuffer>, sent: Sent = {}): Promise<Answer> {
  const { query = '?fileName=notes.bin', headers = {}, body = bytes } = sent
  const fields = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(bytes.byteLength), ...headers }
  const init = { method: 'PUT', headers: { Authorization: `Bearer ${token}`, ...fields }, body, duplex: 'half' }
  return app.fetch(new Request(`http://distd.test${SLOT}${query}`, init as RequestInit)).then(async (response) => {
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
  })
}

const staged = (app: TestApp) => Array.fromAsync(app.deps.staging.list())
const openUploads = (app: TestApp) =>
  app.deps.store.reads.selectFrom('uploads').select('id').where('state', '=', 'open').execute()

async function nothingWaits(app: TestApp, why: string): Promise<void> {
  assert.deepEqual(await staged(app), [], why)
  assert.deepEqual(await openUploads(app), [], why)
}

test('the bytes of a request go into a slot as a finished upload does', () =>
  withNotes({ blobs: 'fs' }, async (app, token) => {
    const bytes = seededBytes(300_001)
    const query = '?fileName=n%C3%B6tes.bin&kind=line&category=other&expiresInDays=2'
    const first = await put(app, token, bytes, { query })
    assert.equal(first.status, 201, first.text)
    const { fileName, digest, sizeBytes } = first.json.slot
    assert.deepEqual([fileName, digest, sizeBytes], ['nötes.bin', digestOf(bytes), bytes.byteLength])
    const { kind, category, expiresAt } = first.json.branch
    assert.deepEqual([kind, category, expiresAt], ['line', 'other', '2026-11-23T00:00:00.000Z'])
    const got = await app.fetch(new Request(`http://distd.test${DOWNLOAD}`))
    assert.deepEqual(new Uint8Array(await got.arrayBuffer()), bytes)
    await nothingWaits(app, 'all is stored')

    const again = await put(app, token, bytes, { query: '?fileName=notes.bin&expiresInDays=never' })
    assert.deepEqual([again.status, again.json.replaced, again.json.branch.expiresAt], [200, false, null])
    assert.equal((await put(app, token, new Uint8Array(0))).json.slot.sizeBytes, 0)
    const log = await listAuditEvents(app.deps.store.reads, { app: null, order: 'asc', after: 0, limit: 100 })
    const actions = log.map(({ action }) => action).filter((action) => /^(?:upload|branch)/.test(action))
    assert.deepEqual(
      actions,
      [1, 2, 3].flatMap(() => ['upload.started', 'upload.completed', 'branch.pushed']),
    )
    const completed = log.find(({ action }) => action === 'upload.completed')
    assert.equal((completed!.after as { digest: string }).digest, digestOf(bytes))
  }))

test('a digest that is sent beside the bytes must be theirs', () =>
  withNotes({ blobs: 'fs' }, async (app, token) => {
    const { bytes } = textFile('the bytes')
    const right = reprDigest(digestOf(bytes))
    const wrong = reprDigest(digestOf(textFile('others').bytes))
    // Bytes that the server has, and the principal may read: what came counts, not what it was called.
    await push(app, token, 'others', 'any-any', textFile('others'))
    for (const name of ['Repr-Digest', 'Content-Digest']) {
      const refused = await put(app, token, bytes, { headers: { [name]: wrong } })
      assert.deepEqual([refused.status, refused.json.code], [422, 'upload.digest_mismatch'])
      assert.deepEqual(refused.json.details, { declared: digestOf(textFile('others').bytes), actual: digestOf(bytes) })
      await nothingWaits(app, name)
      for (const value of [`${wrong}x`, 'sha-256', 'unknown=:AA==:, sha-256', 'sha-256;x', 'sha-256=::'])
        assert.equal(
          (await put(app, token, bytes, { headers: { [name]: value } })).json.code,
          'request.malformed',
          value,
        )
    }
    assert.equal((await app.ask('GET', DOWNLOAD)).json.code, 'branch.not_found')
    assert.equal((await put(app, token, bytes, { headers: { 'Repr-Digest': `sha-512=:AAAA:, ${right}` } })).status, 201)
    assert.equal((await put(app, token, bytes, { headers: { 'Repr-Digest': 'md5=:AAAA:' } })).status, 200)
  }))

test('a file is taken with its length and name, as it is, and within the bounds of uploads', () =>
  withNotes({ blobs: 'fs', config: { maxArtifactBytes: 100, maxStagingBytes: 160 } }, async (app, token) => {
    const bytes = seededBytes(50)
    const refused = async (sent: Sent, status: number, code: string, of = bytes) => {
      const answer = await put(app, token, of, sent)
      assert.deepEqual([answer.status, answer.json.code], [status, code], answer.text)
      await nothingWaits(app, code)
    }
    await refused({ query: '' }, 422, 'request.invalid')
    await refused({ query: '?fileName=..%2Fx' }, 422, 'request.invalid')
    await refused({ query: '?fileName=a&category=games' }, 422, 'request.invalid')
    await refused({ query: '?fileName=a&expiresInDays=0' }, 422, 'request.invalid')
    await refused({ headers: { 'Content-Length': '' } }, 411, 'request.length_required')
    await refused({ headers: { 'Content-Type': 'text/plain' } }, 415, 'request.unsupported_media_type')
    await refused({ headers: { 'Content-Encoding': 'gzip' } }, 415, 'request.unsupported_media_type')
    await refused({}, 413, 'upload.too_large', seededBytes(101))
    await refused({}, 429, 'upload.too_many', seededBytes(81))
    await refused({ body: seededBytes(60) }, 413, 'upload.too_long')
    await refused({ body: seededBytes(40) }, 409, 'upload.incomplete')
    assert.equal((await app.ask('GET', DOWNLOAD)).json.code, 'branch.not_found')
    assert.equal((await put(app, token, bytes)).status, 201)
    await refused({ headers: { 'If-None-Match': '*' } }, 412, 'branch.stale', seededBytes(20))
  }))

test('whatever step of taking a file fails, nothing waits in staging and the branch build is as before', () =>
  withNotes({ blobs: 'fs' }, async (app, token) => {
    assert.equal((await put(app, token, textFile('first').bytes)).status, 201)
    const fail = () => Promise.reject(new Error('the disk is gone'))
    const { staging, blobs, store } = app.deps
    const steps: [name: string, object: object, broken: object][] = [
      ['begin', staging, { begin: fail }],
      ['append', staging, { append: fail }],
      ['commit', staging, { commit: fail }],
      ['stat', blobs, { stat: fail }],
      ['inspect', app.deps, { inspect: fail }],
    ]
    // Each of the transactions in turn: it opens, learns the digest, completes, pushes.
    const write = store.write.bind(store)
    for (const at of [1, 2, 3, 4]) {
      let n = 0
      steps.push([`transaction ${at}`, store, { write: (work: never) => (++n === at ? fail() : write(work)) }])
    }
    for (const [i, [name, object, broken]] of steps.entries()) {
      const bytes = seededBytes(1000, i)
      const whole = Object.fromEntries(Object.keys(broken).map((key) => [key, Reflect.get(object, key)]))
      Object.assign(object, broken)
      const answer = await put(app, token, bytes)
      Object.assign(object, whole)
      assert.deepEqual([answer.status, answer.json.code], [500, 'server.failed'], name)
      await nothingWaits(app, name)
      assert.equal((await app.ask('GET', DOWNLOAD)).text, 'first', name)
    }
  }))

test('a body that breaks off leaves nothing', () =>
  withNotes({ blobs: 'fs' }, async (app, token) => {
    const bytes = seededBytes(200_000)
    const body = brokenBody(bytes.subarray(0, 100_000), new Error('cut'))
    const cut = await put(app, token, bytes, { body: body as unknown as BodyInit })
    assert.deepEqual([cut.status, cut.json.code], [400, 'request.body_aborted'])
    await nothingWaits(app, 'cut')
    const whole = await put(app, token, bytes, { body: bodyOf(bytes) as unknown as BodyInit })
    assert.equal(whole.status, 201, whole.text)
  }))
