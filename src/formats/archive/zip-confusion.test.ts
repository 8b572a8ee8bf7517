import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter, concat, crc32, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { buildZip, type ZipMember, type ZipOptions } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { createBudget } from '../budget.ts'
import { FormatError } from '../format-error.ts'
import { readZipDirectory } from './zip.ts'
import { findZipConfusion } from './zip-confusion.ts'

const budget = () => createBudget({ maxInflatedBytes: 1 << 20, maxEntries: 1000, maxMs: 5000 })

const TWO: readonly ZipMember[] = [
  { name: 'a.txt', data: 'alpha alpha alpha' },
  { name: 'b/\u00fc.txt', data: 'beta', method: 0 },
]
/** Local headers that no directory lists: of an empty member, and, without a name, what build tools pad with. */
const HIDDEN = buildZip([{ name: 'hidden', data: '', method: 0 }]).subarray(0, 36)
const PADDING = buildZip([{ name: '', data: '', method: 0, local: { extra: new Uint8Array(50) } }]).subarray(0, 80)

/** The ZIP64 field of a local header with one size (APPNOTE 4.5.3). */
function wideField(...sizes: number[]): Uint8Array {
  const out = new ByteWriter().u16le(1, 8 * sizes.length)
  for (const size of sizes) out.u64le(size)
  return out.done()
}

/** Info-ZIP Unicode Path (APPNOTE 4.6.9). */
function nameField(name: string): Uint8Array {
  return new ByteWriter()
    .u16le(0x7075, 5 + utf8(name).length)
    .u8(1)
    .u32le(0)
    .text(name)
    .done()
}

/** A member as a writer makes it that cannot go back: sizes and checksum follow the data. */
function streamed(
  member: { name: string; data: string },
  says: { crc?: number; size?: number; signature?: boolean; wide?: boolean } = {},
): ZipMember {
  const data = utf8(member.data)
  const out = new ByteWriter()
  if (says.signature !== false) out.u32le(0x08074b50)
  out.u32le(says.crc ?? crc32(data))
  const size = says.size ?? data.length
  if (says.wide) out.u64le(data.length).u64le(size)
  else out.u32le(data.length, size)
  return {
    ...member,
    method: 0,
    flags: 8,
    local: { crc32: 0, compressedBytes: 0, sizeBytes: 0 },
    descriptor: out.done(),
  }
}

async function confusionOf(members: readonly ZipMember[], options?: ZipOptions): Promise<string[]> {
  const source = bytesSource(buildZip(members, options))
  return findZipConfusion(source, await readZipDirectory(source, budget()), budget())
}

test('findZipConfusion() finds nothing in what every reader reads alike', async () => {
  const a = { name: 'a', data: 'alpha' }
  const signingBlock = new ByteWriter().u64le(100).bytes(new Uint8Array(76)).u64le(100).text('APK Sig Block 42').done()
  const table: [string, readonly ZipMember[], ZipOptions?][] = [
    [
      'descriptors in four forms',
      [true, false].flatMap((wide) =>
        [true, false].map((signature) => streamed({ name: `${wide}${signature}`, data: 'x' }, { wide, signature })),
      ),
    ],
    [
      'sizes in the local header and no descriptor',
      [
        { ...a, flags: 8 },
        { name: 'b', data: '' },
      ],
    ],
    [
      'a local ZIP64 field',
      [{ ...a, method: 0, local: { sizeBytes: 0xffffffff, compressedBytes: 0xffffffff, extra: wideField(5, 5) } }],
    ],
    [
      'a streamed local ZIP64 field',
      [
        {
          ...streamed(a),
          local: { crc32: 0, sizeBytes: 0xffffffff, compressedBytes: 0xffffffff, extra: wideField(0, 0) },
        },
      ],
    ],
    ['the same name in a Unicode field', [{ name: '\u00fc', data: '', extra: nameField('\u00fc') }]],
    ['the flag of UTF-8 missing over ASCII', [{ ...a, local: { flags: 0 } }]],
    ['a signing block of Android before the directory', [a], { beforeDirectory: signingBlock }],
    ['zeros between members', [a, { name: 'b', data: '', gap: new Uint8Array(4096) }]],
    ['nameless padding before members', [{ name: 'a', data: '', gap: concat(PADDING, PADDING) }]],
    ['nameless padding between members', [a, { name: 'b', data: '', gap: PADDING }], { beforeDirectory: PADDING }],
    ['an archive stored in it', [{ name: 'inner.zip', data: buildZip(TWO), method: 0 }]],
    [
      'aligned extra fields',
      [{ ...a, local: { extra: new ByteWriter().u16le(0xd935, 3000).bytes(new Uint8Array(3000)).done() } }],
    ],
    [
      'names that only look alike',
      [
        { name: 'a/b', data: '' },
        { name: 'A/b', data: '' },
        { name: 'a/b.', data: '' },
        { name: 'a.', data: '' },
        { name: 'a/', data: '' },
        { name: 'a/c/', data: '' },
        { name: 'a/c/d', data: '' },
      ],
    ],
  ]
  for (const [what, members, options] of table) assert.deepEqual(await confusionOf(members, options), [], what)
})

const CONFUSING: readonly { what: string; members?: readonly ZipMember[]; options?: ZipOptions; says: RegExp }[] = [
  { what: 'a name that occurs twice', members: [...TWO, TWO[0]!], says: /occurs twice/ },
  { what: 'a file with files in it', members: [...TWO, { name: 'b', data: '' }], says: /"b" is a file and a folder/ },
  {
    what: 'a link with files in it',
    members: [
      { name: 'c-', data: '' },
      { name: 'c/d/e', data: '' },
      { name: 'c/d!', data: '' },
      { name: 'c/d', data: 'b', mode: 0o120777, method: 0 },
    ],
    says: /"c\/d" is a file and a folder/,
  },
  {
    what: 'a link that ends like a folder',
    members: [
      { name: 'c/', data: 'b', mode: 0o120777, method: 0 },
      { name: 'c/d', data: '' },
    ],
    says: /"c\/" is a file and a folder/,
  },
  { what: 'another local name', members: [{ name: 'a', data: '1', local: { name: 'b' } }], says: /another name/ },
  {
    what: 'another local method',
    members: [{ name: 'a', data: '1', local: { method: 0 } }],
    says: /compression method/,
  },
  { what: 'another local checksum', members: [{ name: 'a', data: '1', local: { crc32: 7 } }], says: /checksum/ },
  { what: 'another local size', members: [{ name: 'a', data: '1', local: { sizeBytes: 9 } }], says: /another size/ },
  {
    what: 'another local encryption flag',
    members: [{ name: 'a', data: '1', local: { flags: 1 } }],
    says: /encryption/,
  },
  {
    what: 'another encoding of a name that is not ASCII',
    members: [{ name: '\u00fc', data: '1', local: { flags: 0 } }],
    says: /encoding of its name/,
  },
  {
    what: 'another local packed size',
    members: [{ name: 'a', data: '1', local: { compressedBytes: 2 } }],
    says: /another size/,
  },
  {
    what: 'a local size of ZIP64 without the field',
    members: [{ name: 'a', data: '1', local: { sizeBytes: 0xffffffff } }],
    says: /another size/,
  },
  {
    what: 'another size in the local ZIP64 field',
    members: [{ name: 'a', data: '1', local: { sizeBytes: 0xffffffff, extra: wideField(2) } }],
    says: /another size/,
  },
  {
    what: 'a stored member with two sizes',
    members: [{ name: 'a', data: '1', method: 0, claimedBytes: 9 }],
    says: /two sizes/,
  },
  {
    what: 'a second name in the directory',
    members: [{ name: 'a', data: '1', extra: nameField('b') }],
    says: /second name/,
  },
  {
    what: 'a second name in the local header',
    members: [{ name: 'a', data: '1', local: { extra: nameField('b') } }],
    says: /second name/,
  },
  {
    what: 'a data descriptor with another checksum',
    members: [streamed({ name: 'a', data: '1' }, { crc: 7 })],
    says: /behind its data/,
  },
  {
    what: 'a data descriptor with another size',
    members: [streamed({ name: 'a', data: '1' }, { size: 7 })],
    says: /behind its data/,
  },
  {
    what: 'a missing data descriptor',
    members: [{ ...streamed({ name: 'a', data: '1' }), descriptor: new Uint8Array(0) }, ...TWO],
    says: /behind its data/,
  },
  ...['a/../a//b', './a/b', 'a\\b', '/a/b', 'a/./b', 'a/b/', 'a/b\0c'].map((name) => ({
    what: `the path a/b again as ${JSON.stringify(name)}`,
    members: [
      { name: name.replace('a/../', ''), data: '' },
      { name: 'a/b', data: '' },
    ],
    says: /occurs twice/,
  })),
  {
    what: 'a member that is not listed',
    members: [
      { name: 'a', data: '' },
      { name: 'b', data: '', gap: HIDDEN },
    ],
    says: /that the directory lists/,
  },
  {
    what: 'a member that is not listed behind padding',
    members: [
      { name: 'a', data: '' },
      { name: 'b', data: '', gap: concat(PADDING, PADDING, HIDDEN) },
    ],
    says: /that the directory lists/,
  },
  {
    what: 'a member that is not listed at the end',
    options: { beforeDirectory: HIDDEN },
    says: /that the directory lists/,
  },
  {
    what: 'a second directory before the one in use',
    options: { beforeDirectory: buildZip(TWO).subarray(-22 - 2 * 46 - 5 - 8) },
    says: /that the directory lists/,
  },
  {
    what: 'a signature of an end record in the comment',
    options: { comment: concat(utf8('PK\x05\x06'), new Uint8Array(16), Uint8Array.of(255, 255)) },
    says: /second end record/,
  },
  { what: 'bytes after the end', options: { suffix: utf8('more') }, says: /after the end/ },
  { what: 'bytes before the start', options: { prefix: utf8('#!/bin/sh\n') }, says: /before the first/ },
  {
    what: 'a prefix behind padding',
    members: [{ name: 'a', data: '', gap: concat(PADDING, utf8('dex')) }],
    says: /before the first/,
  },
  {
    what: 'zeros before the first member',
    members: [{ name: 'a', data: '', gap: new Uint8Array(40) }],
    says: /before the first/,
  },
  { what: 'a hidden first member', members: [{ name: 'a', data: '', gap: HIDDEN }], says: /before the first/ },
  { what: 'a counted prefix', options: { prefix: utf8('#!/bin/sh\n'), prefixCounted: true }, says: /before the first/ },
  { what: 'a second end record', options: { comment: buildZip([]) }, says: /second end record|before the first/ },
  { what: 'members that point elsewhere', options: { offsetShift: 3 }, says: /does not start/ },
  { what: 'members that point outside', options: { offsetShift: 100_000 }, says: /does not start/ },
]

for (const { what, members, options, says } of CONFUSING) {
  test(`findZipConfusion() names ${what}`, async () => {
    assert.match((await confusionOf(members ?? TWO, options)).join('; '), says)
  })
}

test('findZipConfusion() names members that overlap', async () => {
  const bytes = buildZip([
    { name: 'a', data: 'same', method: 0 },
    { name: 'b', data: 'same', method: 0 },
  ])
  const view = new DataView(bytes.buffer)
  const second = bytes.length - 22 - 47
  view.setUint32(second + 42, 0, true)
  const source = bytesSource(bytes)
  const found = await findZipConfusion(source, await readZipDirectory(source, budget()), budget())
  assert.match(found.join('; '), /overlaps/)
})

test('findZipConfusion() names a ZIP64 end record that disagrees with the end record', async () => {
  const bytes = buildZip(TWO, { zip64: true })
  new DataView(bytes.buffer).setUint16(bytes.length - 12, 1, true)
  new DataView(bytes.buffer).setUint16(bytes.length - 14, 1, true)
  const source = bytesSource(bytes)
  assert.match((await readZipDirectory(source, budget())).oddities.join(), /disagree/)
})

test('readZipDirectory() refuses a ZIP64 locator that leads elsewhere, and absurd numbers', async () => {
  const good = buildZip(TWO, { zip64: true })
  const eocd = good.length - 22
  const damaged: [string, (view: DataView) => void][] = [
    ['locator', (view) => view.setUint32(eocd - 12, 3, true)],
    ['locator beyond the file', (view) => view.setUint32(eocd - 12, 0xffffff, true)],
    ['locator of 64 bits', (view) => view.setUint32(eocd - 8, 0xffffffff, true)],
    ['count', (view) => view.setUint32(eocd - 20 - 56 + 36, 0xffffffff, true)],
    ['count by one', (view) => view.setUint32(eocd - 20 - 56 + 32, 3, true)],
    ['directory size', (view) => view.setUint32(eocd - 20 - 56 + 44, 0x7fffffff, true)],
    ['directory offset', (view) => view.setUint32(eocd - 20 - 56 + 52, 1, true)],
  ]
  for (const [what, damage] of damaged) {
    const bytes = Uint8Array.from(good)
    damage(new DataView(bytes.buffer))
    await assert.rejects(
      readZipDirectory(bytesSource(bytes), budget()),
      (error) => error instanceof FormatError || error instanceof RangeError,
      what,
    )
  }
})

test('findZipConfusion() reads little of large members, and small ones together', async () => {
  const bytesRead = async (count: number, sizeBytes: number) => {
    const members = Array.from({ length: count }, (_, i) => ({
      name: `m${i}`,
      data: new Uint8Array(sizeBytes),
      method: 0,
    }))
    const inner = bytesSource(buildZip(members))
    const directory = await readZipDirectory(inner, budget())
    const read = { bytes: 0, calls: 0 }
    const source = {
      sizeBytes: inner.sizeBytes,
      read(offset: number, length: number) {
        read.bytes += length
        read.calls++
        return inner.read(offset, length)
      },
    }
    assert.deepEqual(await findZipConfusion(source, directory, budget()), [])
    return read
  }
  assert.ok((await bytesRead(50, 4096)).bytes < 50 * 200)
  assert.ok((await bytesRead(200, 10)).calls < 20)
})
