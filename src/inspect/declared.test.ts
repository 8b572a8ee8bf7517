import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TARBALL_BZ2 } from '../../test/fixtures/bzip2-samples.ts'
import { gzip } from '../../test/fixtures/stored-streams.ts'
import { buildTar } from '../../test/fixtures/tar-writer.ts'
import { buildZip } from '../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { DistError } from '../errors.ts'
import type { Inspection } from '../model/inspection.ts'
import { FORMATS, type Format } from '../model/platform.ts'
import { resolveDeclared } from './declared.ts'
import { inspectArtifact } from './inspect.ts'

const UNKNOWN = new TextEncoder().encode('bytes that nobody knows')

/** What becomes of bytes whose publisher says that they are of a format. */
async function declare(format: Format, bytes: Uint8Array): Promise<Format | 'contradiction'> {
  const { inspection } = await inspectArtifact(bytesSource(bytes))
  try {
    return resolveDeclared('file', { format, platform: 'linux' }, { ...inspection, platform: 'any' }).format
  } catch (error) {
    assert.ok(error instanceof DistError && error.code === 'artifact.contradiction', String(error))
    return 'contradiction'
  }
}

async function accepted(bytes: Uint8Array): Promise<Format[]> {
  const formats: Format[] = []
  for (const format of FORMATS) if ((await declare(format, bytes)) === format) formats.push(format)
  return formats
}

test('resolveDeclared() believes no word about a format that would have its mark in the bytes', async () => {
  assert.deepEqual(await accepted(UNKNOWN), ['oci', 'sbom', 'file'])
  assert.deepEqual(await accepted(buildZip([{ name: 'a.txt', data: 'x' }])), ['zip', 'oci'])
  assert.deepEqual(await accepted(gzip(buildTar([{ name: 'a.txt', data: 'x' }]))), ['tar.gz', 'oci'])
  assert.deepEqual(await accepted(Uint8Array.of(0xed, 0xab, 0xee, 0xdb, 3, 0)), ['rpm'])
  assert.deepEqual(await accepted(TARBALL_BZ2), ['tar.bz2'])
  assert.deepEqual(await accepted(Uint8Array.of(0x68, 0x73, 0x71, 0x73, 0, 0)), ['snap'])
})

test('resolveDeclared() takes the plainer word for a container that was found to be more', async () => {
  const plist = '<plist version="1.0"><dict/></plist>'
  assert.deepEqual(await accepted(buildZip([{ name: 'Notes.app/Contents/Info.plist', data: plist }])), [
    'app-zip',
    'zip',
  ])
  assert.deepEqual(await accepted(buildZip([{ name: 'notes-1.dist-info/WHEEL', data: '' }])), ['zip', 'wheel'])
  const packageJson = { name: 'package/package.json', data: '{"name":"notes","version":"1.0.0"}' }
  assert.deepEqual(await accepted(gzip(buildTar([packageJson]))), ['tar.gz', 'npm'])
})

test('an archive with a launcher for one platform may be for any, and a program may not', () => {
  const declared = { platform: 'any' } as const
  const zip = { format: 'zip', platform: 'windows', arch: 'x64', install: 'file' } as const
  assert.equal(resolveDeclared('notes.zip', declared, zip).platform, 'any')
  assert.throws(() => resolveDeclared('notes.zip', { platform: 'linux' }, zip), /declared platform "linux"/)
  assert.throws(() => resolveDeclared('notes.exe', declared, { ...zip, format: 'exe' }), /declared platform "any"/)
})

test('resolveDeclared() offers a program to no CPU that its bytes are not for', () => {
  const arch = (declared: 'x64' | 'arm64' | 'any' | 'universal', inspection: Inspection) => {
    try {
      return resolveDeclared('notes', { arch: declared, platform: 'linux' }, inspection).arch
    } catch (error) {
      return (error as DistError).code
    }
  }
  const elf = { format: 'elf', platform: 'linux', arch: 'x64' } as const
  assert.equal(arch('x64', elf), 'x64')
  for (const other of ['arm64', 'any', 'universal'] as const) assert.equal(arch(other, elf), 'artifact.contradiction')
  const fat = { format: 'file', arch: 'universal' } as const
  assert.equal(arch('x64', fat), 'x64', 'for some of those that it runs on')
  assert.equal(arch('arm64', { format: 'file', arch: 'any' }), 'arm64')
  assert.equal(arch('any', { format: 'tar.gz', platform: 'linux', arch: 'x64' }), 'any', 'with a launcher inside')
})

test('resolveDeclared() lets an installer with a 32-bit stub be for other CPUs', () => {
  const stub = { format: 'exe', platform: 'windows', arch: 'x86' } as const
  const declared = { arch: 'x64' }
  assert.equal(resolveDeclared('Setup.exe', declared, { ...stub, facts: { installer: 'nsis' } }).arch, 'x64')
  assert.throws(() => resolveDeclared('notes.exe', declared, stub), /declared arch "x64", but the bytes say "x86"/)
})

test('resolveDeclared() takes a bill of materials for one', () => {
  const inspection = { format: 'sbom', platform: 'any', arch: 'any' } as const
  assert.equal(resolveDeclared('sbom.json', {}, inspection).kind, 'sbom')
  assert.equal(resolveDeclared('sbom.json', { kind: 'app' }, inspection).kind, 'app')
  assert.equal(resolveDeclared('notes', { platform: 'linux' }, { format: 'file' }).kind, 'app')
})
