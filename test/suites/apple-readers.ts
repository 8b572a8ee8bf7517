import { deflateSync } from 'node:zlib'
import { bytesSource } from '../../src/bytes/byte-source.ts'
import { plainPng } from '../../src/formats/apple/cgbi.ts'
import { coversBlobs, matchesCodeHashes } from '../../src/formats/apple/code-pages.ts'
import { parseCodeResources } from '../../src/formats/apple/code-resources.ts'
import { parseCodeSignature } from '../../src/formats/apple/code-signature.ts'
import { readDmgTrailer } from '../../src/formats/apple/dmg.ts'
import { parseIcns } from '../../src/formats/apple/icns.ts'
import { readMacho } from '../../src/formats/apple/macho.ts'
import { readXar, readXarPlace, unpackXarFile } from '../../src/formats/archive/xar.ts'
import { readPngHeader } from '../../src/formats/picture/png.ts'
import { readWebpHeader } from '../../src/formats/picture/webp.ts'
import { buildCodeResources } from '../fixtures/build-code-resources.ts'
import { buildCodeSignature, buildSignedMacho } from '../fixtures/build-code-signature.ts'
import { buildDmg } from '../fixtures/build-dmg.ts'
import { buildPkg } from '../fixtures/build-pkg.ts'
import { buildIcns, buildPng } from '../fixtures/build-png.ts'
import { buildFatMacho, buildMacho, CPU_ARM64, CPU_X64 } from '../fixtures/build-program.ts'
import { ByteWriter, utf8 } from '../fixtures/byte-writer.ts'
import type { ReaderSubject } from './reader-subjects.ts'

const CODE = new Uint8Array(5000).fill(0x5a)
const TABLE = utf8(`<?xml version="1.0"?><xar><toc>
<checksum style="sha1"><offset>0</offset><size>20</size></checksum>
<signature style="RSA"><offset>20</offset><size>8</size><KeyInfo><X509Data><X509Certificate>AAEC</X509Certificate></X509Data></KeyInfo></signature>
<file id="1"><name>a.pkg</name><file id="2"><name>PackageInfo</name><data><offset>28</offset><length>9</length><size>1</size><encoding style="application/x-gzip"/><archived-checksum style="sha1">00</archived-checksum></data></file></file>
</toc></xar>`)

/** An archive with this table, packed, so that damage to the table is not ended by the unpacking. */
function xarWith(table: Uint8Array): Uint8Array {
  const packed = deflateSync(table)
  const head = new ByteWriter().text('xar!').u8(0, 28, 0, 1).u64be(packed.length).u64be(table.length).u32be(1)
  return head.bytes(packed, new Uint8Array(28), deflateSync(utf8('x'))).done()
}

async function readWholeXar(bytes: Uint8Array, budget: Parameters<ReaderSubject['read']>[1]): Promise<void> {
  const source = bytesSource(bytes)
  const xar = await readXar(source, budget)
  for (const signature of xar.signatures) await readXarPlace(source, xar, signature, 1 << 20)
  for (const file of xar.files)
    await unpackXarFile(await readXarPlace(source, xar, file, 1 << 20), file, 1 << 20, budget)
}

/** Readers of what Apple's systems use. */
export const APPLE_READERS: readonly ReaderSubject[] = [
  {
    name: 'parseCodeSignature() and matchesCodeHashes()',
    fixture: await buildCodeSignature(CODE, {
      teamId: 'ABCDE12345',
      entitlements: { a: true },
      ticket: utf8('ticket'),
      cms: async () => utf8('signed data'),
    }),
    async read(bytes) {
      const signature = parseCodeSignature(bytes)
      coversBlobs(signature)
      await matchesCodeHashes(bytesSource(CODE), 0, CODE.length, signature.directories)
    },
  },
  {
    name: 'readMacho()',
    fixture: buildFatMacho([
      { cpuType: CPU_ARM64, bytes: await buildSignedMacho({ cryptId: 1 }) },
      { cpuType: CPU_X64, bytes: buildMacho({ cpuType: CPU_X64, segment: new Uint8Array(100) }) },
    ]),
    read: (bytes) => readMacho(bytesSource(bytes)),
  },
  {
    name: 'parseCodeResources()',
    fixture: buildCodeResources({ 'Resources/a': 'a' }, { 'MacOS/b': '00'.repeat(20) }, { 'Resources/c': 'a' }),
    read: parseCodeResources,
  },
  { name: 'readDmgTrailer()', fixture: buildDmg(), read: (bytes) => readDmgTrailer(bytesSource(bytes)) },
  { name: 'readXar(), readXarPlace() and unpackXarFile() of a package', fixture: await buildPkg(), read: readWholeXar },
  { name: 'readXar() of a table', fixture: TABLE, read: (bytes, budget) => readWholeXar(xarWith(bytes), budget) },
  { name: 'plainPng()', fixture: buildPng({ width: 9, height: 7, cgbi: true }), read: plainPng },
  {
    name: 'parseIcns()',
    fixture: buildIcns([
      ['ic11', buildPng({ width: 3, height: 3 })],
      ['is32', utf8('other')],
    ]),
    read: parseIcns,
  },
  { name: 'readPngHeader()', fixture: buildPng({ width: 3, height: 3, cgbi: true }), read: readPngHeader },
  {
    name: 'readWebpHeader()',
    fixture: utf8('RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x05\0\0\x06\0\0'),
    read: readWebpHeader,
  },
]
