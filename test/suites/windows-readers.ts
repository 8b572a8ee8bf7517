import { bytesSource } from '../../src/bytes/byte-source.ts'
import { openCompoundFile } from '../../src/formats/archive/cfb.ts'
import { readZipDirectory } from '../../src/formats/archive/zip.ts'
import { decodeLatin1 } from '../../src/formats/decode-text.ts'
import { parseXml } from '../../src/formats/document/xml.ts'
import { parseWindowsName } from '../../src/formats/signatures/distinguished-name.ts'
import { parseAppxBlockMap, parseAppxBundleManifest, parseAppxManifest } from '../../src/formats/windows/appx.ts'
import { appxArchiveDigests, parseAppxDigests } from '../../src/formats/windows/appx-digest.ts'
import { authenticodeTimestamp, nestedSignatures, parseAuthenticode } from '../../src/formats/windows/authenticode.ts'
import { readMsi } from '../../src/formats/windows/msi.ts'
import { msiDigests } from '../../src/formats/windows/msi-digest.ts'
import { readPe } from '../../src/formats/windows/pe.ts'
import { findPeResource, RESOURCE_VERSION, readPeResource } from '../../src/formats/windows/pe-resources.ts'
import { peDigests, readPeCertificates } from '../../src/formats/windows/pe-signature.ts'
import { parsePeVersion, readPeVersion } from '../../src/formats/windows/pe-version.ts'
import { signDigest } from '../fixtures/build-authenticode.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildMsi } from '../fixtures/build-msi.ts'
import { buildMsix, manifestXml } from '../fixtures/build-msix.ts'
import { buildPeWithVersion, signPe } from '../fixtures/build-pe.ts'
import { concat, utf8 } from '../fixtures/byte-writer.ts'
import type { ReaderSubject } from './reader-subjects.ts'

const signer = await buildSigner({ kind: 'rsa' })
const time = new Date('2023-05-06T07:08:09Z')

const program = buildPeWithVersion({
  strings: { ProductName: 'Notes', ProductVersion: '1' },
  dataType: 'DATA',
  data: { id: 131, bytes: utf8('package') },
})
const versionResource = await readPeResource(
  bytesSource(program),
  await readPe(bytesSource(program)),
  RESOURCE_VERSION,
  1,
  1 << 16,
)

/** The readers below the inspectors of Windows formats. */
export const WINDOWS_READERS: readonly ReaderSubject[] = [
  {
    name: 'parseXml()',
    fixture: utf8('<?xml version="1.0"?><a xmlns:p="u" p:b="1 &amp; 2"><!-- x --><p:c>&#65;<![CDATA[y]]></p:c></a>'),
    read: (bytes) => parseXml(bytes, 'sample'),
  },
  {
    name: 'readPe(), findPeResource(), readPeResource(), readPeVersion(), readPeCertificates() and peDigests()',
    fixture: await signPe(program, await buildSigner()),
    async read(bytes) {
      const source = bytesSource(bytes)
      const pe = await readPe(source)
      await readPeVersion(source, pe)
      await findPeResource(source, pe, 'DATA', 131)
      await peDigests(source, pe, ['SHA-1', 'SHA-256'])
      await readPeCertificates(source, pe)
    },
  },
  { name: 'parsePeVersion()', fixture: versionResource!, read: parsePeVersion },
  {
    name: 'parseAuthenticode() and authenticodeTimestamp()',
    fixture: await signDigest(signer, new Uint8Array(32), { timestamp: time, counterSignature: time, nested: signer }),
    async read(bytes) {
      const signature = parseAuthenticode(bytes)
      nestedSignatures(signature)
      await authenticodeTimestamp(signature)
    },
  },
  {
    name: 'openCompoundFile(), readMsi() and msiDigests()',
    fixture: await buildMsi({
      signer: await buildSigner(),
      extended: true,
      streams: [{ name: 'Storage/stream', data: utf8('stream') }],
    }),
    async read(bytes, budget) {
      const source = bytesSource(bytes)
      const file = await openCompoundFile(source, budget)
      await msiDigests(file, source, ['SHA-256'])
      await readMsi(file)
    },
  },
  { name: 'parseAppxManifest()', fixture: utf8(manifestXml()), read: parseAppxManifest },
  {
    name: 'parseAppxBundleManifest()',
    fixture:
      utf8(`<?xml version="1.0"?><Bundle><Identity Name="Example.Notes" Publisher="CN=Example" Version="1.4.0.0"/>
<Packages><Package Type="application" Version="1.4.0.0" Architecture="x64" FileName="a.msix" Offset="9" Size="7">
<Resources><Resource Language="en"/></Resources></Package></Packages></Bundle>`),
    read: parseAppxBundleManifest,
  },
  {
    name: 'parseAppxBlockMap()',
    fixture: utf8('<BlockMap><File Name="a\\b" Size="7"><Block Hash="x"/></File></BlockMap>'),
    read: parseAppxBlockMap,
  },
  {
    name: 'parseAppxDigests()',
    fixture: concat(utf8('APPXAXPC'), new Uint8Array(32), utf8('AXCD'), new Uint8Array(32)),
    read: (bytes) => parseAppxDigests(bytes, 'SHA-256'),
  },
  {
    name: 'appxArchiveDigests()',
    fixture: await buildMsix({ signer: await buildSigner(), zip: { zip64: true } }),
    async read(bytes, budget) {
      const source = bytesSource(bytes)
      await appxArchiveDigests(source, source, await readZipDirectory(source, budget), ['SHA-256'])
    },
  },
  {
    name: 'parseWindowsName()',
    fixture: utf8('CN="Example, ""Inc""", O=Example + OID.2.5.4.97=a; C=DE'),
    read: (bytes) => parseWindowsName(decodeLatin1(bytes)),
  },
]
