import { deflateRawSync, deflateSync } from 'node:zlib'
import { bytesSource } from '../../src/bytes/byte-source.ts'
import { parseStrictJson } from '../../src/bytes/strict-json.ts'
import { openProtoResources, parseProtoXml } from '../../src/formats/android/aapt-pb.ts'
import { openResourceTable } from '../../src/formats/android/arsc.ts'
import { parseAxml } from '../../src/formats/android/axml.ts'
import { decodePlist } from '../../src/formats/apple/plist.ts'
import { listAr } from '../../src/formats/archive/ar.ts'
import { bunzip2 } from '../../src/formats/archive/bz2.ts'
import { findNode } from '../../src/formats/archive/file-tree.ts'
import { gunzip, unzlib } from '../../src/formats/archive/gz.ts'
import { inflate } from '../../src/formats/archive/inflate.ts'
import { openIso9660 } from '../../src/formats/archive/iso9660.ts'
import { decodeMemberName } from '../../src/formats/archive/member-name.ts'
import { openSquashfs } from '../../src/formats/archive/squashfs.ts'
import { readTar } from '../../src/formats/archive/tar.ts'
import { unxz, xzDictionaryBytes } from '../../src/formats/archive/xz.ts'
import {
  readZipDirectory,
  readZipMember,
  readZipMemberHead,
  storedZipMember,
  streamZipMember,
} from '../../src/formats/archive/zip.ts'
import { findZipConfusion } from '../../src/formats/archive/zip-confusion.ts'
import { unzstd } from '../../src/formats/archive/zst.ts'
import type { Budget } from '../../src/formats/budget.ts'
import { decodeLatin1, decodeModifiedUtf8, decodeUtf8, decodeUtf16 } from '../../src/formats/decode-text.ts'
import { parseCoreMetadata } from '../../src/formats/document/core-metadata.ts'
import { readCycloneDx } from '../../src/formats/document/cyclonedx.ts'
import { readCycloneDxHead, readCycloneDxXml } from '../../src/formats/document/cyclonedx-xml.ts'
import { readSpdx2, readSpdx3 } from '../../src/formats/document/spdx.ts'
import { readSpdxHead, readSpdxTags } from '../../src/formats/document/spdx-tags.ts'
import { FormatError } from '../../src/formats/format-error.ts'
import { parseDeb822 } from '../../src/formats/linux/deb822.ts'
import { parseDesktopEntry } from '../../src/formats/linux/desktop-entry.ts'
import { parseElfHeader } from '../../src/formats/linux/elf.ts'
import { readElfNeededLibraries } from '../../src/formats/linux/elf-needed.ts'
import { readElfSections } from '../../src/formats/linux/elf-sections.ts'
import { readElfAlignment, readElfInterpreter, readElfLoadedEnd } from '../../src/formats/linux/elf-segments.ts'
import { readElfTable } from '../../src/formats/linux/elf-table.ts'
import { readElfNeededVersions } from '../../src/formats/linux/elf-versions.ts'
import { parseFlatYaml } from '../../src/formats/linux/flat-yaml.ts'
import { parsePgpSignature } from '../../src/formats/linux/openpgp.ts'
import { readRpm } from '../../src/formats/linux/rpm.ts'
import { buildBinaryPlist, buildXmlPlist } from '../fixtures/bplist-writer.ts'
import { buildProtoResources, buildProtoXml } from '../fixtures/build-aab.ts'
import { buildManifest, buildResourceTable, manifestTree } from '../fixtures/build-apk.ts'
import { DESKTOP_ENTRY } from '../fixtures/build-appimage.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildElfWithSections, neededLibraries, neededVersions } from '../fixtures/build-elf.ts'
import { buildIso9660 } from '../fixtures/build-iso9660.ts'
import { buildPgpSignature, buildRpm } from '../fixtures/build-rpm.ts'
import { buildSquashfs } from '../fixtures/build-squashfs.ts'
import { concat, utf8 } from '../fixtures/byte-writer.ts'
import { LINES_BZ2 } from '../fixtures/bzip2-samples.ts'
import { gzip, storedXz, storedZstd } from '../fixtures/stored-streams.ts'
import { buildTar, paxRecord } from '../fixtures/tar-writer.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { APPLE_READERS } from './apple-readers.ts'
import { SIGNATURE_READERS } from './signature-readers.ts'
import { WINDOWS_READERS } from './windows-readers.ts'

/**
 * A reader of `src/formats` and bytes that it reads. It must end any other bytes with a value, a FormatError or a
 * RangeError.
 */
export interface ReaderSubject {
  /** The function, and what it reads where there are several. */
  readonly name: string
  readonly fixture: Uint8Array
  read(bytes: Uint8Array, budget: Budget): unknown
}

const PLIST = {
  CFBundleIdentifier: 'com.example.notes',
  CFBundleName: 'N\u00f6tes & <co> \u{1f5d2}',
  Flags: [true, false, 7, 2.5],
  When: new Date('2026-11-21T01:27:13Z'),
  Icon: Uint8Array.of(0, 1, 254, 255),
  Nested: { list: [{ deep: 'yes' }] },
}
const LINES = utf8(Array.from({ length: 60 }, (_, i) => `Notes line ${i}\n`).join(''))
const TAR = buildTar([
  { name: 'pax', type: 'x', data: paxRecord('path', 'notes/\u{1f5d2}') },
  { name: 'a', data: LINES },
  { name: 'pax', type: 'x', data: paxRecord('GNU.sparse.realsize', '9') },
  { name: 'b', data: 'x' },
  { name: 'l', type: '2', linkName: 'a' },
])

/** Sectors that belong to the system come first; damage would be lost in them. */
const ISO_SYSTEM = new Uint8Array(16 * 2048)
const ISO_FILES = { hello: 'hello\n'.repeat(20), link: { link: '../hello' }, 'a long name': new Uint8Array(300) }

const SUM = 'a1'.repeat(32)
const BILLS: Readonly<Record<string, string>> = {
  CycloneDX: JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { name: 'notes.apk', hashes: [{ alg: 'SHA-256', content: SUM }] } },
    components: [{ name: 'a', components: [{ name: 'b' }] }],
  }),
  'SPDX 2': JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    documentDescribes: ['SPDXRef-notes'],
    packages: [{ SPDXID: 'SPDXRef-notes', packageFileName: 'notes.deb', checksums: [{ algorithm: 'SHA256' }] }],
  }),
  'SPDX 3': JSON.stringify({
    '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
    '@graph': [
      { type: 'SpdxDocument', spdxId: 'urn:a', rootElement: ['urn:b'] },
      { type: 'software_Package', spdxId: 'urn:b', name: 'notes', verifiedUsing: [{ algorithm: 'sha256' }] },
    ],
  }),
  'CycloneDX in XML': `<?xml version="1.0"?>
<!-- x --><bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:1"><metadata><component><name>notes</name>
<hashes><hash alg="SHA-256">${SUM}</hash></hashes></component></metadata><components><component/></components></bom>`,
  'SPDX in tags': `SPDXVersion: SPDX-2.3
DocumentNamespace: https://example.com/a
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-notes
PackageName: notes
SPDXID: SPDXRef-notes
PackageChecksum: SHA256: ${SUM}
PackageComment: <text>a
b</text>
FileName: ./a
FileChecksum: SHA256: ${SUM}
`,
}

/** A text of a file, whatever its bytes. */
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** The readers below the inspectors, each with bytes of its own: damage to a packed member ends at its checksum. */
export const READER_SUBJECTS: readonly ReaderSubject[] = [
  ...APPLE_READERS,
  ...SIGNATURE_READERS,
  ...WINDOWS_READERS,
  ...(['utf8', 'utf16'] as const).map(
    (encoding): ReaderSubject => ({
      name: `parseAxml() in ${encoding}`,
      fixture: buildManifest({ versionCode: 7, versionName: '1', label: 'Notes', permissions: ['a.b'], encoding }),
      read: parseAxml,
    }),
  ),
  {
    name: 'openResourceTable()',
    fixture: buildResourceTable([{ '': { reference: 0x7f010001 }, de: 'Notizen' }, { '': 'Notes' }]),
    async read(bytes, budget) {
      const table = await openResourceTable(bytesSource(bytes), budget)
      await table.resolve(0x7f010000)
      await table.variants(0x7f010000)
    },
  },
  {
    name: 'parseProtoXml()',
    fixture: buildProtoXml(manifestTree({ versionCode: 7, label: 'Notes', permissions: ['a.b'] })).done(),
    read: parseProtoXml,
  },
  {
    name: 'openProtoResources()',
    fixture: buildProtoResources([{ '': { reference: 0x7f010001 }, 'de|480': 'Notizen' }, { '': 7 }]).done(),
    async read(bytes, budget) {
      const table = openProtoResources(bytes, budget)
      await table.resolve(0x7f010000)
      await table.variants(0x7f010000)
    },
  },
  { name: 'decodePlist() of a binary one', fixture: buildBinaryPlist(PLIST), read: decodePlist },
  {
    name: 'decodePlist() of XML',
    fixture: utf8(buildXmlPlist(PLIST).replace('<integer>2.5</integer>', '<real>2.5</real>')),
    read: decodePlist,
  },
  {
    name: 'listAr()',
    fixture: buildDeb({ compression: 'none' }),
    read: (bytes) => listAr(bytesSource(bytes), 32),
  },
  {
    name: 'parseDeb822()',
    fixture: utf8('Package: notes\nVersion: 1.4.0-1\nDescription: Notes\n in a terminal\n .\n more\n'),
    read: (bytes) => parseDeb822(textOf(bytes)),
  },
  { name: 'readTar()', fixture: TAR, read: (bytes, budget) => drain(readTar([bytes], budget, () => 16)) },
  { name: 'unzlib()', fixture: deflateSync(LINES), read: (bytes, budget) => drain(unzlib(once(bytes), budget)) },
  {
    name: 'inflate()',
    fixture: deflateRawSync(LINES),
    read: (bytes, budget) => inflate(bytes, 'deflate-raw', 1 << 20, budget, 'sample'),
  },
  { name: 'gunzip()', fixture: gzip(LINES), read: (bytes, budget) => drain(gunzip(once(bytes), budget)) },
  {
    name: 'unxz() and xzDictionaryBytes()',
    fixture: storedXz(LINES),
    read(bytes, budget) {
      xzDictionaryBytes(bytes)
      return drain(unxz(bytes, budget))
    },
  },
  { name: 'unzstd()', fixture: storedZstd(LINES), read: (bytes, budget) => drain(unzstd(bytes, budget)) },
  { name: 'bunzip2()', fixture: LINES_BZ2, read: (bytes, budget) => drain(bunzip2(bytes, budget)) },
  ...(['none', 'zstd'] as const).map(
    (compression): ReaderSubject => ({
      name: `openSquashfs() of ${compression}`,
      fixture: buildSquashfs({ a: { b: LINES }, l: { link: 'a/../a' } }, { compression, extended: true }).subarray(
        0,
        2048,
      ),
      async read(bytes, budget) {
        const node = await findNode(await (await openSquashfs(bytesSource(bytes), budget)).root(), 'l/b')
        if (node?.kind === 'file') await node.read(1 << 16)
      },
    }),
  ),
  ...[false, true].map(
    (zisofs): ReaderSubject => ({
      name: `openIso9660()${zisofs ? ' of zisofs' : ''}`,
      fixture: buildIso9660(ISO_FILES, { zisofs }).slice(ISO_SYSTEM.length),
      async read(bytes, budget) {
        const root = await openIso9660(bytesSource(concat(ISO_SYSTEM, bytes)), budget)
        for (const name of await root.names()) {
          const node = await findNode(root, name)
          if (node?.kind === 'file') await node.read(1 << 20)
        }
      },
    }),
  ),
  {
    name: 'readRpm()',
    fixture: buildRpm(),
    async read(bytes, budget) {
      const { header } = await readRpm(bytesSource(bytes), budget)
      for (const tag of [1000, 1003, 1004, 5092]) [header.text(tag), header.number(tag), header.binary(tag)]
    },
  },
  {
    name: 'parseElfHeader(), readElfTable(), readElfInterpreter(), readElfAlignment() and readElfLoadedEnd()',
    fixture: buildElfWithSections({ interpreter: '/lib64/ld-linux-x86-64.so.2', loadedBytes: 100 }),
    async read(bytes) {
      parseElfHeader(bytes)
      await readElfTable(bytesSource(bytes), 'program')
      await readElfInterpreter(bytesSource(bytes))
      await readElfAlignment(bytesSource(bytes))
      await readElfLoadedEnd(bytesSource(bytes))
    },
  },
  {
    name: 'readElfSections() and readElfNeededVersions()',
    fixture: buildElfWithSections({ sections: neededVersions({ 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'] }) }),
    async read(bytes, budget) {
      const source = bytesSource(bytes)
      await readElfNeededVersions(source, await readElfSections(source), budget)
    },
  },
  {
    name: 'readElfNeededLibraries()',
    fixture: buildElfWithSections({ sections: neededLibraries(['libm.so.6', 'libc.so.6']) }),
    async read(bytes) {
      const source = bytesSource(bytes)
      await readElfNeededLibraries(source, await readElfSections(source))
    },
  },
  {
    name: 'parsePgpSignature()',
    fixture: buildPgpSignature(new Uint8Array(8).fill(0xa5), 1e9),
    read: parsePgpSignature,
  },
  {
    name: 'parseFlatYaml()',
    fixture: utf8('a: b # c\nl:\n- "d"\n- e\nm: [f, g]\nn: |\n  o\n'),
    read: (bytes) => parseFlatYaml(textOf(bytes)),
  },
  { name: 'parseDesktopEntry()', fixture: utf8(DESKTOP_ENTRY), read: (bytes) => parseDesktopEntry(textOf(bytes)) },
  {
    name: 'parseCoreMetadata()',
    fixture: utf8('Metadata-Version: 2.1\nName: notes\nVersion: 1.4.0\nLicense: MIT\n  and more\n\nNotes\n'),
    read: (bytes) => parseCoreMetadata(textOf(bytes)),
  },
  ...Object.entries(BILLS).map(
    ([kind, text]): ReaderSubject => ({
      name: `readCycloneDx(), readCycloneDxXml(), readCycloneDxHead(), readSpdx2(), readSpdx3(), readSpdxTags() and readSpdxHead() of ${kind}`,
      fixture: utf8(text),
      read(bytes, budget) {
        const damaged = textOf(bytes)
        readCycloneDxHead(damaged)
        readSpdxHead(damaged)
        ignoring(() => readCycloneDxXml(bytes))
        ignoring(() => readSpdxTags(damaged, budget.tick))
        const json = jsonOf(damaged)
        return [readCycloneDx(json), readSpdx2(json), readSpdx3(json)]
      },
    }),
  ),
  {
    name: 'decodeUtf8(), decodeUtf16(), decodeModifiedUtf8(), decodeLatin1() and decodeMemberName()',
    fixture: utf8('N\u00f6tes & <co> \u{1f5d2} \ufeff\u202e\u0000\ud83d end'),
    read(bytes) {
      const decoders = [decodeUtf8, decodeModifiedUtf8, decodeLatin1, decodeMemberName]
      for (const decode of decoders) ignoring(() => decode(bytes, 'sample'))
      for (const endian of ['little', 'big'] as const) ignoring(() => decodeUtf16(bytes, endian, 'sample'))
    },
  },
  {
    name: 'readZipDirectory(), findZipConfusion(), readZipMember(), readZipMemberHead(), storedZipMember() and streamZipMember()',
    fixture: buildZip(
      [
        { name: 'a', data: LINES },
        { name: 'b', data: 'x', method: 0 },
      ],
      { zip64: true },
    ),
    async read(bytes, budget) {
      const source = bytesSource(bytes)
      const directory = await readZipDirectory(source, budget)
      await findZipConfusion(source, directory, budget)
      for (const entry of directory.entries) {
        await ignoring(() => readZipMember(source, directory, entry, 1 << 20, budget))
        await ignoring(() => readZipMemberHead(source, directory, entry, 100, budget))
        await ignoring(() => storedZipMember(source, directory, entry))
        // Its callers judge the declared size.
        if (entry.sizeBytes < 1 << 20) await ignoring(() => drain(streamZipMember(source, directory, entry)))
      }
    },
  },
]

/** So that what one reader refuses is read by the next one. */
function ignoring(read: () => unknown): unknown {
  const judge = (error: unknown) => {
    if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
  }
  try {
    const value = read()
    return value instanceof Promise ? value.catch(judge) : value
  } catch (error) {
    return judge(error)
  }
}

function jsonOf(text: string): unknown {
  try {
    return parseStrictJson(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

async function drain(values: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  for await (const _ of values) {
    // Only that it ends.
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
