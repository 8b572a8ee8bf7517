import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8 } from '../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { DEFAULT_LIMITS, InspectionError, InspectionLimitError } from './inspector.ts'
import { sbomInspector } from './sbom.ts'

const SUM = 'a1'.repeat(32)

async function inspect(content: object | string | Uint8Array) {
  const bytes =
    content instanceof Uint8Array ? content : utf8(typeof content === 'string' ? content : JSON.stringify(content))
  assert.equal(await sbomInspector.sniff(bytes.subarray(0, 4096), bytesSource(bytes)), true)
  return sbomInspector.inspect(bytesSource(bytes), DEFAULT_LIMITS)
}
const factsOf = async (content: object | string | Uint8Array) => (await inspect(content)).inspection.facts

const CYCLONEDX = {
  $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  serialNumber: 'urn:uuid:73ea52d5-d5e2-41ef-8d8a-4d07fd943ff0',
  metadata: {
    component: {
      type: 'file',
      name: 'notes.apk',
      version: '1.4.0',
      hashes: [
        { alg: 'SHA-1', content: '00'.repeat(20) },
        { alg: 'SHA-256', content: SUM.toUpperCase() },
      ],
    },
  },
  components: [{ type: 'library', name: 'a', components: [{ name: 'b' }, { name: 'c' }] }, { name: 'd' }],
}
const SPDX = {
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  documentNamespace: 'https://example.com/notes-1.4.0',
  packages: [
    { SPDXID: 'SPDXRef-a', name: 'a', checksums: [{ algorithm: 'SHA256', checksumValue: '00'.repeat(32) }] },
    {
      SPDXID: 'SPDXRef-notes',
      name: 'notes',
      versionInfo: '1.4.0',
      packageFileName: './notes.deb',
      checksums: [{ algorithm: 'SHA256', checksumValue: SUM }],
    },
  ],
}
const SPDX_FACTS = {
  standard: 'SPDX',
  specVersion: '2.3',
  serialNumber: 'https://example.com/notes-1.4.0',
  componentName: 'notes',
  componentVersion: '1.4.0',
  components: 2,
  describesFiles: ['./notes.deb'],
  describesSha256: [SUM],
}

test('sbomInspector reads what a CycloneDX document is about', async () => {
  assert.deepEqual(await inspect(CYCLONEDX), {
    inspection: {
      format: 'sbom',
      platform: 'any',
      arch: 'any',
      install: 'file',
      facts: {
        standard: 'CycloneDX',
        specVersion: '1.6',
        serialNumber: CYCLONEDX.serialNumber,
        componentName: 'notes.apk',
        componentVersion: '1.4.0',
        components: 4,
        describesSha256: [SUM],
      },
    },
    checks: [],
  })
  const bare = { bomFormat: 'CycloneDX', specVersion: '1.2' }
  assert.deepEqual(await factsOf(bare), { standard: 'CycloneDX', specVersion: '1.2', components: 0 })
  const odd = { bomFormat: 'CycloneDX', metadata: { component: { hashes: [{ alg: 'SHA-256', content: '7' }, 7] } } }
  assert.deepEqual(await factsOf(odd), { standard: 'CycloneDX', components: 0 })
})

test('sbomInspector reads what an SPDX document is about, however it says so', async () => {
  const relationship = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
    ...SPDX,
    relationships: [{ spdxElementId, relationshipType, relatedSpdxElement }],
  })
  const forms = [
    { ...SPDX, documentDescribes: ['SPDXRef-notes'] },
    relationship('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-notes'),
    relationship('SPDXRef-notes', 'DESCRIBED_BY', 'SPDXRef-DOCUMENT'),
  ]
  for (const form of forms) assert.deepEqual(await factsOf(form), SPDX_FACTS)
  assert.deepEqual(await factsOf({ ...SPDX, packages: SPDX.packages.slice(1) }), { ...SPDX_FACTS, components: 1 })
  // One of two, and nobody says which.
  const { standard, specVersion, serialNumber, components } = SPDX_FACTS
  assert.deepEqual(await factsOf(SPDX), { standard, specVersion, serialNumber, components })
  const other = relationship('SPDXRef-a', 'DESCRIBES', 'SPDXRef-notes')
  assert.equal((await factsOf(other))?.componentName, undefined)
  const file = { SPDXID: 'SPDXRef-f', fileName: './f', checksums: [{ algorithm: 'SHA256', checksumValue: SUM }] }
  const aboutFile = await factsOf({ ...SPDX, files: [file], documentDescribes: ['SPDXRef-f'] })
  assert.deepEqual([aboutFile?.describesFiles, aboutFile?.describesSha256], [['./f'], [SUM]])
})

test('sbomInspector reads what an SPDX 3 document is about', async () => {
  const graph = [
    { type: 'SpdxDocument', spdxId: 'https://example.com/doc', rootElement: ['https://example.com/bom'] },
    { type: 'software_Sbom', spdxId: 'https://example.com/bom', rootElement: ['https://example.com/notes'] },
    {
      type: 'software_Package',
      spdxId: 'https://example.com/notes',
      name: 'notes',
      software_packageVersion: '1.4.0',
      verifiedUsing: [{ type: 'Hash', algorithm: 'sha256', hashValue: SUM }],
    },
    { type: 'software_Package', spdxId: 'https://example.com/a', name: 'a' },
  ]
  const document = { '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', '@graph': graph }
  assert.deepEqual(await factsOf(document), {
    standard: 'SPDX',
    specVersion: '3.0.1',
    serialNumber: 'https://example.com/doc',
    componentName: 'notes',
    componentVersion: '1.4.0',
    components: 2,
    describesSha256: [SUM],
  })
})

test('sbomInspector reads CycloneDX in XML and SPDX in tags and values like their JSON', async () => {
  const { serialNumber } = CYCLONEDX
  const xml = `<?xml version="1.0"?>
<bom serialNumber="${serialNumber}" version="1" xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata>
<component type="file"><name>notes.apk</name><version>1.4.0</version>
<hashes><hash alg="SHA-256">${SUM}</hash></hashes></component></metadata><components>
<component><name>a</name><components><component/><component/></components></component><component/></components></bom>`
  assert.deepEqual(await inspect(xml), await inspect(CYCLONEDX))
  assert.deepEqual(await inspect(`\ufeff${xml}`), await inspect(CYCLONEDX))
  const tags = `# made by hand
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
DocumentNamespace: https://example.com/notes-1.4.0
PackageName: a
SPDXID: SPDXRef-a
PackageName: notes
SPDXID: SPDXRef-notes
PackageVersion: 1.4.0
PackageFileName: ./notes.deb
PackageChecksum: SHA256: ${SUM}
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-notes
`
  assert.deepEqual(await factsOf(tags), SPDX_FACTS)
  assert.deepEqual(await factsOf(`\ufeff${tags.replaceAll('\n', '\r\n')}`), SPDX_FACTS)
})

test('sbomInspector takes no other text for a document', async () => {
  const others = [
    '<html><bom xmlns="http://cyclonedx.org/schema/bom/1.4">',
    '<bom xmlns="http://example.com/">',
    'This file speaks of SPDXVersion: SPDX-2.2\n',
    '{"name":"bomFormat"}',
    '[{"bomFormat":"CycloneDX"}]',
  ]
  for (const text of others) assert.equal(await sbomInspector.sniff(utf8(text), bytesSource(utf8(text))), false, text)
})

test('sbomInspector refuses a document that two readers could read differently, and what only looks like a document', async () => {
  const start = '{"bomFormat":"CycloneDX"'
  const bad = [
    `${start},"bomFormat":"x"}`,
    `${start},"__proto__":{}}`,
    `${start},"x":1e400}`,
    `${start},"x":"\\ud800"}`,
    `${start},"x":${'['.repeat(100_000)}`,
    start,
    `{"x":{"bomFormat":"CycloneDX"}}`,
    '{"spdxVersion":"SPDX-x"}',
    '<bom xmlns="http://cyclonedx.org/schema/bom/1.4">',
    '<bom xmlns="http://cyclonedx.org/schema/bom/1.4">&bomb;</bom>',
    'SPDXVersion: SPDX-2.3\nPackageComment: <text>cut off\n',
    concat(utf8('SPDXVersion: SPDX-2.3\nPackageName: '), Uint8Array.of(0xff)),
    concat(utf8(`${start},"x":"`), Uint8Array.of(0xff), utf8('"}')),
  ]
  for (const content of bad)
    await assert.rejects(inspect(content), (error) => error instanceof InspectionError && error.format === 'sbom')
})

test('sbomInspector tells that it did not read a document of more than 16 MiB or 250 000 values', async () => {
  const padded = (length: number) => utf8(`{"bomFormat":"CycloneDX","specVersion":"1.6"${' '.repeat(length)}}`)
  assert.equal((await inspect(padded((16 << 20) - 100))).inspection.facts?.specVersion, '1.6')
  const many = (count: number) => utf8(`{"bomFormat":"CycloneDX","x":[${'0,'.repeat(count)}0]}`)
  assert.deepEqual((await inspect(many(240_000))).checks, [])
  for (const bytes of [padded(16 << 20), many(250_000)]) {
    const { inspection, checks } = await inspect(bytes)
    assert.equal(inspection.facts, undefined)
    assert.deepEqual(
      checks.map(({ code, level }) => `${level} ${code}`),
      ['info sbom.partly_read'],
    )
  }
})

test('sbomInspector tells what the first lines say of a document in XML or tags that is too large to be read', async () => {
  const xml = (inside: string) =>
    `<bom serialNumber="urn:uuid:1" xmlns="http://cyclonedx.org/schema/bom/1.4">${inside}</bom>`
  const tags = 'SPDXVersion: SPDX-2.3\nDocumentNamespace: https://example.com/1\n'
  const cycloneDx = { standard: 'CycloneDX', specVersion: '1.4', serialNumber: 'urn:uuid:1' }
  const spdx = { standard: 'SPDX', specVersion: '2.3', serialNumber: 'https://example.com/1' }
  assert.deepEqual(await factsOf(xml(' '.repeat(4_000_000))), { ...cycloneDx, components: 0 })
  assert.deepEqual(await factsOf(tags + '\n'.repeat(240_000)), { ...spdx, components: 0 })
  for (const [text, facts] of [
    [xml(' '.repeat(4 << 20)), cycloneDx],
    [xml('<a/>'.repeat(200_000)), cycloneDx],
    [xml('<a>'.repeat(300)), cycloneDx],
    [tags + '\n'.repeat(250_000), spdx],
    [tags + ' '.repeat(16 << 20), spdx],
  ] as const) {
    const { inspection, checks } = await inspect(text)
    assert.deepEqual(inspection.facts, facts)
    assert.deepEqual(
      checks.map(({ code, level }) => `${level} ${code}`),
      ['info sbom.partly_read'],
    )
  }
})

test('sbomInspector ends with the clock, and not with what it read by then', async () => {
  const source = bytesSource(utf8(`SPDXVersion: SPDX-2.3\n${'PackageName: a\n'.repeat(200_000)}`))
  const late = sbomInspector.inspect(source, { ...DEFAULT_LIMITS, maxMs: 0 })
  await assert.rejects(late, InspectionLimitError)
})
