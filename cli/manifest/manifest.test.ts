import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { DistError, type ErrorCode } from '../../src/errors.ts'
import { readManifest } from './manifest.ts'

async function folder(t: TestContext, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'dist-manifest-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return join(root, 'dist.json')
}

const FILES = { 'out/app.apk': 'a', 'out/b.deb': 'b' }
const BASE = { schema: 1, app: 'notes', version: '1.4.0', artifacts: [{ path: 'out/app.apk' }] }

function isError(code: ErrorCode, text: RegExp, hint?: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof DistError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, text)
    if (hint) assert.match(error.hint ?? '', hint)
    return true
  }
}

async function refuses(t: TestContext, manifest: unknown, code: ErrorCode, text: RegExp, hint?: RegExp): Promise<void> {
  const document = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
  const path = await folder(t, { ...FILES, 'dist.json': document })
  await assert.rejects(readManifest(path, {}), isError(code, text, hint))
}

test('readManifest() makes a plan of files, notes and variables', async (t) => {
  const manifest = {
    ...BASE,
    version: '${VERSION}',
    build: '1040',
    tag: 'v${VERSION}',
    name: 'costs $${nothing}',
    notes: { file: 'CHANGELOG.md' },
    channel: 'beta',
    artifacts: [
      { path: 'out/*.apk', variant: 'play' },
      { path: 'out/*', many: true, fileName: undefined },
    ].slice(0, 1),
  }
  const path = await folder(t, {
    ...FILES,
    'dist.json': JSON.stringify(manifest),
    'CHANGELOG.md': '# 1.4.0\nnew\n# 1.3\nold',
  })
  const plan = await readManifest(path, { VERSION: '1.4.0', GITLAB_CI: '1', CI_COMMIT_BRANCH: 'main' })
  assert.equal(plan.version, '1.4.0')
  assert.equal(plan.build, '1040')
  assert.equal(plan.name, 'costs ${nothing}')
  assert.equal(plan.notes, 'new')
  assert.equal(plan.announce, true)
  assert.deepEqual(plan.source, { branch: 'main' })
  assert.deepEqual(
    plan.files.map(({ fileName, shownPath, declared }) => ({ fileName, shownPath, declared })),
    [{ fileName: 'app.apk', shownPath: 'out/app.apk', declared: { variant: 'play' } }],
  )
})

test('readManifest() takes every match when "many" is set', async (t) => {
  const manifest = { ...BASE, artifacts: [{ path: 'out/*', many: true }] }
  const path = await folder(t, { ...FILES, 'dist.json': JSON.stringify(manifest) })
  const plan = await readManifest(path, {})
  assert.deepEqual(
    plan.files.map((file) => file.fileName),
    ['app.apk', 'b.deb'],
  )
})

test('readManifest() names unknown fields with their path and the nearest match', async (t) => {
  await refuses(t, { ...BASE, chanel: 'beta' }, 'manifest.invalid', /unknown field "chanel"/, /"channel"/)
  const artifacts = [{ path: 'out/app.apk', plaform: 'android' }]
  await refuses(t, { ...BASE, artifacts }, 'manifest.invalid', /artifacts\[0\]: unknown field "plaform"/, /"platform"/)
  await refuses(t, { ...BASE, notes: { fil: 'x' } }, 'manifest.invalid', /notes: unknown field "fil"|notes\.file/)
  await refuses(
    t,
    `{"schema":1,"__proto__":{"x":1},"app":"notes","version":"1"}`,
    'manifest.invalid',
    /__proto__|artifacts/,
  )
})

test('readManifest() refuses what is not a manifest', async (t) => {
  await refuses(t, '{ "schema": 1, ', 'manifest.invalid', /Cannot use dist\.json/)
  await refuses(t, '[]', 'manifest.invalid', /expected object/)
  await refuses(t, { ...BASE, schema: 2 }, 'manifest.invalid', /schema/)
  await refuses(t, { ...BASE, app: 'admin' }, 'manifest.invalid', /reserved/)
  await refuses(t, { ...BASE, version: '1.0+7' }, 'manifest.invalid', /version/)
  await refuses(t, { ...BASE, artifacts: [] }, 'manifest.invalid', /at least one artifact/)
  await refuses(t, { ...BASE, channel: 'beta', announce: false }, 'manifest.invalid', /channel/)
  await refuses(
    t,
    '{"schema":1,\n"app":"notes","version":"1",\n"app":"other"}',
    'manifest.invalid',
    /"app" is given twice \(line 3\)/,
  )
  const twice = '{"schema":1,"app":"notes","version":"1","artifacts":[{"path":"a,b"},{"path":"a","path":"b"}]}'
  await refuses(t, twice, 'manifest.invalid', /"artifacts\[1\]\.path" is given twice/)
  await assert.rejects(
    readManifest('/nowhere/dist.json', {}),
    isError('manifest.unreadable', /no such file/, /--manifest/),
  )
})

test('readManifest() refuses text that is not UTF-8', async (t) => {
  const path = await folder(t, FILES)
  await writeFile(path, new Uint8Array([0x7b, 0xff, 0x7d]))
  await assert.rejects(readManifest(path, {}), isError('manifest.unreadable', /UTF-8/))
})

test('readManifest() names the variable that is missing', async (t) => {
  await refuses(t, { ...BASE, version: '${NOPE}' }, 'manifest.variable', /version needs the variable "NOPE"/, /NOPE/)
  await refuses(t, { ...BASE, artifacts: [{ path: '${a b}' }] }, 'manifest.variable', /artifacts\[0\]\.path/)
})

test('readManifest() refuses missing files and patterns that match none or several', async (t) => {
  await refuses(
    t,
    { ...BASE, artifacts: [{ path: 'out/x.apk' }] },
    'manifest.file_missing',
    /artifacts\[0\]\.path "out\/x\.apk"/,
  )
  await refuses(t, { ...BASE, artifacts: [{ path: 'out/*.ipa' }] }, 'manifest.file_missing', /nothing matches/)
  await refuses(t, { ...BASE, artifacts: [{ path: 'out/*' }] }, 'manifest.glob', /2 files match/, /many/)
  await refuses(t, { ...BASE, artifacts: [{ path: 'out' }] }, 'manifest.file_missing', /not a file/, /archive/)
})

test('readManifest() refuses paths that leave the folder, also through links', async (t) => {
  await refuses(t, { ...BASE, artifacts: [{ path: '../x' }] }, 'manifest.path', /leaves the folder/)
  await refuses(t, { ...BASE, artifacts: [{ path: '/etc/passwd' }] }, 'manifest.path', /leaves the folder/)
  await refuses(t, { ...BASE, artifacts: [{ path: 'out/../../*' }] }, 'manifest.path', /leaves the folder/)
  await refuses(t, { ...BASE, notes: { file: '../x' } }, 'manifest.path', /notes\.file/)
  const path = await folder(t, { ...FILES, 'dist.json': JSON.stringify({ ...BASE, artifacts: [{ path: 'link' }] }) })
  await symlink('/etc/passwd', join(dirname(path), 'link'))
  await assert.rejects(readManifest(path, {}), isError('manifest.path', /leaves the folder/))
})

test('readManifest() refuses names that clash, are not allowed, or describe nothing', async (t) => {
  const clash = [
    { path: 'out/app.apk', fileName: 'x' },
    { path: 'out/b.deb', fileName: 'X' },
  ]
  await refuses(t, { ...BASE, artifacts: clash }, 'manifest.invalid', /both would be named/)
  await refuses(t, { ...BASE, artifacts: [{ path: 'out/*', many: true, fileName: 'x' }] }, 'manifest.invalid', /"many"/)
  const describes = [{ path: 'out/app.apk' }, { path: 'out/b.deb', kind: 'sbom', describes: 'app.akp' }]
  await refuses(t, { ...BASE, artifacts: describes }, 'artifact.describes_unknown', /app\.akp/, /app\.apk/)
  const reserved = await folder(t, {
    '-x.apk': 'a',
    'dist.json': JSON.stringify({ ...BASE, artifacts: [{ path: '-x.apk' }] }),
  })
  await assert.rejects(readManifest(reserved, {}), isError('artifact.file_name', /starts with/))
})

test('readManifest() refuses a tag or a flag that contradicts the version, and repositories', async (t) => {
  await refuses(t, { ...BASE, tag: 'v1.4.1' }, 'release.tag_mismatch', /names version "1\.4\.1"/)
  const denied = { ...BASE, version: '1.4.0-rc.1', prerelease: false }
  await refuses(t, denied, 'release.prerelease_mismatch', /"1\.4\.0-rc\.1": it is one of a prerelease/)
  const apt = { repository: 'acme', distribution: 'bookworm', component: 'main' }
  await refuses(t, { ...BASE, artifacts: [{ path: 'out/b.deb', apt }] }, 'manifest.later', /artifacts\[0\]\.apt/)
})
