import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAr, buildDeb, type DebOptions } from '../../../test/fixtures/build-deb.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { gzip, storedXz, storedZstd, zstdBomb } from '../../../test/fixtures/stored-streams.ts'
import { buildTar, paxRecord, type TarEntry } from '../../../test/fixtures/tar-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const built = (options: DebOptions) => inspect(buildDeb(options))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('inspectArtifact() maps Debian architectures to ours', async () => {
  for (const [debian, arch] of [
    ['amd64', 'x64'],
    ['arm64', 'arm64'],
    ['armhf', 'arm'],
    ['i386', 'x86'],
    ['riscv64', 'riscv64'],
    ['all', 'any'],
    ['s390x', undefined],
  ] as const) {
    assert.equal((await built({ architecture: debian })).inspection.arch, arch, debian)
  }
})

test('inspectArtifact() keeps the control fields that a repository needs', async () => {
  const { inspection } = await built({ version: '2:1.0~rc1+b2-1', fields: 'Depends: libc6 (>= 2.34),\n libssl3\n' })
  assert.equal(inspection.version, '2:1.0~rc1+b2-1')
  assert.equal(inspection.facts?.depends, 'libc6 (>= 2.34), libssl3')
  assert.equal(inspection.facts?.description, 'Notes in a terminal')
})

test('inspectArtifact() tells what a deb stands against, for or in the place of', async () => {
  const fields = 'Conflicts: a (<< 2)\nBreaks: b\nReplaces: b, c\nProvides: editor\nMulti-Arch: foreign\n'
  const { conflicts, breaks, replaces, provides, multiArch } = (await built({ fields })).inspection.facts ?? {}
  assert.deepEqual([conflicts, breaks, replaces, provides, multiArch], ['a (<< 2)', 'b', 'b, c', 'editor', 'foreign'])
})

const base = 'Package: notes\nVersion: 1\nArchitecture: all\n'
const UNREADABLE: readonly (readonly [string, DebOptions])[] = [
  ['no Package', { control: base.replace(/^Package.*\n/m, '') }],
  ['no Version', { control: base.replace(/^Version.*\n/m, '') }],
  ['no Architecture', { control: base.replace(/^Architecture.*\n/m, '') }],
  ['a package name that is none', { packageName: '../evil' }],
  ['a version that is none', { version: '1.0/../2' }],
  ['a field twice', { fields: 'Package: other\n' }],
  ['two stanzas', { fields: '\nPackage: other\n' }],
  ['text that is not UTF-8', { control: concat(utf8(`${base}Maintainer: `), Uint8Array.of(0xff, 10)) }],
  ['two control files', { controlEntries: [{ name: 'control', data: base }] }],
  [
    'two control files, one by another name for sparse files',
    {
      controlEntries: [
        { name: 'pax', type: 'x', data: paxRecord('GNU.sparse.name', './control') },
        { name: 'a', data: base },
      ],
    },
  ],
]
for (const [what, options] of UNREADABLE) {
  test(`inspectArtifact() refuses a deb with ${what}`, async () => {
    const report = await built(options)
    assert.deepEqual(report.inspection, { format: 'deb', platform: 'linux', install: 'file' })
    assert.deepEqual(codes(report), ['error inspect.unreadable'])
  })
}

test('inspectArtifact() warns about a deb without maintainer and description', async () => {
  assert.deepEqual(codes(await built({ control: base })), ['warning deb.incomplete'])
})

test('inspectArtifact() looks at all members of the control archive of a deb, and not at its files', async () => {
  const table: [TarEntry, string[]][] = [
    [{ name: './postinst', data: '#!/bin/sh\n', mode: 0o755 }, []],
    [{ name: './conffiles', type: '2', linkName: 'md5sums' }, []],
    [{ name: '../evil' }, ['warning archive.unsafe_name']],
    [{ name: './md5sums', type: '2', linkName: '/etc/shadow' }, ['warning archive.unsafe_name']],
    [{ name: './md5sums', type: '1', linkName: '/etc/shadow' }, ['warning archive.unsafe_name']],
    [{ name: './pipe', type: '6' }, ['warning archive.special_file']],
    [{ name: './sparse', type: 'S' }, ['warning archive.sparse_file']],
    [{ name: Uint8Array.of(0x2e, 0x2f, 0xfc) }, ['warning archive.name_encoding']],
  ]
  for (const [entry, expected] of table) {
    const report = await built({ controlEntries: [entry] })
    assert.deepEqual(codes(report), expected)
    assert.equal(report.inspection.identifier, 'notes')
  }
  assert.deepEqual(codes(await built({ files: { '../evil': 'x' } })), [])
})

test('inspectArtifact() refuses a deb whose members are missing or in another order', async () => {
  const binary = { name: 'debian-binary', data: utf8('2.0\n') }
  const control = { name: 'control.tar', data: buildTar([{ name: 'control', data: base }]) }
  const data = { name: 'data.tar', data: buildTar([]) }
  for (const members of [
    [binary],
    [binary, data, control],
    [binary, control],
    [binary, control, { ...data, name: 'x' }],
  ]) {
    assert.deepEqual(codes(await inspect(buildAr(members))), ['error inspect.unreadable'])
  }
  assert.deepEqual(codes(await inspect(buildAr([{ ...binary, data: utf8('3.0\n') }, control, data]))), [
    'error inspect.unreadable',
  ])
  assert.deepEqual(codes(await inspect(buildAr([binary, control, data, { name: 'more', data: utf8('') }]))), [
    'warning deb.extra_member',
    'warning deb.incomplete',
  ])
})

test('inspectArtifact() stops at the limits for decompression bombs in a deb', async () => {
  const bombs = [
    ['control.tar.gz', gzip(buildTar([{ name: 'zeros', data: new Uint8Array(16 << 20) }]))],
    [
      'control.tar.zst',
      concat(storedZstd(buildTar([{ name: 'zeros', claimedBytes: 2 ** 31 }]).subarray(0, 512)), zstdBomb(3000)),
    ],
    ['control.tar.xz', storedXz(utf8('x'), { dictionary: 40 })],
    ['control.tar.zst', storedZstd(utf8('x'), { window: 0xff })],
  ] as const
  for (const [name, data] of bombs) {
    const members = [
      { name: 'debian-binary', data: utf8('2.0\n') },
      { name, data },
      { name: 'data.tar', data: buildTar([]) },
    ]
    const report = await inspectArtifact(bytesSource(buildAr(members)), {
      ...DEFAULT_LIMITS,
      maxInflatedBytes: 8 << 20,
    })
    assert.deepEqual(codes(report), ['error inspect.limit'], name)
    assert.equal(report.inspection.platform, 'linux')
  }
})
