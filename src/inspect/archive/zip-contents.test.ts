import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { buildApk, buildManifest } from '../../../test/fixtures/build-apk.ts'
import { buildIpa } from '../../../test/fixtures/build-ipa.ts'
import { buildZip } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
/** Findings about the container. */
const zipCodes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map(({ code, level }) => `${level} ${code}`).filter((text) => text.includes(' zip.'))

test('inspectArtifact() reads a manifest with an unknown compression method as Android does, and tells', async () => {
  const manifest = buildManifest({ packageName: 'com.example.hidden' })
  const deflated = deflateRawSync(manifest)
  const name = 'AndroidManifest.xml'
  const table: [object, string[]][] = [
    [{ method: 99 }, ['error zip.method']],
    [{ packed: deflated, method: 99 }, ['error zip.method']],
    // Only one of the two headers: the other one hides it from some readers.
    [{ method: 0, local: { method: 99 } }, ['error zip.confusion']],
    [{ method: 8, local: { method: 99 } }, ['error zip.confusion']],
  ]
  for (const [member, codes] of table) {
    const report = await inspect(buildZip([{ name, data: manifest, ...member }]))
    assert.equal(report.inspection.identifier, 'com.example.hidden', JSON.stringify(codes))
    assert.deepEqual(zipCodes(report), codes)
  }
})

test('inspectArtifact() tells an unknown compression method of any member of an installable package, and not of a ZIP', async () => {
  const lzma = { name: 'assets/a', data: 'x', method: 14 }
  assert.deepEqual(zipCodes(await inspect(buildApk({ extra: [lzma] }))), ['error zip.method'])
  assert.deepEqual(zipCodes(await inspect(buildZip([lzma]))), [])
})

test('inspectArtifact() refuses names that macOS takes for the same in applications for it', async () => {
  const app = 'Payload/Notes.app'
  const pairs = [
    [`${app}/data`, `${app}/DATA`],
    [`${app}/caf\u00e9`, `${app}/cafe\u0301`],
    [`${app}/stra\u00dfe`, `${app}/STRASSE`],
    [`${app}/data/a`, `${app}/Data/b`],
    [`${app}/data/a/b`, `${app}/x`, `${app}/DATA`, `${app}/data.txt`],
    ['Other/a', 'other/b'],
  ]
  for (const names of pairs) {
    const extra = names.map((name) => ({ name, data: '' }))
    assert.deepEqual(zipCodes(await inspect(buildIpa({ extra }))), ['error zip.name_collision'], names.join())
    assert.deepEqual(zipCodes(await inspect(buildApk({ extra }))), [])
    assert.deepEqual(zipCodes(await inspect(buildZip(extra))), [])
  }
  const twice = [`${app}/data`, `${app}/data`].map((name) => ({ name, data: '' }))
  assert.deepEqual(zipCodes(await inspect(buildIpa({ extra: twice }))), ['error zip.confusion'])
})

test('inspectArtifact() warns about files, not about folders, that Windows takes for the same in packages for it', async () => {
  const wheel = (...names: string[]) =>
    buildZip([
      { name: 'a-1.dist-info/METADATA', data: 'Metadata-Version: 2.1\nName: a\nVersion: 1\n' },
      { name: 'a-1.dist-info/WHEEL', data: 'Wheel-Version: 1.0\nTag: py3-none-any\n' },
      ...names.map((name) => ({ name, data: '' })),
    ])
  assert.deepEqual(zipCodes(await inspect(wheel('a/b.py', 'A/B.py'))), ['warning zip.name_collision'])
  assert.deepEqual(zipCodes(await inspect(wheel('a/b.py', 'A/c.py', 'a/', 'x'))), [])
})
