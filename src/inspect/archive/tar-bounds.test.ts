import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WHOLE_TAR_BOMBS } from '../../../test/fixtures/bombs.ts'
import { concat } from '../../../test/fixtures/byte-writer.ts'
import { LARGE_TARBALL_BZ2 } from '../../../test/fixtures/bzip2-samples.ts'
import { storedXz } from '../../../test/fixtures/stored-streams.ts'
import { buildTar, buildTarOfMany, type TarEntry } from '../../../test/fixtures/tar-writer.ts'
import { seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { DEFAULT_LIMITS, InspectionLimitError } from '../inspector.ts'
import { archiveInspector } from './archive.ts'

/** Bun stops a test after five seconds by itself. */
const TIMEOUT_MS = 120_000
/** A look at 10 MiB, or at 17.5 MiB of what may be an npm package. */
const LIMITS = { ...DEFAULT_LIMITS, maxInflatedBytes: 20 << 20, maxMs: 60_000 }

const inspect = async (bytes: Uint8Array, limits = LIMITS) => {
  const { inspection, checks } = await archiveInspector.inspect(bytesSource(bytes), limits)
  return { inspection, checks, codes: checks.map(({ level, code }) => `${level} ${code}`) }
}
const random = seededRandom(3)
const noise = new Uint8Array(1 << 20).map(() => random(256))
const zeros = (mebibytes: number) => new Uint8Array(mebibytes << 20)
const packed = (tar: Uint8Array) => gzipSync(tar, { level: 1 })
const manifest: TarEntry = { name: 'package/package.json', data: '{"name":"notes","version":"1.4.0"}' }

test('archiveInspector refuses a tarball of which it sees a part that unpacks to more than 200 times its size', {
  timeout: TIMEOUT_MS,
}, async () => {
  const bombs = { ...WHOLE_TAR_BOMBS, bz2: LARGE_TARBALL_BZ2 }
  for (const [kind, bytes] of Object.entries(bombs)) {
    const { inspection, codes } = await inspect(bytes)
    assert.deepEqual([inspection.format, codes], [`tar.${kind}`, ['error archive.expands_too_far']])
    if (kind === 'gz') continue
    // Not hidden by what comes later.
    assert.deepEqual((await inspect(concat(bytes, noise))).codes, ['error archive.expands_too_far'], kind)
  }
  const later = gzipSync(
    buildTar([
      { name: 'zeros', data: zeros(12) },
      { name: 'noise', data: noise },
    ]),
  )
  const { checks } = await inspect(later)
  assert.match(
    checks[0]?.message ?? '',
    /^The archive unpacks to more than 200 times its size: its first \d{5} bytes give more than 1\d{7}$/,
  )
  assert.deepEqual((await inspect(gzipSync(zeros(12)))).codes, ['error archive.expands_too_far'])
})

test('archiveInspector does not blame a large tarball that shrinks less, one that ends, or less than 8 MiB', {
  timeout: TIMEOUT_MS,
}, async () => {
  const log = concat(
    ...Array.from({ length: 13 }, () =>
      concat(zeros(1).subarray(noise.length / 30), noise.subarray(0, noise.length / 30)),
    ),
  )
  assert.deepEqual((await inspect(gzipSync(buildTar([{ name: 'log', data: log }])))).codes, [
    'info archive.partly_read',
  ])
  assert.deepEqual((await inspect(gzipSync(buildTar([{ name: 'zeros', data: zeros(9) }])))).codes, [])
  const small = { ...LIMITS, maxInflatedBytes: 13 << 20 }
  assert.deepEqual((await inspect(gzipSync(buildTar([{ name: 'zeros', data: zeros(7) }])), small)).codes, [
    'info archive.partly_read',
  ])
})

test('archiveInspector takes a tarball for an npm package only when it saw all of it, for which it looks further', {
  timeout: TIMEOUT_MS,
}, async () => {
  const program = (mebibytes: number): TarEntry => ({
    name: 'package/notes',
    data: concat(...Array.from({ length: mebibytes }, () => noise)),
  })
  const other = { ...manifest, data: '{"name":"other","version":"1.4.0"}' }
  const large = await inspect(packed(buildTar([program(15), manifest])))
  assert.deepEqual([large.inspection.identifier, large.codes], ['notes', []])
  const hidden = await inspect(packed(buildTar([manifest, program(15), other])))
  assert.deepEqual(hidden.codes, ['error npm.confusion'])
  const tooLarge = await inspect(packed(buildTar([manifest, program(20), other])))
  assert.deepEqual(tooLarge.inspection, { format: 'tar.gz', install: 'file' })
  assert.deepEqual(tooLarge.codes, ['info archive.partly_read'])
  assert.match(tooLarge.checks[0]!.message, /it is not taken for an npm package$/)
  const bomb = await inspect(gzipSync(buildTar([manifest, { name: 'package/zeros', data: zeros(15) }])))
  assert.deepEqual(bomb.codes, ['error archive.expands_too_far'])
})

test('archiveInspector refuses a tarball of more than 100000 members', { timeout: TIMEOUT_MS }, async () => {
  const tar = (count: number) => packed(buildTarOfMany(count))
  assert.deepEqual((await inspect(tar(100_000), DEFAULT_LIMITS)).codes, [])
  await assert.rejects(inspect(tar(100_001), DEFAULT_LIMITS), InspectionLimitError)
})

test('archiveInspector tells bytes behind the end of a tarball, and takes no image of a disk for one', async () => {
  const tar = buildTar([{ name: 'a', data: 'x' }])
  const codes = async (...parts: Uint8Array[]) => (await inspect(storedXz(concat(...parts)))).codes
  const one = new Uint8Array(512)
  const told = ['warning archive.after_end']
  assert.deepEqual(await codes(tar.subarray(0, -1024)), [])
  assert.deepEqual(await codes(tar.subarray(0, -512)), [])
  assert.deepEqual(await codes(tar, new Uint8Array(9001)), [])
  assert.deepEqual(await codes(tar.subarray(0, -512), tar), told)
  assert.deepEqual(await codes(tar, tar), told)
  assert.deepEqual(await codes(tar, new Uint8Array(9000), Uint8Array.of(1)), told)
  const { inspection } = await inspect(storedXz(concat(one, tar)))
  assert.deepEqual(inspection, { format: 'file', install: 'file' })
})
