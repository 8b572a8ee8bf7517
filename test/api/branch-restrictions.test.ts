import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import type { BranchRestriction } from '../../src/model/token.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { npmPack } from '../helpers/npm-pack.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { createTestApp, type PublishedFile, type TestApp, upload } from '../helpers/test-app.ts'

const WANTED = { app: 'notes', name: 'rel/1', prefix: 'rel/', package: '@a/b', category: 'tileset' } as const
const PARTS = ['app', 'name', 'prefix', 'package', 'category'] as const
type Bits = Readonly<Record<(typeof PARTS)[number], boolean>>

/** All 2⁵ ways to say yes or no to every part. */
const ALL: readonly Bits[] = Array.from(
  { length: 2 ** PARTS.length },
  (_, number) => Object.fromEntries(PARTS.map((part, i) => [part, (number & (1 << i)) !== 0])) as unknown as Bits,
)

const slotPath = (app: string, branch: string) =>
  `/api/v1/apps/${app}/branches/${encodeURIComponent(branch)}/slots/any-any`

const slotsOf = (branch: string) => `/api/v1/apps/notes/branches/${branch}/slots`

async function inApps(run: (app: TestApp, admin: string) => Promise<void>): Promise<void> {
  const app = await createTestApp()
  try {
    const { secret } = await app.issue({ actions: ['admin'] })
    for (const slug of ['notes', 'other'])
      await app.ask('POST', '/api/v1/apps', { token: secret, body: { slug, visibility: 'public' } })
    await run(app, secret)
  } finally {
    await app.close()
  }
}

test('the API lets a restricted token push and delete exactly where every restriction that is set matches', () =>
  inApps(async (app, admin) => {
    const files = {
      own: await npmPack({ name: '@a/b', version: '1.0.0' }),
      other: await npmPack({ name: 'b', version: '1.0.0' }),
    }
    const uploads = new Map<string, string>()
    const uploadOf = async (token: string, file: PublishedFile) => {
      const key = `${token} ${file.fileName}`
      const known = uploads.get(key) ?? (await upload(app, token, file))
      uploads.set(key, known)
      return known
    }
    let pushed = 0
    let refused = 0
    let impossible = 0
    for (const set of ALL) {
      for (const prefix of ['rel/', 'dev/']) {
        const branches: BranchRestriction = {
          ...(set.name ? { name: WANTED.name } : {}),
          ...(set.prefix ? { prefix } : {}),
          ...(set.package ? { package: WANTED.package } : {}),
          ...(set.category ? { category: WANTED.category } : {}),
        }
        const body = { name: 'ci', actions: ['branch'], apps: [set.app ? WANTED.app : '*'], branches }
        const created = await app.ask('POST', '/api/v1/tokens', { token: admin, body })
        if (set.name && set.prefix && prefix === 'dev/') {
          assert.equal(created.status, 422, 'a name outside of the prefix')
          impossible++
          continue
        }
        assert.equal(created.status, 201, created.text)
        const token: string = created.json.secret
        // Where the name matches, the prefix decides by itself; with the other prefix only that case is left.
        for (const matching of ALL.filter(({ name, prefix: p }) => (name && !p) === (prefix === 'dev/'))) {
          const what = JSON.stringify({ branches, matching })
          const slug = matching.app ? WANTED.app : 'other'
          const branch = matching.name ? WANTED.name : matching.prefix ? 'rel/2' : 'tip'
          const path = slotPath(slug, branch)
          const whole = path.slice(0, path.indexOf('/slots/'))
          const file = matching.package ? files.own : files.other
          const category = matching.category ? WANTED.category : 'catalog'
          const push = async (who: string) =>
            app.ask('PUT', path, { token: who, body: { uploadId: await uploadOf(who, file), category } })
          const isExpected = PARTS.every((part) => !set[part] || matching[part])
          const answer = await push(token)
          if (isExpected) {
            assert.equal(answer.status, 201, `${what}: ${answer.text}`)
            assert.deepEqual(
              [answer.json.branch.name, answer.json.slot.packageName, answer.json.branch.category],
              [branch, matching.package ? '@a/b' : 'b', category],
            )
            assert.equal((await app.ask('DELETE', path, { token })).status, 204, what)
            assert.equal((await push(token)).status, 201)
            assert.equal((await app.ask('DELETE', whole, { token })).status, 204, what)
            pushed++
          } else {
            assert.deepEqual([answer.status, answer.json.code], [403, 'access.denied'], what)
            assert.equal((await push(admin)).status, 201, 'what was refused left nothing')
            for (const target of [path, whole]) {
              const kept = await app.ask('DELETE', target, { token })
              assert.deepEqual([kept.status, kept.json.code], [403, 'access.denied'], what)
            }
            assert.equal((await app.ask('DELETE', whole, { token: admin })).status, 204, 'it is still there')
            refused++
          }
        }
      }
    }
    // Of 2⁵ × 2⁵ those are impossible that set a name and another prefix, and ask for the name: 8 × 8.
    assert.deepEqual([pushed + refused, impossible], [1024 - 64, 8])
    assert.equal(pushed, 3 ** 5)
  }))

test('an app that a restricted token does not cover is absent when it is private', () =>
  inApps(async (app, admin) => {
    await app.ask('POST', '/api/v1/apps', { token: admin, body: { slug: 'hidden' } })
    const { secret } = await app.issue({ actions: ['branch'], apps: ['notes'], branches: { name: 'main' } })
    const file = { fileName: 'a.txt', bytes: new TextEncoder().encode('a') }
    const body = { uploadId: await upload(app, secret, file) }
    for (const slug of ['hidden', 'absent']) {
      const answer = await app.ask('PUT', slotPath(slug, 'main'), { token: secret, body })
      assert.deepEqual([answer.status, answer.json.code], [404, 'app.not_found'], slug)
    }
  }))

test('a token that is restricted to a category neither takes over another one nor leaves its own', () =>
  inApps(async (app, admin) => {
    const { secret } = await app.issue({ actions: ['branch'], branches: { category: 'tileset' } })
    const file = await npmPack({ name: 'x', version: '1.0.0' })
    const uploadIds = { [admin]: await upload(app, admin, file), [secret]: await upload(app, secret, file) }
    const push = async (token: string, branch: string, category?: string) => {
      const body = { uploadId: uploadIds[token], ...(category === undefined ? {} : { category }) }
      return (await app.ask('PUT', slotPath('notes', branch), { token, body })).status
    }
    const categoryOf = async (branch: string) =>
      (await app.ask('GET', `/api/v1/apps/notes/branches/${branch}`, { token: admin })).json.category
    assert.equal(await push(secret, 'none'), 403)
    assert.equal(await push(secret, 'mine', 'tileset'), 201)
    assert.equal(await push(secret, 'mine'), 200, 'it keeps its category')
    assert.equal(await push(secret, 'mine', 'catalog'), 403)
    assert.equal(await push(admin, 'theirs', 'catalog'), 201)
    assert.equal(await push(secret, 'theirs', 'tileset'), 403)
    assert.equal(await push(secret, 'theirs'), 403)
    assert.equal(await push(admin, 'plain'), 201)
    assert.equal(await push(secret, 'plain', 'tileset'), 403)
    assert.deepEqual(
      [await categoryOf('mine'), await categoryOf('theirs'), await categoryOf('plain')],
      ['tileset', 'catalog', null],
    )
  }))

test('a token that is restricted to a package pushes no file that names none, and none that names another', () =>
  inApps(async (app) => {
    const { secret } = await app.issue({ actions: ['branch'], branches: { package: '@a/b' } })
    const plain = { fileName: 'notes.txt', bytes: new TextEncoder().encode('no package') }
    const cases: [file: PublishedFile, status: number][] = [
      [plain, 403],
      [await npmPack({ name: '@a/bc', version: '1.0.0' }), 403],
      [await npmPack({ name: '@a/b', version: '2.0.0-dev.1' }), 201],
    ]
    for (const [file, status] of cases) {
      const body = { uploadId: await upload(app, secret, file) }
      const answer = await app.ask('PUT', slotPath('notes', 'main'), { token: secret, body })
      assert.equal(answer.status, status, answer.text)
    }
  }))

test('a token that is restricted to a package puts no file beside those of another, which would end or serve for them', () =>
  inApps(async (app, admin) => {
    const apk = { fileName: 'notes.apk', bytes: buildApk({ versionCode: 7 }) }
    const ipa = { fileName: 'notes.ipa', bytes: buildIpa({ bundleId: 'org.mine' }) }
    const branch = '/api/v1/apps/notes/branches/main'
    const path = (slot: string) => `${branch}/slots/${slot}`
    const theirs = { uploadId: await upload(app, admin, apk), category: 'catalog' }
    assert.equal((await app.ask('PUT', path('android-any'), { token: admin, body: theirs })).status, 201)
    const { secret } = await app.issue({ actions: ['branch'], branches: { package: 'org.mine' } })
    const body = { uploadId: await upload(app, secret, ipa) }
    const before = (await app.ask('GET', branch, { token: admin })).json
    for (const said of [{}, { expiresInDays: 0.001 }, { category: 'other' }]) {
      const answer = await app.ask('PUT', path('ios-arm64'), { token: secret, body: { ...body, ...said } })
      assert.deepEqual([answer.status, answer.json.code], [403, 'access.denied'], JSON.stringify(said))
    }
    assert.equal((await app.ask('DELETE', branch, { token: secret })).status, 403)
    assert.equal((await app.ask('DELETE', path('android-any'), { token: secret })).status, 403)
    assert.deepEqual((await app.ask('GET', branch, { token: admin })).json, before)
    assert.equal((await app.ask('PUT', `${slotsOf('mine')}/ios-arm64`, { token: secret, body })).status, 201)
    assert.equal((await app.ask('DELETE', `${slotsOf('mine')}/ios-arm64`, { token: secret })).status, 204)
  }))

test('a token that ends while its file is read pushes nothing', () =>
  inApps(async (app, admin) => {
    const file = { fileName: 'a.txt', bytes: new TextEncoder().encode('a') }
    const { secret, token } = await app.issue({ actions: ['branch'] })
    const body = { uploadId: await upload(app, secret, file) }
    const { inspect } = app.deps
    Object.assign(app.deps, {
      inspect: async (...given: Parameters<typeof inspect>) => {
        const report = await inspect(...given)
        assert.ok((await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: admin })).status < 300)
        return report
      },
    })
    const answer = await app.ask('PUT', slotPath('notes', 'main'), { token: secret, body })
    assert.deepEqual([answer.status, answer.json.code], [401, 'access.unauthenticated'])
    assert.equal((await app.ask('GET', '/api/v1/apps/notes/branches/main', { token: admin })).status, 404)
  }))

/** A request whose path goes out as it stands. */
function send(app: ServedApp, method: string, path: string, token: string, body?: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const outgoing = request({ host: '127.0.0.1', port: app.port, method, path, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode!))
    })
    outgoing.on('error', reject).end(body && JSON.stringify(body))
  })
}

/** What the path says, and the name that it is; without one the path names no branch build of this token. */
const SEGMENTS: [restriction: BranchRestriction, segment: string, name: string | undefined][] = [
  [{ prefix: 'feature/' }, 'feature%2Fx', 'feature/x'],
  [{ prefix: 'feature/' }, 'feature%2fx', 'feature/x'],
  [{ prefix: 'feature/' }, '%66eature%2Fx', 'feature/x'],
  [{ prefix: 'feature/' }, 'feature%2Fa%2Fb', 'feature/a/b'],
  [{ prefix: 'feature/' }, 'feature/x', undefined],
  [{ prefix: 'feature/' }, 'feature', undefined],
  [{ prefix: 'feature/' }, 'feature%2F', undefined],
  [{ prefix: 'feature/' }, 'feature%2Fx/', undefined],
  [{ prefix: 'feature/' }, 'feature%2Fx%2F', undefined],
  [{ prefix: 'feature/' }, 'feature%252Fx', undefined],
  [{ prefix: 'feature/' }, 'feature%25252Fx', undefined],
  [{ prefix: 'feature/' }, 'feature%5Cx', undefined],
  [{ prefix: 'feature/' }, 'feature%2F..%2Fmain', undefined],
  [{ prefix: 'feature/' }, 'feature%2F%2e%2e%2Fmain', undefined],
  [{ prefix: 'feature/' }, 'feature%2F.%2Fmain', undefined],
  [{ prefix: 'feature/' }, 'feature%2F%2Fmain', undefined],
  [{ prefix: 'feature/' }, 'feature%2F../main', undefined],
  [{ prefix: 'feature/' }, 'feature/../main', undefined],
  [{ prefix: 'feature/' }, '..%2Ffeature%2Fx', undefined],
  [{ prefix: 'feature/' }, 'main%2F..%2Ffeature%2Fx', undefined],
  [{ prefix: 'feature/' }, '%2Ffeature%2Fx', undefined],
  [{ prefix: 'feature/' }, 'Feature%2Fx', undefined],
  [{ prefix: 'feature/' }, 'FEATURE%2FX', undefined],
  [{ prefix: 'feature/' }, '%20feature%2Fx', undefined],
  [{ prefix: 'feature/' }, 'feature%EF%BC%8Fx', undefined],
  [{ prefix: 'feature/' }, 'feature%2Fx%00', undefined],
  [{ prefix: 'feature/' }, 'feature%2F%E2%80%AEx', undefined],
  [{ prefix: 'feature/' }, 'feature%2F%FF', undefined],
  [{ prefix: 'feature/' }, 'feature%C0%AFx', undefined],
  [{ prefix: '@a/b' }, '%40a%2Fb', '@a/b'],
  [{ prefix: '@a/b' }, '@a%2fb@dev', '@a/b@dev'],
  [{ prefix: '@a/b' }, '%40a%2Fbc', '@a/bc'],
  [{ prefix: '@a/b' }, '%2540a%2Fb', undefined],
  [{ prefix: '@a/b' }, '%40aXb', undefined],
  [{ prefix: 'a.*' }, 'abc', undefined],
  [{ prefix: 'a.*' }, 'a.*c', 'a.*c'],
  [{ prefix: 'a.*' }, 'a%2E%2Ac', 'a.*c'],
  [{ name: '@a/b@main' }, '%40a%2Fb%40main', '@a/b@main'],
  [{ name: '@a/b@main' }, '@a%2Fb@main', '@a/b@main'],
  [{ name: '@a/b@main' }, '%40a%2Fb%40main2', undefined],
  [{ name: '@a/b@main' }, '%40a%2Fb', undefined],
  [{ name: '@a/b@main' }, '%40A%2Fb%40main', undefined],
  [{ name: '@a/b@main' }, '%40a%2Fb%40main?branch=x', undefined],
  [{ name: 'foo' }, 'foo', 'foo'],
  [{ name: 'foo' }, 'foobar', undefined],
  [{ name: 'foobar' }, 'foo', undefined],
  [{ name: 'foo' }, 'foo%20', undefined],
  [{ name: 'foo' }, 'FOO', undefined],
  [{ name: 'foo' }, 'foo%2F', undefined],
  [{ name: 'caf\u00e9' }, 'caf%C3%A9', 'caf\u00e9'],
  [{ name: 'caf\u00e9' }, 'cafe%CC%81', undefined],
  [{ name: 'caf\u00e9' }, 'CAF%C3%89', undefined],
]

test('restrictions are held against the decoded name, however it is encoded', async () => {
  const app = await serveTestApp()
  try {
    const { secret: admin } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token: admin, body: { slug: 'notes', visibility: 'public' } })
    const file = { fileName: 'a.txt', bytes: new TextEncoder().encode('a') }
    const namesNow = async () => {
      const { json } = await app.ask('GET', '/api/v1/apps/notes/branches?limit=100', { token: admin })
      return json.items.map(({ name }: { name: string }) => name)
    }
    const adminUpload = { uploadId: await upload(app, admin, file) }
    // What a path that is read in another way could lead to.
    const others = ['main', 'x', 'feature', 'abc', 'foo2', 'FOO', '@a/b@main2', 'aXb']
    for (const name of others)
      assert.equal((await app.ask('PUT', slotPath('notes', name), { token: admin, body: adminUpload })).status, 201)
    const before = await namesNow()
    for (const [branches, segment, name] of SEGMENTS) {
      const what = `${JSON.stringify(branches)} ${segment}`
      const { secret: token } = await app.issue({ actions: ['branch'], branches })
      const body = { uploadId: await upload(app, token, file) }
      const whole = `/api/v1/apps/notes/branches/${segment}`
      const status = await send(app, 'PUT', `${whole}/slots/any-any`, token, body)
      if (name === undefined) {
        assert.ok([400, 403, 404, 405, 422].includes(status), `${what}: ${status}`)
        for (const path of [whole, `${whole}/slots/any-any`]) {
          const deleted = await send(app, 'DELETE', path, token)
          assert.ok([400, 403, 404, 405, 422].includes(deleted), `DELETE ${what}: ${deleted}`)
        }
        assert.deepEqual(await namesNow(), before, what)
      } else {
        assert.equal(status, 201, what)
        assert.deepEqual(await namesNow(), [...before, name].sort(byBytes), what)
        assert.equal(await send(app, 'DELETE', whole, token), 204, what)
      }
    }
  } finally {
    await app.close()
  }
})

/** As SQLite compares text. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
