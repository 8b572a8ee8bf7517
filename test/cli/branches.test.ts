import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { buildElfWithSections } from '../fixtures/build-elf.ts'
import { dist } from '../helpers/dist.ts'
import { npmPack } from '../helpers/npm-pack.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'

interface World {
  readonly app: ServedApp
  readonly folder: string
  /** May push branch builds and nothing else. */
  readonly ci: { server: string; token: string; cwd: string }
  readonly admin: { server: string; token: string; cwd: string }
  /** Writes a file into the folder. */
  readonly file: (name: string, bytes: Uint8Array | string) => Promise<void>
}

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const { secret } = await app.issue({ actions: ['admin'] })
    const { secret: pushing } = await app.issue({ actions: ['branch'], name: 'ci' })
    const admin = { server: app.url, token: secret, cwd: folder }
    await dist(['app', 'create', 'notes', '--visibility', 'public'], admin)
    await run({
      app,
      folder,
      admin,
      ci: { server: app.url, token: pushing, cwd: folder },
      file: (name, bytes) => writeFile(join(folder, name), bytes),
    })
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs `work` once, between the first look at the branch build and its answer. @returns how often it was looked at */
function afterFirstLook({ app }: ServedApp, work: () => Promise<void>): () => number {
  const { fetch } = app
  let looks = 0
  Object.assign(app, {
    async fetch(...given: Parameters<typeof fetch>) {
      const response = await fetch(...given)
      const { method, url } = given[0]
      if (method === 'GET' && url.endsWith('/api/v1/apps/notes/branches/main') && ++looks === 1) await work()
      return response
    },
  })
  return () => looks
}

test('dist branch push takes the slot from the bytes, the flags, or any', async () => {
  await inWorld(async ({ ci, file }) => {
    await file('tool', buildElfWithSections({}))
    await file('tool.txt', 'a file for everybody')
    const cases: [line: string[], slot: string][] = [
      [['tool'], 'linux-x64'],
      [['tool.txt'], 'any-any'],
      [['tool.txt', '--arch', 'amd64'], 'any-x64'],
      [['tool.txt', '--arch', 'aarch64'], 'any-arm64'],
      [['tool.txt', '--platform', 'darwin', '--arch', 'universal'], 'macos-universal'],
    ]
    for (const [line, slot] of cases) {
      const run = await dist(['branch', 'push', 'notes', `of ${line.join(' ')}`, ...line, '--json'], ci)
      assert.equal(run.code, 0, run.stderr)
      assert.equal(`${run.json.slot.platform}-${run.json.slot.arch}`, slot)
    }
    const wrong = await dist(['branch', 'push', 'notes', 'main', 'tool', '--platform', 'windows', '--json'], ci)
    assert.deepEqual([wrong.code, wrong.error.code], [7, 'artifact.contradiction'], wrong.stderr)
  })
})

test('dist branch push of x64, arm64 and neither makes three slots of one branch build', async () => {
  await inWorld(async ({ ci, file, app }) => {
    await file('x.tgz', (await npmPack({ name: '@acme/x', version: '1.0.0' })).bytes)
    for (const flags of [['--arch', 'x64'], ['--arch', 'arm64'], []])
      assert.equal((await dist(['branch', 'push', 'notes', 'main', 'x.tgz', ...flags], ci)).code, 0)
    const rows = await app.deps.store.reads
      .selectFrom('branch_slots')
      .select(['platform', 'arch', 'package_name'])
      .execute()
    assert.deepEqual(rows.map(({ platform, arch, package_name }) => `${platform}-${arch} ${package_name}`).sort(), [
      'any-any @acme/x',
      'any-arm64 @acme/x',
      'any-x64 @acme/x',
    ])
    const shown = await dist(['branch', 'show', 'notes', 'main'], ci)
    assert.match(shown.stdout, /^any-arm64 +x\.tgz +npm +@acme\/x 1\.0\.0 /m)
    assert.match((await dist(['branch', 'list', 'notes'], ci)).stdout, /^main +branch +- +any-any any-arm64 any-x64 /m)
  })
})

test('two pushes of different arch at the same time are both there', async () => {
  await inWorld(async ({ ci, file }) => {
    await file('a.bin', 'for x64')
    await file('b.bin', 'for arm64')
    for (let round = 0; round < 5; round++) {
      const runs = await Promise.all([
        dist(['branch', 'push', 'notes', `r${round}`, 'a.bin', '--platform', 'linux', '--arch', 'x64'], ci),
        dist(['branch', 'push', 'notes', `r${round}`, 'b.bin', '--platform', 'linux', '--arch', 'arm64'], ci),
      ])
      for (const run of runs) assert.equal(run.code, 0, run.stderr)
      const { json } = await dist(['branch', 'show', 'notes', `r${round}`, '--json'], ci)
      assert.deepEqual(
        json.slots.map(({ arch, fileName }: { arch: string; fileName: string }) => `${arch} ${fileName}`),
        ['arm64 b.bin', 'x64 a.bin'],
      )
    }
  })
})

test('the name of a branch build goes through command line, URL and database as it is', async () => {
  await inWorld(async ({ app, ci, folder, file }) => {
    await file('a.txt', 'bytes')
    const names = [
      '@scope/pkg@main',
      'foo',
      'feature/x',
      '#1?&=+',
      "it's 100 €, ü",
      'a;b',
      '日本語/x',
      '-',
      '@',
      'slots',
    ]
    for (const name of names) {
      const at = name === '-' ? ['--', name] : [name]
      const pushed = await dist(['branch', 'push', 'notes', '--json', ...at, 'a.txt'], ci)
      assert.equal(pushed.code, 0, `${name}: ${pushed.stderr}`)
      assert.equal(pushed.json.branch.name, name)
      assert.equal(pushed.json.branch.url, `${app.url}/notes/branches/${encodeURIComponent(name)}`)
      assert.equal((await fetch(pushed.json.branch.url)).status, 200, name)
      assert.equal(await (await fetch(pushed.json.slot.url)).text(), 'bytes')
      const shown = await dist(['branch', 'show', 'notes', '--json', ...at], ci)
      assert.equal(shown.json?.name, name, shown.stderr)
      const got = await dist(['download', 'notes', `--branch=${name}`, '-o', 'got', '--json'], ci)
      assert.equal(got.code, 0, got.stderr)
      assert.equal(await readFile(join(folder, 'got'), 'utf8'), 'bytes')
    }
    const rows = await app.deps.store.reads.selectFrom('branches').select('name').execute()
    assert.deepEqual(rows.map(({ name }) => name).sort(), [...names].sort())
    const listed = await dist(['branch', 'list', 'notes', '--limit', '3', '--json'], ci)
    const rest = await dist(['branch', 'list', 'notes', '--cursor', listed.json.nextCursor, '--json'], ci)
    const all = [...listed.json.items, ...rest.json.items].map(({ name }: { name: string }) => name)
    assert.deepEqual([...all].sort(), [...names].sort())
    for (const name of names) {
      const run = await dist(['branch', 'delete', 'notes', '--json', '--', name], ci)
      assert.equal(run.code, 0, run.stderr)
    }
    assert.equal((await dist(['branch', 'list', 'notes'], ci)).stdout, '')
  })
})

test('dist branch push --by-package names it by the package in the bytes and the word that is given', async () => {
  await inWorld(async ({ app, ci, file }) => {
    const { fileName, bytes } = await npmPack({ name: '@acme/notes', version: '1.4.0' })
    await file(fileName, bytes)
    for (const ref of ['main', 'feature/x', '2']) {
      const pushed = await dist(['branch', 'push', 'notes', ref, fileName, '--by-package', '--json'], ci)
      assert.equal(pushed.code, 0, pushed.stderr)
      assert.equal(pushed.json.branch.name, `@acme/notes@${ref}`)
    }
    await file('a.txt', 'bytes')
    const asked = app.requests.length
    const nameless = await dist(['branch', 'push', 'notes', 'main', 'a.txt', '--by-package', '--json'], ci)
    assert.deepEqual([nameless.code, nameless.error?.code, app.requests.length], [2, 'branch.name', asked])
  })
})

test('dist branch refuses names that would lead elsewhere before it asks the server', async () => {
  await inWorld(async ({ app, admin, file }) => {
    await file('a.txt', 'bytes')
    const asked = app.requests.length
    for (const name of ['..', '.', 'a/../b', '/a', 'a/', 'a%2Fb', 'cafe\u0301', 'a\u0007', 'x'.repeat(201)]) {
      for (const line of [
        ['branch', 'push', 'notes', name, 'a.txt'],
        ['branch', 'show', 'notes', name],
        ['branch', 'delete', 'notes', name],
        ['branch', 'delete', 'notes', name, '--slot', 'any-any'],
        ['download', 'notes', '--branch', name],
      ]) {
        const run = await dist([...line, '--json'], admin)
        assert.deepEqual([run.code, run.error.code], [2, 'branch.name'], `${line.join(' ')}: ${run.stderr}`)
      }
    }
    for (const slot of ['linux', 'linux-x65', '..-any', 'any/any', '']) {
      const run = await dist(['branch', 'delete', 'notes', 'main', `--slot=${slot}`, '--json'], admin)
      assert.deepEqual([run.code, run.error.code], [2, 'branch.slot'], slot)
    }
    for (const flags of [
      ['--category', 'maps'],
      ['--kind', 'release'],
      ['--expires', 'soon'],
      ['--expires', '0d'],
      ['--expires', '9999d'],
      ['--platform', 'beos'],
      ['--arch', 'z80'],
      ['--format', 'doc'],
      ['--file-name', 'a/b'],
    ]) {
      const run = await dist(['branch', 'push', 'notes', 'main', 'a.txt', ...flags], admin)
      assert.equal(run.code, 2, `${flags.join(' ')}: ${run.stderr}`)
    }
    assert.equal((await dist(['branch', 'push', 'notes', 'main'], admin)).code, 2)
    assert.equal((await dist(['branch', 'push', 'notes', 'main', 'absent.txt'], admin)).code, 5)
    assert.equal(app.requests.length, asked)
  })
})

test('dist branch push prints slot, digest and page, and says what it did', async () => {
  await inWorld(async ({ app, ci, file }) => {
    await file('a.txt', 'one')
    const push = (...flags: string[]) => dist(['branch', 'push', 'notes', 'pr/1', 'a.txt', ...flags], ci)
    const first = await push('--expires', '14d')
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /^pushed +notes pr\/1$/m)
    assert.match(first.stdout, /^slot +any-any$/m)
    assert.ok(first.stdout.includes(digestOf(new TextEncoder().encode('one'))))
    assert.ok(first.stdout.includes(`${app.url}/notes/branches/pr%2F1\n`))
    assert.match((await push()).stdout, /^unchanged +notes pr\/1$/m)
    await file('a.txt', 'two')
    const second = await push('--json')
    assert.deepEqual(
      [second.json.replaced, second.json.previous, second.json.uploaded],
      [true, digestOf(new TextEncoder().encode('one')), true],
    )
    assert.equal(await (await fetch(second.json.slot.url)).text(), 'two')
    assert.match((await push()).stdout, /^unchanged /m)
  })
})

test('dist branch push goes on behind the bytes that a run before it left', async () => {
  await inWorld(async ({ app, ci, file, folder }) => {
    const text = 'abcdefgh'.repeat(1000)
    await file('a.bin', text)
    const offsets: (string | null)[] = []
    const { fetch } = app.app
    let isCut = true
    Object.assign(app.app, {
      async fetch(...[request, peer]: Parameters<typeof fetch>) {
        if (request.method === 'HEAD' && isCut) return new Response(null, { status: 502 })
        if (request.method !== 'PATCH') return fetch(request, peer)
        offsets.push(request.headers.get('upload-offset'))
        if (!isCut) return fetch(request, peer)
        // The first part arrives by half, and its sender never hears of it.
        const headers = new Headers(request.headers)
        headers.delete('content-length')
        headers.set('upload-complete', '?0')
        const half = new Uint8Array(await request.arrayBuffer()).subarray(0, 3000)
        const answer = await fetch(new Request(request.url, { method: 'PATCH', headers, body: half }), peer)
        assert.ok(answer.ok, await answer.text())
        return new Response(null, { status: 502 })
      },
    })
    const push = () => dist(['branch', 'push', 'notes', 'main', 'a.bin', '--json'], ci)
    const cut = await push()
    assert.equal(cut.code, 8, cut.stderr)
    assert.equal((await dist(['branch', 'show', 'notes', 'main'], ci)).code, 5, 'half a file is no build')
    isCut = false
    offsets.length = 0
    const run = await push()
    assert.equal(run.code, 0, run.stderr)
    assert.deepEqual(offsets, ['3000'])
    assert.equal(await (await globalThis.fetch(run.json.slot.url)).text(), text)
    assert.deepEqual(await readdir(folder), ['a.bin'])
  })
})

test('dist branch push hands URLs to later steps of the CI job', async () => {
  await inWorld(async ({ ci, file, folder }) => {
    await file('a.txt', 'one')
    const env = { GITHUB_OUTPUT: join(folder, 'out'), GITHUB_STEP_SUMMARY: join(folder, 'page') }
    const run = await dist(['branch', 'push', 'notes', 'pr/1', 'a.txt', '--json'], { ...ci, env })
    assert.equal(run.code, 0, run.stderr)
    assert.equal(
      await readFile(env.GITHUB_OUTPUT, 'utf8'),
      `branch_url=${run.json.branch.url}\ndownload_url=${run.json.slot.url}\nslot=any-any\ndigest=${run.json.slot.digest}\n`,
    )
    assert.match(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8'), /^### notes pr\/1$/m)
  })
})

test('a branch build goes when its time is over, counted anew with every push that says so', async () => {
  await inWorld(async ({ app, ci, file, folder }) => {
    await file('a.txt', 'one')
    const push = (...flags: string[]) => dist(['branch', 'push', 'notes', 'pr/1', 'a.txt', ...flags, '--json'], ci)
    const start = app.clock.now()
    const expiryOf = (run: { json: { branch: { expiresAt: string } } }) =>
      (Date.parse(run.json.branch.expiresAt) - start) / 86_400_000
    assert.equal(expiryOf(await push('--expires', '14d')), 14)
    await app.clock.advance(10 * 86_400_000)
    assert.equal(expiryOf(await push()), 14, 'it stays as it was')
    assert.equal(expiryOf(await push('--expires', '14d')), 24)
    await app.clock.advance(14 * 86_400_000 - 1)
    assert.equal((await dist(['branch', 'show', 'notes', 'pr/1'], ci)).code, 0)
    await app.clock.advance(1)
    for (const line of [
      ['branch', 'show', 'notes', 'pr/1'],
      ['branch', 'delete', 'notes', 'pr/1'],
      ['download', 'notes', '--branch', 'pr/1'],
    ]) {
      const run = await dist([...line, '--json'], ci)
      assert.deepEqual([run.code, run.error.code], [5, 'branch.not_found'], line.join(' '))
    }
    assert.equal((await dist(['branch', 'list', 'notes', '--json'], ci)).json.items.length, 0)
    assert.equal((await push('--expires', 'never')).json.branch.expiresAt, null)
    assert.deepEqual(await readdir(folder), ['a.txt'])
  })
})

test('a flag goes before the category of package.json, and the list of categories is closed', async () => {
  await inWorld(async ({ ci, file }) => {
    const packed = await npmPack({ name: 'x', version: '1.0.0', category: 'catalog' })
    await file('x.tgz', packed.bytes)
    const categoryAfter = async (branch: string, ...flags: string[]) => {
      const run = await dist(['branch', 'push', 'notes', branch, 'x.tgz', ...flags, '--json'], ci)
      assert.equal(run.code, 0, run.stderr)
      return run.json.branch.category
    }
    assert.equal(await categoryAfter('a'), 'catalog')
    for (const category of ['processing', 'catalog', 'application', 'tileset', 'maplibre-style', 'other'])
      assert.equal(await categoryAfter('b', '--category', category), category)
    assert.equal(await categoryAfter('b'), 'other', 'what was said stays')
    await file('y.tgz', (await npmPack({ name: 'y', version: '1.0.0', category: 'maps' })).bytes)
    const run = await dist(['branch', 'push', 'notes', 'c', 'y.tgz', '--json'], ci)
    assert.equal(run.json.branch.category, null, 'a word of others is none of ours')
  })
})

test('dist branch push refuses another kind, format or package than the first, and a token what it may not', async () => {
  await inWorld(async ({ app, ci, admin, file }) => {
    for (const name of ['x', 'y']) await file(`${name}.tgz`, (await npmPack({ name, version: '1.0.0' })).bytes)
    await file('a.txt', 'one')
    const push = (who: typeof ci, ...line: string[]) => dist(['branch', 'push', 'notes', ...line, '--json'], who)
    const first = await push(ci, 'acme@2', 'x.tgz', '--kind', 'line')
    assert.equal(first.json.branch.kind, 'line')
    for (const line of [
      ['acme@2', 'y.tgz'],
      ['acme@2', 'a.txt'],
      ['acme@2', 'x.tgz', '--kind', 'branch'],
    ]) {
      const run = await push(ci, ...line)
      assert.deepEqual([run.code, run.error.code], [6, 'branch.mismatch'], line.join(' '))
    }
    const narrow = { ...ci, token: (await app.issue({ actions: ['branch'], branches: { prefix: 'pr/' } })).secret }
    assert.equal((await push(narrow, 'pr/1', 'a.txt')).code, 0)
    const denied = await push(narrow, 'main', 'a.txt')
    assert.deepEqual([denied.code, denied.error.code], [4, 'access.denied'])
    assert.match(denied.error.message, /restricted to branch builds of prefix "pr\/"/)
    assert.equal((await dist(['branch', 'delete', 'notes', 'acme@2'], narrow)).code, 4)
    assert.equal((await dist(['branch', 'delete', 'notes', 'pr/1'], narrow)).code, 0)
    const reader = { ...ci, token: (await app.issue({ actions: ['read', 'publish', 'promote'] })).secret }
    assert.equal((await push(reader, 'main', 'a.txt')).code, 4)
    const nowhere = await dist(['branch', 'push', 'absent', 'main', 'a.txt', '--json'], admin)
    assert.deepEqual([nowhere.code, nowhere.error.hint], [5, 'Create the app with "dist app create"'])
  })
})

test('dist branch delete takes one slot, and with the last one the branch build', async () => {
  await inWorld(async ({ ci, file }) => {
    await file('a.txt', 'one')
    for (const arch of ['x64', 'arm64'])
      await dist(['branch', 'push', 'notes', 'main', 'a.txt', '--platform', 'linux', '--arch', arch], ci)
    const one = await dist(['branch', 'delete', 'notes', 'main', '--slot', 'linux-amd64'], ci)
    assert.equal(one.stdout, 'deleted notes main linux-x64\n')
    assert.equal((await dist(['branch', 'delete', 'notes', 'main', '--slot', 'linux-x64'], ci)).code, 5)
    const { json } = await dist(['branch', 'delete', 'notes', 'main', '--slot', 'linux-arm64', '--json'], ci)
    assert.deepEqual(json, { deleted: 'main', app: 'notes', slot: 'linux-arm64' })
    assert.equal((await dist(['branch', 'show', 'notes', 'main'], ci)).code, 5)
    assert.equal((await dist(['branch', 'delete', 'notes', 'main'], ci)).code, 5)
  })
})

test('dist download --branch gives the file for a platform and arch, or the one for any', async () => {
  await inWorld(async ({ app, ci, file, folder }) => {
    await file('x.bin', 'for x64')
    await file('any.bin', 'for all')
    const push = (name: string, ...flags: string[]) => dist(['branch', 'push', 'notes', 'main', name, ...flags], ci)
    await push('x.bin', '--platform', 'linux', '--arch', 'x64')
    const get = async (...flags: string[]) => {
      const run = await dist(['download', 'notes', '--branch', 'main', '-o', 'got', '--json', ...flags], {
        server: app.url,
        cwd: folder,
      })
      const text = run.code === 0 ? await readFile(join(folder, 'got'), 'utf8') : run.error.code
      await rm(join(folder, 'got'), { force: true })
      return text
    }
    assert.equal(await get('--platform', 'linux', '--arch', 'x64'), 'for x64')
    assert.equal(await get(), 'for x64', 'there is no other')
    assert.equal(await get('--platform', 'linux', '--arch', 'arm64'), 'artifact.not_found')
    await push('x.bin', '--platform', 'linux', '--arch', 'arm64')
    assert.equal(await get(), 'artifact.ambiguous')
    await push('any.bin')
    assert.equal(await get('--platform', 'linux', '--arch', 'arm64'), 'for x64')
    assert.equal(await get('--platform', 'windows', '--arch', 'arm64'), 'for all')
    assert.equal(await get(), 'for all')
    assert.equal(await get('--file', 'any.bin', '--platform', 'linux', '--arch', 'x64'), 'for all')
    assert.equal(await get('--format', 'apk'), 'artifact.not_found')
    assert.equal(await get('--platform', 'beos'), 'usage.invalid')
  })
})

test('dist download --branch takes up a part, and begins anew with a build that replaced it', async () => {
  await inWorld(async ({ ci, file, folder, app }) => {
    const text = 'abcdefgh'.repeat(10_000)
    await file('a.bin', text)
    await dist(['branch', 'push', 'notes', 'main', 'a.bin'], ci)
    const get = () => dist(['download', 'notes', '--branch', 'main', '-o', 'got', '--json'], ci)
    await file('got.part', text.slice(0, 30_000))
    const resumed = await get()
    assert.deepEqual([resumed.code, resumed.json?.resumedBytes], [0, 30_000], resumed.stderr)
    assert.deepEqual([resumed.json.app, resumed.json.branch], ['notes', 'main'])
    assert.equal(await readFile(join(folder, 'got'), 'utf8'), text)
    assert.equal((await get()).json.written, false)
    await rm(join(folder, 'got'))
    // The build is replaced between the look at it and the download of its bytes.
    await file('a.bin', text.toUpperCase())
    const looks = afterFirstLook(app, async () => {
      assert.equal((await dist(['branch', 'push', 'notes', 'main', 'a.bin'], ci)).code, 0)
    })
    const raced = await get()
    assert.equal(raced.code, 0, raced.stderr)
    assert.equal(await readFile(join(folder, 'got'), 'utf8'), text.toUpperCase())
    assert.ok(looks() >= 2, 'it looked again')
  })
})

test('a branch build has no version to choose', async () => {
  await inWorld(async ({ ci, file, app }) => {
    await file('a.txt', 'one')
    await dist(['branch', 'push', 'notes', 'main', 'a.txt'], ci)
    const asked = app.requests.length
    for (const line of [
      ['download', 'notes', '--branch', 'main', '--version', '1'],
      ['branch', 'show', 'notes', 'main', '--version', '1'],
      ['branch', 'push', 'notes', 'main', 'a.txt', '--version', '1'],
      ['download', 'notes@1.0.0', '--branch', 'main'],
      ['download', 'notes@main', '--branch', 'main'],
    ]) {
      const run = await dist([...line, '--json'], ci)
      assert.deepEqual([run.code, run.error.code], [2, 'usage.invalid'], line.join(' '))
    }
    assert.equal(app.requests.length, asked)
  })
})

test('the audit log tells of branch builds by their names', async () => {
  await inWorld(async ({ admin, file }) => {
    await file('a.txt', 'one')
    for (const arch of ['x64', 'arm64'])
      await dist(['branch', 'push', 'notes', 'pr/1', 'a.txt', '--platform', 'linux', '--arch', arch], admin)
    await dist(['branch', 'delete', 'notes', 'pr/1', '--slot', 'linux-x64'], admin)
    await dist(['branch', 'delete', 'notes', 'pr/1'], admin)
    const { stdout } = await dist(['audit', 'list', '--limit', '4'], admin)
    const lines = stdout.split('\n').map((line) => line.replace(/^\d+ +\S+ +/, '').replace(/ {2,}/g, ' | '))
    assert.deepEqual(lines.slice(1, 5), [
      'branch.deleted | branch notes pr/1 | test',
      'branch.slot_removed | branch notes pr/1 | test | linux-x64 a.txt',
      'branch.pushed | branch notes pr/1 | test | linux-arm64 a.txt',
      'branch.pushed | branch notes pr/1 | test | linux-x64 a.txt',
    ])
  })
})
