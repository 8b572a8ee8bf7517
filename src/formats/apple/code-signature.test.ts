import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCodeSignature, cdHashOf } from '../../../test/fixtures/build-code-signature.ts'
import { ByteWriter, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { toHex } from '../../bytes/encoding.ts'
import { FormatError } from '../format-error.ts'
import { coversBlobs, matchesCodeHashes, matchesSpecialHash } from './code-pages.ts'
import { type CodeDirectory, parseCodeSignature } from './code-signature.ts'

const CODE = Uint8Array.from({ length: 3 * 4096 + 5 }, (_, i) => i % 253)
const matches = (directory: CodeDirectory, code = CODE) =>
  matchesCodeHashes(bytesSource(code), 0, code.length, [directory])

test('parseCodeSignature() reads directory, entitlements, signature and ticket', async () => {
  const bytes = await buildCodeSignature(CODE, {
    teamId: 'ABCDE12345',
    flags: 0x10000,
    entitlements: { a: true },
    cms: async () => utf8('signed data'),
    ticket: utf8('ticket'),
  })
  const signature = parseCodeSignature(bytes)
  const [directory, ...others] = signature.directories
  assert.deepEqual(others, [])
  assert.equal(directory!.identifier, 'com.example.notes')
  assert.equal(directory!.teamId, 'ABCDE12345')
  assert.equal(directory!.flags, 0x10000)
  assert.equal(directory!.codeLimit, CODE.length)
  assert.equal(directory!.pageBytes, 4096)
  assert.equal(toHex(directory!.cdHash!), cdHashOf(bytes))
  assert.match(new TextDecoder().decode(signature.entitlementsXml), /<key>a<\/key><true\/>/)
  assert.deepEqual(signature.cms, utf8('signed data'))
  assert.equal(signature.hasTicket, true)
  const adHoc = parseCodeSignature(await buildCodeSignature(CODE))
  assert.deepEqual([adHoc.cms, adHoc.hasTicket, adHoc.entitlementsXml], [undefined, false, undefined])
})

test('matchesCodeHashes() looks at every page, the short last one too', async () => {
  for (const onePage of [false, true]) {
    const [directory] = parseCodeSignature(await buildCodeSignature(CODE, { onePage })).directories
    assert.equal(await matches(directory!), true)
    for (const at of [0, 4095, 4096, CODE.length - 1]) {
      const changed = Uint8Array.from(CODE)
      changed[at]! ^= 1
      assert.equal(await matches(directory!, changed), false, `byte ${at}`)
    }
    assert.equal(await matches(directory!, CODE.subarray(0, -1)), false)
    assert.equal(await matches({ ...directory!, hashType: 9 }), undefined)
  }
  const [directory] = parseCodeSignature(await buildCodeSignature(CODE)).directories
  assert.equal(await matches({ ...directory!, pageBytes: 16 }), undefined)
  assert.equal(await matches({ ...directory!, codeSlots: 3 }), false)
})

test('coversBlobs() finds entitlements that were exchanged, and such as nobody signed', async () => {
  const options = { entitlements: { a: true }, infoPlist: utf8('list') }
  const signature = parseCodeSignature(await buildCodeSignature(CODE, options))
  assert.equal(coversBlobs(signature), true)
  const blobs = new Map([...signature.blobs, [5, utf8('other')]])
  assert.equal(coversBlobs({ ...signature, blobs }), false)
  assert.equal(coversBlobs({ ...signature, blobs: new Map([...signature.blobs, [7, utf8('DER')]]) }), false)
  const [directory] = signature.directories
  assert.equal(matchesSpecialHash(directory!, 1, utf8('list')), true)
  assert.equal(matchesSpecialHash(directory!, 1, utf8('lisT')), false)
})

test('parseCodeSignature() refuses parts that lie outside or on each other, and a missing directory', async () => {
  const bytes = await buildCodeSignature(CODE)
  const withU32 = (at: number, value: number) => {
    const copy = Uint8Array.from(bytes)
    new DataView(copy.buffer).setUint32(at, value)
    return copy
  }
  const directoryAt = new DataView(bytes.buffer).getUint32(16)
  const cases = [
    withU32(0, 0xfade0cc1),
    withU32(4, bytes.length + 1),
    withU32(8, 65),
    withU32(16, bytes.length - 4),
    withU32(12, 9),
    // The requirements become the directory once more.
    withU32(24, directoryAt),
    withU32(directoryAt + 16, bytes.length),
    withU32(directoryAt + 20, bytes.length),
    withU32(directoryAt + 28, 0xffffffff),
    new ByteWriter().u32be(0xfade0cc0, 12, 0).done(),
  ]
  for (const [i, damaged] of cases.entries()) assert.throws(() => parseCodeSignature(damaged), FormatError, `case ${i}`)
})
