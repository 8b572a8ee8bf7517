import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { DistError } from '../../src/errors.ts'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildDeb } from '../../test/fixtures/build-deb.ts'
import { buildPng } from '../../test/fixtures/build-png.ts'
import { buildElf, buildPe } from '../../test/fixtures/build-program.ts'
import { buildZip } from '../../test/fixtures/zip-writer.ts'
import { runDist } from '../../test/helpers/cli-host.ts'
import { parseManifest } from '../manifest/manifest.ts'
import { findBuildOutput } from './build-output.ts'
import { draftManifest, guessFromName, manifestText } from './draft-manifest.ts'
import { readProject, slugFrom } from './project.ts'

type Tree = Readonly<Record<string, string | Uint8Array>>

async function inProject(files: Tree, run: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'init-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), content)
    }
    await run(root)
  } finally {
    await rm(root, { recursive: true })
  }
}

const zip = buildZip([{ name: 'readme.txt', data: new TextEncoder().encode('x'.repeat(100)) }])

test('findBuildOutput() recognises artifacts by their bytes, wherever they lie and however they are called', async () => {
  const files: Tree = {
    'out/release.bin': buildApk(),
    'dist/linux/notes.deb': buildDeb(),
    'build/tool.exe': buildPe(),
    'build/notes.txt': 'just words '.repeat(50),
    'src/other.apk': buildApk(),
  }
  await inProject(files, async (root) => {
    const found = await findBuildOutput(root)
    assert.deepEqual(
      found.files.map(({ path, inspection }) => `${path} ${inspection.platform}`),
      ['build/tool.exe windows', 'dist/linux/notes.deb linux', 'out/release.bin android'],
    )
    assert.deepEqual(found.folders, ['out', 'dist', 'build'])
  })
})

test('findBuildOutput() passes over libraries, intermediate results, hidden files and links', {
  skip: process.platform === 'win32' && 'modes and links are POSIX',
}, async () => {
  const files: Tree = {
    'target/release/tool': buildElf(),
    'target/release/libtool.so': buildElf(),
    'target/release/not-executable': buildElf(),
    'target/release/deps/tool-1f2e': buildElf(),
    'target/release/.hidden': buildElf(),
    'app/build/outputs/apk/debug/app-debug.apk': buildApk(),
    'app/build/outputs/apk/release/app-release.apk': buildApk(),
    'elsewhere.deb': buildDeb(),
  }
  await inProject(files, async (root) => {
    for (const path of ['tool', 'libtool.so', 'deps/tool-1f2e', '.hidden']) {
      await chmod(join(root, 'target/release', path), 0o755)
    }
    await symlink(join(root, 'elsewhere.deb'), join(root, 'target/release/linked.deb'))
    await symlink(root, join(root, 'target/release/circle'))
    const { files: found } = await findBuildOutput(root)
    assert.deepEqual(
      found.map(({ path }) => path),
      ['app/build/outputs/apk/release/app-release.apk', 'target/release/tool'],
    )
  })
})

test('draftManifest() gives a dist.json that is accepted as it is written', async () => {
  const files: Tree = {
    'package.json': `{"name":"@acme/notes","version":"1.4.0","productName":"Notes \${HOME}"}`,
    'CHANGELOG.md': '# 1.4.0\n',
    'out/notes.apk': buildApk(),
    'out/notes-linux-x86_64.zip': zip,
    'out/mystery.zip': zip,
    'dist/notes.apk': buildApk(),
  }
  await inProject(files, async (root) => {
    const found = await findBuildOutput(root)
    const { manifest, notes } = draftManifest(await readProject(root), found.files, {})
    assert.deepEqual(parseManifest(manifestText(manifest), 'dist.json', {}), manifest)
    assert.equal(manifest.app, 'acme-notes')
    assert.equal(manifest.name, `Notes \${HOME}`)
    assert.equal(manifest.version, '1.4.0')
    assert.deepEqual(manifest.notes, { file: 'CHANGELOG.md' })
    assert.deepEqual(manifest.artifacts, [
      { path: 'dist/notes.apk' },
      { path: 'out/mystery.zip' },
      { path: 'out/notes-linux-x86_64.zip', platform: 'linux', arch: 'x64' },
    ])
    assert.match(notes.join('\n'), /out\/notes\.apk is left out: dist\/notes\.apk has the same file name/)
    assert.match(notes.join('\n'), /out\/mystery\.zip: neither bytes nor name tell the platform/)
  })
})

test('draftManifest() is valid for an empty folder too, and says what to do', async () => {
  await inProject({}, async (root) => {
    const { manifest, notes } = draftManifest(await readProject(root), [], { app: 'notes' })
    assert.deepEqual(parseManifest(manifestText(manifest), 'dist.json', {}), manifest)
    assert.equal(notes.length, 2)
  })
})

test('draftManifest() leaves out a file with a finding of level error', async () => {
  await inProject({ 'out/broken.apk': buildApk().subarray(0, -30) }, async (root) => {
    const found = await findBuildOutput(root)
    const { manifest, notes } = draftManifest(await readProject(root), found.files, {})
    assert.ok(!JSON.stringify(manifest).includes('broken.apk'))
    assert.match(notes.join('\n'), /out\/broken\.apk is left out/)
  })
})

test('findBuildOutput() tells which files promise an artifact by their names and are none', async () => {
  const files: Tree = {
    'out/empty.apk': '',
    'out/picture.apk': buildPng({ width: 30, height: 30 }),
    'out/page.deb': '<h1>404</h1>'.repeat(10),
    'out/notes.txt': 'just words '.repeat(50),
    'out/marker': '',
    'out/lib.dll': buildPe(),
    'out/good.apk': buildApk(),
  }
  await inProject(files, async (root) => {
    const { files: found, unusable } = await findBuildOutput(root)
    assert.deepEqual(
      found.map(({ path }) => path),
      ['out/good.apk'],
    )
    assert.deepEqual(
      unusable.map(({ path }) => path),
      ['out/empty.apk', 'out/page.deb', 'out/picture.apk'],
    )
    const ran = await runDist(['init', '--app', 'notes'], { cwd: root })
    assert.equal(ran.code, 0, ran.stderr)
    assert.match(ran.stderr, /^warning: out\/empty\.apk is left out: it is empty$/m)
    assert.match(ran.stderr, /^warning: out\/picture\.apk is left out: The name ends with "\.apk", and /m)
    assert.doesNotMatch(ran.stderr, /notes\.txt|marker|lib\.dll/)
  })
})

test('readProject() refuses a file that is not UTF-8 instead of keeping what is not there', async () => {
  for (const [file, text] of [
    ['package.json', '{"name":"notes","productName":"N\u00f6tes"}'],
    ['Cargo.toml', '[package]\nname = "n\u00f6tes"\n'],
    ['pubspec.yaml', 'name: n\u00f6tes\n'],
  ] as const) {
    await inProject({ [file]: Buffer.from(text, 'latin1') }, async (root) => {
      await assert.rejects(readProject(root), (error) => {
        assert.ok(error instanceof DistError && error.code === 'file.unreadable')
        assert.equal(error.message, `Cannot read "${join(root, file)}": it is not valid UTF-8`)
        return true
      })
    })
    await inProject({ [file]: text }, async (root) =>
      assert.match((await readProject(root)).name ?? '', /^n\u00f6tes$/i),
    )
  }
})

test('readProject() reads the tables of Cargo.toml and ignores what is not valid', async () => {
  const cargo = '[package]\nname = "tool"\nversion = "0.3.1"\n\n[dependencies]\nversion = "9"\nname = "no"\n'
  await inProject({ 'Cargo.toml': cargo }, async (root) => {
    assert.deepEqual(await readProject(root), { slug: 'tool', name: 'tool', version: '0.3.1', changelog: undefined })
  })
  await inProject({ 'package.json': '{"name": 7, "version": "not a version!"}' }, async (root) => {
    assert.equal((await readProject(root)).version, undefined)
  })
  await inProject({ 'package.json': '{', 'pubspec.yaml': 'name: flutter_app\nversion: 1.2.3+45\n' }, async (root) => {
    assert.deepEqual(await readProject(root), {
      slug: 'flutter-app',
      name: 'flutter_app',
      version: '1.2.3',
      changelog: undefined,
    })
  })
})

test('slugFrom() gives a slug for any name', () => {
  const cases: [string, string][] = [
    ['notes', 'notes'],
    ['@acme/Notes App', 'acme-notes-app'],
    ['Äpfel & Birnen', 'a-pfel-birnen'],
    ['漢字', 'my-app'],
    ['admin', 'admin-app'],
    ['', 'my-app'],
    [`${'x'.repeat(80)}`, 'x'.repeat(59)],
  ]
  for (const [name, slug] of cases) assert.equal(slugFrom(name), slug, name)
})

test('guessFromName() reads platform and arch and makes nothing up', () => {
  assert.deepEqual(guessFromName('tool-1.0-linux-x86_64.tar.gz'), { platform: 'linux', arch: 'x64' })
  assert.deepEqual(guessFromName('Tool_Darwin_aarch64.zip'), { platform: 'macos', arch: 'arm64' })
  assert.deepEqual(guessFromName('tool-win32-ia32.zip'), { platform: 'windows', arch: 'x86' })
  assert.deepEqual(guessFromName('all-any-universal.zip'), {})
  assert.deepEqual(guessFromName('notes.zip'), {})
})
