import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { buildTar, paxRecord, type TarEntry } from '../../../test/fixtures/tar-writer.ts'
import { mutate, prefixes, seededRandom } from '../../../test/suites/mutations.ts'
import { type Budget, createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { readTar, type TarMember } from './tar.ts'

/** Bun stops a test after five seconds by itself, which a busy machine needs for thousands of inputs. */
const MANY_MS = 120_000

const budget = (maxEntries = 1000) => createBudget({ maxInflatedBytes: 1 << 24, maxEntries, maxMs: 5000 })

async function members(bytes: Uint8Array, pieceBytes = 1000, keep = 100): Promise<TarMember[]> {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes))
  const found: TarMember[] = []
  for await (const member of readTar(pieces, budget(), () => keep)) found.push(member)
  return found
}

test('readTar() gives kinds, sizes, modes and heads for chunks of any length', async () => {
  const tar = buildTar([
    { name: 'd/', type: '5' },
    { name: 'd/f', data: 'x'.repeat(700), mode: 0o755 },
    { name: 'd/l', type: '2', linkName: 'f' },
    { name: 'd/p', type: '6' },
  ])
  for (const pieceBytes of [1, 511, 512, 10_000]) {
    const found = await members(tar, pieceBytes)
    assert.deepEqual(
      found.map((m) => [m.name, m.kind, m.sizeBytes, m.mode, m.linkName, m.head.length]),
      [
        ['d/', 'directory', 0, 0o755, '', 0],
        ['d/f', 'file', 700, 0o755, '', 100],
        ['d/l', 'symlink', 0, 0o644, 'f', 0],
        ['d/p', 'fifo', 0, 0o644, '', 0],
      ],
    )
  }
})

test('readTar() reads long names of PAX and of GNU tar', async () => {
  const long = `${'folder/'.repeat(40)}\u00fc`
  const gnu: TarEntry[] = [
    { name: '././@LongLink', type: 'L', data: `${long}\0` },
    { name: 'short', data: 'x' },
    { name: 'next', data: 'y' },
  ]
  assert.deepEqual(
    (await members(buildTar([{ name: long, data: 'x' }]))).map((m) => m.name),
    [long],
  )
  assert.deepEqual(
    (await members(buildTar(gnu))).map((m) => m.name),
    [long, 'next'],
  )
})

test('readTar() takes the size of a PAX record over the header', async () => {
  const tar = buildTar([
    { name: 'pax', type: 'x', data: paxRecord('size', '3') },
    { name: 'a', data: 'abc', claimedBytes: 0 },
    { name: 'b', data: 'd' },
  ])
  assert.deepEqual(
    (await members(tar)).map((m) => [m.name, m.sizeBytes]),
    [
      ['a', 3],
      ['b', 1],
    ],
  )
})

test('readTar() tells a header that gives another size than PAX, unless it says nothing or its highest number', async () => {
  const sizes = async (pax: string, claimedBytes: number) => {
    const tar = buildTar([
      { name: 'pax', type: 'x', data: paxRecord('size', pax) },
      { name: 'a', data: 'abc', claimedBytes },
      { name: 'b', data: 'd' },
    ])
    return (await members(tar)).map((m) => [m.name, m.sizeBytes, m.otherSizeBytes])
  }
  const b = ['b', 1, undefined]
  assert.deepEqual(await sizes('3', 3), [['a', 3, undefined], b])
  assert.deepEqual(await sizes('3', 0), [['a', 3, undefined], b])
  assert.deepEqual(await sizes('3', 512), [['a', 3, 512], b])
  assert.deepEqual(await sizes('3', 8 ** 11 - 1), [['a', 3, 8 ** 11 - 1], b])
  // A file above 8 GiB, of which only the headers are there.
  const large = buildTar([
    { name: 'pax', type: 'x', data: paxRecord('size', String(8 ** 11)) },
    { name: 'a', claimedBytes: 8 ** 11 - 1 },
  ])
  const first = await readTar([large], budget(), () => 0).next()
  assert.deepEqual([first.value?.sizeBytes, first.value?.otherSizeBytes], [8 ** 11, undefined])
})

test('readTar() tells sparse files of GNU tar in each of its ways, with both of their names', async () => {
  const tar = buildTar([
    { name: 'old', type: 'S', data: 'x' },
    { name: 'pax', type: 'x', data: paxRecord('GNU.sparse.major', '1') + paxRecord('GNU.sparse.name', '../real') },
    { name: 'GNUSparseFile.1/made-up', data: 'y' },
    { name: 'plain', data: 'z' },
    { name: 'pax', type: 'g', data: paxRecord('GNU.sparse.size', '9') },
    { name: 'late', data: 'z' },
    { name: 'pax', type: 'g', data: paxRecord('GNU.sparse.name', 'for-all') },
    { name: 'pax', type: 'x', data: paxRecord('path', 'long') },
    { name: 'short', data: 'z' },
  ])
  assert.deepEqual(
    (await members(tar)).map((m) => [m.name, m.sparseName?.name, m.isSparse]),
    [
      ['old', undefined, true],
      ['GNUSparseFile.1/made-up', '../real', true],
      ['plain', undefined, false],
      ['late', undefined, true],
      ['long', 'for-all', true],
    ],
  )
})

test('readTar() does not read a global header again for each member', async () => {
  let records = ''
  for (let i = 0; i < 100_000; i++) records += `8 ${i.toString(36).padStart(4, '0')}=\n`
  const tar = buildTar([
    { name: 'pax', type: 'g', data: records },
    ...Array.from({ length: 3000 }, () => ({ name: 'a' })),
  ])
  const started = performance.now()
  let found = 0
  for await (const _ of readTar([tar], budget(4000), () => 0)) found++
  assert.equal(found, 3000)
  assert.ok(performance.now() - started < 3000)
})

test('readTar() looks at the clock for every header of many records', async () => {
  let ticks = 0
  const counting: Budget = {
    inflated() {},
    entries() {},
    tick: () => void ticks++,
    excuse() {},
    leftMs: () => 1,
  }
  const pax = { name: 'pax', type: 'x', data: paxRecord('comment', 'x') }
  for await (const _ of readTar([buildTar(Array.from({ length: 100 }, () => pax))], counting, () => 0));
  assert.ok(ticks >= 100, String(ticks))
})

test('readTar() refuses a name above 256 bytes that a global header gives to every member', async () => {
  const named = (type: string, key: string, length: number) =>
    members(buildTar([{ name: 'pax', type, data: paxRecord(key, 'n'.repeat(length)) }, { name: 'a' }]))
  for (const key of ['path', 'linkpath', 'GNU.sparse.name']) {
    await assert.rejects(named('g', key, 257), FormatLimitError)
    assert.equal((await named('g', key, 256)).length, 1)
    assert.equal((await named('x', key, 257)).length, 1)
  }
})

test('readTar() tells what follows the end when it is asked to, and whether behind one block of zeros or two', async () => {
  const tar = buildTar([{ name: 'a', data: 'x' }])
  const one = tar.subarray(0, -512)
  const atEnd = async (pieceBytes: number, ...parts: Uint8Array[]) => {
    const bytes = concat(...parts)
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes))
    const odd: string[] = []
    let found = 0
    for await (const _ of readTar(
      pieces,
      budget(),
      () => 0,
      (end) => odd.push(end),
    ))
      found++
    assert.equal(found, 1)
    return odd
  }
  const x = Uint8Array.of(1)
  for (const pieceBytes of [1, 511, 512, 10_000]) {
    assert.deepEqual(await atEnd(pieceBytes, one), [])
    assert.deepEqual(await atEnd(pieceBytes, one.subarray(0, -512)), [])
    assert.deepEqual(await atEnd(pieceBytes, tar, new Uint8Array(700)), [])
    assert.deepEqual(await atEnd(pieceBytes, one, x), ['behind one block'])
    assert.deepEqual(await atEnd(pieceBytes, one, new Uint8Array(511), x), ['behind one block'])
    assert.deepEqual(await atEnd(pieceBytes, tar, x), ['behind two blocks'])
    assert.deepEqual(await atEnd(pieceBytes, tar, new Uint8Array(700), x), ['behind two blocks'])
    const header = buildTar([{ name: 'l', type: 'L', linkName: 'y', data: 'z' }])
    assert.deepEqual(await atEnd(pieceBytes, tar.subarray(0, -1024), header), ['doubtful header'])
  }
})

test('readTar() has no doubt about what writers write, and reads PAX headers of Solaris', async () => {
  const tar = buildTar([
    { name: 'pax_global_header', type: 'g', data: paxRecord('comment', 'x') },
    { name: 'd/', type: '5', claimedBytes: 0 },
    { name: 'a', data: 'abc' },
    { name: 'a'.repeat(200), data: 'abc' },
    { name: '././@LongLink', type: 'L', data: 'b\0' },
    { name: 'short', data: 'x' },
    { name: 'pax', type: 'x', data: paxRecord('SCHILY.xattr.user', 'a\n7 b=c') + paxRecord('mtime', '1.5') },
    { name: 'l', type: '2', linkName: 'a' },
    { name: 'pax', type: 'X', data: paxRecord('path', 'solaris') },
    { name: 'p', type: '6' },
    { name: 'short', type: 'S', data: 'x' },
  ])
  const found = await members(tar)
  assert.deepEqual(
    found.flatMap(({ doubt }) => doubt ?? []),
    [],
  )
  assert.deepEqual(
    found.map(({ name }) => name.slice(0, 10)),
    ['d/', 'a', 'aaaaaaaaaa', 'b', 'l', 'solaris', 'short'],
  )
})

test('readTar() keeps unsafe names as data and tells names that are not UTF-8', async () => {
  const tar = buildTar([{ name: '../../etc/passwd' }, { name: Uint8Array.of(0x66, 0xfc) }])
  assert.deepEqual(
    (await members(tar)).map((m) => [m.name, m.isUtf8]),
    [
      ['../../etc/passwd', true],
      ['f\u00fc', false],
    ],
  )
  assert.deepEqual((await members(tar))[1]?.rawName, Uint8Array.of(0x66, 0xfc))
})

test('readTar() refuses a cut archive, a wrong checksum, huge records and too many members', async () => {
  const good = buildTar([{ name: 'a', data: 'x'.repeat(2000) }])
  await assert.rejects(members(good.subarray(0, 1200)), RangeError)
  const damaged = Uint8Array.from(good)
  damaged[0] = 0x62
  await assert.rejects(members(damaged), FormatError)
  await assert.rejects(members(buildTar([{ name: 'x', type: 'x', claimedBytes: 2 ** 31 }])), FormatLimitError)
  await assert.rejects(members(buildTar([{ name: 'a', data: 'x', claimedBytes: 2 ** 32 }])), RangeError)
  for (const record of [
    'ten path=a\n',
    ' path=a\n',
    '0 path=a\n',
    '11path=ab\n',
    '9 path=ab\n',
    '99 path=a\n',
    '7 path\n',
    '00000011 path=a\n',
  ])
    await assert.rejects(members(buildTar([{ name: 'p', type: 'x', data: record }])), FormatError, record)
  await assert.rejects(async () => {
    for await (const _ of readTar([buildTar(Array.from({ length: 20 }, () => ({ name: 'a' })))], budget(10), () => 0));
  }, FormatLimitError)
})

test('readTar() ends every prefix and 2000 damaged copies with members or a FormatError', {
  timeout: MANY_MS,
}, async () => {
  const good = buildTar([
    { name: `${'long/'.repeat(30)}a`, data: 'x'.repeat(600) },
    { name: 'l', type: '1', linkName: 'a' },
  ])
  const random = seededRandom(11)
  for (const bytes of [...prefixes(good), ...Array.from({ length: 2000 }, () => mutate(good, random))]) {
    try {
      await members(bytes)
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
    }
  }
  assert.deepEqual(await members(utf8('')), [])
})
