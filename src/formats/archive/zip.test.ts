import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { buildZip, type ZipMember } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { readZipDirectory, readZipMember, readZipMemberHead } from './zip.ts'
import { findZipConfusion } from './zip-confusion.ts'

const budget = (limits: { maxInflatedBytes?: number; maxEntries?: number } = {}) =>
  createBudget({ maxInflatedBytes: 1 << 20, maxEntries: 1000, maxMs: 5000, ...limits })

const TWO: readonly ZipMember[] = [
  { name: 'a.txt', data: 'alpha alpha alpha' },
  { name: 'b/\u00fc.txt', data: 'beta', method: 0 },
]

test('readZipDirectory() lists the members in order and readZipMember() unpacks them', async () => {
  for (const options of [{}, { zip64: true }, { comment: utf8('a comment') }]) {
    const source = bytesSource(buildZip(TWO, options))
    const directory = await readZipDirectory(source, budget())
    assert.deepEqual(
      directory.entries.map((entry) => [entry.name, entry.method, entry.sizeBytes]),
      [
        ['a.txt', 8, 17],
        ['b/\u00fc.txt', 0, 4],
      ],
    )
    const texts: string[] = []
    for (const entry of directory.entries) {
      texts.push(new TextDecoder().decode(await readZipMember(source, directory, entry, 1000, budget())))
    }
    assert.deepEqual(texts, ['alpha alpha alpha', 'beta'])
    assert.deepEqual(await findZipConfusion(source, directory, budget()), [])
  }
})

test('readZipDirectory() refuses bytes without an end record and more members than allowed', async () => {
  await assert.rejects(readZipDirectory(bytesSource(utf8('PK\x03\x04 and nothing more')), budget()), FormatError)
  await assert.rejects(readZipDirectory(bytesSource(new Uint8Array(0)), budget()), FormatError)
  await assert.rejects(readZipDirectory(bytesSource(buildZip(TWO)), budget({ maxEntries: 1 })), FormatLimitError)
})

test('readZipDirectory() does not take memory for a directory size that the file does not have', async () => {
  const bytes = buildZip(TWO)
  new DataView(bytes.buffer).setUint32(bytes.length - 10, 0x7fffffff, true)
  await assert.rejects(readZipDirectory(bytesSource(bytes), budget()), FormatLimitError)
  new DataView(bytes.buffer).setUint32(bytes.length - 10, 0x100000, true)
  await assert.rejects(readZipDirectory(bytesSource(bytes), budget()), FormatError)
})

test('readZipMember() refuses a wrong checksum, encryption, unknown methods and damaged data', async () => {
  const damaged = buildZip([{ name: 'a', data: 'x'.repeat(1000) }])
  damaged.fill(0xee, 33, 36)
  const wrongSum = buildZip([{ name: 'a', data: 'stored', method: 0 }])
  wrongSum[32] = wrongSum[32]! ^ 1
  const cases = [
    damaged,
    wrongSum,
    buildZip([{ name: 'a', data: '1', flags: 1 }]),
    buildZip([{ name: 'a', data: '1', method: 99 }]),
    buildZip([{ name: 'a', data: '12345', claimedBytes: 9 }]),
  ]
  for (const bytes of cases) {
    const source = bytesSource(bytes)
    const directory = await readZipDirectory(source, budget())
    await assert.rejects(readZipMember(source, directory, directory.entries[0]!, 1000, budget()), FormatError)
  }
})

test('readZipMember() stops a bomb at the declared size, at the cap and at the budget', async () => {
  const bomb = buildZip([{ name: 'a', data: new Uint8Array(4 << 20), claimedBytes: 100 }])
  const honest = buildZip([{ name: 'a', data: new Uint8Array(4 << 20) }])
  const read = async (bytes: Uint8Array, cap: number) => {
    const source = bytesSource(bytes)
    const directory = await readZipDirectory(source, budget())
    return readZipMember(source, directory, directory.entries[0]!, cap, budget())
  }
  // A lie of the archive, not a limit of ours.
  await assert.rejects(
    read(bomb, 1000 + (4 << 20)),
    (error) => error instanceof FormatError && !(error instanceof FormatLimitError),
  )
  await assert.rejects(read(honest, 1000), FormatLimitError)
  await assert.rejects(read(honest, 8 << 20), FormatLimitError)
})

test('readZipMemberHead() gives the first bytes of a member without unpacking the rest', async () => {
  const source = bytesSource(buildZip([{ name: 'a', data: concat(utf8('head'), new Uint8Array(8 << 20)) }]))
  const directory = await readZipDirectory(source, budget())
  const head = await readZipMemberHead(source, directory, directory.entries[0]!, 4, budget())
  assert.equal(new TextDecoder().decode(head), 'head')
})

test('readZipMember() passes an error of the source unchanged', async () => {
  const bytes = buildZip([{ name: 'a', data: new Uint8Array(100_000).map((_, i) => i * i) }])
  const inner = bytesSource(bytes)
  const directory = await readZipDirectory(inner, budget())
  const broken = new Error('EIO')
  const source = {
    sizeBytes: inner.sizeBytes,
    read: (offset: number, length: number) => (length === 30 ? inner.read(offset, length) : Promise.reject(broken)),
  }
  await assert.rejects(
    readZipMember(source, directory, directory.entries[0]!, 1 << 20, budget()),
    (error) => error === broken,
  )
})
