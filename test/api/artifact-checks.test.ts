import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { shareInspections } from '../../src/artifacts/inspections.ts'
import type { InspectBlob } from '../../src/deps.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { gzip } from '../fixtures/stored-streams.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { createTestApp, draft, type TestApp, upload } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

let app: TestApp
let token: string

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
})
after(() => app.close())

const path = (id: string, rest: string) => `/api/v1/apps/notes/releases/${id}/${rest}`
const publish = (id: string) => app.ask('POST', path(id, 'actions/publish'), { token })

async function attach(id: string, fileName: string, bytes: Uint8Array<ArrayBuffer>, said: object = {}) {
  const uploadId = await upload(app, token, { fileName, bytes })
  return app.ask('POST', path(id, 'artifacts'), { token, body: { uploadId, ...said } })
}

test('a file that cannot be read may lie in a draft, and is never released', async () => {
  const apk = buildApk()
  const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [])
  const cut = await attach(id, 'notes.apk', apk.slice(0, apk.length >> 1))
  assert.deepEqual([cut.status, cut.json.format, cut.json.platform], [201, 'apk', 'android'], cut.text)
  const refused = await publish(id)
  assert.deepEqual([refused.status, refused.json.code], [422, 'release.check_failed'])
  const [check, ...others] = refused.json.details.checks
  assert.deepEqual(others, [])
  assert.deepEqual([check.fileName, check.code, check.level], ['notes.apk', 'inspect.unreadable', 'error'])
  assert.ok(refused.json.detail.includes('"notes.apk"') && refused.json.detail.includes('(inspect.unreadable)'))
  assert.deepEqual([(await app.ask('GET', `/api/v1/apps/notes/releases/${id}`, { token })).json.state], ['draft'])
  assert.equal((await app.ask('GET', '/notes/releases/1.0.0/notes.apk', { token })).status, 404, 'the ref is not taken')

  assert.equal((await app.ask('DELETE', path(id, 'artifacts/notes.apk'), { token })).status, 204)
  assert.equal((await attach(id, 'notes.apk', apk)).status, 201)
  const published = await publish(id)
  assert.deepEqual([published.status, published.json.created], [200, true], 'the draft is not spoiled')
})

test('all findings of level error are told at once, and those of lower levels block nothing', async () => {
  const { id } = await draft(app, token, 'notes', { version: '1.1.0' }, [])
  const bomb = gzip(buildTar([{ name: 'package/package.json', data: new Uint8Array(3 << 20) }]))
  assert.equal((await attach(id, 'bomb.tar.gz', bomb, { platform: 'linux' })).status, 201)
  assert.equal((await attach(id, 'sim.ipa', buildIpa({ simulator: true }))).status, 201)
  assert.equal((await attach(id, 'debug.apk', buildApk({ debuggable: true }))).status, 201)
  const refused = await publish(id)
  assert.equal(refused.json.code, 'release.check_failed')
  assert.deepEqual(
    refused.json.details.checks.map((check: { fileName: string; code: string }) => [check.fileName, check.code]),
    [
      ['bomb.tar.gz', 'inspect.limit'],
      ['sim.ipa', 'ipa.simulator'],
    ],
  )
  for (const name of ['bomb.tar.gz', 'sim.ipa'])
    assert.equal((await app.ask('DELETE', path(id, `artifacts/${name}`), { token })).status, 204)
  assert.equal((await publish(id)).status, 200)
})

test('a publisher may narrow the install mode that the bytes allow, and never widen it', async () => {
  const { id } = await draft(app, token, 'notes', { version: '1.2.0' }, [])
  const table: [fileName: string, bytes: Uint8Array<ArrayBuffer>, widest: string, allowed: readonly string[]][] = [
    ['notes.apk', buildApk(), 'apk', ['apk', 'file']],
    ['split.apk', buildApk({ split: 'config.de' }), 'file', ['file']],
    ['Notes.ipa', buildIpa(), 'download', ['download']],
    ['notes.bin', bytesOf('bytes of no known format'), 'file', ['file']],
  ]
  for (const [fileName, bytes, widest, allowed] of table) {
    const platform = fileName.endsWith('.bin') ? { platform: 'linux' } : {}
    for (const install of ['testflight', 'enterprise', 'download', 'apk', 'file']) {
      const answer = await attach(id, fileName, bytes, { install, ...platform })
      const name = `${fileName} as ${install}: ${answer.text}`
      if (allowed.includes(install)) {
        assert.deepEqual([answer.status, answer.json.install?.mode], [201, install], name)
        assert.equal((await app.ask('DELETE', path(id, `artifacts/${fileName}`), { token })).status, 204)
      } else {
        assert.deepEqual([answer.status, answer.json.code], [422, 'artifact.install_too_wide'], name)
        assert.deepEqual(answer.json.details, { fileName, declared: install, widest }, name)
      }
    }
  }
})

test('a release has at most 500 files', async () => {
  const { id } = await draft(app, token, 'notes', { version: '1.3.0' }, [
    { fileName: 'notes.bin', bytes: bytesOf('notes') },
  ])
  // 500 more, as rows: 500 requests would only take longer.
  await app.deps.store.write((tx) =>
    sql`
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
      insert into artifacts
      select ${id} || i, release_id, i || file_name, i || file_key, kind, platform, arch, format, variant, size_bytes,
        digest, describes, install_mode, inspection, checks, icon_digest, created_at
      from artifacts, n where release_id = ${id} and file_name = 'notes.bin'`.execute(tx),
  )
  const many = await publish(id)
  assert.deepEqual([many.status, many.json.code], [422, 'release.too_many_artifacts'], many.text)
  assert.equal((await app.ask('DELETE', path(id, 'artifacts/1notes.bin'), { token })).status, 204)
  const published = await publish(id)
  assert.deepEqual([published.status, published.json.release?.artifacts.length], [200, 500], published.text)
})

test('a file whose facts would make those of its release larger than 16 MiB is refused, and nothing else', async () => {
  const { id } = await draft(app, token, 'notes', { version: '1.4.0' }, [
    { fileName: 'notes.bin', bytes: bytesOf('notes') },
  ])
  const facts = JSON.stringify({ format: 'file', name: 'x'.repeat((16 << 20) - 200) })
  await app.deps.store.write((tx) =>
    sql`update artifacts set inspection = ${facts} where release_id = ${id}`.execute(tx),
  )
  const uploadId = await upload(app, token, { fileName: 'more.bin', bytes: bytesOf('more') })
  const attach = () => app.ask('POST', path(id, 'artifacts'), { token, body: { uploadId, platform: 'linux' } })
  const room = await attach()
  assert.equal(room.status, 201, room.text)
  const full = JSON.stringify({ format: 'file', name: 'x'.repeat(16 << 20) })
  await app.deps.store.write((tx) =>
    sql`update artifacts set inspection = ${full} where release_id = ${id} and file_name = 'notes.bin'`.execute(tx),
  )
  assert.equal((await app.ask('DELETE', path(id, 'artifacts/more.bin'), { token })).status, 204)
  const refused = await attach()
  assert.deepEqual([refused.status, refused.json.code], [422, 'release.too_many_facts'], refused.text)
})

test('a file that takes long to read is answered with 503 and Retry-After, and read once', async () => {
  const { id } = await draft(app, token, 'notes', { version: '1.5.0' }, [])
  const uploadId = await upload(app, token, { fileName: 'notes.bin', bytes: bytesOf('large') })
  const attach = () => app.ask('POST', path(id, 'artifacts'), { token, body: { uploadId, platform: 'linux' } })
  const { inspect } = app.deps
  const readings: (() => void)[] = []
  const slow: InspectBlob = (blob) => new Promise((resolve) => readings.push(() => resolve(inspect(blob))))
  Object.assign(app.deps, { inspect: shareInspections(slow, app.clock) })
  try {
    const asked = attach()
    // The request comes to its reading in some turns; only then its patience begins.
    while (readings.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await app.clock.advance(20_000)
    const late = await asked
    assert.deepEqual([late.status, late.json.code, late.headers.get('retry-after')], [503, 'artifact.unread', '5'])
    readings[0]!()
    assert.equal((await attach()).status, 201)
    assert.equal(readings.length, 1)
  } finally {
    Object.assign(app.deps, { inspect })
  }
})

test('the reader is told who waits for a file, so that one token does not hold up another', async () => {
  const { inspect } = app.deps
  const askers: (string | undefined)[] = []
  const noted: InspectBlob = (blob, asker) => {
    askers.push(asker)
    return inspect(blob)
  }
  Object.assign(app.deps, { inspect: noted })
  try {
    const other = (await app.issue({ actions: ['admin'] })).secret
    for (const [i, secret] of [token, other, token].entries()) {
      const { id } = await draft(app, secret, 'notes', { version: `1.6.${i}` }, [])
      const uploadId = await upload(app, secret, { fileName: 'notes.bin', bytes: bytesOf(`notes ${i}`) })
      const body = { uploadId, platform: 'linux' }
      assert.equal((await app.ask('POST', path(id, 'artifacts'), { token: secret, body })).status, 201)
    }
    const [one, two, three] = askers
    assert.ok(one !== undefined && two !== undefined && one !== two && one === three, askers.join())
  } finally {
    Object.assign(app.deps, { inspect })
  }
})

test('a file name that got into an upload is asked about again when the file is attached', async () => {
  const { id } = await draft(app, token, 'notes', { version: '1.4.0' }, [])
  const uploadId = await upload(app, token, { fileName: 'sums', bytes: bytesOf('sums') })
  // As a server with looser rules may have recorded it.
  await app.deps.store.write((tx) =>
    tx.updateTable('uploads').set({ file_name: 'sha256.sum' }).where('id', '=', uploadId).execute(),
  )
  const ask = (body: object) =>
    app.ask('POST', path(id, 'artifacts'), { token, body: { uploadId, platform: 'linux', ...body } })
  const refused = await ask({})
  assert.deepEqual([refused.status, refused.json.code], [422, 'artifact.file_name'], refused.text)
  assert.equal((await ask({ fileName: 'sums.txt' })).status, 201)
})

test('a bill of materials is no app unless its publisher says so', async () => {
  const { id } = await draft(app, token, 'notes', { version: '1.6.0' }, [])
  const bill = bytesOf('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}')
  const told = async (fileName: string, said: object) => (await attach(id, fileName, bill, said)).json.kind
  assert.deepEqual([await told('a.json', {}), await told('b.json', { kind: 'app' })], ['sbom', 'app'])
})
