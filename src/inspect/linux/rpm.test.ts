import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildPgpSignature, buildRpm, buildRpmHeader, type RpmOptions } from '../../../test/fixtures/build-rpm.ts'
import { ByteWriter, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { toBase64 } from '../../bytes/encoding.ts'
import { decodeLatin1 as latin1 } from '../../formats/decode-text.ts'
import { MAX_RPM_HEADER_BYTES } from '../../formats/linux/rpm.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const built = (options: RpmOptions) => inspect(buildRpm(options))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('an RPM tells name, epoch, version, release and machine', async () => {
  const vectors: [RpmOptions, { version: string; arch: string | undefined }][] = [
    [{}, { version: '1.4.0-1', arch: 'x64' }],
    [{ epoch: 0 }, { version: '0:1.4.0-1', arch: 'x64' }],
    [
      { epoch: 2, arch: 'aarch64' },
      { version: '2:1.4.0-1', arch: 'arm64' },
    ],
    [{ arch: 'noarch' }, { version: '1.4.0-1', arch: 'any' }],
    [{ arch: 'x86_64_v3' }, { version: '1.4.0-1', arch: 'x64' }],
    [{ arch: 'armv7hnl' }, { version: '1.4.0-1', arch: 'arm' }],
    [{ arch: 'athlon' }, { version: '1.4.0-1', arch: 'x86' }],
    [{ arch: 's390x' }, { version: '1.4.0-1', arch: undefined }],
  ]
  for (const [options, expected] of vectors) {
    const { inspection, checks } = await built(options)
    assert.deepEqual({ version: inspection.version, arch: inspection.arch }, expected)
    assert.deepEqual([inspection.format, inspection.identifier, checks], ['rpm', 'notes', []])
  }
})

test('a source RPM is for any machine, whatever it was packed on', async () => {
  const source = await built({ sourceRpm: null, arch: 'ppc64le' })
  assert.deepEqual([source.inspection.arch, source.inspection.facts?.architecture], ['any', 'src'])
  const without = await built({ sourceRpm: null, tags: { 1051: 0 } })
  assert.deepEqual([without.inspection.arch, without.inspection.facts?.architecture], ['any', 'nosrc'])
})

test('an RPM tells what it needs, how large it will be and when it was made', async () => {
  const { facts } = (
    await built({
      tags: {
        1005: 'Writes notes,\nand reads them.',
        1006: 1_491_483_753,
        1009: 4_000_000_000,
        1048: new Uint32Array([0, 12, 16777226, 10, 2, 0]),
        1049: ['/bin/sh', 'bash', 'rpmlib(CompressedFileNames)', 'glibc', 'a', '/bin/sh'],
        1050: ['', '4', '3.0.4-1', '2.34', '1', ''],
      },
    })
  ).inspection
  assert.equal(facts?.description, 'Writes notes, and reads them.')
  assert.deepEqual(facts?.requires, ['/bin/sh', 'bash >= 4', 'glibc <= 2.34', 'a < 1'])
  assert.equal(facts?.installedSizeBytes, 4_000_000_000)
  assert.equal(facts?.builtAt, '2017-04-06T13:02:33.000Z')
  const large = await built({ tags: { 5009: 5_000_000_000n } })
  assert.equal(large.inspection.facts?.installedSizeBytes, 5_000_000_000)
  assert.equal((await built({ tags: { 5009: 2n ** 60n } })).inspection.facts?.installedSizeBytes, undefined)
})

test('what an RPM needs is bounded, and read as far as it is whole', async () => {
  const names = Array.from({ length: 3000 }, (_, i) => `lib${i}.so`)
  const many = (await built({ tags: { 1049: names } })).inspection
  assert.deepEqual(many.facts?.requires, names.slice(0, 500))
  const long = (await built({ tags: { 1049: ['x'.repeat(70_000), 'bash'], 1050: ['1', '4'] } })).inspection
  assert.deepEqual(long.facts?.requires, ['bash 4'])
  for (const value of ['bash', 7, utf8('bash')])
    assert.equal((await built({ tags: { 1049: value } })).inspection.facts?.requires, undefined)
})

test('a header that was changed does not have its digest', async () => {
  for (const signatureTags of [{}, { 273: undefined }]) {
    const bytes = buildRpm({ signatureTags })
    assert.deepEqual(codes(await inspect(bytes)), [])
    bytes[latin1(bytes).indexOf('Notes in a terminal')] = 0x6e
    const report = await inspect(bytes)
    // What is without SHA-256 here has an MD5 digest too, which a payload with a digest of its own makes unneeded.
    assert.deepEqual(codes(report), ['error rpm.digest_mismatch'])
    assert.equal(report.inspection.facts?.summary, 'notes in a terminal')
  }
})

test('each digest of the header counts, the weak one too', async () => {
  const wrong = '0'.repeat(40)
  assert.deepEqual(codes(await built({ signatureTags: { 269: wrong } })), ['error rpm.digest_mismatch'])
})

test('a payload that was changed, cut off or grown does not have its digest', async () => {
  for (const tags of [{}, { 5092: undefined, 5093: undefined }]) {
    const bytes = buildRpm({ tags })
    assert.deepEqual(codes(await inspect(bytes)), [])
    const changed = Uint8Array.from(bytes)
    changed[bytes.length - 1] = bytes.at(-1)! ^ 1
    for (const wrong of [changed, bytes.subarray(0, -1), Uint8Array.from([...bytes, 0])])
      assert.deepEqual(codes(await inspect(wrong)), ['error rpm.payload_mismatch'])
  }
})

test('what an RPM leaves open is told', async () => {
  const bare = { 269: undefined, 273: undefined, 1004: undefined }
  assert.deepEqual(codes(await built({ signatureTags: bare, tags: { 5092: undefined } })), [
    'warning rpm.no_digest',
    'info rpm.payload_unverified',
  ])
  assert.deepEqual(codes(await built({ tags: { 5093: 99 } })), ['info rpm.payload_unverified'])
  // Ancient packages: one MD5 over both.
  assert.deepEqual(
    codes(await built({ signatureTags: { 269: undefined, 273: undefined }, tags: { 5092: undefined } })),
    [],
  )
})

test('signatures of an RPM are told once for each key, and never as verified', async () => {
  assert.deepEqual((await built({})).inspection.signatures, [])
  const key = Uint8Array.of(0x43, 0x44, 0x59, 0x1e, 0x19, 0x64, 0xc5, 0xfc)
  const packet = buildPgpSignature(key, 1_491_483_753)
  const one = { scheme: 'openpgp', state: 'unverified', signedAt: '2017-04-06T13:02:33.000Z' }
  for (const signatureTags of [{ 268: packet }, { 268: packet, 1002: packet }, { 278: [toBase64(packet)] }]) {
    const { inspection, checks } = await built({ signatureTags })
    assert.deepEqual(inspection.signatures, [one])
    assert.deepEqual(inspection.facts?.signatureKeyIds, ['4344591e1964c5fc'])
    assert.deepEqual(checks, [])
  }
  const unknown = (await built({ signatureTags: { 267: utf8('what is this') } })).inspection
  assert.deepEqual(
    [unknown.signatures, unknown.facts?.signatureKeyIds],
    [[{ scheme: 'openpgp', state: 'unverified' }], undefined],
  )
})

test('a name that readers could see differently is an error', async () => {
  const name = buildRpmHeader(63, [
    [1000, 'notes'],
    [1000, 'other'],
    [1001, '1'],
    [1002, '1'],
  ])
  const bytes = new ByteWriter().bytes(buildRpm().subarray(0, 96), buildRpmHeader(62, [])).align(8).bytes(name).done()
  const report = await inspect(bytes)
  assert.equal(report.inspection.identifier, 'notes')
  assert.ok(codes(report).includes('error rpm.repeated_tag'))
})

test('headers that cannot be, and names that are none, are unreadable', async () => {
  const lead = buildRpm().subarray(0, 96)
  const header = (...intro: number[]) =>
    new ByteWriter()
      .bytes(lead)
      .u32be(0x8eade801, 0, ...intro)
      .done()
  const vectors: [Uint8Array, string][] = [
    [header(0x10000, 0), 'error inspect.limit'],
    [header(1, MAX_RPM_HEADER_BYTES), 'error inspect.limit'],
    [header(1, 16), 'error inspect.unreadable'],
    [lead, 'error inspect.unreadable'],
    [buildRpm({ packageName: '' }), 'error inspect.unreadable'],
    [buildRpm({ packageName: 'a\u202eb' }), 'error inspect.unreadable'],
    [buildRpm({ tags: { 1002: undefined } }), 'error inspect.unreadable'],
  ]
  for (const [bytes, code] of vectors) {
    const report = await inspect(bytes)
    assert.deepEqual([report.inspection.format, report.inspection.platform, codes(report)], ['rpm', 'linux', [code]])
  }
})

test('texts of an RPM that are not UTF-8 are left out', async () => {
  const vendor = buildRpm({ tags: { 1011: 'V\u00e9ndor' } })
  const at = vendor.findIndex((byte, i) => byte === 0xc3 && vendor[i + 1] === 0xa9)
  assert.equal((await inspect(vendor)).inspection.facts?.vendor, 'V\u00e9ndor')
  vendor[at] = 0xe9
  assert.equal((await inspect(vendor)).inspection.facts?.vendor, undefined)
})

test('the pass over the payload of an RPM counts against no limit', async () => {
  const source = bytesSource(buildRpm({ payload: new Uint8Array(8 << 20) }))
  const slow = {
    sizeBytes: source.sizeBytes,
    async read(offset: number, length: number) {
      if (length > 1 << 19) await new Promise((resolve) => setTimeout(resolve, 50))
      return source.read(offset, length)
    },
  }
  const report = await inspectArtifact(slow, { ...DEFAULT_LIMITS, maxReadBytes: 256 << 10, maxMs: 200 })
  assert.deepEqual(report.checks, [])
})
