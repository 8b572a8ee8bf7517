import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signatureFacts } from '../../../test/fixtures/build-authenticode.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildCompoundFile, buildMsi, msiName } from '../../../test/fixtures/build-msi.ts'
import { utf16 } from '../../../test/fixtures/build-pe.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { openCompoundFile } from '../../formats/archive/cfb.ts'
import { createBudget } from '../../formats/budget.ts'
import { decodeLatin1 } from '../../formats/decode-text.ts'
import { FormatError, FormatLimitError } from '../../formats/format-error.ts'
import { MSI_SIGNATURE_EX, msiDigests, signatureStream } from '../../formats/windows/msi-digest.ts'
import type { InspectionReport } from '../../model/inspection.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'
import { msiInspector } from './msi.ts'

const inspect = (bytes: Uint8Array) =>
  inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: Date.parse('2026-11-21') })
const codes = (report: InspectionReport) => report.checks.map(({ level, code }) => `${level} ${code}`)
const states = (report: InspectionReport) => report.inspection.signatures?.map((signature) => signature.state)
const find = (bytes: Uint8Array, part: Uint8Array) => decodeLatin1(bytes).indexOf(decodeLatin1(part))
const changed = (bytes: Uint8Array, at: number, value?: number) => {
  const copy = Uint8Array.from(bytes)
  copy[at] = value ?? copy[at]! ^ 1
  return copy
}

test('msiInspector reads properties and summary', async () => {
  const report = await inspect(await buildMsi())
  assert.deepEqual(report.inspection, {
    format: 'msi',
    platform: 'windows',
    arch: 'x64',
    name: 'Notes',
    version: '1.4.0',
    install: 'file',
    signatures: [],
    facts: {
      productCode: '{11111111-2222-3333-4444-555555555555}',
      upgradeCode: '{66666666-7777-8888-9999-AAAAAAAAAAAA}',
      manufacturer: 'Example Inc',
      packageCode: '{BBBBBBBB-CCCC-DDDD-EEEE-FFFFFFFFFFFF}',
      template: 'x64;1033',
      installerVersion: 500,
      requiresElevation: true,
    },
  })
  assert.deepEqual(codes(report), ['warning msi.unsigned'])
})

test('msiInspector tells the CPU from the template', async () => {
  for (const [template, arch] of [
    ['Intel;1033', 'x86'],
    [';1033', 'x86'],
    ['x64;1033,1031', 'x64'],
    ['Arm64;0', 'arm64'],
    ['Intel64;1033', undefined],
  ] as const)
    assert.equal((await inspect(await buildMsi({ template }))).inspection.arch, arch, template)
})

test('msiInspector reads texts of every code page, long texts before others, and wide references', async () => {
  const name = async (options: Parameters<typeof buildMsi>[0]) =>
    (await inspect(await buildMsi(options))).inspection.name
  assert.equal(await name({ properties: { ProductName: 'N\u00f6tes \u4e2d' }, codePage: 65001 }), 'N\u00f6tes \u4e2d')
  assert.equal(await name({ properties: { ProductName: 'N\u00f6tes' } }), 'N\u00f6tes')
  assert.equal(await name({ properties: { ProductName: '\u8140' }, codePage: 0 }), '@')
  assert.equal(await name({ properties: { ProductName: '\u0092\u00ee' }, codePage: 932 }), '\u608c')
  assert.equal(await name({ properties: { ProductName: '\u0092' }, codePage: 932 }), undefined)
  assert.equal(await name({ properties: { ProductName: '\u00cf\u00f0' }, codePage: 1251 }), '\u041f\u0440')
  assert.equal(await name({ properties: { ProductName: 'Notes' }, wide: true }), 'Notes')
  const long = { ProductName: 'Notes', License: '' }
  assert.equal(await name({ properties: { ...long, License: 'x'.repeat(40_000) } }), 'Notes')
})

test('msiInspector verifies signatures over streams, and over names too', async () => {
  const signer = await buildSigner({ kind: 'rsa' })
  for (const extended of [false, true]) {
    const signed = await buildMsi({ signer, extended })
    const report = await inspect(signed)
    assert.deepEqual(report.inspection.signatures, [await signatureFacts(signer, 'authenticode')])
    assert.deepEqual(codes(report), extended ? [] : ['warning msi.names_unsigned'])
    const cabinet = find(signed, new Uint8Array(100).fill(7))
    for (const at of [
      cabinet,
      cabinet + 4999,
      find(signed, utf8('Notes')),
      find(signed, utf8('x64;1033')),
      512 * 2 + 81,
    ]) {
      if (at === 512 * 2 + 81) continue
      const damaged = await inspect(changed(signed, at))
      assert.deepEqual(states(damaged), ['invalid'], String(at))
      assert.deepEqual(codes(damaged), ['error msi.signature_invalid'], String(at))
    }
  }
})

test('msiInspector verifies signatures over storages', async () => {
  const signer = await buildSigner()
  const streams = [
    { name: 'Transform/b', data: utf8('one') },
    { name: 'Transform/a', data: utf8('two') },
    { name: 'A/x', data: utf8('three') },
  ]
  for (const extended of [false, true]) {
    const signed = await buildMsi({ signer, extended, streams })
    assert.deepEqual(states(await inspect(signed)), ['valid'])
    assert.deepEqual(states(await inspect(changed(signed, find(signed, utf8('three'))))), ['invalid'])
    // The class of a storage.
    assert.deepEqual(states(await inspect(changed(signed, find(signed, utf16('Transform')) + 80))), ['invalid'])
  }
})

test('msiInspector finds another name of a stream when the signature covers names', async () => {
  const signer = await buildSigner()
  const name = utf16(msiName('notes.cab', false))
  for (const [extended, state] of [
    [false, 'valid'],
    [true, 'invalid'],
  ] as const) {
    const signed = await buildMsi({ signer, extended })
    assert.deepEqual(states(await inspect(changed(signed, find(signed, name) + name.length - 2))), [state])
  }
})

test('msiInspector warns about a signature that holds when bytes move from one stream to another', async () => {
  const signer = await buildSigner()
  const names = ['Binary.a', 'Binary.b'].map((name) => msiName(name, false))
  const [harmless, unused] = [utf8('harmless code'), utf8('data that nobody runs')]
  const streams = [harmless, unused].map((data, i) => ({ name: names[i]!, data }))
  for (const [extended, state, code] of [
    [false, 'valid', 'warning msi.names_unsigned'],
    [true, 'invalid', 'error msi.signature_invalid'],
  ] as const) {
    const signed = await buildMsi({ signer, extended, streams })
    const file = await openCompoundFile(bytesSource(signed), createBudget(DEFAULT_LIMITS))
    const moved: { name: string; data: Uint8Array }[] = []
    for (const { name, ...entry } of file.root.children) {
      const data = await file.read({ name, ...entry }, 1 << 20)
      if (name === names[0]) moved.push({ name, data: concat(data, unused.subarray(0, 4)) })
      else moved.push({ name, data: name === names[1] ? data.subarray(4) : data })
    }
    const report = await inspect(buildCompoundFile(moved))
    assert.deepEqual([states(report), codes(report)], [[state], [code]])
  }
})

test('msiInspector finds a digest of names that is missing or changed, and a signature that is none', async () => {
  const signer = await buildSigner()
  const signed = await buildMsi({ signer, extended: true })
  const entry = find(signed, utf16('\u0005MsiDigitalSignatureEx'))
  // Renamed, its digest is missing before the other streams.
  assert.deepEqual(states(await inspect(changed(signed, entry, 0x85))), ['invalid'])
  const file = await openCompoundFile(bytesSource(signed), createBudget(DEFAULT_LIMITS))
  for await (const { offset } of file.pieces(signatureStream(file, MSI_SIGNATURE_EX)!))
    assert.deepEqual(states(await inspect(changed(signed, offset))), ['invalid'])
  const none = await inspect(await buildMsi({ streams: [{ name: '\u0005DigitalSignature', data: utf8('none') }] }))
  assert.deepEqual(states(none), ['invalid'])
  assert.deepEqual(codes(none), ['error msi.signature_invalid'])
})

test('msiInspector goes by a timestamp when the certificate expired', async () => {
  const signer = await buildSigner({ kind: 'rsa', notAfter: new Date('2024-01-01') })
  const timestamp = new Date('2023-05-06T07:08:09Z')
  const report = await inspect(await buildMsi({ signer, extended: true, signing: { timestamp } }))
  assert.equal(report.inspection.signatures?.[0]?.signedAt, '2023-05-06T07:08:09.000Z')
  assert.deepEqual(codes(report), ['info msi.certificate_expired'])
  assert.deepEqual(codes(await inspect(await buildMsi({ signer, extended: true }))), [
    'warning msi.certificate_expired',
  ])
})

test('msiInspector finds bytes behind a signed installer, but not free sectors', async () => {
  const signer = await buildSigner()
  const report = await inspect(await buildMsi({ signer, extended: true, trailing: utf8('PK\u0005\u0006 and more') }))
  assert.deepEqual(states(report), ['valid'])
  assert.deepEqual(codes(report), ['warning msi.trailing_data'])
  assert.deepEqual(codes(await inspect(await buildMsi({ signer, extended: true, trailing: new Uint8Array(1024) }))), [])
})

test('msiInspector finds bytes behind a signed installer before zeros, in many free sectors and in used ones of nobody', async () => {
  const signed = await buildMsi({ signer: await buildSigner(), extended: true })
  const archive = utf8('PK\u0005\u0006 and more')
  for (const zeros of [4096, 2 << 20])
    assert.deepEqual(codes(await inspect(concat(signed, archive, new Uint8Array(zeros)))), [
      'warning msi.trailing_data',
    ])
  const owned = concat(signed, archive, new Uint8Array(1024))
  const sector = signed.length / 512 - 1
  for (let i = 0; i < 3; i++) new DataView(owned.buffer).setUint32(512 + (sector + i) * 4, 0xfffffffe, true)
  const report = await inspect(owned)
  assert.deepEqual(states(report), ['valid'])
  assert.deepEqual(codes(report), ['warning msi.trailing_data'])
  assert.match(report.checks[0]!.message, new RegExp(`^${owned.length - signed.length} bytes `))
})

test('msiInspector takes no pass over the file for a signature that names no digest', async () => {
  let reads = 0
  const pass = (bytes: Uint8Array) => {
    const { sizeBytes, read } = bytesSource(bytes)
    const counted = (offset: number, length: number) => {
      reads++
      return read(offset, length)
    }
    return { sizeBytes, read, pass: { sizeBytes, read: counted } }
  }
  const none = await buildMsi({ streams: [{ name: '\u0005DigitalSignature', data: utf8('none') }] })
  await msiInspector.inspect(pass(none), DEFAULT_LIMITS)
  assert.equal(reads, 0)
  await msiInspector.inspect(pass(await buildMsi({ signer: await buildSigner() })), DEFAULT_LIMITS)
  assert.ok(reads > 0)
})

test('openCompoundFile() wants the size below which streams share one, and reads neighbours at once', async () => {
  const bytes = buildCompoundFile([{ name: 'a', data: new Uint8Array(4000) }])
  const file = await openCompoundFile(bytesSource(bytes), createBudget(DEFAULT_LIMITS))
  const pieces: number[] = []
  for await (const { length } of file.pieces(file.root.children[0]!)) pieces.push(length)
  assert.deepEqual(pieces, [4000])
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(56, 0xffffffff, true)
  await assert.rejects(openCompoundFile(bytesSource(bytes), createBudget(DEFAULT_LIMITS)), /below 4096 bytes/)
})

test('openCompoundFile() follows streams in many pieces only so far', async () => {
  const bytes = buildCompoundFile([{ name: 'a', data: new Uint8Array(64 * 3) }])
  const table = new DataView(bytes.buffer, bytes.byteOffset)
  // The second small sector is skipped, so that the stream lies in two pieces.
  const entry = find(bytes, utf16('a\0\0'))
  table.setUint32(512 * 3, 2, true)
  table.setUint32(entry + 120, 128, true)
  const file = await openCompoundFile(bytesSource(bytes), createBudget(DEFAULT_LIMITS))
  const stream = file.root.children[0]!
  const follow = async () => {
    let pieces = 0
    for await (const _ of file.pieces(stream)) pieces++
    return pieces
  }
  assert.equal(await follow(), 2)
  for (let i = 0; i < 32_000; i++) await follow()
  await assert.rejects(async () => {
    for (let i = 0; i < 1000; i++) await follow()
  }, FormatLimitError)
})

test('msiInspector reads an installer without tables or with damaged ones', async () => {
  assert.deepEqual(codes(await inspect(buildCompoundFile([]))), ['info msi.properties_missing', 'warning msi.unsigned'])
  const streams = ['_StringPool', '_StringData', 'Property'].map((name) => ({ name: msiName(name), data: utf8('x') }))
  const damaged = await inspect(buildCompoundFile(streams))
  assert.equal(damaged.inspection.format, 'msi')
  assert.deepEqual(codes(damaged), ['warning msi.properties_unreadable', 'warning msi.unsigned'])
})

test('msiInspector leaves other compound files to others', async () => {
  const report = await inspect(buildCompoundFile([], { classId: new Array(16).fill(1) }))
  assert.equal(report.inspection.format, 'file')
})

test('msiInspector refuses sectors in a circle, streams that overlap and storages in themselves', async () => {
  const signed = await buildMsi({ signer: await buildSigner() })
  const set = (at: number, value: number) => {
    const copy = Uint8Array.from(signed)
    new DataView(copy.buffer).setUint32(at, value, true)
    return copy
  }
  // The table of sectors is sector 0, the directory starts in sector 1.
  const loop = await inspect(set(512 + 4, 1))
  assert.deepEqual(codes(loop), ['error inspect.unreadable'])
  const short = buildCompoundFile([])
  new DataView(short.buffer, short.byteOffset).setUint32(512 + 4, 1, true)
  assert.deepEqual(codes(await inspect(short)), ['error inspect.unreadable'])
  // The second entry is its own neighbour.
  assert.deepEqual(codes(await inspect(set(1024 + 128 + 72, 1))), ['error inspect.unreadable'])
  assert.deepEqual(codes(await inspect(set(1024 + 76, 0))), ['error inspect.unreadable'])
  assert.deepEqual(codes(await inspect(set(44, 0xffffffff))), ['warning msi.names_unsigned'])
  const huge = find(signed, utf16(msiName('notes.cab', false)))
  assert.deepEqual(states(await inspect(set(huge + 120, 0x7fffffff))), ['invalid'])
  assert.deepEqual(states(await inspect(set(huge + 120, signed.length - 100))), ['invalid'])
})

test('msiDigests() refuses streams that share sectors, which would be hashed without end', async () => {
  const streams = ['a', 'b', 'c'].map((name, i) => ({
    name,
    data: new Uint8Array(i === 0 ? 40_000 : 5000).fill(i + 1),
  }))
  const bytes = buildCompoundFile(streams)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const [a, ...others] = streams.map(({ name }) => find(bytes, utf16(`${name}\0\0`)))
  for (const other of others)
    for (const field of [116, 120]) view.setUint32(other + field, view.getUint32(a! + field, true), true)
  const source = bytesSource(bytes)
  const file = await openCompoundFile(source, createBudget(DEFAULT_LIMITS))
  await assert.rejects(msiDigests(file, source, ['SHA-256']), FormatError)
})

test('an installer that is cut off is unreadable, wherever it is cut', async () => {
  const streams = [{ name: msiName('notes.cab', false), data: new Uint8Array(9216).fill(7) }]
  const whole = await buildMsi({ streams })
  assert.deepEqual(codes(await inspect(whole)), ['warning msi.unsigned'])
  for (let size = 8; size < whole.length; size += 97) {
    const { inspection, checks } = await inspect(whole.subarray(0, size))
    assert.deepEqual(
      [inspection.format, checks.map(({ level, code }) => `${level} ${code}`)],
      ['msi', ['error inspect.unreadable']],
      `${size}`,
    )
  }
})

test('a compound file of another class is no installer, unless it is cut off before the class', async () => {
  const bytes = buildCompoundFile([{ name: 'WordDocument', data: new Uint8Array(5000) }], {
    classId: [6, 9, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46],
  })
  const formats = async (size: number) => (await inspect(bytes.subarray(0, size))).inspection.format
  assert.equal(await formats(bytes.length), 'file')
  // Header, one table of sectors, then the directory.
  assert.equal(await formats(1024 + 128), 'file')
  const { inspection, checks } = await inspect(bytes.subarray(0, 1024 + 127))
  assert.equal(inspection.format, 'msi')
  assert.match(checks[0]!.message, /cut off before its directory/)
})
