import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildElfWithSections, neededVersions } from '../../../test/fixtures/build-elf.ts'
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
