import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildSigner } from '../../test/fixtures/build-certificate.ts'
import { buildIpa } from '../../test/fixtures/build-ipa.ts'
import { signApk } from '../../test/fixtures/sign-apk.ts'
import { stretchedZip } from '../../test/fixtures/stretched-zip.ts'
import { type ByteSource, bytesSource } from '../bytes/byte-source.ts'
import { inspectArtifact } from './inspect.ts'

const LARGE = 200 << 20
const MAX_READ = 8 << 20

/** Counts what is read, and how much at once. */
function counted(source: ByteSource) {
  const reads = { bytes: 0, largest: 0 }
  const counting: ByteSource = {
    sizeBytes: source.sizeBytes,
    read(offset, length) {
      reads.bytes += length
      reads.largest = Math.max(reads.largest, length)
      return source.read(offset, length)
    },
  }
  return { reads, source: counting }
}

const LARGE_FILES = [
  [
    'apk',
    buildApk({ versionCode: 7, label: { reference: 0x7f010000 }, resources: [{ '': 'Notes' }] }),
    'assets/video.bin',
  ],
  ['ipa', buildIpa({ programMethod: 0 }), 'Payload/Notes.app/video.bin'],
  ['ipa', buildIpa(), 'Payload/Notes.app/video.bin'],
] as const

for (const [format, bytes, member] of LARGE_FILES) {
  test(`less than 8 MiB of a 200 MiB ${format} are read`, async () => {
    const { reads, source } = counted(stretchedZip(bytes, member, LARGE))
    assert.ok(source.sizeBytes > LARGE)
    const { inspection, checks } = await inspectArtifact(source)
    assert.equal(inspection.format, format)
    assert.ok(inspection.identifier, 'it was read')
    assert.deepEqual(
      checks.filter(({ level }) => level === 'error'),
      [],
    )
    assert.ok(reads.bytes < MAX_READ, `${reads.bytes} bytes`)
  })
}

test('verifying a signature reads the file once more, at most 1 MiB at a time', async () => {
  const apk = buildApk({
    versionCode: 7,
    extra: [{ name: 'assets/video.bin', data: new Uint8Array(5 << 20), method: 0 }],
  })
  const signed = await signApk(apk, [{ scheme: 2, signer: await buildSigner() }])
  const { reads, source } = counted(bytesSource(signed))
  const { inspection } = await inspectArtifact(source)
  assert.equal(inspection.signatures?.[0]?.state, 'valid')
  assert.ok(reads.largest <= 1 << 20, `${reads.largest} bytes at once`)
  assert.ok(reads.bytes < signed.length + (1 << 20), `${reads.bytes} of ${signed.length} bytes`)
})
