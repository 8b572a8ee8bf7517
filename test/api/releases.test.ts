import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { createTestApp, draft, release, type TestApp, upload } from '../helpers/test-app.ts'
import { bytesOf, textFile } from '../helpers/text-file.ts'

interface Scene {
  readonly app: TestApp
  readonly token: string
  /** Asks below `/api/v1/apps/notes`. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): ReturnType<TestApp['ask']>
}

async function inApp(run: (scene: Scene) => Promise<void>, visibility = 'public'): Promise<void> {
  const app = await createTestApp()
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility } })
    await run({
      app,
      token,
      ask: (method, path, body, headers = {}) =>
        app.ask(method, `/api/v1/apps/notes${path}`, { token, headers, ...(body === undefined ? {} : { body }) }),
    })
  } finally {
    await app.close()
  }
}

const act = (scene: Scene, id: string, action: string, body?: unknown) =>
  scene.ask('POST', `/releases/${id}/actions/${action}`, body)

/** Runs a statement on a connection of its own, as an operator with sqlite3 would. */
async function runSql(app: TestApp, ...statements: string[]): Promise<void> {
  const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: false })
  try {
    for (const statement of statements) database.prepare(statement).run([])
  } finally {
    database.close()
  }
}

const STEPS: Readonly<Record<string, readonly string[]>> = {
  draft: [],
  published: ['publish'],
  announced: ['publish', 'announce'],
  yanked: ['publish', 'announce', 'yank'],
  discarded: ['discard'],
  purged: ['publish', 'announce', 'purge'],
}
const LIFE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  draft: {
    publish: '200 published',
    announce: 'release.wrong_state',
    yank: 'release.wrong_state',
    unyank: 'release.wrong_state',
    discard: '204',
    purge: 'release.wrong_state',
  },
  published: {
    publish: '200 published',
    announce: '200 announced',
    yank: 'release.wrong_state',
    unyank: 'release.wrong_state',
    discard: '204',
    purge: 'release.wrong_state',
  },
  announced: {
    publish: '200 announced',
    announce: '200 announced',
    yank: '200 yanked',
    unyank: '200 announced',
    discard: 'release.wrong_state',
    purge: '200 purged',
  },
  yanked: {
    publish: '200 yanked',
    announce: 'release.wrong_state',
    yank: '200 yanked',
    unyank: '200 announced',
    discard: 'release.wrong_state',
    purge: '200 purged',
  },
  discarded: {
    publish: 'release.not_found',
    announce: 'release.not_found',
    yank: 'release.not_found',
    unyank: 'release.not_found',
    discard: 'release.not_found',
    purge: 'release.not_found',
  },
  purged: {
    publish: 'release.purged',
    announce: 'release.purged',
    yank: 'release.purged',
    unyank: 'release.purged',
    discard: 'release.purged',
    purge: '200 purged',
  },
}

test('the life of a release: every action in every state', () =>
  inApp(async (scene) => {
    let n = 0
    for (const [state, steps] of Object.entries(STEPS)) {
      for (const [action, expected] of Object.entries(LIFE[state]!)) {
        const { id } = await draft(scene.app, scene.token, 'notes', { version: `1.0.${n++}` }, [textFile(`f${n}`)])
        const body = (name: string) => (['yank', 'purge'].includes(name) ? { reason: 'broken' } : undefined)
        for (const step of steps) assert.ok((await act(scene, id, step, body(step))).status < 300)
        const answer = await act(scene, id, action, body(action))
        const shown =
          answer.status === 204
            ? '204'
            : answer.status === 200
              ? `200 ${'purgedAt' in answer.json ? 'purged' : (answer.json.release ?? answer.json).state}`
              : answer.json.code
        assert.equal(shown, expected, `${action} of ${state}`)
      }
    }
  }))

test('a sealed release takes no file, no link and no change, in any state', () =>
  inApp(async (scene) => {
    const uploadId = await upload(scene.app, scene.token, textFile('more'))
    for (const [n, state] of ['published', 'announced', 'yanked'].entries()) {
      const { id } = await draft(scene.app, scene.token, 'notes', { version: `2.0.${n}` }, [textFile(`f${n}`)])
      for (const step of STEPS[state]!) await act(scene, id, step, step === 'yank' ? { reason: 'r' } : undefined)
      const before = (await scene.ask('GET', `/releases/${id}`)).json
      const tries = [
        scene.ask('POST', `/releases/${id}/artifacts`, { uploadId, platform: 'linux', fileName: 'other.bin' }),
        scene.ask('DELETE', `/releases/${id}/artifacts/notes.bin`),
        scene.ask('POST', `/releases/${id}/links`, { platform: 'linux', kind: 'web', url: 'https://example.com/' }),
        scene.ask('DELETE', `/releases/${id}/links/lnk_1`),
      ]
      for (const answer of await Promise.all(tries)) assert.equal(answer.json.code, 'release.sealed')
      assert.deepEqual((await scene.ask('GET', `/releases/${id}`)).json, before)
    }
  }))

test('the database itself refuses to change what is sealed, moved or logged', () =>
  inApp(async (scene) => {
    const { app, token } = scene
    const announced = await release(app, token, 'notes', { version: '1.0.0', notes: 'n' }, [textFile('a')])
    const open = await draft(app, token, 'notes', { version: '2.0.0' }, [textFile('b')])
    await scene.ask('POST', `/releases/${open.id}/links`, {
      platform: 'linux',
      kind: 'web',
      url: 'https://example.com/',
    })
    await scene.ask('POST', '/channels/stable/actions/promote', { release: '1.0.0' }, { 'If-None-Match': '*' })
    const { id } = announced
    const refused = [
      `update releases set version = '9' where id = '${id}'`,
      `update releases set ref = '9' where id = '${id}'`,
      `update releases set build = '9' where id = '${id}'`,
      `update releases set tag = 'v9' where id = '${id}'`,
      `update releases set notes = 'x' where id = '${id}'`,
      `update releases set source = '{"commit":"beef"}' where id = '${id}'`,
      `update releases set set_id = 'x' where id = '${id}'`,
      `update releases set content_digest = 'x' where id = '${id}'`,
      `update releases set prerelease = 1 where id = '${id}'`,
      `update releases set sort_key = 'z' where id = '${id}'`,
      `update releases set announced_at = 'x' where id = '${id}'`,
      `update releases set state = 'draft' where id = '${id}'`,
      `update releases set state = 'published' where id = '${id}'`,
      `update releases set state = 'discarded' where id = '${id}'`,
      `update releases set state = 'announced' where id = '${open.id}'`,
      `delete from releases where id = '${id}'`,
      `insert or replace into releases select * from releases where id = '${id}'`,
      `update artifacts set digest = (select digest from artifacts where release_id = '${open.id}') where release_id = '${id}'`,
      `update artifacts set file_name = 'x' where release_id = '${id}'`,
      `update artifacts set release_id = '${id}', file_key = 'x' where release_id = '${open.id}'`,
      `update artifacts set release_id = '${open.id}', file_key = 'x' where release_id = '${id}'`,
      `update links set release_id = '${id}' where release_id = '${open.id}'`,
      `delete from artifacts where release_id = '${id}'`,
      `insert into links (id, release_id, platform, kind, url) values ('l', '${id}', 'linux', 'web', 'https://x')`,
      `update channels set release_id = '${open.id}'`,
      `update channel_moves set reason = 'x'`,
      'delete from channel_moves',
      `update audit set action = 'x'`,
      'delete from audit',
      'delete from audit where seq = (select max(seq) from audit)',
      'insert or replace into audit select * from audit where seq = 1',
      `update blobs set size_bytes = 1`,
      `update blobs set digest = 'sha256:' || printf('%064d', 1)`,
    ]
    const before = await scene.ask('GET', '/releases?state=all')
    for (const statement of refused) await assert.rejects(runSql(app, statement), Error, statement)
    assert.deepEqual((await scene.ask('GET', '/releases?state=all')).json, before.json)
  }))

test('promotion and rollback leave the rows of releases as they are', () =>
  inApp(async (scene) => {
    for (const version of ['1.0.0', '1.1.0'])
      await release(scene.app, scene.token, 'notes', { version }, [textFile(version)])
    const rows = () => scene.app.deps.store.reads.selectFrom('releases').selectAll().orderBy('id').execute()
    const before = await rows()
    let moved = await scene.ask(
      'POST',
      '/channels/stable/actions/promote',
      { release: '1.0.0' },
      { 'If-None-Match': '*' },
    )
    moved = await scene.ask(
      'POST',
      '/channels/stable/actions/promote',
      { release: '1.1.0' },
      { 'If-Match': moved.headers.get('etag')! },
    )
    moved = await scene.ask('POST', '/channels/stable/actions/rollback', {}, { 'If-Match': moved.headers.get('etag')! })
    assert.equal(moved.json.channel.current, '1.0.0')
    assert.deepEqual(await rows(), before)
  }))

test('the same ref with the same files is created: false; with other files it is a conflict, also after a yank', () =>
  inApp(async (scene) => {
    const first = await release(scene.app, scene.token, 'notes', { version: '1.0.0', notes: 'first' }, [
      textFile('same'),
    ])
    const again = async (text: string, extra: object = {}) => {
      const { id } = await draft(scene.app, scene.token, 'notes', { version: '1.0.0', ...extra }, [textFile(text)])
      return { id, answer: await act(scene, id, 'publish') }
    }
    const same = await again('same', { notes: 'other notes', source: { commit: 'beef' } })
    assert.deepEqual(
      [same.answer.status, same.answer.json.created, same.answer.json.release.id],
      [200, false, first.id],
    )
    assert.equal(same.answer.json.release.notes, 'first', 'the first wins')
    assert.equal((await scene.ask('GET', `/releases/${same.id}`)).status, 404, 'the second draft is gone')
    const other = await again('other')
    assert.equal(other.answer.status, 409)
    assert.equal(other.answer.json.code, 'release.conflict')
    await act(scene, first.id, 'yank', { reason: 'broken' })
    assert.equal((await again('other')).answer.json.code, 'release.conflict')
    assert.equal((await again('same')).answer.json.created, false)
    const kept = await scene.app.ask('GET', '/notes/releases/1.0.0/notes.bin')
    assert.equal(kept.text, 'same')
    assert.match(kept.headers.get('warning') ?? '', /yanked/)
  }))

test('publishing again after a lost answer is success, and so are announce and discard', () =>
  inApp(async (scene) => {
    const { id } = await draft(scene.app, scene.token, 'notes', { version: '1.0.0' }, [textFile('a')])
    assert.equal((await act(scene, id, 'publish')).json.created, true)
    assert.equal((await act(scene, id, 'publish')).json.created, false)
    const first = await act(scene, id, 'announce')
    assert.deepEqual((await act(scene, id, 'announce')).json, first.json)
  }))

test('an idempotency key resumes the draft of the same principal only', () =>
  inApp(async (scene) => {
    const headers = { 'Idempotency-Key': 'notes-1.0.0' }
    const begin = (body: object, token = scene.token) =>
      scene.app.ask('POST', '/api/v1/apps/notes/releases', { token, headers, body })
    const first = await begin({ version: '1.0.0' })
    assert.equal(first.status, 201)
    const resumed = await begin({ version: '1.0.0' })
    assert.deepEqual([resumed.status, resumed.json.id], [200, first.json.id])
    assert.equal((await begin({ version: '1.0.1' })).json.code, 'request.idempotency_conflict')
    const other = (await scene.app.issue({ actions: ['publish'] })).secret
    const foreign = await begin({ version: '1.0.0' }, other)
    assert.equal(foreign.status, 201)
    assert.notEqual(foreign.json.id, first.json.id)
    const bad = await scene.app.ask('POST', '/api/v1/apps/notes/releases', {
      token: scene.token,
      headers: { 'Idempotency-Key': 'a b' },
      body: { version: '1' },
    })
    assert.equal(bad.status, 422)
  }))

test('forty publishers of one version with different files: exactly one wins, whole', () =>
  inApp(async (scene) => {
    const { app, token } = scene
    const drafts = []
    for (let i = 0; i < 40; i++) {
      const files = [textFile(`a of ${i}`, 'a.bin'), textFile(`b of ${i}`, 'b.bin')]
      drafts.push((await draft(app, token, 'notes', { version: '1.0.0' }, files)).id)
    }
    const answers = await Promise.all(drafts.map((id) => act(scene, id, 'publish')))
    const winners = answers.filter((answer) => answer.status === 200)
    assert.equal(winners.length, 1)
    for (const answer of answers) if (answer !== winners[0]) assert.equal(answer.json.code, 'release.conflict')
    const winner = answers.indexOf(winners[0]!)
    const shown = (await scene.ask('GET', '/releases/1.0.0')).json
    assert.equal(shown.id, drafts[winner])
    assert.deepEqual(
      shown.artifacts.map((a: { digest: string }) => a.digest),
      [digestOf(bytesOf(`a of ${winner}`)), digestOf(bytesOf(`b of ${winner}`))],
    )
    assert.equal((await app.ask('GET', '/notes/releases/1.0.0/b.bin')).text, `b of ${winner}`)
  }))

test('two clients that attach one name to one draft: one file, the other is told', () =>
  inApp(async (scene) => {
    const { id } = await draft(scene.app, scene.token, 'notes', { version: '1.0.0' }, [])
    const uploads = []
    for (const text of ['x', 'y', 'x']) uploads.push(await upload(scene.app, scene.token, textFile(text)))
    const attach = (uploadId: string) => scene.ask('POST', `/releases/${id}/artifacts`, { uploadId, platform: 'linux' })
    const answers = await Promise.all(uploads.map(attach))
    const statuses = answers.map((answer) => answer.status).sort()
    assert.ok(statuses[0] === 200 || statuses[0] === 201)
    assert.equal(statuses.filter((status) => status === 201).length, 1)
    assert.ok(answers.some((answer) => answer.status === 409 && answer.json.code === 'artifact.exists'))
    assert.equal((await scene.ask('GET', `/releases/${id}`)).json.artifacts.length, 1)
  }))

test('a release needs an artifact or a link, its tag must agree, and what is described must be there', () =>
  inApp(async (scene) => {
    const { id, artifacts } = await draft(scene.app, scene.token, 'notes', { version: '1.0.0' }, [])
    assert.deepEqual(artifacts, [])
    assert.equal((await act(scene, id, 'publish')).json.code, 'release.empty')
    const noTestFlight = [
      'https://evil.example/join/x',
      'http://testflight.apple.com/join/abc',
      'https://testflight.apple.com.evil.example/join/abc',
      'https://testflight.apple.com@evil.example/join/abc',
      'https://testflight.apple.com/join/',
      'https://testflight.apple.com/join/abc?next=https://evil.example',
      'https://testflight.apple.com/join/../x',
      'itms-services://?action=download-manifest&url=https://evil.example/x.plist',
      'https://testflight.apple.com/join/a b',
    ]
    for (const url of noTestFlight) {
      const bad = await scene.ask('POST', `/releases/${id}/links`, { platform: 'ios', kind: 'testflight', url })
      assert.equal(bad.status, 422, url)
    }
    const script = await scene.ask('POST', `/releases/${id}/links`, {
      platform: 'ios',
      kind: 'web',
      url: 'javascript:alert(1)',
    })
    assert.equal(script.status, 422)
    const link = { platform: 'ios', kind: 'testflight', url: 'https://testflight.apple.com/join/abc' }
    const added = await scene.ask('POST', `/releases/${id}/links`, link)
    assert.equal(added.status, 201)
    assert.deepEqual([(await scene.ask('POST', `/releases/${id}/links`, link)).status], [200])
    const uploadId = await upload(scene.app, scene.token, textFile('{"bomFormat":"CycloneDX"}', 'sbom.json'))
    const attached = await scene.ask('POST', `/releases/${id}/artifacts`, {
      uploadId,
      kind: 'sbom',
      describes: 'none.apk',
    })
    assert.equal(attached.status, 201, attached.text)
    assert.equal((await act(scene, id, 'publish')).json.code, 'artifact.describes_unknown')
    assert.equal((await scene.ask('DELETE', `/releases/${id}/artifacts/sbom.json`)).status, 204)
    assert.equal((await scene.ask('DELETE', `/releases/${id}/artifacts/sbom.json`)).json.code, 'artifact.not_found')
    assert.equal((await act(scene, id, 'publish')).status, 200)
    assert.equal(
      (await scene.ask('POST', '/releases', { version: '1.0.0', tag: 'v1.0.1' })).json.code,
      'release.tag_mismatch',
    )
    assert.equal((await scene.ask('POST', '/releases', { version: '2.0.0', tag: 'notes/v2.0.0' })).status, 201)
  }))

test('an upload that is not finished or not there cannot be attached', () =>
  inApp(async (scene) => {
    const { id } = await draft(scene.app, scene.token, 'notes', { version: '1.0.0' }, [])
    const opened = await scene.app.ask('POST', '/api/v1/uploads', {
      token: scene.token,
      body: { sizeBytes: 3, digest: digestOf(bytesOf('abc')), fileName: 'a.bin' },
    })
    const attach = (uploadId: string) => scene.ask('POST', `/releases/${id}/artifacts`, { uploadId, platform: 'linux' })
    assert.equal((await attach(opened.json.id)).json.code, 'upload.incomplete')
    assert.equal((await attach(`upl_${'0'.repeat(26)}`)).json.code, 'upload.not_found')
    assert.equal((await attach(digestOf(bytesOf('abc')))).status, 422, 'never a bare digest')
    const done = await upload(scene.app, scene.token, textFile('bytes of no known format', 'thing'))
    const unknown = await scene.ask('POST', `/releases/${id}/artifacts`, { uploadId: done })
    assert.equal(unknown.json.code, 'artifact.platform_unknown')
    const wrong = await scene.ask('POST', `/releases/${id}/artifacts`, {
      uploadId: done,
      platform: 'android',
      format: 'apk',
    })
    assert.equal(wrong.json.code, 'artifact.contradiction')
  }))

test('a published release is disconnected until it is announced, and a discarded one gives its version back', () =>
  inApp(async (scene) => {
    await release(scene.app, scene.token, 'notes', { version: '1.0.0' }, [textFile('old')])
    const { id } = await draft(scene.app, scene.token, 'notes', { version: '2.0.0' }, [textFile('new')])
    const before = await scene.app.ask('GET', '/notes/releases/2.0.0')
    assert.equal(before.status, 404, 'a draft has no release URL')
    const setUrl = (await scene.ask('GET', `/releases/${id}`)).json.setUrl
    assert.match(setUrl, /\/sets\/[0-9a-f]{32}$/)
    const set = new URL(setUrl).pathname
    assert.equal((await scene.app.ask('GET', `${set}/notes.bin`)).text, 'new', 'a capability for a public app')
    await act(scene, id, 'publish')
    assert.equal((await scene.app.ask('GET', '/notes/releases/2.0.0/notes.bin')).text, 'new')
    assert.equal((await scene.app.ask('GET', '/notes/latest/notes.bin')).text, 'old')
    const list = async () =>
      (await scene.app.ask('GET', '/api/v1/apps/notes/releases')).json.items.map((r: { ref: string }) => r.ref)
    assert.deepEqual(await list(), ['1.0.0'])
    assert.equal((await act(scene, id, 'discard')).status, 204)
    for (const path of ['/notes/releases/2.0.0', '/notes/releases/2.0.0/notes.bin', set, `${set}/notes.bin`]) {
      assert.equal((await scene.app.ask('GET', path)).status, 404, path)
    }
    await release(scene.app, scene.token, 'notes', { version: '2.0.0' }, [textFile('newer')])
    assert.equal((await scene.app.ask('GET', '/notes/latest/notes.bin')).text, 'newer')
    assert.deepEqual(await list(), ['2.0.0', '1.0.0'])
  }))

test('latest is the highest stable announced version: no backport, prerelease, yanked or unordered one', () =>
  inApp(async (scene) => {
    const latest = async () => {
      const answer = await scene.app.ask('GET', '/api/v1/apps/notes/releases/latest')
      return answer.status === 404 ? 'none' : answer.json.ref
    }
    assert.equal(await latest(), 'none')
    const steps: [object, string][] = [
      [{ version: '3.0.0-rc.1' }, 'none'],
      [{ version: '2.0.0' }, '2.0.0'],
      [{ version: '1.0.1' }, '2.0.0'],
      [{ version: '2.1.0', prerelease: true }, '2.0.0'],
      [{ version: 'nightly-9' }, '2.0.0'],
      [{ version: '2.0.0', build: '7' }, '2.0.0+7'],
      [{ version: '2.0.0', build: '10' }, '2.0.0+10'],
      [{ version: '10.0' }, '10.0'],
    ]
    for (const [n, [input, expected]] of steps.entries()) {
      await release(scene.app, scene.token, 'notes', input, [textFile(`f${n}`)])
      assert.equal(await latest(), expected, JSON.stringify(input))
    }
    await act(scene, '10.0', 'yank', { reason: 'broken' })
    assert.equal(await latest(), '2.0.0+10')
    await act(scene, '10.0', 'unyank')
    assert.equal(await latest(), '10.0')
  }))

test('what is not announced is listed only for those who publish', () =>
  inApp(async (scene) => {
    await draft(scene.app, scene.token, 'notes', { version: '1.0.0' }, [])
    const reader = (await scene.app.issue({ actions: ['read'] })).secret
    for (const state of ['draft', 'published', 'yanked', 'all']) {
      assert.equal((await scene.app.ask('GET', `/api/v1/apps/notes/releases?state=${state}`)).status, 401)
      assert.equal(
        (await scene.app.ask('GET', `/api/v1/apps/notes/releases?state=${state}`, { token: reader })).status,
        403,
      )
    }
    const all = (await scene.ask('GET', '/releases?state=all')).json.items
    assert.equal(all.length, 1)
    const path = `/api/v1/apps/notes/releases/${all[0].id}`
    assert.equal((await scene.app.ask('GET', path)).status, 404)
    assert.equal((await scene.app.ask('GET', path, { token: reader })).status, 404)
    const announced = await release(scene.app, scene.token, 'notes', { version: '2.0.0' }, [textFile('x')])
    assert.match(announced.setUrl, /sets/)
    assert.equal((await scene.app.ask('GET', '/api/v1/apps/notes/releases/2.0.0', { token: reader })).json.setUrl, null)
  }))

test('lists page by cursor without losing or repeating', () =>
  inApp(async (scene) => {
    for (let i = 0; i < 7; i++)
      await release(scene.app, scene.token, 'notes', { version: `1.${i}.0` }, [textFile(`f${i}`)])
    const seen: string[] = []
    let path = '/releases?limit=3'
    for (;;) {
      const page = await scene.ask('GET', path)
      seen.push(...page.json.items.map((item: { ref: string }) => item.ref))
      if (page.json.nextCursor === null) {
        assert.equal(page.headers.get('link'), null)
        break
      }
      assert.match(page.headers.get('link')!, /rel="next"/)
      path = `/releases?limit=3&cursor=${page.json.nextCursor}`
    }
    assert.deepEqual(seen, ['1.6.0', '1.5.0', '1.4.0', '1.3.0', '1.2.0', '1.1.0', '1.0.0'])
    for (const query of [
      'limit=0',
      'limit=201',
      'limit=x',
      'cursor=8A',
      'cursor=%C3%BC',
      'cursor=LTE',
      'limit=1&limit=2',
      'state=discarded',
    ]) {
      const bad = await scene.ask('GET', `/releases?${query}`)
      assert.equal(bad.status, 422, query)
      assert.equal(bad.json.code, 'request.invalid')
    }
  }))

test('an app holds its platforms and identity, and goes only while nothing was released', () =>
  inApp(async (scene) => {
    const { app, token } = scene
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'narrow', platforms: ['android'] } })
    const { id } = await draft(app, token, 'narrow', { version: '1' }, [])
    const uploadId = await upload(app, token, textFile('linux bytes'))
    const refused = await app.ask('POST', `/api/v1/apps/narrow/releases/${id}/artifacts`, {
      token,
      body: { uploadId, platform: 'linux' },
    })
    assert.equal(refused.json.code, 'app.platform_not_allowed')
    const link = await app.ask('POST', `/api/v1/apps/narrow/releases/${id}/links`, {
      token,
      body: { platform: 'ios', kind: 'web', url: 'https://example.com/' },
    })
    assert.equal(link.json.code, 'app.platform_not_allowed')
    await app.ask('POST', `/api/v1/apps/narrow/releases/${id}/actions/discard`, { token })
    assert.equal(
      (await app.ask('DELETE', '/api/v1/apps/narrow', { token })).status,
      204,
      'a discarded draft is nothing',
    )
    assert.equal((await app.ask('GET', '/api/v1/apps/narrow', { token })).status, 404)
    const published = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('x')])
    await act(scene, published.id, 'publish')
    assert.equal((await app.ask('DELETE', '/api/v1/apps/notes', { token })).json.code, 'app.in_use')
    await act(scene, published.id, 'discard')
    assert.equal((await app.ask('DELETE', '/api/v1/apps/notes', { token })).status, 204)
  }))

test('two creators of one app: one is created, the other is told', () =>
  inApp(async ({ app, token }) => {
    const create = () => app.ask('POST', '/api/v1/apps', { token, body: { slug: 'race' } })
    const answers = await Promise.all(Array.from({ length: 8 }, create))
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1)
    for (const answer of answers) if (answer.status !== 201) assert.equal(answer.json.code, 'app.exists')
    for (const slug of ['api', 'sets', 'v2', '.x', 'A', '-a', 'a_b', '', 'a'.repeat(64), 'well-known']) {
      assert.equal((await app.ask('POST', '/api/v1/apps', { token, body: { slug } })).status, 422, slug)
    }
  }))

test('a bare version names at most 100 of its builds, highest first, and its page leads to the highest', () =>
  inApp(async ({ app, token, ask }) => {
    const builds = Array.from({ length: 103 }, (_, n) => String(n + 1))
    await Promise.all(
      builds.map((build) => release(app, token, 'notes', { version: '1.0.0', build }, [textFile(build)])),
    )
    const { json } = await ask('GET', '/releases/1.0.0')
    const expected = builds.slice(3).reverse()
    assert.deepEqual(
      json.details.builds,
      expected.map((build) => `1.0.0+${build}`),
    )
    assert.equal(json.hint, 'Name the build: 1.0.0+103, 1.0.0+102, 1.0.0+101, 1.0.0+100, 1.0.0+99')
    const page = await app.ask('GET', '/notes/releases/1.0.0')
    assert.equal(page.headers.get('location'), 'http://distd.test/notes/releases/1.0.0+103')
  }))

test('a ref that no bare version can be is looked up by itself, and no builds are looked for', () =>
  inApp(async ({ app, ask }) => {
    Object.assign(app.deps.store, { reads: undefined })
    for (const ref of ['1.0.0+7', 'no%20ref']) {
      assert.equal((await ask('GET', `/releases/${ref}`)).status, 404, ref)
      assert.equal((await app.ask('GET', `/notes/releases/${ref}`)).status, 404, ref)
    }
    // What proves that the lookup would be seen.
    assert.equal((await ask('GET', '/releases/1.0.0')).status, 500)
  }))
