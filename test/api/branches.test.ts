import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACTIONS } from '../../src/access/policy.ts'
import { expireBranches } from '../../src/branches/expire.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { listAuditEvents } from '../../src/store/audit.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildMsi } from '../fixtures/build-msi.ts'
import { buildElf } from '../fixtures/build-program.ts'
import { gzip } from '../fixtures/stored-streams.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { npmPack } from '../helpers/npm-pack.ts'
import { push, segment } from '../helpers/push.ts'
import { type Answer, release, type TestApp, upload, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const DAY_MS = 86_400_000
const API = '/api/v1/apps/notes/branches'

const read = (app: TestApp, name: string, token?: string) => app.ask('GET', `${API}/${segment(name)}`, { token })
const download = (app: TestApp, name: string, query = '', token?: string) =>
  app.ask('GET', `/notes/branches/${segment(name)}/download${query}`, { token })

function said(answer: Answer, status: number, code?: string): void {
  assert.deepEqual([answer.status, code && answer.json.code], [status, code], answer.text)
}

async function events(app: TestApp, action: string) {
  const all = await listAuditEvents(app.deps.store.reads, { app: 'notes', order: 'asc', after: 0, limit: 100 })
  return all.filter((event) => event.action === action)
}

const kept = (app: TestApp) => app.deps.store.reads.selectFrom('kept_blobs').selectAll().orderBy('until').execute()

test('a push replaces what the slot held: one branch build is listed, with one file', () =>
  withNotes({}, async (app, token) => {
    const first = await push(app, token, 'main', 'linux-x64', textFile('one'))
    said(first, 201)
    assert.deepEqual([first.json.replaced, first.json.previous], [false, null])
    await app.clock.advance(60_000)
    const second = await push(app, token, 'main', 'linux-x64', textFile('two'))
    said(second, 200)
    assert.deepEqual([second.json.replaced, second.json.previous], [true, digestOf(textFile('one').bytes)])
    assert.equal(second.headers.get('etag'), `"sha256-${second.json.slot.digest.slice(7)}"`)

    const list = (await app.ask('GET', API)).json
    assert.deepEqual([list.items.length, list.nextCursor, list.items[0].slots.length], [1, null, 1])
    const shown = (await read(app, 'main')).json
    assert.deepEqual(list.items[0], shown)
    assert.deepEqual([shown.kind, shown.category, shown.expiresAt], ['branch', null, null])
    assert.deepEqual(
      [shown.createdAt, shown.updatedAt, shown.slots[0].uploadedAt],
      ['2026-11-21T00:00:00.000Z', '2026-11-21T00:01:00.000Z', '2026-11-21T00:01:00.000Z'],
    )
    assert.equal((await download(app, 'main', '?platform=linux&arch=x64')).text, 'two')
    assert.equal(new URL(shown.slots[0].url).pathname, '/notes/branches/main/download')
    assert.equal((await app.ask('GET', shown.slots[0].url.replace('http://distd.test', ''))).text, 'two')
  }))

test('replaced bytes stay for the retention window, and only they', () =>
  withNotes({}, async (app, token) => {
    const one = digestOf(textFile('one').bytes)
    const two = digestOf(textFile('two').bytes)
    await push(app, token, 'main', 'linux-x64', textFile('one'))
    await push(app, token, 'main', 'linux-x64', textFile('one'))
    assert.deepEqual(await kept(app), [], 'the same bytes replace nothing')
    await push(app, token, 'main', 'linux-x64', textFile('two'))
    assert.deepEqual(await kept(app), [{ digest: one, until: '2026-11-22T00:00:00.000Z' }])
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { retention: { replacedDays: 7 } } })
    await push(app, token, 'main', 'linux-x64', textFile('three'))
    assert.deepEqual((await kept(app)).at(-1), { digest: two, until: '2026-11-28T00:00:00.000Z' })
    await app.clock.advance(DAY_MS)
    await expireBranches(app.deps)
    assert.deepEqual(
      (await kept(app)).map(({ digest }) => digest),
      [two],
      'what is over is not remembered',
    )
  }))

test('the same bytes again are success: nothing is replaced, expiry and category are renewed, and all is audited', () =>
  withNotes({}, async (app, token) => {
    said(await push(app, token, 'main', 'any-any', textFile('one'), { expiresInDays: 2 }), 201)
    await app.clock.advance(1000)
    const before = (await download(app, 'main')).headers
    await app.clock.advance(DAY_MS - 1000)
    const again = await push(app, token, 'main', 'any-any', textFile('one'), { expiresInDays: 2, category: 'other' })
    said(again, 200)
    assert.deepEqual([again.json.replaced, again.json.previous], [false, again.json.slot.digest])
    assert.deepEqual([again.json.branch.expiresAt, again.json.branch.category], ['2026-11-24T00:00:00.000Z', 'other'])
    const after = (await download(app, 'main')).headers
    for (const name of ['etag', 'last-modified']) assert.equal(after.get(name), before.get(name) ?? '', name)
    const pushed = await events(app, 'branch.pushed')
    assert.deepEqual(
      pushed.map(({ before, after }) => [before, (after as { digest: string }).digest]),
      [
        [null, again.json.slot.digest],
        [{ digest: again.json.slot.digest, category: null }, again.json.slot.digest],
      ],
    )
    const kept = await push(app, token, 'main', 'any-any', textFile('one'))
    assert.deepEqual([kept.json.branch.expiresAt, kept.json.branch.category], ['2026-11-24T00:00:00.000Z', 'other'])
    const never = await push(app, token, 'main', 'any-any', textFile('one'), { expiresInDays: null })
    assert.equal(never.json.branch.expiresAt, null)
  }))

test('the manifest of a real npm tarball tells package name, version and licence; a version is text and no order', () =>
  withNotes({}, async (app, token) => {
    const shown = async (version: string) => {
      const file = await npmPack({ name: '@acme/notes', version, license: 'MIT' })
      const answer = await push(app, token, '@acme/notes@main', 'any-noarch', file)
      assert.ok(answer.status < 300, answer.text)
      const { platform, arch, format, packageName, license, fileName } = answer.json.slot
      assert.deepEqual(
        [platform, arch, format, packageName, license, fileName],
        ['any', 'any', 'npm', '@acme/notes', 'MIT', `acme-notes-${version}.tgz`],
      )
      return answer.json.slot.version
    }
    assert.equal(await shown('2.0.0'), '2.0.0')
    assert.equal(await shown('1.0.0-dev.1'), '1.0.0-dev.1', 'a lower version replaces a higher one')
    const bytes = gzip(buildTar([{ name: 'package/package.json', data: '{"name":"@acme/notes","version":"banana"}' }]))
    const banana = await push(app, token, '@acme/notes@main', 'any-any', { fileName: 'notes.tgz', bytes })
    assert.deepEqual([banana.status, banana.json.slot.version], [200, 'banana'])
  }))

test('a name is opaque: what is chosen round-trips through URL and API, and nothing of it is read', () =>
  withNotes({}, async (app, token) => {
    const names = [
      'foo',
      '@scope/pkg@main',
      'feature/x',
      'feature/x/y',
      'Ünïcode é',
      'pr-123',
      '2',
      'a+b&c=d?e#f;g',
      "it's",
    ]
    names.push('download', 'branches', 'latest', 'x'.repeat(200), 'é'.repeat(100))
    for (const [i, name] of names.entries()) {
      const answer = await push(app, token, name, 'any-any', textFile(`bytes ${i}`))
      said(answer, 201)
      assert.equal(answer.json.branch.name, name)
    }
    for (const [i, name] of names.entries()) {
      assert.equal((await read(app, name)).json.name, name)
      assert.equal((await download(app, name)).text, `bytes ${i}`)
      assert.equal((await app.ask('GET', `/notes/branches/${segment(name)}/notes.bin`)).text, `bytes ${i}`)
      const page = await app.ask('GET', `/notes/branches?branch=${segment(name)}`, {
        headers: { Accept: 'application/json' },
      })
      assert.equal(page.json.name, name)
    }
    const listed = new Set<string>()
    for (let path: string | undefined = `${API}?limit=4`; path !== undefined; ) {
      const page = await app.ask('GET', path)
      for (const { name } of page.json.items) listed.add(name)
      path = page.json.nextCursor === null ? undefined : `${API}?limit=4&cursor=${page.json.nextCursor}`
    }
    assert.deepEqual([...listed].sort(), [...names].sort())
  }))

test('double encoding, dots and slashes of other kinds never reach another branch build', () =>
  withNotes({}, async (app, token) => {
    said(await push(app, token, 'feature/x', 'any-any', textFile('one')), 201)
    const spellings = ['feature%252Fx', 'feature%2Fx%2F', '%2Ffeature%2Fx', 'feature%2F%2Fx', 'feature%2F.%2Fx']
    spellings.push('feature%5Cx', 'feature%2Fx%00', 'feature%2Fx%20', 'a%2F..%2Ffeature%2Fx', 'feature%EF%BC%8Fx')
    for (const spelling of spellings) {
      for (const path of [`/notes/branches/${spelling}`, `/notes/branches/${spelling}/download`, `${API}/${spelling}`])
        said(await app.ask('GET', path), 404, 'branch.not_found')
    }
    for (const path of ['/notes/branches/feature/x', '/notes/branches/x%2F..%2F..%2Fnotes', `${API}/feature/x`])
      assert.equal((await app.ask('GET', path)).status, 404, path)
    said(await app.ask('GET', '/notes/branches?branch=feature%252Fx'), 404, 'branch.not_found')
    assert.equal((await download(app, 'feature/x')).text, 'one')
  }))

test('names with bidirectional, control and invisible characters are refused, and those that are too long', () =>
  withNotes({}, async (app, token) => {
    const uploadId = await upload(app, token, textFile('one'))
    // The characters of Trojan Source (CVE-2021-42574), and others that nobody sees.
    const hidden = [
      ...'\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u0007\u007f\u0085',
      ...'\u00ad\u115f\u180e\u2062\u3164\ufe00\ufff0\ufffe\u{e0001}\u{e0041}\u{e0100}\u{1fffe}',
    ]
    const names = [...hidden.map((character) => `ma${character}in`), 'x'.repeat(201), 'e\u0301', ' main', '50%', 'a\\b']
    for (const name of names) {
      const answer = await app.ask('PUT', `${API}/${segment(name)}/slots/any-any`, { token, body: { uploadId } })
      said(answer, 422, 'branch.name')
    }
    assert.deepEqual((await app.ask('GET', API)).json.items, [])
  }))

test('a manifest that names its package with a bidirectional character is no package', () =>
  withNotes({}, async (app, token) => {
    const manifest = JSON.stringify({ name: 'no\u202etes', version: '1.0.0' })
    const bytes = gzip(buildTar([{ name: 'package/package.json', data: manifest }]))
    said(await push(app, token, 'main', 'any-any', { fileName: 'n.tgz', bytes }), 422, 'release.check_failed')
  }))

test('a slot is platform-arch: each has its own file, and noarch is any', () =>
  withNotes({}, async (app, token) => {
    for (const slot of ['linux-x64', 'linux-aarch64', 'linux-noarch'])
      said(await push(app, token, 'main', slot, textFile(slot)), 201)
    const slots = (await read(app, 'main')).json.slots
    assert.deepEqual(
      slots.map(({ platform, arch }: Record<string, string>) => `${platform}-${arch}`),
      ['linux-any', 'linux-arm64', 'linux-x64'],
    )
    said(await push(app, token, 'main', 'linux-any', textFile('again')), 200)
    for (const slot of ['linux', 'x64', 'linux-', '-x64', 'amiga-x64', 'linux-z80', 'x64-linux'])
      said(await push(app, token, 'main', slot, textFile('x')), 422, 'branch.slot')
  }))

test('pushes to different slots at the same time are both there', () =>
  withNotes({}, async (app, token) => {
    const answers = await Promise.all(
      ['linux-x64', 'linux-arm64', 'windows-x64', 'any-any'].map((slot) =>
        push(app, token, 'main', slot, textFile(slot)),
      ),
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201, 201],
    )
    assert.equal((await read(app, 'main')).json.slots.length, 4)
    assert.equal((await app.ask('GET', API)).json.items.length, 1)
  }))

test('a download falls back to what runs on more machines, and never guesses', () =>
  withNotes({}, async (app, token) => {
    const linux = '?platform=linux&arch=x64'
    said(await push(app, token, 'exact', 'linux-x64', textFile('exact')), 201)
    assert.equal((await download(app, 'exact', linux)).text, 'exact')
    for (const query of [
      '?platform=linux&arch=arm64',
      '?platform=windows&arch=x64',
      '?platform=linux',
      '?arch=x64',
      '',
    ])
      said(await download(app, 'exact', query), 404, 'artifact.not_found')

    // Each slot that is added goes before those that serve more machines.
    const order = ['any-any', 'any-x64', 'linux-any', 'linux-universal', 'linux-x64']
    for (const slot of order) {
      said(await push(app, token, 'main', slot, textFile(slot)), 201)
      assert.equal((await download(app, 'main', linux)).text, slot)
    }
    for (const [query, slot] of [
      ['', 'any-any'],
      ['?arch=noarch', 'any-any'],
      ['?platform=any&arch=any', 'any-any'],
      ['?arch=amd64', 'any-x64'],
      ['?platform=linux', 'linux-any'],
      ['?platform=linux&arch=riscv64', 'linux-universal'],
      ['?platform=windows&arch=x64', 'any-x64'],
      ['?platform=windows&arch=arm64', 'any-any'],
      ['?platform=x86_64-unknown-linux-musl&arch=x86_64', 'linux-x64'],
    ])
      assert.equal((await download(app, 'main', query)).text, slot, query)
    said(await download(app, 'main', '?platform=amiga'), 422, 'request.invalid')
    said(await download(app, 'none', linux), 404, 'branch.not_found')
  }))

test('the name is all there is to choose by: whoever asks for a version is told so', () =>
  withNotes({}, async (app, token) => {
    said(await push(app, token, 'main', 'any-any', textFile('one')), 201)
    const paths = ['/notes/branches/main/download', '/notes/branches/main/notes.bin', '/notes/branches/main']
    for (const path of [...paths, '/notes/branches', '/api/v1/apps/notes/branches/main'])
      said(await app.ask('GET', `${path}?version=1.0.0`), 422, 'request.invalid')
    assert.equal(
      (await download(app, 'main', '?noCache=1')).text,
      'one',
      'what clients add of their own is nothing to us',
    )
  }))

test('routes of the registry that this replaces do not exist', () =>
  withNotes({}, async (app, token) => {
    said(await push(app, token, 'main', 'any-any', textFile('one')), 201)
    const paths = ['versions', 'versions/1.0.0', 'branch', 'branch/main', 'branches/main/versions']
    for (const path of paths) {
      assert.equal((await app.ask('GET', `/api/v1/apps/notes/${path}`, { token })).status, 404, path)
      assert.equal((await app.ask('POST', `/api/v1/apps/notes/${path}`, { token })).status, 404, path)
    }
    for (const path of [
      '/artefacts/main/versions',
      '/artefacts/npm/main',
      '/artefacts/main/tarball',
      '/api/v1/refs/npm/main',
    ])
      assert.equal((await app.ask('GET', path, { token })).status, 404, path)
    for (const path of ['/notes/branch/main', '/notes/versions/1.0.0']) said(await app.ask('GET', path), 404)
  }))

test('the first upload settles the package: another name is a conflict, and nothing changes', () =>
  withNotes({}, async (app, token) => {
    const notes = await npmPack({ name: '@acme/notes', version: '1.0.0' })
    const other = await npmPack({ name: '@acme/other', version: '9.0.0' })
    said(await push(app, token, 'main', 'any-any', notes), 201)
    for (const slot of ['any-any', 'linux-x64', 'windows-any']) {
      const refused = await push(app, token, 'main', slot, other)
      said(refused, 409, 'branch.mismatch')
      assert.deepEqual(refused.json.details, { field: 'package name', settled: '@acme/notes', given: '@acme/other' })
    }
    const { slots } = (await read(app, 'main')).json
    assert.deepEqual([slots.length, slots[0].packageName], [1, '@acme/notes'])
    assert.deepEqual(await kept(app), [])

    const apk = (packageName: string) => ({ fileName: 'notes.apk', bytes: buildApk({ packageName }) })
    said(await push(app, token, 'phone', 'android-any', apk('com.acme.notes')), 201)
    said(await push(app, token, 'phone', 'android-arm64', apk('com.acme.other')), 409, 'branch.mismatch')
    await app.ask('DELETE', `${API}/phone`, { token })
    said(await push(app, token, 'phone', 'android-arm64', apk('com.acme.other')), 201)
  }))

test('an npm package shares its name with nothing else; other platforms may have formats of their own', () =>
  withNotes({}, async (app, token) => {
    const npm = await npmPack({ name: '@acme/notes', version: '1.0.0' })
    said(await push(app, token, 'a', 'any-any', npm), 201)
    said(await push(app, token, 'a', 'linux-x64', textFile('x')), 409, 'branch.mismatch')
    said(await push(app, token, 'b', 'linux-x64', textFile('x')), 201)
    said(await push(app, token, 'b', 'any-any', npm), 409, 'branch.mismatch')

    said(await push(app, token, 'main', 'android-any', { fileName: 'n.apk', bytes: buildApk() }), 201)
    const msi = { fileName: 'n.msi', bytes: Uint8Array.from(await buildMsi()) }
    said(await push(app, token, 'main', 'windows-x64', msi), 201)
    const refused = await push(app, token, 'main', 'windows-arm64', textFile('x'))
    said(refused, 409, 'branch.mismatch')
    assert.deepEqual(refused.json.details, { field: 'format', settled: 'msi', given: 'file' })
  }))

test('a kind is a label that the first push gives for good', () =>
  withNotes({}, async (app, token) => {
    const first = await push(app, token, '@acme/x@2', 'any-any', textFile('1'), { kind: 'line' })
    assert.equal(first.json.branch.kind, 'line')
    const silent = await push(app, token, '@acme/x@2', 'any-any', textFile('2'))
    assert.equal(silent.json.branch.kind, 'line')
    said(await push(app, token, '@acme/x@2', 'any-any', textFile('3'), { kind: 'branch' }), 409, 'branch.mismatch')
    assert.equal((await download(app, '@acme/x@2')).text, '2')
  }))

test('the category of the request goes before that of the branch build, and that before the one of the manifest', () =>
  withNotes({}, async (app, token) => {
    const file = await npmPack({ name: 'notes', version: '1.0.0', category: 'catalog' })
    const category = async (name: string, given: object, file_ = file) =>
      (await push(app, token, name, 'any-any', file_, given)).json.branch.category
    assert.equal(await category('read', {}), 'catalog')
    assert.equal(await category('read', { category: 'tileset' }), 'tileset')
    assert.equal(await category('read', {}), 'tileset')
    assert.equal(await category('given', { category: 'maplibre-style' }), 'maplibre-style')
    const odd = await npmPack({ name: 'notes', version: '1.0.0', category: 'games' })
    assert.equal(await category('odd', {}, odd), null)
    assert.equal(await category('none', {}, textFile('x')), null)
    said(await push(app, token, 'none', 'any-any', textFile('x'), { category: 'games' }), 422, 'request.invalid')
  }))

test('bytes that are something else than their slot says, or that have a finding of level error, are refused', () =>
  withNotes({}, async (app, token) => {
    const elf = { fileName: 'notes', bytes: Uint8Array.from(buildElf()) }
    const apk = { fileName: 'n.apk', bytes: buildApk() }
    for (const [slot, file] of [
      ['linux-arm64', elf],
      ['windows-x64', elf],
      ['any-any', elf],
      ['linux-any', apk],
    ] as const)
      said(await push(app, token, 'main', slot, file), 422, 'artifact.contradiction')
    said(await push(app, token, 'main', 'linux-x64', elf, { format: 'deb' }), 422, 'artifact.contradiction')
    const simulator = { fileName: 'n.ipa', bytes: buildIpa({ simulator: true }) }
    const refused = await push(app, token, 'main', 'ios-arm64', simulator)
    said(refused, 422, 'release.check_failed')
    assert.deepEqual(
      refused.json.details.checks.map(({ code }: { code: string }) => code),
      ['ipa.simulator'],
    )
    said(await app.ask('GET', `${API}/main`), 404, 'branch.not_found')
  }))

test('identity rules and platforms of the app hold for branch builds, also when they come while the file is read', () =>
  withNotes({}, async (app, token) => {
    const apk = { fileName: 'n.apk', bytes: buildApk({ packageName: 'com.acme.notes' }) }
    const edit = (body: object) => app.ask('PATCH', '/api/v1/apps/notes', { token, body })
    await edit({ identityRules: { androidPackage: 'com.acme.other' } })
    said(await push(app, token, 'main', 'android-any', apk), 422, 'identity.mismatch')
    await edit({ identityRules: {}, platforms: ['windows'] })
    said(await push(app, token, 'main', 'android-any', apk), 422, 'app.platform_not_allowed')
    await edit({ platforms: [] })

    const { inspect } = app.deps
    Object.assign(app.deps, {
      inspect: async (...args: Parameters<typeof inspect>) => {
        const report = await inspect(...args)
        await edit({ identityRules: { androidPackage: 'com.acme.other' } })
        return report
      },
    })
    said(await push(app, token, 'main', 'android-any', apk), 422, 'identity.mismatch')
    said(await read(app, 'main'), 404, 'branch.not_found')
  }))

test('a push can be made to depend on what the slot holds', () =>
  withNotes({}, async (app, token) => {
    const at = (text: string, headers: Record<string, string>, slot = 'any-any') =>
      push(app, token, 'main', slot, textFile(text), {}, headers)
    said(await at('one', { 'If-Match': '*' }), 412, 'branch.stale')
    const first = await at('one', { 'If-None-Match': '*' })
    said(first, 201)
    said(await at('two', { 'If-None-Match': '*' }), 412, 'branch.stale')
    said(await at('two', { 'If-Match': '"sha256-00"' }), 412, 'branch.stale')
    assert.equal((await download(app, 'main')).text, 'one')
    const etag = (await download(app, 'main')).headers.get('etag')!
    assert.equal(etag, first.headers.get('etag'))
    said(await at('two', { 'If-Match': `"x", ${etag}` }), 200)
    const late = await at('three', { 'If-Match': etag })
    said(late, 412, 'branch.stale')
    assert.deepEqual(late.json.details, { digest: digestOf(textFile('two').bytes) })
    said(await at('other', { 'If-None-Match': '*' }, 'linux-x64'), 201)
  }))

test('a branch build is gone at the instant at which it expires; later the server collects it, and says so', () =>
  withNotes({}, async (app, token) => {
    said(await push(app, token, 'pr-1', 'any-any', textFile('one'), { expiresInDays: 1 }), 201)
    said(await push(app, token, 'main', 'any-any', textFile('main')), 201)
    await app.clock.advance(DAY_MS - 1)
    assert.equal((await download(app, 'pr-1')).text, 'one')
    assert.equal(await expireBranches(app.deps), 0)
    await app.clock.advance(1)
    for (const path of ['', '/download', '/notes.bin'])
      said(await app.ask('GET', `/notes/branches/pr-1${path}`), 404, 'branch.not_found')
    said(await read(app, 'pr-1'), 404, 'branch.not_found')
    said(await app.ask('DELETE', `${API}/pr-1`, { token }), 404, 'branch.not_found')
    assert.deepEqual(
      (await app.ask('GET', API)).json.items.map(({ name }: { name: string }) => name),
      ['main'],
    )

    assert.equal(await expireBranches(app.deps), 1)
    assert.equal(await expireBranches(app.deps), 0)
    const [event, ...more] = await events(app, 'branch.expired')
    assert.deepEqual([more.length, event!.actor.kind], [0, 'system'])
    assert.equal((event!.before as { branch: string }).branch, 'pr-1')
    assert.deepEqual(await kept(app), [{ digest: digestOf(textFile('one').bytes), until: '2026-11-23T00:00:00.000Z' }])
    assert.equal((await download(app, 'main')).text, 'main')
  }))

test('a push to a branch build that has expired makes another one, which nothing settled yet', () =>
  withNotes({}, async (app, token) => {
    const first = await push(app, token, 'pr-1', 'linux-x64', textFile('one'), { expiresInDays: 1, kind: 'line' })
    await push(app, token, 'pr-1', 'any-any', textFile('any'))
    await app.clock.advance(DAY_MS)
    const second = await push(app, token, 'pr-1', 'linux-x64', textFile('two'))
    said(second, 201)
    assert.notEqual(second.json.branch.id, first.json.branch.id)
    assert.deepEqual([second.json.branch.kind, second.json.branch.expiresAt], ['branch', null])
    assert.equal(second.json.branch.slots.length, 1)
    assert.equal(await expireBranches(app.deps), 0)
  }))

test('a slot and a branch build are deleted with their events; with its last file a branch build is gone', () =>
  withNotes({}, async (app, token) => {
    for (const slot of ['linux-x64', 'linux-arm64']) await push(app, token, 'main', slot, textFile(slot))
    const remove = (path: string) => app.ask('DELETE', `${API}/${path}`, { token })
    said(await remove('main/slots/windows-x64'), 404, 'artifact.not_found')
    said(await remove('none/slots/linux-x64'), 404, 'branch.not_found')
    said(await remove('main/slots/linux'), 422, 'branch.slot')
    said(await remove('main/slots/linux-amd64'), 204)
    said(await download(app, 'main', '?platform=linux&arch=x64'), 404, 'artifact.not_found')
    said(await remove('main/slots/linux-arm64'), 204)
    said(await read(app, 'main'), 404, 'branch.not_found')
    await push(app, token, 'main', 'linux-x64', textFile('new'))
    said(await remove('main'), 204)
    said(await remove('main'), 404, 'branch.not_found')
    assert.equal((await events(app, 'branch.deleted')).length, 2)
    const [removed] = await events(app, 'branch.slot_removed')
    assert.deepEqual(removed!.before, {
      branch: 'main',
      slot: 'linux-x64',
      fileName: 'notes.bin',
      digest: digestOf(textFile('linux-x64').bytes),
    })
    assert.equal((await kept(app)).length, 3)
  }))

test('branch builds are no releases: no list, channel, latest, update check or announcement knows them', () =>
  withNotes({}, async (app, token) => {
    said(await push(app, token, 'main', 'linux-x64', textFile('build'), { kind: 'line' }), 201)
    said(await push(app, token, '1.0.0', 'linux-x64', textFile('build')), 201)
    assert.deepEqual((await app.ask('GET', '/api/v1/apps/notes/releases', { token })).json.items, [])
    assert.deepEqual((await app.ask('GET', '/api/v1/apps/notes/channels', { token })).json.items, [])
    for (const path of ['/notes/latest', '/notes/main', '/notes/latest/download', '/notes/main/download'])
      assert.equal((await app.ask('GET', path)).status, 404, path)
    for (const path of [
      '/notes/latest/update?version=0.1.0',
      '/notes/main/update?version=0.1.0',
      '/notes/releases/1.0.0',
    ])
      assert.equal((await app.ask('GET', path)).status, 404, path)
    const promoted = await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
      token,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
    said(promoted, 404, 'release.not_found')

    await release(app, token, 'notes', { version: '1.0.0' }, [textFile('released')])
    assert.equal((await app.ask('GET', '/notes/latest/download')).text, 'released')
    const update = await app.ask('GET', '/notes/latest/update?version=0.1.0')
    assert.equal(update.json.artifacts.length, 1)
    for (const path of ['/notes/announcements', '/notes/announcements.atom'])
      assert.doesNotMatch((await app.ask('GET', path)).text, /branches/, path)
  }))

test('a token with only branch uploads and pushes, and makes nothing else', () =>
  withNotes({}, async (app, admin) => {
    const { secret: token } = await app.issue({ actions: ['branch'], apps: ['notes'] })
    const pushed = await push(app, token, 'main', 'any-any', textFile('one'))
    said(pushed, 201)
    const uploadId = await upload(app, token, textFile('two'))
    const draft = await app.ask('POST', '/api/v1/apps/notes/releases', { token: admin, body: { version: '1.0.0' } })
    const writes: [string, string, object?][] = [
      ['POST', '/api/v1/apps', { slug: 'other' }],
      ['PATCH', '/api/v1/apps/notes', { summary: 'x' }],
      ['DELETE', '/api/v1/apps/notes'],
      ['POST', '/api/v1/apps/notes/releases', { version: '1.0.0' }],
      ['POST', `/api/v1/apps/notes/releases/${draft.json.id}/artifacts`, { uploadId, platform: 'linux' }],
      ['POST', `/api/v1/apps/notes/releases/${draft.json.id}/actions/publish`],
      ['PATCH', '/api/v1/apps/notes/channels/main', { policy: {} }],
      ['POST', '/api/v1/apps/notes/channels/main/actions/promote', { release: '1.0.0' }],
      ['POST', '/api/v1/announcements', { releases: [{ app: 'notes', release: '1.0.0' }] }],
      ['POST', '/api/v1/previews', { app: 'notes', release: '1.0.0' }],
      ['POST', '/api/v1/tokens', { name: 'x', actions: ['branch'] }],
    ]
    for (const [method, path, body] of writes) {
      const headers = { 'If-None-Match': '*' }
      said(await app.ask(method, path, { token, headers, ...(body ? { body } : {}) }), 403, 'access.denied')
    }
    assert.ok(!(ACTIONS['release.draft'].tokens as readonly string[]).includes('branch'))

    const others: (readonly [string | undefined, number])[] = [
      [undefined, 401],
      [(await app.issue({ actions: ['read'] })).secret, 403],
      [(await app.issue({ actions: ['publish'] })).secret, 403],
      [(await app.issue({ actions: ['promote'] })).secret, 403],
      [(await app.issue({ actions: ['branch'], apps: ['other'] })).secret, 403],
    ]
    for (const [other, status] of others) {
      for (const [method, path] of [
        ['PUT', `${API}/main/slots/any-any`],
        ['DELETE', `${API}/main/slots/any-any`],
        ['DELETE', `${API}/main`],
      ] as const)
        assert.equal((await app.ask(method, path, { token: other, body: { uploadId } })).status, status)
    }
    assert.equal((await download(app, 'main')).text, 'one')
  }))

test('a token restricted to a category neither takes over a branch build of another one nor makes one of it', () =>
  withNotes({}, async (app, admin) => {
    const { secret: token } = await app.issue({ actions: ['branch'], branches: { category: 'catalog' } })
    for (const category of ['other', undefined]) {
      const name = category ?? 'none'
      said(await push(app, admin, name, 'any-any', textFile('theirs'), { category }), 201)
      for (const given of [{ category: 'catalog' }, {}])
        said(await push(app, token, name, 'any-any', textFile('mine'), given), 403, 'access.denied')
      for (const path of ['', '/slots/any-any'])
        said(await app.ask('DELETE', `${API}/${name}${path}`, { token }), 403, 'access.denied')
      assert.equal((await download(app, name)).text, 'theirs')
    }
    said(await push(app, token, 'own', 'any-any', textFile('mine')), 403, 'access.denied')
    said(await push(app, token, 'own', 'any-any', textFile('mine'), { category: 'catalog' }), 201)
    said(await push(app, token, 'own', 'any-any', textFile('again')), 200)
    said(await push(app, token, 'own', 'any-any', textFile('away'), { category: 'other' }), 403, 'access.denied')
    said(await app.ask('DELETE', `${API}/own`, { token }), 204)
  }))

test('an upload of somebody else, one that is not finished, and bytes that are damaged are not pushed', () =>
  withNotes({}, async (app, token) => {
    const put = (uploadId: string, more: object = {}) =>
      app.ask('PUT', `${API}/main/slots/any-any`, { token, body: { uploadId, ...more } })
    const { secret: other } = await app.issue({ actions: ['branch'] })
    said(await put(await upload(app, other, textFile('theirs'))), 404, 'upload.not_found')
    const opened = await app.ask('POST', '/api/v1/uploads', {
      token,
      body: { sizeBytes: 3, digest: digestOf(textFile('abc').bytes), fileName: 'a.bin' },
    })
    said(await put(opened.json.id), 409, 'upload.incomplete')
    const uploadId = await upload(app, token, textFile('one'))
    said(await put(uploadId, { fileName: '../x' }), 422, 'request.invalid')
    await app.deps.blobs.delete(digestOf(textFile('one').bytes))
    said(await put(uploadId), 409, 'blob.damaged')
    said(await read(app, 'main'), 404, 'branch.not_found')
  }))

test('an app with a branch build is not deleted', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'any-any', textFile('one'))
    said(await app.ask('DELETE', '/api/v1/apps/notes', { token }), 409, 'app.in_use')
    await app.ask('DELETE', `${API}/main`, { token })
    said(await app.ask('DELETE', '/api/v1/apps/notes', { token }), 204)
  }))

test('who may download a branch build need not send its bytes again, while it is there', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'any-any', textFile('one'), { expiresInDays: 1 })
    const open = async (secret: string) => {
      const body = { sizeBytes: 3, digest: digestOf(textFile('one').bytes), fileName: 'a.bin' }
      return (await app.ask('POST', '/api/v1/uploads', { token: secret, body })).status
    }
    const reader = async () => (await app.issue({ actions: ['branch'], apps: ['elsewhere'] })).secret
    assert.equal(await open(await reader()), 200)
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    assert.equal(await open(await reader()), 201)
    assert.equal(await open((await app.issue({ actions: ['branch'], apps: ['notes'] })).secret), 200)
    await app.clock.advance(DAY_MS)
    assert.equal(await open((await app.issue({ actions: ['branch'], apps: ['notes'] })).secret), 201)
  }))

test('each file tells who put it there and when, to those who see names', () =>
  withNotes({}, async (app, token) => {
    const ci = await app.issue({ actions: ['branch'], name: 'nightly' })
    await push(app, token, 'main', 'linux-x64', textFile('one'))
    await app.clock.advance(60_000)
    await push(app, ci.secret, 'main', 'linux-arm64', textFile('two'))
    const by = async (secret?: string) =>
      (await read(app, 'main', secret)).json.slots.map((slot: Record<string, string>) => [
        slot.arch,
        slot.uploadedAt,
        slot.uploadedBy,
      ])
    const named = await by(ci.secret)
    assert.deepEqual(named[0], ['arm64', '2026-11-21T00:01:00.000Z', `token:${ci.token.id} (nightly)`])
    assert.match(named[1][2], /^token:tok_\w+ \(test\)$/)
    assert.deepEqual(await by(), [
      ['arm64', '2026-11-21T00:01:00.000Z', 'token'],
      ['x64', '2026-11-21T00:00:00.000Z', 'token'],
    ])
    const page = async (secret?: string) =>
      (await app.ask('GET', '/notes/branches/main', { token: secret, headers: { Accept: 'text/html' } })).text
    assert.match(await page(ci.secret), /nightly/)
    const open = await page()
    assert.doesNotMatch(open, /nightly|tok_/)
    const sum = digestOf(textFile('two').bytes).replace('sha256:', '')
    for (const text of ['64-bit ARM', '64-bit Intel and AMD', '3 B', '2026-11-21 00:01 UTC', sum])
      assert.ok(open.includes(text), text)
  }))

test('the page of the app leads to its branch builds when it has any, and theirs shows what is found in the files', () =>
  withNotes({}, async (app, token) => {
    const html = async (path: string) => (await app.ask('GET', path, { headers: { Accept: 'text/html' } })).text
    assert.doesNotMatch(await html('/notes'), /ranch build/)
    const apk = { fileName: 'n.apk', bytes: buildApk({ debuggable: true }) }
    said(await push(app, token, 'feature/<b>', 'android-any', apk, { expiresInDays: 1 }), 201)
    const root = await html('/notes')
    assert.ok(root.includes('href="/notes/branches/feature%2F%3Cb%3E"'))
    assert.ok(root.includes('href="/notes/branches"'))
    const list = await html('/notes/branches')
    assert.ok(list.includes('feature/&lt;b>') && !list.includes('<b>'))
    const page = await html('/notes/branches/feature%2F%3Cb%3E')
    assert.ok(page.includes('download?platform=android&amp;arch=any'))
    assert.match(page, /debuggable/i)
    const json = await app.ask('GET', '/notes', { headers: { Accept: 'application/json' } })
    assert.deepEqual(
      json.json.branches.map(({ name }: { name: string }) => name),
      ['feature/<b>'],
    )
    await app.clock.advance(DAY_MS)
    assert.doesNotMatch(await html('/notes'), /ranch build/)
  }))

test('whatever step of a push fails, nothing waits in staging and the branch build is as before', () =>
  withNotes({ blobs: 'fs' }, async (app, token) => {
    const apk = (versionCode: number) => ({ fileName: 'n.apk', bytes: buildApk({ versionCode }) })
    said(await push(app, token, 'main', 'android-any', apk(1)), 201)
    const before = (await read(app, 'main', token)).text
    const fail = () => Promise.reject(new Error('the disk is gone'))
    const { blobs, store } = app.deps
    const steps: [string, object, object][] = [
      ['stat', blobs, { stat: fail }],
      ['inspect', app.deps, { inspect: fail }],
      ['transaction', store, { write: fail }],
      [
        'commit',
        store,
        {
          write: (work: Parameters<typeof store.write>[0]) =>
            write(async (tx) => {
              await work(tx)
              throw new Error('the disk is gone')
            }),
        },
      ],
    ]
    const write = store.write.bind(store)
    for (const [i, [name, object, broken]] of steps.entries()) {
      const uploadId = await upload(app, token, apk(2 + i))
      const whole = Object.fromEntries(Object.keys(broken).map((key) => [key, Reflect.get(object, key)]))
      Object.assign(object, broken)
      const answer = await app.ask('PUT', `${API}/main/slots/android-any`, { token, body: { uploadId } })
      Object.assign(object, whole)
      said(answer, 500, 'server.failed')
      assert.deepEqual(await Array.fromAsync(app.deps.staging.list()), [], name)
      assert.equal((await read(app, 'main', token)).text, before, name)
      said(await app.ask('PUT', `${API}/main/slots/android-any`, { token, body: { uploadId } }), 200)
      said(await push(app, token, 'main', 'android-any', apk(1)), 200)
      assert.equal((await read(app, 'main', token)).json.slots[0].digest, JSON.parse(before).slots[0].digest)
    }
  }))
