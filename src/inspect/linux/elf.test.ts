import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildElfWithSections, neededLibraries, neededVersions } from '../../../test/fixtures/build-elf.ts'
import { buildElf, buildPe } from '../../../test/fixtures/build-program.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))

test('an ELF program tells its C library, and how new a glibc it needs', async () => {
  const vectors: [string | undefined, readonly string[], object][] = [
    ['/lib64/ld-linux-x86-64.so.2', [], { libc: 'glibc' }],
    ['/lib/ld-linux.so.2', ['GLIBC_2.4', 'GLIBC_2.34', 'GLIBC_2.5'], { libc: 'glibc', glibcMin: '2.34' }],
    ['/lib64/ld64.so.2', ['GLIBC_2.2.5', 'GLIBC_PRIVATE', 'GLIBC_ABI_DT_RELR'], { libc: 'glibc', glibcMin: '2.2.5' }],
    ['/lib/ld-musl-x86_64.so.1', [], { libc: 'musl' }],
    [undefined, ['GLIBC_2.17', 'GCC_3.0'], { libc: 'glibc', glibcMin: '2.17' }],
    [undefined, ['GCC_3.0'], {}],
    ['/libexec/ld-elf.so.1', [], {}],
  ]
  for (const [interpreter, versions, expected] of vectors) {
    const sections = neededVersions({ 'libgcc_s.so.1': ['GCC_3.3'], 'libc.so.6': versions })
    const { inspection, checks } = await inspect(
      buildElfWithSections({ ...(interpreter === undefined ? {} : { interpreter }), sections }),
    )
    assert.deepEqual(inspection.facts, {
      ...(interpreter === undefined ? {} : { interpreter }),
      ...expected,
    })
    assert.deepEqual(checks, [])
  }
})

test('an ELF library tells its C library by what it is linked with', async () => {
  const vectors: [readonly string[], object][] = [
    [['libstdc++.so.6', 'libc.musl-x86_64.so.1'], { libc: 'musl' }],
    [['libm.so.6', 'libc.so.6'], { libc: 'glibc' }],
    [['libc.so.6.1'], { libc: 'glibc' }],
    [['libc.so', 'libm.so'], {}],
    [['libc.so.7'], {}],
    [[], {}],
  ]
  for (const [libraries, facts] of vectors) {
    const { inspection, checks } = await inspect(buildElfWithSections({ sections: neededLibraries(libraries) }))
    assert.deepEqual(inspection.facts, facts)
    assert.deepEqual(checks, [])
  }
  const interpreter = '/lib/ld-musl-x86_64.so.1'
  const sections = neededLibraries(['libc.so.6'])
  assert.equal((await inspect(buildElfWithSections({ interpreter, sections }))).inspection.facts?.libc, 'musl')
})

test('an ELF program without all that is loaded is refused, whatever its sections say', async () => {
  const sections = [{ name: '.text', data: new Uint8Array(1000) }]
  const whole = buildElfWithSections({ sections, loadedBytes: 1100 })
  const cut = async (size: number) =>
    (await inspect(whole.subarray(0, size))).checks.map(({ level, code, message }) => `${level} ${code} ${message}`)
  const isCut = 'error inspect.unreadable Cannot read ELF: the file is cut off'
  assert.deepEqual(await cut(whole.length), [])
  assert.deepEqual(await cut(1099), [`${isCut}, 1 bytes are missing`])
  assert.deepEqual(await cut(300), [`${isCut}, 800 bytes are missing`])
  const [check] = await cut(1100)
  assert.match(check!, /^warning elf\.sections /)
})

test('sections that lie beyond the end are told, also where their table lies before them', async () => {
  const bytes = buildElfWithSections({ sections: [{ name: '.debug_info', data: new Uint8Array(100) }] })
  const table = Number(new DataView(bytes.buffer).getBigUint64(40, true))
  // The size of the first section behind the empty one.
  new DataView(bytes.buffer).setBigUint64(table + 64 + 32, BigInt(bytes.length), true)
  const { checks } = await inspect(bytes)
  assert.deepEqual(
    checks.map(({ level, code }) => `${level} ${code}`),
    ['warning elf.sections'],
  )
})

test('debug information that was split from its program has none of what its headers load', async () => {
  const bytes = buildElfWithSections({
    interpreter: '\u0000'.repeat(20),
    loadedBytes: 100_000,
    sections: [
      { name: '.text', type: 8, data: new Uint8Array(0) },
      { name: '.debug_info', data: new Uint8Array(100) },
    ],
  })
  bytes.fill(0xff, 64 + 2 * 56, 64 + 2 * 56 + 20)
  const { inspection, checks } = await inspect(bytes)
  assert.deepEqual([inspection.format, inspection.arch, inspection.facts, checks], ['elf', 'x64', {}, []])
})

test('an object or a kernel module is nothing without its sections', async () => {
  const bytes = buildElfWithSections({ type: 1, sections: [{ name: '.text', data: new Uint8Array(1000) }] })
  for (const size of [bytes.length - 1, 500, 100]) {
    const { checks } = await inspect(bytes.subarray(0, size))
    assert.deepEqual(
      checks.map(({ level, code }) => `${level} ${code}`),
      ['error inspect.unreadable'],
    )
  }
})

test('an ELF program whose sections are missing is told, and still one', async () => {
  const bytes = buildElfWithSections({ sections: neededVersions({ 'libc.so.6': ['GLIBC_2.34'] }) })
  const { inspection, checks } = await inspect(bytes.subarray(0, -1))
  assert.deepEqual([inspection.format, inspection.arch, inspection.facts], ['elf', 'x64', {}])
  assert.deepEqual(
    checks.map(({ level, code }) => `${level} ${code}`),
    ['warning elf.sections'],
  )
})

test('versions that lie upon each other end at a limit', async () => {
  const sections = neededVersions({ 'libc.so.6': ['GLIBC_2.34'] })
  // Each record is a library with 30 000 versions and one of these: a milliard of steps in 1 MiB.
  const table = new Uint8Array(1 << 20)
  const record = [1, 0, 0x30, 0x75, 0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0]
  for (let at = 0; at < table.length; at += record.length) table.set(record, at)
  const bytes = buildElfWithSections({ sections: [{ ...sections[0]!, data: table, info: 0xffffffff }, sections[1]!] })
  const { checks } = await inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, maxMs: 1000 })
  assert.deepEqual(
    checks.map(({ code }) => code),
    ['elf.sections'],
  )
})

test('a CPU that no arch stands for is told in a word, or by its number', async () => {
  const facts = async (bytes: Uint8Array) => {
    const { inspection } = await inspect(bytes)
    return [inspection.arch, inspection.facts?.machine]
  }
  assert.deepEqual(await facts(buildElf({ machine: 21 })), [undefined, 'ppc64'])
  assert.deepEqual(await facts(buildElf({ machine: 0x1234 })), [undefined, '0x1234'])
  assert.deepEqual(await facts(buildPe({ machine: 0x6264 })), [undefined, 'loongarch64'])
  assert.deepEqual(await facts(buildPe({ machine: 0xbeef })), [undefined, '0xbeef'])
})
