import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildPng } from '../fixtures/build-png.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { draft, release } from '../helpers/test-app.ts'

interface World {
  readonly app: ServedApp
  readonly reader: { server: string; token: string; cwd: string }
  readonly admin: { server: string; token: string; cwd: string }
  readonly folder: string
}

const bytes = (text: string) => new TextEncoder().encode(text.repeat(1000))

/** The app notes with 1.0.0, which the channel beta holds, and 2.0.0, which has two files. */
async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const { secret } = await app.issue({ actions: ['admin'] })
    const { secret: reading } = await app.issue({ actions: ['read'] })
    const admin = { server: app.url, token: secret, cwd: folder }
    await dist(['app', 'create', 'notes'], admin)
    await release(app, secret, 'notes', { version: '1.0.0' }, [{ fileName: 'notes.bin', bytes: bytes('one') }])
    await release(app, secret, 'notes', { version: '2.0.0', build: '7' }, [
      { fileName: 'notes.bin', bytes: bytes('two') },
      { fileName: 'notes-mac.bin', bytes: bytes('mac'), platform: 'macos' },
    ])
    await dist(['channel', 'promote', 'notes', 'beta', '1.0.0'], admin)
    await run({ app, admin, reader: { server: app.url, token: reading, cwd: folder }, folder })
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

test('dist download brings the file of the latest release, a channel, a version, an id', async () => {
  await inWorld(async ({ reader, folder, admin }) => {
    const { json } = await dist(['release', 'show', 'notes', '1.0.0', '--json'], admin)
    const cases: [line: string[], file: string, text: string][] = [
      [['notes', '--platform', 'linux'], 'notes.bin', 'two'],
      [['notes@latest', '--file', 'notes-mac.bin'], 'notes-mac.bin', 'mac'],
      [['notes@beta'], 'notes.bin', 'one'],
      [['notes@2.0.0+7', '--platform', 'darwin', '-o', 'renamed'], 'renamed', 'mac'],
      [['notes@2.0.0', '--file', 'notes.bin'], 'notes.bin', 'two'],
      [[`notes@${json.id}`, '--output', `${folder}/`], 'notes.bin', 'one'],
    ]
    for (const [line, file, text] of cases) {
      const run = await dist(['download', ...line, '--json'], reader)
      assert.equal(run.code, 0, run.stderr)
      assert.equal(run.json.path, join(folder, file))
      assert.equal(run.json.artifact.digest, digestOf(bytes(text)))
      assert.deepEqual(new Uint8Array(await readFile(join(folder, file))), bytes(text))
      assert.deepEqual(await readdir(folder), [file])
      await rm(join(folder, file))
    }
  })
})

test('dist download lists the candidates when several files fit, exit code 2', async () => {
  await inWorld(async ({ reader, folder }) => {
    const run = await dist(['download', 'notes', '--json'], reader)
    assert.deepEqual([run.code, run.error.code], [2, 'artifact.ambiguous'])
    assert.deepEqual(run.error.details.candidates.map((candidate: { fileName: string }) => candidate.fileName).sort(), [
      'notes-mac.bin',
      'notes.bin',
    ])
    assert.match((await dist(['download', 'notes'], reader)).stderr, /notes-mac\.bin {2}macos/)
    assert.deepEqual(await readdir(folder), [])
  })
})

test('dist download takes up a part, never overwrites, and is content with the very file', async () => {
  await inWorld(async ({ reader, folder }) => {
    const path = join(folder, 'notes.bin')
    await writeFile(`${path}.part`, bytes('one').subarray(0, 1234))
    const resumed = await dist(['download', 'notes@beta', '--json'], reader)
    assert.deepEqual([resumed.code, resumed.json.resumedBytes], [0, 1234], resumed.stderr)
    assert.deepEqual(new Uint8Array(await readFile(path)), bytes('one'))
    assert.equal((await dist(['download', 'notes@beta', '--json'], reader)).json.written, false)
    const other = await dist(['download', 'notes', '--file', 'notes.bin', '--json'], reader)
    assert.deepEqual([other.code, other.error.code], [6, 'file.exists'])
    assert.deepEqual(new Uint8Array(await readFile(path)), bytes('one'))
    assert.equal((await dist(['download', 'notes', '--file', 'notes.bin', '--force'], reader)).code, 0)
    assert.deepEqual(new Uint8Array(await readFile(path)), bytes('two'))
  })
})

test('dist download says what is not there, and what was yanked', async () => {
  await inWorld(async ({ reader, admin, folder }) => {
    for (const target of ['absent', 'notes@3.0.0', 'notes@nightly']) {
      assert.equal((await dist(['download', target], reader)).code, 5, target)
    }
    assert.equal((await dist(['download', 'notes', '--platform', 'windows'], reader)).code, 5)
    assert.equal((await dist(['download', 'notes@beta'], { ...reader, token: undefined })).code, 5)
    await dist(['release', 'yank', 'notes', '2.0.0+7', '--reason', 'loses drafts'], admin)
    const run = await dist(['download', 'notes@2.0.0+7', '--file', 'notes.bin'], reader)
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stderr, /^warning: notes 2\.0\.0\+7 was yanked: loses drafts$/m)
    assert.deepEqual(await readdir(folder), ['notes.bin'])
  })
})

test('dist download fetches a file of a draft through its set URL', async () => {
  await inWorld(async ({ app, admin, folder }) => {
    const { id } = await draft(app, admin.token, 'notes', { version: '3.0.0' }, [
      { fileName: 'd.bin', bytes: bytes('draft') },
    ])
    const run = await dist(['download', `notes@${id}`], admin)
    assert.equal(run.code, 0, run.stderr)
    assert.deepEqual(new Uint8Array(await readFile(join(folder, 'd.bin'))), bytes('draft'))
  })
})

test('the bare version of a built release leads to its highest announced build, but never changes one', async () => {
  await inWorld(async ({ app, admin, reader }) => {
    await release(app, admin.token, 'notes', { version: '2.0.0', build: '10' }, [
      { fileName: 'notes.bin', bytes: bytes('ten') },
    ])
    const shown = await dist(['release', 'show', 'notes', '2.0.0', '--json'], reader)
    assert.equal(shown.code, 0, shown.stderr)
    assert.equal(shown.json.ref, '2.0.0+10')
    const asked = await app.ask('GET', '/api/v1/apps/notes/releases/2.0.0', { token: admin.token })
    assert.deepEqual(
      [asked.status, asked.json.code, asked.json.details.builds],
      [404, 'release.not_found', ['2.0.0+10', '2.0.0+7']],
    )
    const yank = await dist(['release', 'yank', 'notes', '2.0.0', '--reason', 'x', '--json'], admin)
    assert.deepEqual([yank.code, yank.error.hint], [5, 'Name the build: 2.0.0+10, 2.0.0+7'])
    const absent = await dist(['release', 'show', 'notes', '3.0.0', '--json'], reader)
    assert.deepEqual([absent.code, absent.error.hint], [5, undefined])
  })
})

test('a draft that is named by its version is not found, and the hint has its id', async () => {
  await inWorld(async ({ app, admin, folder }) => {
    const { id } = await draft(app, admin.token, 'notes', { version: '3.0.0' }, [])
    await writeFile(join(folder, 'a'), 'a')
    for (const line of [
      ['attach', 'notes', '3.0.0', 'a', '--platform', 'any'],
      ['publish', 'notes', '3.0.0'],
      ['discard', 'notes', '3.0.0'],
    ]) {
      const run = await dist(['release', ...line, '--json'], admin)
      assert.deepEqual([run.code, run.error.hint], [5, `A draft answers to its id alone: ${id}`], line[0])
      assert.match((await dist(['help', 'release', line[0]!])).stdout, /id of the draft/)
    }
  })
})

test('dist verify tells a published file from any other', async () => {
  await inWorld(async ({ reader, folder }) => {
    await writeFile(join(folder, 'good'), bytes('two'))
    await writeFile(join(folder, 'notes.bin'), bytes('bad'))
    const any = await dist(['verify', 'good', '--app', 'notes', '--json'], reader)
    assert.equal(any.code, 0, any.stderr)
    assert.deepEqual(any.json.published, { app: 'notes', ref: '2.0.0+7', state: 'announced', fileName: 'notes.bin' })
    assert.equal((await dist(['verify', 'good', '--app', 'notes', '--release', '2.0.0+7'], reader)).code, 0)
    assert.equal((await dist(['verify', 'good', '--app', 'notes', '--release', '1.0.0'], reader)).code, 7)
    const bad = await dist(['verify', 'notes.bin', '--app', 'notes', '--release', '1.0.0', '--json'], reader)
    assert.deepEqual([bad.code, bad.error.code], [7, 'verify.failed'])
    assert.deepEqual(
      [bad.error.details.expected, bad.error.details.actual],
      [digestOf(bytes('one')), digestOf(bytes('bad'))],
    )
    assert.equal((await dist(['verify', 'absent', '--app', 'notes'], reader)).code, 5)
  })
})

test('dist verify looks at every build of a bare version, and says so when none is it', async () => {
  await inWorld(async ({ app, admin, reader, folder }) => {
    for (const build of ['9', '10']) {
      await release(app, admin.token, 'notes', { version: '2.0.0', build }, [
        { fileName: 'notes.bin', bytes: bytes(build) },
      ])
    }
    await writeFile(join(folder, 'notes.bin'), bytes('9'))
    await writeFile(join(folder, 'bad'), bytes('bad'))
    const verify = (file: string, ref: string, server = reader) =>
      dist(['verify', file, '--app', 'notes', '--release', ref, '--json'], server)
    const found = await verify('notes.bin', '2.0.0')
    assert.deepEqual([found.code, found.json?.published.ref], [0, '2.0.0+9'], found.stderr)
    const other = await verify('notes.bin', '2.0.0+10')
    assert.deepEqual([other.code, other.error.details.expected], [7, digestOf(bytes('10'))])
    const bad = await verify('bad', '2.0.0')
    assert.deepEqual(
      [bad.code, bad.error.code, bad.error.details.builds],
      [7, 'verify.failed', ['2.0.0+10', '2.0.0+9', '2.0.0+7']],
    )
    assert.match(bad.error.message, /no file of the 3 announced builds of version "2\.0\.0" of "notes" has these bytes/)
    const absent = await verify('notes.bin', '9.9.9')
    assert.deepEqual([absent.code, absent.error.code], [5, 'release.not_found'])
  })
})

test('dist verify --digest and dist inspect need no server', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const apk = buildApk()
    await writeFile(join(folder, 'app.bin'), apk)
    const cwd = { cwd: folder }
    assert.equal((await dist(['verify', 'app.bin', '--digest', digestOf(apk)], cwd)).code, 0)
    const hex = digestOf(apk).slice('sha256:'.length)
    for (const text of [hex, hex.toUpperCase()]) {
      assert.equal((await dist(['verify', 'app.bin', '--digest', text], cwd)).code, 0, text)
    }
    assert.equal((await dist(['verify', 'app.bin', '--digest', digestOf(bytes('x'))], cwd)).code, 7)
    for (const flags of [[], ['--digest', 'sha256:x'], ['--release', '1'], ['--app', 'a', '--digest', digestOf(apk)]]) {
      assert.equal((await dist(['verify', 'app.bin', ...flags], cwd)).code, 2, flags.join(' '))
    }
    const inspected = await dist(['inspect', 'app.bin', '--json'], cwd)
    assert.equal(inspected.code, 0, inspected.stderr)
    assert.deepEqual(
      [inspected.json.inspection.format, inspected.json.inspection.platform, inspected.json.digest],
      ['apk', 'android', digestOf(apk)],
    )
    assert.match((await dist(['inspect', 'app.bin'], cwd)).stdout, /^format +apk$/m)
    await writeFile(join(folder, 'page.apk'), '<h1>404</h1>')
    const page = await dist(['inspect', 'page.apk'], cwd)
    assert.equal(page.code, 7)
    assert.match(page.stderr, /^error +artifact\.name_differs +The name ends with "\.apk"/m)
    const none = await dist(['inspect', 'app.bin', '--icon', 'icon.png', '--json'], cwd)
    assert.deepEqual([none.code, none.error.code], [5, 'artifact.not_found'])
    const signer = await buildSigner({ subject: [['2.5.4.3', 'Example']] })
    await writeFile(join(folder, 'signed.apk'), await signApk(apk, [{ scheme: 2, signer }]))
    const signed = (await dist(['inspect', 'signed.apk'], cwd)).stdout
    assert.match(signed, /^SIGNATURE +STATE +MADE +UNTIL +CERTIFICATE +SIGNER$/m)
    assert.match(signed, /^min os +Android 1\.0 \(API 1\)$/m)
    assert.match(signed, /^apk-v2 +valid +- +2060-01-01 +[0-9a-f]{64} +CN=Example$/m)
    const rotated = await signApk(apk, [{ scheme: 3, signer, lineage: [await buildSigner()], minSdk: 28 }])
    await writeFile(join(folder, 'rotated.apk'), rotated)
    const shownLineage = (await dist(['inspect', 'rotated.apk'], cwd)).stdout
    assert.match(shownLineage, /^apk-v3 \(28\+\) +valid [^\n]+\n +succeeds +[0-9a-f]{64}$/m)
    const info = { CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['Icon'] } } }
    const picture = buildPng({ width: 60, height: 60 })
    const ipa = buildIpa({ info, extra: [{ name: 'Payload/Notes.app/Icon@2x.png', data: picture }] })
    await writeFile(join(folder, 'Notes.ipa'), ipa)
    const shown = await dist(['inspect', 'Notes.ipa', '--icon', 'icon.png'], cwd)
    assert.match(shown.stdout, /^icon +image\/png 60x60$/m)
    assert.deepEqual(new Uint8Array(await readFile(join(folder, 'icon.png'))), picture)
    const twice = await dist(['inspect', 'Notes.ipa', '--icon', 'icon.png', '--json'], cwd)
    assert.deepEqual([twice.code, twice.error.code], [6, 'file.exists'])
    assert.equal((await dist(['inspect', 'Notes.ipa', '--icon', 'icon.png', '--force'], cwd)).code, 0)
    await writeFile(join(folder, 'broken.apk'), apk.subarray(0, apk.byteLength - 40))
    const broken = await dist(['inspect', 'broken.apk', '--json'], cwd)
    assert.deepEqual([broken.code, broken.error.code, broken.stdout], [7, 'release.check_failed', ''])
    assert.ok(broken.error.details.checks.some((check: { level: string }) => check.level === 'error'))
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('dist doctor is content with a server and a token, and fails with what is wrong', async () => {
  await inWorld(async ({ app, reader, folder }) => {
    const env = { PATH: folder }
    const well = await dist(['doctor', '--json'], { ...reader, env })
    assert.equal(well.code, 0, well.stderr)
    const levels = Object.fromEntries(
      well.json.checks.map(({ check, level }: { check: string; level: string }) => [check, level]),
    )
    assert.deepEqual(levels, { path: 'ok', server: 'ok', transport: 'ok', clock: 'ok', token: 'ok' })
    const none = await dist(['doctor'], { server: app.url, env })
    assert.equal(none.code, 0)
    assert.match(none.stdout, /^token +warning +none/m)
    const wrong = await dist(['doctor', '--json'], { ...reader, token: 'dist_wrong', env })
    assert.deepEqual([wrong.code, wrong.error.code], [4, 'access.unauthenticated'])
    assert.equal((await dist(['doctor'], { env })).code, 2)
    const down = await dist(['doctor'], { server: 'http://127.0.0.1:1', env })
    assert.equal(down.code, 8)
    assert.match(down.stderr, /^server +error/m)
  })
})
