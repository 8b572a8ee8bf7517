import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseManifest } from '../../cli/manifest/manifest.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { type DistRun, dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { draft, release } from '../helpers/test-app.ts'

interface World {
  readonly app: ServedApp
  readonly token: string
  readonly folder: string
  /** Runs with the token of an admin, in `folder`. */
  readonly run: (line: string) => Promise<DistRun>
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  // `dist` counts days from the real one, on which the server of a test does not stand.
  app.clock.setNow(Date.now())
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const { secret: token } = await app.issue({ actions: ['admin'], name: 'root' })
    const options = { server: app.url, token, cwd: folder }
    await work({ app, token, folder, run: (line) => dist(line.split(' '), options) })
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const file = (fileName: string) => ({ fileName, bytes: new TextEncoder().encode(fileName.repeat(50)) })

test('the schema that dist prints is the one that the server serves, and dist init names it', async () => {
  await inWorld(async ({ app, folder, run }) => {
    const printed = await run('init --schema')
    assert.equal(printed.code, 0, printed.stderr)
    assert.deepEqual(JSON.parse(printed.stdout), (await app.ask('GET', '/schema/dist.json')).json)
    assert.equal((await run('init --schema --json')).stdout, printed.stdout)
    assert.equal((await run('init --app notes')).code, 0)
    const text = await readFile(join(folder, 'dist.json'), 'utf8')
    assert.equal(JSON.parse(text).$schema, `${app.url}/schema/dist.json`)
    assert.equal(parseManifest(text, 'dist.json', {}).app, 'notes')
    const offline = await dist(['init', '--app', 'notes', '--output', 'other.json', '--json'], { cwd: folder })
    assert.ok(!('$schema' in offline.json.manifest), 'no server is known')
  })
})

test('dist init says what to fill in before the next step', async () => {
  await inWorld(async ({ folder, run }) => {
    const empty = await run('init --app notes --version 1.0.0')
    assert.match(empty.stdout, /^next: fill in the path in "artifacts", then dist ci publish$/m)
    await mkdir(join(folder, 'out'))
    await writeFile(join(folder, 'out/mystery.zip'), buildZip([{ name: 'readme', data: new Uint8Array(100) }]))
    const unknown = await run('init --app notes --version 1.0.0 --force --json')
    assert.deepEqual(unknown.json.toFillIn, ['"platform" of out/mystery.zip'])
    await writeFile(join(folder, 'out/mystery.zip'), buildApk())
    assert.match((await run('init --app notes --version 1.0.0 --force')).stdout, /^next: dist ci publish$/m)
  })
})

test('a version with a leading v or a + is refused with what was meant', async () => {
  await inWorld(async ({ folder, run, app }) => {
    await writeFile(join(folder, 'tool'), 'tool')
    const cases: [version: string, hint: string][] = [
      ['v1.0.0', '--version 1.0.0 --tag v1.0.0'],
      ['1.0.0+5', '--version 1.0.0 --build 5'],
      ['v1.0.0+5', '--version 1.0.0 --build 5 --tag v1.0.0+5'],
    ]
    for (const [version, hint] of cases) {
      const refused = await run(`publish tool --app notes --platform linux --version ${version} --json`)
      assert.deepEqual([refused.code, refused.error.code], [2, 'usage.invalid'], version)
      assert.equal(refused.error.hint, `Write ${hint}`)
      assert.match(refused.error.message, /: --version: has a /)
      const created = await run(`release create notes ${version} --json`)
      assert.deepEqual([created.code, created.error.hint], [2, `Write ${hint.replace('--version ', '')}`])
      const begun = await run(`init --app notes --version ${version} --json`)
      assert.deepEqual([begun.code, begun.error.hint], [2, 'Write --version 1.0.0'], 'only flags that init has')
    }
    const manifest = { schema: 1, app: 'notes', version: 'v1.0.0', artifacts: [{ path: 'tool', platform: 'linux' }] }
    await writeFile(join(folder, 'dist.json'), JSON.stringify(manifest))
    const inFile = await run('ci publish --json')
    assert.deepEqual([inFile.code, inFile.error.code], [3, 'manifest.invalid'])
    assert.match(inFile.error.message, /version: has a leading v, which belongs to the tag: write 1\.0\.0/)
    assert.deepEqual(app.requests, [], 'nothing was sent')
  })
})

test('a tag may name the build too', async () => {
  await inWorld(async ({ folder, run, app }) => {
    await writeFile(join(folder, 'tool'), 'tool')
    const line = 'publish tool --app notes --platform linux --version 1.0.0'
    for (const [flags, tag] of [
      ['', 'v1.0.0+5'],
      [' --build 5', 'v1.0.0+6'],
      [' --build 5', 'v1.0.1+5'],
    ]) {
      const refused = await run(`${line}${flags} --tag ${tag} --json`)
      assert.equal(refused.error.code, 'release.tag_mismatch', tag)
      assert.match(refused.error.hint ?? '', /--tag/)
    }
    assert.deepEqual(app.requests, [], 'nothing was sent')
    const published = await run(`${line} --build 5 --tag notes/v1.0.0+5 --json`)
    assert.equal(published.code, 0, published.stderr)
    assert.equal((await run('release show notes 1.0.0+5 --json')).json.tag, 'notes/v1.0.0+5')
  })
})

test('errors speak the words of the command line, not of the request', async () => {
  await inWorld(async ({ app, token, folder, run }) => {
    await run('app create notes')
    await release(app, token, 'notes', { version: '1.0.0' }, [file('a.bin')])
    await run('channel promote notes beta 1.0.0')
    await writeFile(join(folder, 'a'), 'just bytes')
    const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [])
    const cases: [line: string, code: number, says: RegExp][] = [
      ['release yank notes 1.0.0 --reason broken', 6, /--rollback/],
      ['publish a --app notes --version 2.0.0', 7, /hint: Give --platform \(and --arch\)/],
      [`release attach notes ${id} a`, 7, /hint: Give --platform \(and --arch\)/],
      ['publish a a --app notes --version 2.0.0 --platform linux', 2, /both would be named "a"/],
      ['publish a a --app notes --version 2.0.0 --platform bsd', 2, /given: --platform: must be one of [^;]*\n/],
      ['publish a --app Notes --version 2.0.0', 2, /given: --app: /],
      ['publish a --app notes --version 2.0.0 --channel beta --no-announce', 2, /--channel and --no-announce/],
      ['app create Notes', 2, /given: app: /],
      ['app create other --repository-url x', 2, /given: --repository-url: /],
      ['token create --name x --allow read --app A', 2, /given: --app: /],
      ['token create --name x --allow read --expires 99y', 2, /given: --expires: /],
      ['token create --name x --allow read --expires 0d', 2, /--expires "0d"/],
      [`channel policy notes beta --mover ${'x'.repeat(101)}`, 2, /given: --mover: /],
      [`channel promote notes beta ${'x'.repeat(98)}`, 2, /given: ref: /],
      ['release create notes not/one', 2, /given: version: /],
    ]
    for (const [line, code, says] of cases) {
      const refused = await run(line)
      assert.equal(refused.code, code, `${line}: ${refused.stderr}`)
      assert.match(refused.stderr, says, line)
      assert.doesNotMatch(
        refused.stderr,
        /artifacts|apps\.0|expiresInDays|dist\.json is not|"platform"|"rollback"/,
        line,
      )
    }
    const nobody = await dist(['app', 'edit', 'notes', '--name', 'x'], {
      server: app.url,
      token: `distc_${'a'.repeat(48)}`,
    })
    assert.match(nobody.stderr, /hint: Set DIST_TOKEN/)
  })
})

test('dist tells which URL it asked when there is nothing', async () => {
  await inWorld(async ({ app, token }) => {
    for (const line of [['app', 'list'], ['app', 'create', 'x'], ['whoami']]) {
      const lost = await dist([...line, '--json'], { server: `${app.url}/folder`, token })
      assert.deepEqual([lost.code, lost.error.code], [5, 'route.not_found'], line.join(' '))
      assert.ok(lost.error.message.startsWith(`There is nothing at ${app.url}/folder/api/v1/`), lost.error.message)
      assert.match(lost.error.hint, /^Check DIST_SERVER .* without \/folder\?$/)
    }
  })
})

test('a manifest that is a folder is told to be one', async () => {
  await inWorld(async ({ folder, run }) => {
    await mkdir(join(folder, 'sub'))
    const refused = await run('ci publish --manifest sub --json')
    assert.deepEqual([refused.code, refused.error.code], [3, 'manifest.unreadable'])
    assert.match(refused.error.message, /: it is a folder$/)
  })
})

test('a publish tells what became of release and channel, and tables count files', async () => {
  await inWorld(async ({ folder, run }) => {
    await writeFile(join(folder, 'tool'), 'tool')
    await writeFile(join(folder, 'sbom.json'), '{"bomFormat":"CycloneDX","specVersion":"1.5"}')
    const manifest = {
      schema: 1,
      app: 'notes',
      channel: 'beta',
      artifacts: [
        { path: 'tool', platform: 'linux', arch: 'x64', variant: 'musl' },
        { path: 'sbom.json', kind: 'sbom' },
      ],
      links: [{ platform: 'ios', kind: 'testflight', url: 'https://testflight.apple.com/join/abc' }],
    }
    const publish = async (version: string, more: object = {}) => {
      await writeFile(join(folder, 'dist.json'), JSON.stringify({ ...manifest, version, ...more }))
      const run_ = await run('ci publish')
      assert.equal(run_.code, 0, run_.stderr)
      return run_.stdout
    }
    const first = await publish('1.0.0')
    assert.match(first, /^published and announced notes 1\.0\.0\n/)
    assert.match(first, /^channel {2}beta begins at 1\.0\.0$/m)
    assert.match(
      await publish('1.0.0'),
      /^already announced: notes 1\.0\.0\n[\s\S]*^channel {2}beta stays at 1\.0\.0$/m,
    )
    assert.match(await publish('2.0.0'), /^channel {2}beta moved from 1\.0\.0 to 2\.0\.0$/m)
    const sealed = await publish('3.0.0', { channel: undefined, announce: false })
    assert.match(sealed, /^published notes 3\.0\.0, not announced yet\n/)
    const shown = (await run('release show notes 2.0.0')).stdout
    assert.match(shown, /^tool +linux +x64, musl +file +/m)
    assert.match(shown, /^sbom\.json +any +any +sbom +\d/m)
    assert.match((await run('release list notes')).stdout, /^2\.0\.0 +announced +\S+ +2 +/m)
    const created = await run('token create --name x --allow read --app notes')
    assert.match(created.stderr, /expires in 90d$/m)
  })
})
