import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TARBALL_BZ2 } from '../../test/fixtures/bzip2-samples.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { DistError } from '../errors.ts'
import type { Format } from '../model/platform.ts'
import { resolveDeclared } from './declared.ts'
import { inspectArtifact } from './inspect.ts'

const UNKNOWN = new TextEncoder().encode('bytes that nobody knows')

/** What becomes of bytes whose publisher says that they are of a format. */
async function declare(format: Format, bytes: Uint8Array): Promise<Format | 'contradiction'> {
  const { inspection } = await inspectArtifact(bytesSource(bytes))
  try {
    return resolveDeclared('file', 'app', { format, platform: 'linux' }, inspection).format
  } catch (error) {
    assert.ok(error instanceof DistError && error.code === 'artifact.contradiction', String(error))
    return 'contradiction'
  }
}

test('resolveDeclared() believes no word about a format that would have its mark in the bytes', async () => {
  for (const format of ['rpm', 'tar.bz2', 'snap', 'deb', 'zip', 'tar.gz', 'msi', 'dmg', 'pkg', 'elf'] as const)
    assert.equal(await declare(format, UNKNOWN), 'contradiction', format)
  assert.equal(await declare('rpm', Uint8Array.of(0xed, 0xab, 0xee, 0xdb, 3, 0)), 'rpm')
  assert.equal(await declare('tar.bz2', TARBALL_BZ2), 'tar.bz2')
  assert.equal(await declare('snap', Uint8Array.of(0x68, 0x73, 0x71, 0x73, 0, 0)), 'snap')
})

test('resolveDeclared() believes it about formats that have other bytes too', async () => {
  for (const format of ['flatpak', 'oci', 'sbom', 'file'] as const) assert.equal(await declare(format, UNKNOWN), format)
})
