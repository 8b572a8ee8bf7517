import { archiveInspector } from '../../src/inspect/archive/archive.ts'
import { zipPackageInspector } from '../../src/inspect/archive/zip-package.ts'
import { sbomInspector } from '../../src/inspect/sbom.ts'
import { utf8 } from '../fixtures/byte-writer.ts'
import { gzip } from '../fixtures/stored-streams.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import type { InspectorSubject } from './inspector.ts'

const MUTATIONS = 1000
const SUM = 'a1'.repeat(32)

const PACKAGE_JSON = {
  name: '@example/notes',
  version: '1.4.0',
  description: 'Notes in a terminal',
  license: 'MIT',
  bin: { notes: 'cli.js' },
  engines: { node: '>=22' },
  os: ['linux'],
}
const CYCLONEDX = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  serialNumber: 'urn:uuid:73ea52d5-d5e2-41ef-8d8a-4d07fd943ff0',
  metadata: { component: { name: 'notes.apk', version: '1.4.0', hashes: [{ alg: 'SHA-256', content: SUM }] } },
  components: [{ name: 'a', components: [{ name: 'b' }] }],
}
const SPDX = {
  spdxVersion: 'SPDX-2.3',
  documentNamespace: 'https://example.com/notes-1.4.0',
  documentDescribes: ['SPDXRef-notes'],
  packages: [
    {
      SPDXID: 'SPDXRef-notes',
      name: 'notes',
      versionInfo: '1.4.0',
      packageFileName: 'notes.deb',
      checksums: [{ algorithm: 'SHA256', checksumValue: SUM }],
    },
  ],
}
/** What the other forms say as well. */
const CYCLONEDX_XML = `<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="${CYCLONEDX.serialNumber}" version="1">
  <metadata>
    <tools><tool><name>a tool</name></tool></tools>
    <component type="file">
      <name><![CDATA[notes.apk]]></name>
      <version>1.4.0</version>
      <hashes><hash alg="SHA-256">${SUM}</hash></hashes>
    </component>
  </metadata>
  <components>
    <component><name>a</name><components><component><name>b</name></component></components></component>
  </components>
</bom>
`
const SPDX_TAGS = `SPDXVersion: SPDX-2.3
DocumentNamespace: ${SPDX.documentNamespace}
SPDXID: SPDXRef-DOCUMENT
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-notes

## Package Information
PackageName: notes
SPDXID: SPDXRef-notes
PackageVersion: 1.4.0
PackageFileName: notes.deb
PackageChecksum: SHA256: ${SUM}
PackageDescription: <text>Notes
in a terminal</text>

FileName: ./usr/bin/notes
SPDXID: SPDXRef-file
FileChecksum: SHA1: ${'00'.repeat(20)}
`
const BILL = { format: 'sbom', platform: 'any', arch: 'any', install: 'file' } as const

/** Packages of languages, and bills of materials. */
export const GENERIC_SUBJECTS: readonly InspectorSubject[] = [
  {
    inspector: archiveInspector,
    fixtureName: 'an npm package',
    fixture: gzip(
      buildTar([
        { name: 'package/package.json', data: JSON.stringify(PACKAGE_JSON) },
        { name: 'package/cli.js', data: 'notes()\n' },
      ]),
    ),
    expected: {
      format: 'npm',
      platform: 'linux',
      arch: 'any',
      identifier: '@example/notes',
      version: '1.4.0',
      install: 'file',
      facts: { license: 'MIT', description: 'Notes in a terminal', node: '>=22', bin: ['notes'], os: ['linux'] },
    },
    mutations: MUTATIONS,
  },
  {
    inspector: zipPackageInspector,
    fixtureName: 'a wheel',
    fixture: buildZip([
      { name: 'notes-1.4.0.dist-info/WHEEL', data: 'Wheel-Version: 1.0\nTag: cp312-abi3-win_amd64\n' },
      { name: 'notes-1.4.0.dist-info/METADATA', data: 'Name: notes\nVersion: 1.4.0\nLicense: MIT\n\nNotes\n' },
    ]),
    expected: {
      format: 'wheel',
      platform: 'windows',
      arch: 'x64',
      identifier: 'notes',
      version: '1.4.0',
      install: 'file',
      facts: { license: 'MIT', pythonTags: ['cp312'], abiTags: ['abi3'], platformTags: ['win_amd64'] },
    },
    mutations: MUTATIONS,
  },
  ...Object.entries({ JSON: JSON.stringify(CYCLONEDX), XML: CYCLONEDX_XML }).map(
    ([form, text]): InspectorSubject => ({
      inspector: sbomInspector,
      fixtureName: `a CycloneDX document in ${form}`,
      fixture: utf8(text),
      expected: {
        ...BILL,
        facts: {
          standard: 'CycloneDX',
          specVersion: '1.6',
          serialNumber: CYCLONEDX.serialNumber,
          componentName: 'notes.apk',
          componentVersion: '1.4.0',
          components: 2,
          describesSha256: [SUM],
        },
      },
      mutations: MUTATIONS,
    }),
  ),
  ...Object.entries({ JSON: JSON.stringify(SPDX), 'tags and values': SPDX_TAGS }).map(
    ([form, text]): InspectorSubject => ({
      inspector: sbomInspector,
      fixtureName: `an SPDX document in ${form}`,
      fixture: utf8(text),
      expected: {
        ...BILL,
        facts: {
          standard: 'SPDX',
          specVersion: '2.3',
          serialNumber: SPDX.documentNamespace,
          componentName: 'notes',
          componentVersion: '1.4.0',
          components: 1,
          describesFiles: ['notes.deb'],
          describesSha256: [SUM],
        },
      },
      mutations: MUTATIONS,
    }),
  ),
]
