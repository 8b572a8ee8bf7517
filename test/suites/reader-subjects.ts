import { bytesSource } from '../../src/bytes/byte-source.ts'
import { openProtoResources, parseProtoXml } from '../../src/formats/aapt-pb.ts'
import { listAr } from '../../src/formats/ar.ts'
import { openResourceTable } from '../../src/formats/arsc.ts'
import { parseAxml } from '../../src/formats/axml.ts'
import type { Budget } from '../../src/formats/budget.ts'
import { bunzip2 } from '../../src/formats/bz2.ts'
import { parseDeb822 } from '../../src/formats/deb822.ts'
import { readElfSections } from '../../src/formats/elf-sections.ts'
import { readElfNeededVersions } from '../../src/formats/elf-versions.ts'
import { findNode } from '../../src/formats/file-tree.ts'
import { parseFlatYaml } from '../../src/formats/flat-yaml.ts'
import { gunzip } from '../../src/formats/gz.ts'
import { parsePgpSignature } from '../../src/formats/openpgp.ts'
import { decodePlist } from '../../src/formats/plist.ts'
import { readRpm } from '../../src/formats/rpm.ts'
import { openSquashfs } from '../../src/formats/squashfs.ts'
import { readTar } from '../../src/formats/tar.ts'
import { unxz } from '../../src/formats/xz.ts'
import { readZipDirectory, readZipMember } from '../../src/formats/zip.ts'
import { findZipConfusion } from '../../src/formats/zip-confusion.ts'
import { unzstd } from '../../src/formats/zst.ts'
import { buildBinaryPlist, buildXmlPlist } from '../fixtures/bplist-writer.ts'
import { buildProtoResources, buildProtoXml } from '../fixtures/build-aab.ts'
import { buildManifest, buildResourceTable, manifestTree } from '../fixtures/build-apk.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildElfWithSections, neededVersions } from '../fixtures/build-elf.ts'
import { buildPgpSignature, buildRpm } from '../fixtures/build-rpm.ts'
import { buildSquashfs } from '../fixtures/build-squashfs.ts'
import { utf8 } from '../fixtures/byte-writer.ts'
import { LINES_BZ2 } from '../fixtures/bzip2-samples.ts'
import { gzip, storedXz, storedZstd } from '../fixtures/stored-streams.ts'
import { buildTar, paxRecord } from '../fixtures/tar-writer.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { APPLE_READERS } from './apple-readers.ts'
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

/** The readers below the inspectors, each with bytes of its own: damage to a packed member ends at its checksum. */
export const READER_SUBJECTS: readonly ReaderSubject[] = [
  ...APPLE_READERS,
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
  { name: 'decodePlist() of XML', fixture: utf8(buildXmlPlist(PLIST)), read: decodePlist },
  {
    name: 'listAr()',
    fixture: buildDeb({ compression: 'none' }),
    read: (bytes) => listAr(bytesSource(bytes), 32),
  },
  {
    name: 'parseDeb822()',
    fixture: utf8('Package: notes\nVersion: 1.4.0-1\nDescription: Notes\n in a terminal\n .\n more\n'),
    read: (bytes) => parseDeb822(new TextDecoder().decode(bytes)),
  },
  { name: 'readTar()', fixture: TAR, read: (bytes, budget) => drain(readTar([bytes], budget, () => 16)) },
  { name: 'gunzip()', fixture: gzip(LINES), read: (bytes, budget) => drain(gunzip(once(bytes), budget)) },
  { name: 'unxz()', fixture: storedXz(LINES), read: (bytes, budget) => drain(unxz(bytes, budget)) },
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
  {
    name: 'readRpm()',
    fixture: buildRpm(),
    async read(bytes, budget) {
      const { header } = await readRpm(bytesSource(bytes), budget)
      for (const tag of [1000, 1003, 1004, 5092]) [header.text(tag), header.number(tag), header.binary(tag)]
    },
  },
  {
    name: 'readElfNeededVersions()',
    fixture: buildElfWithSections({ sections: neededVersions({ 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'] }) }),
    async read(bytes, budget) {
      const source = bytesSource(bytes)
      await readElfNeededVersions(source, await readElfSections(source), budget)
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
    read: (bytes) => parseFlatYaml(new TextDecoder().decode(bytes)),
  },
  {
    name: 'readZipDirectory(), findZipConfusion() and readZipMember()',
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
      for (const entry of directory.entries) await readZipMember(source, directory, entry, 1 << 20, budget)
    },
  },
]

async function drain(values: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  for await (const _ of values) {
    // Only that it ends.
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
