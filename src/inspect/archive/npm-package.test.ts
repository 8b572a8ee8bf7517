import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildElf } from '../../../test/fixtures/build-program.ts'
import { gzip } from '../../../test/fixtures/stored-streams.ts'
import { buildTar, type TarEntry } from '../../../test/fixtures/tar-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { DEFAULT_LIMITS, InspectionError, InspectionLimitError } from '../inspector.ts'
import { archiveInspector } from './archive.ts'
import { MAX_PACKAGE_JSON_BYTES } from './npm-package.ts'

const inspect = (...entries: TarEntry[]) =>
  archiveInspector.inspect(bytesSource(gzip(buildTar(entries))), DEFAULT_LIMITS)
const packed = (json: unknown, folder = 'package'): TarEntry => ({
  name: `${folder}/package.json`,
  data: typeof json === 'string' ? json : JSON.stringify(json),
})
const NOTES = { name: '@example/notes', version: '1.4.0' }

test('archiveInspector reads what package.json says of an npm package', async () => {
  const { inspection, checks } = await inspect(
    packed({
      ...NOTES,
      description: 'Notes in a terminal',
      license: 'MIT',
      category: 'catalog',
      engines: { node: '>=22', npm: '>=10' },
      bin: { notes: 'cli.js', note: 'cli.js' },
      os: ['darwin'],
      cpu: ['arm64'],
      libc: ['musl'],
    }),
  )
  assert.deepEqual(inspection, {
    format: 'npm',
    platform: 'macos',
    arch: 'arm64',
    identifier: '@example/notes',
    version: '1.4.0',
    install: 'file',
    facts: {
      license: 'MIT',
      description: 'Notes in a terminal',
      category: 'catalog',
      node: '>=22',
      bin: ['notes', 'note'],
      os: ['darwin'],
      cpu: ['arm64'],
      libc: ['musl'],
    },
  })
  assert.deepEqual(checks, [])
})

test('archiveInspector names platform and arch of an npm package only when it says exactly one', async () => {
  const table: [object, string, string][] = [
    [{ os: ['win32'], cpu: ['ia32'] }, 'windows', 'x86'],
    [{ os: 'linux', cpu: 'x64' }, 'linux', 'x64'],
    [{ os: ['linux', 'darwin'], cpu: ['x64', 'arm64'] }, 'any', 'any'],
    [{ os: ['!win32'], cpu: ['!arm'] }, 'any', 'any'],
    [{ os: ['freebsd'], cpu: ['s390x'] }, 'any', 'any'],
    [{ os: { linux: true }, cpu: 7 }, 'any', 'any'],
  ]
  for (const [more, platform, arch] of table) {
    const { inspection } = await inspect(packed({ ...NOTES, ...more }))
    assert.deepEqual([inspection.platform, inspection.arch], [platform, arch], JSON.stringify(more))
  }
})

test('archiveInspector reads the old forms of license and bin, a byte order mark, and no wrong types', async () => {
  const { inspection } = await inspect(
    packed(`\ufeff${JSON.stringify({ ...NOTES, license: { type: 'ISC' }, bin: './cli.js', engines: [] })}`),
  )
  assert.deepEqual(inspection.facts, { license: 'ISC', bin: ['notes'] })
  const odd = { ...NOTES, license: ['MIT'], description: 7, bin: null, engines: 'node', os: null }
  assert.equal((await inspect(packed(odd))).inspection.facts, undefined)
})

test('archiveInspector takes a tarball with another folder for npm only when nothing speaks against it', async () => {
  const format = async (...entries: TarEntry[]) => (await inspect(...entries)).inspection.format
  assert.equal(await format(packed(NOTES, 'notes'), { name: 'notes/index.js', data: '' }), 'npm')
  assert.equal(await format({ name: 'README', data: '' }, packed(NOTES)), 'npm')
  // A tarball of sources, of a private application, of a program that brings its own runtime, of several folders.
  assert.equal(await format(packed(NOTES, 'notes-1.4.0')), 'tar.gz')
  assert.equal(await format(packed({ ...NOTES, private: true }, 'notes')), 'tar.gz')
  assert.equal(await format(packed(NOTES, 'notes'), { name: 'notes/bin/node', data: buildElf() }), 'tar.gz')
  assert.equal(await format(packed(NOTES, 'notes'), { name: 'other/a', data: '' }), 'tar.gz')
  assert.equal(await format(packed('{', 'notes')), 'tar.gz')
  assert.equal(await format({ name: 'notes/lib/package.json', data: JSON.stringify(NOTES) }), 'tar.gz')
})

test('archiveInspector tells when readers of package.json or of the tarball could see two packages', async () => {
  const twice = '{"name":"a","version":"1","name":"b"}'
  const ambiguous = await inspect(packed(twice))
  assert.equal(ambiguous.inspection.identifier, 'b')
  assert.deepEqual(
    ambiguous.checks.map(({ code, level }) => `${level} ${code}`),
    ['warning npm.ambiguous'],
  )
  const confused = await inspect(packed(NOTES), packed({ ...NOTES, name: 'other' }))
  assert.equal(confused.inspection.identifier, 'other')
  assert.deepEqual(
    confused.checks.map(({ code, level }) => `${level} ${code}`),
    ['error npm.confusion'],
  )
  assert.deepEqual((await inspect(packed(NOTES), packed(NOTES))).checks, [])
})

test('archiveInspector refuses package.json that is no manifest, and one above the limit', async () => {
  for (const json of [
    '',
    '[]',
    '{}',
    '7',
    '{"name":"a"}',
    '{"name":"a","version":7}',
    '{"name":{},"version":"1"}',
    '[['.repeat(100_000),
  ])
    await assert.rejects(inspect(packed(json)), (error) => error instanceof InspectionError && error.format === 'npm')
  const large = JSON.stringify({ ...NOTES, readme: 'x'.repeat(MAX_PACKAGE_JSON_BYTES) })
  await assert.rejects(inspect(packed(large)), InspectionLimitError)
  const { inspection } = await inspect(packed('{"__proto__":{"name":"a","version":"1"},"name":"b","version":"2"}'))
  assert.equal(inspection.identifier, 'b')
})
