import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signatureFacts } from '../../../test/fixtures/build-authenticode.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildMsix, buildMsixBundle } from '../../../test/fixtures/build-msix.ts'
import { ByteWriter, concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import type { ZipMember } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { readZipDirectory } from '../../formats/archive/zip.ts'
import { createBudget } from '../../formats/budget.ts'
import { PNG_SIGNATURE } from '../../formats/picture/png.ts'
import type { InspectionReport } from '../../model/inspection.ts'
import { resolveDeclared } from '../declared.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const inspect = (bytes: Uint8Array) =>
  inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: Date.parse('2026-11-21') })
const codes = (report: InspectionReport) => report.checks.map(({ level, code }) => `${level} ${code}`)
const states = (report: InspectionReport) => report.inspection.signatures?.map((signature) => signature.state)
const flipped = (bytes: Uint8Array, at: number) => {
  const copy = Uint8Array.from(bytes)
  copy[at] = copy[at]! ^ 1
  return copy
}

test('msixInspector reads the manifest of a package', async () => {
  const report = await inspect(await buildMsix())
  assert.deepEqual(report.inspection, {
    format: 'msix',
    platform: 'windows',
    arch: 'x64',
    identifier: 'Example.Notes',
    name: 'Notes',
    version: '1.4.0.0',
    minOs: '10.0.17763.0',
    targetOs: '10.0.22621.0',
    install: 'file',
    permissions: ['internetClient', 'runFullTrust', 'microphone'],
    signatures: [],
    facts: {
      publisher: 'CN=Example Signer',
      packageFamilyName: 'Example.Notes_makfwr2yp25rr',
      publisherDisplayName: 'Example Inc',
      deviceFamilies: ['Windows.Desktop'],
    },
  })
  assert.deepEqual(codes(report), ['warning msix.unsigned'])
})

test('msixInspector leaves names out that are references into compiled resources', async () => {
  const name = async (displayName: string, visualName: string) =>
    (await inspect(await buildMsix({ displayName, visualName }))).inspection.name
  assert.equal(await name('ms-resource:AppName', 'My Notes'), 'My Notes')
  assert.equal(await name('ms-resource:AppName', 'ms-resource:AppName'), undefined)
})

test('msixInspector tells the CPU, and that neutral packages run on any', async () => {
  for (const [architecture, arch] of [
    ['arm64', 'arm64'],
    ['neutral', 'any'],
    ['x86', 'x86'],
    ['mips', undefined],
  ] as const)
    assert.equal((await inspect(await buildMsix({ architecture }))).inspection.arch, arch, architecture)
})

test('msixInspector refuses manifests without an identity, and those that expand entities', async () => {
  for (const manifest of [
    '<Package/>',
    '<Other><Identity Name="a" Publisher="CN=a" Version="1.0.0.0"/></Other>',
    '<Package><Identity Name="a" Publisher="CN=a" Version="1.0"/></Package>',
    '<Package><Identity Name="a" Publisher="CN=a" Version="1.0.0.0"/><Identity Name="b" Publisher="CN=a" Version="1.0.0.0"/></Package>',
    '<!DOCTYPE Package [<!ENTITY e "x">]><Package><Identity Name="&e;" Publisher="CN=a" Version="1.0.0.0"/></Package>',
    'none',
  ]) {
    const report = await inspect(await buildMsix({ manifest }))
    assert.equal(report.inspection.format, 'msix')
    assert.deepEqual(codes(report), ['error inspect.unreadable'], manifest)
  }
})

test('msixInspector verifies signatures, with ZIP64 records and a code integrity catalog too', async () => {
  const signer = await buildSigner({ kind: 'rsa' })
  for (const options of [{}, { zip: { zip64: true } }, { codeIntegrity: utf8('catalog') }]) {
    const report = await inspect(await buildMsix({ signer, ...options }))
    assert.deepEqual(report.inspection.signatures, [await signatureFacts(signer, 'msix')], JSON.stringify(options))
    assert.deepEqual(report.checks, [], JSON.stringify(options))
  }
  // Tools of Windows write other numbers of disks into the end record than they sign.
  const wide = Uint8Array.from(await buildMsix({ signer, zip: { zip64: true } }))
  new DataView(wide.buffer).setUint32(wide.length - 18, 0xffffffff, true)
  assert.deepEqual(states(await inspect(wide)), ['valid'])
})

test('msixInspector finds every bit that was changed in members, directory and end record', async () => {
  const signed = await buildMsix({ signer: await buildSigner() })
  const source = bytesSource(signed)
  const { entries, directoryOffset } = await readZipDirectory(source, createBudget(DEFAULT_LIMITS))
  const signature = entries.at(-1)!
  assert.equal(signature.name, 'AppxSignature.p7x')
  const spots = [
    30 + 'notes.exe'.length, // data
    10, // the time in a local header
    entries[1]!.offset + 30 + 'Assets/My%20Logo.png'.length,
    directoryOffset + 12, // the time of the first member
    directoryOffset + 38, // its attributes
    signature.offset - 1,
  ]
  for (const at of spots) {
    const report = await inspect(flipped(signed, at))
    const isUnreadable = codes(report).includes('error inspect.unreadable')
    assert.ok(isUnreadable || states(report)?.[0] === 'invalid', `byte ${at}: ${codes(report).join()}`)
    assert.ok(isUnreadable || codes(report).includes('error msix.signature_invalid'), `byte ${at}`)
  }
})

test('msixInspector finds a signature that is not the last member, and bytes behind it', async () => {
  const signer = await buildSigner()
  const signed = await buildMsix({ signer })
  const early = await buildMsix({
    members: [
      { name: 'AppxSignature.p7x', data: utf8('PKCXnone') },
      { name: 'other.dll', data: 'MZ' },
    ],
  })
  assert.deepEqual(states(await inspect(early)), ['invalid'])
  const appended = await inspect(concat(signed, utf8('appended')))
  assert.ok(codes(appended).includes('error zip.confusion'), codes(appended).join())
  const { directoryOffset } = await readZipDirectory(bytesSource(signed), createBudget(DEFAULT_LIMITS))
  const hidden = utf8('hidden bytes')
  const gap = concat(signed.subarray(0, directoryOffset), hidden, signed.subarray(directoryOffset))
  new DataView(gap.buffer).setUint32(gap.length - 6, directoryOffset + hidden.length, true)
  assert.deepEqual(states(await inspect(gap)), ['invalid'])
  const moreDigests = concat(utf8('AXCI'), new Uint8Array(32))
  assert.deepEqual(states(await inspect(await buildMsix({ signer, moreDigests }))), ['invalid'])
})

test('msixInspector holds the publisher against the subject of the signer', async () => {
  const subject = [
    ['2.5.4.6', 'DE'],
    ['2.5.4.8', 'Berlin'],
    ['2.5.4.10', 'Example, "Inc"'],
    ['2.5.4.3', 'Example'],
  ] as const
  const signer = await buildSigner({ subject })
  const report = async (publisher: string) => codes(await inspect(await buildMsix({ signer, publisher })))
  for (const publisher of [
    'CN=Example, O=&quot;Example, &quot;&quot;Inc&quot;&quot;&quot;, S=Berlin, C=DE',
    'CN=Example,O=&quot;Example, &quot;&quot;Inc&quot;&quot;&quot;,ST=Berlin,C=DE',
    'CN = Example ; O=&quot;Example, &quot;&quot;Inc&quot;&quot;&quot; + S=Berlin, C=DE',
  ])
    assert.deepEqual(await report(publisher), [], publisher)
  for (const publisher of [
    'CN=Example',
    'CN=Example, O=&quot;Example, &quot;&quot;Inc&quot;&quot;&quot;, L=Berlin, C=DE',
    'CN=Example, S=Berlin, O=&quot;Example, &quot;&quot;Inc&quot;&quot;&quot;, C=DE',
    'CN=example, O=&quot;Example, &quot;&quot;Inc&quot;&quot;&quot;, S=Berlin, C=DE',
    'C=DE, S=Berlin, O=&quot;Example, &quot;&quot;Inc&quot;&quot;&quot;, CN=Example',
    'CN=Example, O=&quot;Example',
    'Example',
  ])
    assert.deepEqual(await report(publisher), ['warning msix.publisher_differs'], publisher)
})

test('msixInspector holds the block map against the files', async () => {
  const differs = ['warning msix.block_map_differs', 'warning msix.unsigned']
  for (const blockMap of [
    '<BlockMap/>',
    'none',
    '<BlockMap><File Name="notes.exe" Size="3"/></BlockMap>',
    '<BlockMap><File Name="notes.exe"/></BlockMap>',
  ])
    assert.deepEqual(codes(await inspect(await buildMsix({ blockMap }))), differs, blockMap)
  const extra = await buildMsix()
  assert.deepEqual(codes(await inspect(extra)), ['warning msix.unsigned'])
})

test('msixInspector reads bundles', async () => {
  const signer = await buildSigner()
  const report = await inspect(await buildMsixBundle(['x64', 'arm64'], { signer }))
  assert.deepEqual(report.inspection, {
    format: 'msixbundle',
    platform: 'windows',
    arch: 'universal',
    identifier: 'Example.Notes',
    name: 'Notes',
    version: '1.4.0.0',
    minOs: '10.0.17763.0',
    targetOs: '10.0.22621.0',
    install: 'file',
    abis: ['x64', 'arm64'],
    permissions: ['internetClient', 'runFullTrust', 'microphone'],
    signatures: [await signatureFacts(signer, 'msix')],
    facts: {
      publisher: 'CN=Example Signer',
      packageFamilyName: 'Example.Notes_makfwr2yp25rr',
      publisherDisplayName: 'Example Inc',
      deviceFamilies: ['Windows.Desktop'],
      packages: ['notes_x64.msix', 'notes_arm64.msix'],
    },
  })
  assert.deepEqual(report.checks, [])
  assert.equal((await inspect(await buildMsixBundle(['neutral']))).inspection.arch, 'any')
  assert.deepEqual(codes(await inspect(await buildMsixBundle(['x64', 'arm64'], { missing: true }))), [
    'warning msix.bundle_differs',
    'warning msix.unsigned',
  ])
})

test('msixInspector reads the largest picture of the logo', async () => {
  const png = (width: number) =>
    concat(PNG_SIGNATURE, new ByteWriter().u32be(13).text('IHDR').u32be(width, width).u8(8, 6, 0, 0, 0).u32be(0).done())
  const icon = async (...members: readonly ZipMember[]) => {
    const report = await inspect(await buildMsix({ members }))
    assert.deepEqual(codes(report), ['warning msix.unsigned'])
    assert.equal(report.icon?.length, report.inspection.icon?.sizeBytes)
    return report.inspection.icon?.width
  }
  const scaled = (scale: string, width: number) => ({ name: `Assets/logo.${scale}.png`, data: png(width) })
  assert.equal(await icon({ name: 'Assets/Logo.png', data: png(150) }), 150)
  assert.equal(await icon(scaled('scale-100', 150), scaled('scale-400', 600), scaled('scale-200', 300)), 600)
  assert.equal(await icon(scaled('contrast-black_scale-400', 600), scaled('scale-100', 150)), 150)
  assert.equal(await icon(scaled('scale-100', 5000)), undefined)
  assert.equal(await icon({ name: 'Assets/Logo.png', data: 'none' }), undefined)
  assert.equal(await icon({ name: 'Assets/LogoOther.png', data: png(150) }), undefined)
})

test('msixInspector finds an application of another identity in a bundle', async () => {
  const report = await inspect(await buildMsixBundle(['x64'], { innerPublisher: 'CN=Somebody' }))
  assert.deepEqual(codes(report), ['warning msix.bundle_differs', 'warning msix.unsigned'])
})

test('resolveDeclared() accepts an APPX, which has the bytes of an MSIX', async () => {
  const { inspection } = await inspect(await buildMsix())
  assert.equal(resolveDeclared('notes.appx', { format: 'appx' }, inspection).format, 'appx')
})
