import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signatureFacts } from '../../../test/fixtures/build-authenticode.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import {
  buildPeWithVersion,
  CERTIFICATE_ENTRY_AT,
  CHECK_SUM_AT,
  SECTION_BYTES_AT,
  signPe,
  utf16,
} from '../../../test/fixtures/build-pe.ts'
import { buildPe } from '../../../test/fixtures/build-program.ts'
import { ByteWriter, concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { decodeLatin1 } from '../../formats/decode-text.ts'
import type { InspectionReport } from '../../model/inspection.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const inspect = (bytes: Uint8Array, now = Date.parse('2026-11-21')) =>
  inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now })
const codes = (report: InspectionReport) => report.checks.map(({ level, code }) => `${level} ${code}`)
const states = (report: InspectionReport) => report.inspection.signatures?.map((signature) => signature.state)
const flipped = (bytes: Uint8Array, at: number, bit = 1) => {
  const copy = Uint8Array.from(bytes)
  copy[at] = copy[at]! ^ bit
  return copy
}

const PROGRAM = buildPeWithVersion({
  strings: { CompanyName: 'Example', ProductName: 'N\u00f6tes', ProductVersion: '1.4 beta', FileVersion: '1.4.0' },
  fileVersion: [1, 4, 0, 7],
  productVersion: [1, 4, 65535, 0],
})

test('peInspector reads name, version and company from the version resource', async () => {
  const { inspection, checks } = await inspect(PROGRAM)
  assert.equal(inspection.name, 'N\u00f6tes')
  assert.equal(inspection.version, '1.4 beta')
  assert.deepEqual(inspection.facts, {
    subsystem: 'console',
    dotNet: false,
    companyName: 'Example',
    productName: 'N\u00f6tes',
    productVersion: '1.4 beta',
    fileVersion: '1.4.0',
    fixedFileVersion: '1.4.0.7',
    fixedProductVersion: '1.4.65535.0',
  })
  assert.deepEqual(
    checks.map((check) => check.code),
    ['pe.unsigned'],
  )
})

test('peInspector falls back to the description and the fixed version, and leaves blank texts out', async () => {
  const strings = { ProductName: ' ', ProductVersion: '', FileDescription: 'Notes for Windows' }
  const { inspection } = await inspect(buildPeWithVersion({ strings, productVersion: [2, 0, 1, 3] }))
  assert.equal(inspection.name, 'Notes for Windows')
  assert.equal(inspection.version, '2.0.1.3')
  assert.equal(inspection.facts?.productName, undefined)
})

test('peInspector reads a program whose version resource is damaged, and says so', async () => {
  const at = decodeLatin1(PROGRAM).indexOf(decodeLatin1(utf16('VS_VERSION_INFO')))
  const { inspection, checks } = await inspect(flipped(PROGRAM, at))
  assert.equal(inspection.format, 'exe')
  assert.equal(inspection.name, undefined)
  assert.deepEqual(
    checks.map((check) => check.code),
    ['pe.version_unreadable', 'pe.unsigned'],
  )
})

test('peInspector knows installers by the marks of the tools that made them', async () => {
  const kind = async (bytes: Uint8Array) => (await inspect(bytes)).inspection.facts?.installer
  const nsis = new ByteWriter().u32le(0, 0xdeadbeef).text('NullsoftInst').u32le(1, 2).done()
  assert.equal(await kind(PROGRAM), undefined)
  assert.equal(await kind(buildPeWithVersion({ overlay: nsis })), 'nsis')
  assert.equal(await kind(buildPeWithVersion({ overlay: concat(new Uint8Array(1024), nsis) })), 'nsis')
  assert.equal(await kind(buildPeWithVersion({ overlay: concat(new Uint8Array(100), nsis) })), undefined)
  assert.equal(await kind(buildPeWithVersion({ data: { id: 11111, bytes: utf8('rDlPtS\u0001') } })), 'inno-setup')
  assert.equal(await kind(buildPeWithVersion({ data: { id: 11111, bytes: utf8('else') } })), undefined)
  assert.equal(await kind(buildPeWithVersion({ sectionName: '.wixburn' })), 'wix-burn')
  const strings = { SquirrelAwareVersion: '1', FileDescription: 'Installer for Squirrel-based applications' }
  assert.equal(await kind(buildPeWithVersion({ strings })), 'squirrel')
})

test('peInspector knows a setup program that Squirrel made by the package in it', async () => {
  const kind = async (dataType: string, id: number, strings: object) => {
    const bytes = buildPeWithVersion({ strings: { ...strings }, dataType, data: { id, bytes: utf8('package') } })
    return (await inspect(bytes)).inspection.facts?.installer
  }
  const strings = { SquirrelAwareVersion: '1', FileDescription: 'Notes' }
  assert.equal(await kind('DATA', 131, strings), 'squirrel')
  assert.equal(await kind('DATA', 132, strings), undefined)
  assert.equal(await kind('DATE', 131, strings), undefined)
  assert.equal(await kind('DATA', 131, { FileDescription: 'Notes' }), undefined)
})

test('peInspector looks for what NSIS appended where NSIS does', async () => {
  const nsis = new ByteWriter().u32le(0, 0xdeadbeef).text('NullsoftInst').u32le(1, 28).done()
  // A section that does not fill its last 512 bytes.
  const bytes = buildPeWithVersion({ overlay: nsis })
  new DataView(bytes.buffer).setUint32(SECTION_BYTES_AT, 500, true)
  assert.equal((await inspect(bytes)).inspection.facts?.installer, 'nsis')
})

test('peInspector refuses a program without all bytes of its last section, as Windows does', async () => {
  const sectionBytes = PROGRAM.length - 512
  for (const [size, missing] of [
    [PROGRAM.length - 1, 1],
    [PROGRAM.length - 400, 400],
    [512, sectionBytes],
  ] as const) {
    const report = await inspect(PROGRAM.subarray(0, size))
    assert.deepEqual(report.checks, [
      {
        level: 'error',
        code: 'inspect.unreadable',
        message: `Cannot read PE: the file is cut off, ${missing} bytes of its sections are missing`,
      },
    ])
  }
})

test('peInspector wants of sections that are not the last, or mapped as they lie in the file, only what is in them', async () => {
  // The last section of the fixture ends in zeros that its size in memory leaves out.
  const used = new DataView(PROGRAM.buffer).getUint32(SECTION_BYTES_AT - 8, true) + 512
  assert.ok(used < PROGRAM.length)
  const flat = Uint8Array.from(PROGRAM)
  new DataView(flat.buffer).setUint32(64 + 24 + 32, 0x200, true)
  assert.deepEqual(codes(await inspect(flat.subarray(0, used))), ['warning pe.unsigned'])
  assert.deepEqual(codes(await inspect(flat.subarray(0, used - 1))), ['error inspect.unreadable'])
  const followed = Uint8Array.from(PROGRAM)
  new DataView(followed.buffer).setUint16(64 + 6, 2, true)
  assert.deepEqual(codes(await inspect(followed.subarray(0, used))), ['warning pe.unsigned'])
  assert.deepEqual(codes(await inspect(followed.subarray(0, used - 1))), ['error inspect.unreadable'])
})

test('peInspector refuses an installer that is shorter than it says', async () => {
  const nsis = (sizeBytes: number) =>
    buildPeWithVersion({
      overlay: new ByteWriter()
        .u32le(0, 0xdeadbeef)
        .text('NullsoftInst')
        .u32le(1, sizeBytes)
        .bytes(new Uint8Array(972))
        .done(),
    })
  const inno = (table: ByteWriter) => buildPeWithVersion({ data: { id: 11111, bytes: table.align(4).done() } })
  const mark = () => new ByteWriter().text('rDlPtS012345')
  for (const [bytes, missing] of [
    [nsis(1000), undefined],
    [nsis(1001), 1],
    [nsis(80_000), 79_000],
    [inno(mark().u32le(1, 1024, 0)), undefined],
    [inno(mark().u32le(1, 100_000, 7)), 100_000],
    [inno(mark().u32le(2).u64le(1024)), undefined],
    [
      inno(
        mark()
          .u32le(2)
          .u64le(2 ** 33),
      ),
      2 ** 33,
    ],
    [
      inno(
        mark()
          .u32le(3)
          .u64le(2 ** 33),
      ),
      undefined,
    ],
    [inno(mark().u32le(1)), undefined],
  ] as const) {
    const left = missing !== undefined && missing > 79_000 ? missing - bytes.length : missing
    const report = await inspect(bytes)
    assert.equal(report.inspection.format, 'exe')
    assert.deepEqual(
      report.checks.map(({ level, message }) => `${level} ${message}`),
      [
        left === undefined
          ? 'warning The program is not signed: Windows warns people who download it'
          : `error The file is cut off: ${left} bytes of what the installer holds are missing`,
      ],
    )
  }
})

test('peInspector tells how much of a certificate table is cut off', async () => {
  const signed = await signPe(PROGRAM, await buildSigner())
  const { checks, inspection } = await inspect(signed.subarray(0, -100))
  assert.equal(inspection.signatures?.[0]?.state, 'invalid')
  assert.deepEqual(checks, [
    {
      level: 'error',
      code: 'pe.signature_invalid',
      message: 'The certificate table of the program is cut off, 100 bytes are missing: its signature cannot be read',
    },
  ])
})

test('peInspector verifies signatures by RSA and by elliptic curves', async () => {
  for (const kind of ['rsa', 'rsa-pss', 'p256', 'p384'] as const) {
    const signer = await buildSigner({ kind })
    const report = await inspect(await signPe(PROGRAM, signer))
    assert.deepEqual(report.inspection.signatures, [await signatureFacts(signer, 'authenticode')], kind)
    assert.deepEqual(report.checks, [], kind)
  }
})

test('peInspector finds every bit that was changed after signing, but not those that no signature covers', async () => {
  const signed = await signPe(PROGRAM, await buildSigner())
  const tableAt = Math.ceil(PROGRAM.length / 8) * 8
  for (let at = 64 + 24 + 70; at < tableAt; at += 97) {
    if (at >= CERTIFICATE_ENTRY_AT && at < CERTIFICATE_ENTRY_AT + 8) continue
    const report = await inspect(flipped(signed, at))
    assert.deepEqual(states(report), ['invalid'], `byte ${at}`)
    assert.ok(codes(report).includes('error pe.signature_invalid'), `byte ${at}`)
  }
  assert.deepEqual(states(await inspect(flipped(signed, CHECK_SUM_AT + 1))), ['valid'])
  assert.deepEqual(states(await inspect(flipped(signed, tableAt - 1))), ['invalid'])
})

test('peInspector finds a signature that was changed, taken from another file or made by another key', async () => {
  const signer = await buildSigner()
  const signed = await signPe(PROGRAM, signer)
  const tableAt = Math.ceil(PROGRAM.length / 8) * 8
  const padding = 8
  let invalid = 0
  for (let at = tableAt + 8; at < signed.length - padding; at += 5) {
    const report = await inspect(flipped(signed, at, 0x10))
    // Parts of a certificate are covered by its issuer alone; what the file's signature covers is found.
    if (states(report)?.[0] !== 'valid') invalid++
  }
  assert.ok(invalid > 40, String(invalid))
  assert.deepEqual(states(await inspect(flipped(signed, signed.length - padding - 4))), ['invalid'])
  const other = await signPe(buildPeWithVersion({ strings: { ProductName: 'Other' } }), signer)
  const otherTable = other.subarray(other.length - (signed.length - tableAt))
  assert.deepEqual(states(await inspect(concat(signed.subarray(0, tableAt), otherTable))), ['invalid'])
  const forged = await signPe(PROGRAM, { ...signer, key: (await buildSigner()).key })
  assert.deepEqual(states(await inspect(forged)), ['invalid'])
})

test('peInspector refuses a signature of something that is not a file', async () => {
  const signed = await signPe(PROGRAM, await buildSigner(), { contentType: '1.2.840.113549.1.7.1' })
  const report = await inspect(signed)
  assert.deepEqual(report.inspection.signatures, [{ scheme: 'authenticode', state: 'invalid' }])
  assert.deepEqual(codes(report), ['error pe.signature_invalid'])
})

test('peInspector refuses a signature of something else that is passed off as one of a file', async () => {
  const signed = await signPe(PROGRAM, await buildSigner(), { contentType: '1.3.6.1.4.1.311.2.1.5' })
  // The first one says what is enclosed, and no signature covers it; the second one is signed.
  const at = decodeLatin1(signed).indexOf('\u002b\u0006\u0001\u0004\u0001\u0082\u0037\u0002\u0001\u0005')
  const report = await inspect(flipped(signed, at + 9))
  assert.deepEqual(states(report), ['invalid'])
  assert.deepEqual(codes(report), ['error pe.signature_invalid'])
})

test('peInspector leaves signatures by unknown hashes unverified', async () => {
  const report = await inspect(await signPe(PROGRAM, await buildSigner(), { hash: '1.2.840.113549.2.5' }))
  assert.deepEqual(states(report), ['unverified'])
  assert.deepEqual(codes(report), ['warning pe.signature_unverified'])
})

test('peInspector reads signatures that are nested in others', async () => {
  const [outer, nested] = [await buildSigner({ kind: 'rsa' }), await buildSigner({ kind: 'p384' })]
  const signed = await signPe(PROGRAM, outer, { nested })
  assert.deepEqual((await inspect(signed)).inspection.signatures, [
    await signatureFacts(outer, 'authenticode'),
    await signatureFacts(nested, 'authenticode'),
  ])
  assert.deepEqual(states(await inspect(flipped(signed, CHECK_SUM_AT + 4))), ['invalid', 'invalid'])
})

test('peInspector goes by timestamps when the certificate expired', async () => {
  const signer = await buildSigner({ kind: 'rsa', notAfter: new Date('2024-01-01') })
  const within = new Date('2023-05-06T07:08:09Z')
  for (const options of [{ timestamp: within }, { counterSignature: within }]) {
    const report = await inspect(await signPe(PROGRAM, signer, options))
    assert.equal(report.inspection.signatures?.[0]?.signedAt, '2023-05-06T07:08:09.000Z', JSON.stringify(options))
    assert.deepEqual(codes(report), ['info pe.certificate_expired'], JSON.stringify(options))
  }
  const late = await inspect(await signPe(PROGRAM, signer, { timestamp: new Date('2025-01-01') }))
  assert.deepEqual(codes(late), ['warning pe.certificate_expired'])
  const none = await inspect(await signPe(PROGRAM, signer))
  assert.deepEqual(codes(none), ['warning pe.certificate_expired'])
  assert.deepEqual(codes(await inspect(await signPe(PROGRAM, signer), Date.parse('2023-12-20'))), [
    'warning pe.certificate_expiring',
  ])
})

test('peInspector does not go by a timestamp that is over another signature', async () => {
  const signer = await buildSigner({ kind: 'rsa', notAfter: new Date('2024-01-01') })
  const [time, over] = [new Date('2023-05-06'), utf8('another signature')]
  for (const options of [
    { timestamp: time, timestampOver: over },
    { counterSignature: time, counterSignatureOver: over },
  ]) {
    const report = await inspect(await signPe(PROGRAM, signer, options))
    assert.equal(report.inspection.signatures?.[0]?.signedAt, undefined)
    assert.deepEqual(codes(report), ['warning pe.timestamp_unverified', 'warning pe.certificate_expired'])
  }
})

test('peInspector warns about certificates that are not meant for software', async () => {
  const server = await buildSigner({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
  assert.deepEqual(codes(await inspect(await signPe(PROGRAM, server))), ['warning pe.certificate_usage'])
  const software = await buildSigner({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.3'] })
  assert.deepEqual(codes(await inspect(await signPe(PROGRAM, software))), [])
})

test('peInspector finds bytes behind the signature, in its table and after it', async () => {
  const signer = await buildSigner()
  const hidden = await inspect(await signPe(PROGRAM, signer, { hidden: utf8('more than eight bytes') }))
  assert.deepEqual(states(hidden), ['valid'])
  assert.deepEqual(codes(hidden), ['info pe.signature_padding'])
  const zeros = await inspect(await signPe(PROGRAM, signer, { hidden: new Uint8Array(64) }))
  assert.deepEqual(codes(zeros), ['info pe.signature_padding'])
  const large = await inspect(await signPe(PROGRAM, signer, { hidden: new Uint8Array(1024).fill(0x66) }))
  assert.deepEqual(codes(large), ['warning pe.signature_padding'])
  const trailing = await inspect(concat(await signPe(PROGRAM, signer), utf8('appended')))
  assert.deepEqual(states(trailing), ['invalid'])
  assert.deepEqual(codes(trailing), ['error pe.signature_invalid', 'warning pe.trailing_data'])
})

test('peInspector counts bytes of the certificate table that are an entry of another type or between entries', async () => {
  const signed = await signPe(PROGRAM, await buildSigner())
  const withMore = (more: Uint8Array) => {
    const copy = concat(signed, more)
    const view = new DataView(copy.buffer)
    view.setUint32(CERTIFICATE_ENTRY_AT + 4, view.getUint32(CERTIFICATE_ENTRY_AT + 4, true) + more.length, true)
    return copy
  }
  const entry = (length: number) =>
    new ByteWriter()
      .u32le(length)
      .u16le(0x200, 1)
      .bytes(new Uint8Array(length - 8).fill(0x66))
  for (const [more, found, count] of [
    [entry(4096).done(), 'warning pe.signature_padding', 4096],
    [entry(16).done(), 'info pe.signature_padding', 16],
    [entry(13).u8(1, 2, 3).done(), 'info pe.signature_padding', 16],
    [utf8('rest'), 'info pe.signature_padding', 4],
  ] as const) {
    const report = await inspect(withMore(more))
    assert.deepEqual(states(report), ['valid'])
    assert.deepEqual(codes(report), [found])
    assert.match(report.checks[0]!.message, new RegExp(` ${count} bytes `))
  }
  assert.deepEqual(codes(await inspect(withMore(new Uint8Array(4)))), [])
  const many = new ByteWriter()
  for (let i = 0; i < 16; i++) many.bytes(entry(8).done())
  assert.deepEqual(codes(await inspect(withMore(many.done()))), ['error inspect.limit'])
})

test('peInspector reads a program whose certificate table is outside of the file, in its headers or damaged', async () => {
  const signed = await signPe(PROGRAM, await buildSigner())
  const table = (offset: number, size: number) => {
    const copy = Uint8Array.from(signed)
    new DataView(copy.buffer).setUint32(CERTIFICATE_ENTRY_AT, offset, true)
    new DataView(copy.buffer).setUint32(CERTIFICATE_ENTRY_AT + 4, size, true)
    return copy
  }
  for (const bytes of [
    table(signed.length, 16),
    table(0xfffffff8, 0xffffffff),
    table(64, 8),
    table(signed.length - 8, 8),
  ]) {
    const report = await inspect(bytes)
    assert.equal(report.inspection.name, 'N\u00f6tes')
    assert.deepEqual(states(report), ['invalid'])
    assert.ok(codes(report).includes('error pe.signature_invalid'), codes(report).join())
  }
})

test('peInspector does not ask libraries for signatures', async () => {
  const report = await inspect(buildPe({ library: true }))
  assert.deepEqual(report.inspection.signatures, [])
  assert.deepEqual(report.checks, [])
})
