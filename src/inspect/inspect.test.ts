import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import process from 'node:process'
import { test } from 'node:test'
import { buildXmlPlist } from '../../test/fixtures/bplist-writer.ts'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildIpa } from '../../test/fixtures/build-ipa.ts'
import { buildCompoundFile } from '../../test/fixtures/build-msi.ts'
import { buildElf, buildMacho, buildPe, CPU_X64 } from '../../test/fixtures/build-program.ts'
import { concat, utf8 } from '../../test/fixtures/byte-writer.ts'
import { LARGE_TARBALL_BZ2, LINES_BZ2, TARBALL_BZ2 } from '../../test/fixtures/bzip2-samples.ts'
import { gzip, storedXz } from '../../test/fixtures/stored-streams.ts'
import { buildTar, paxRecord, type TarEntry } from '../../test/fixtures/tar-writer.ts'
import { buildZip, type ZipMember } from '../../test/fixtures/zip-writer.ts'
import { seededRandom } from '../../test/suites/mutations.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { inspectArtifact } from './inspect.ts'
import { DEFAULT_LIMITS } from './inspector.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const zipOf = (...names: string[]) => buildZip(names.map((name) => ({ name, data: name })))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

const wheel = (tag: string) =>
  buildZip([
    { name: 'notes/__init__.py', data: '' },
    {
      name: 'notes-1.4.0.dist-info/WHEEL',
      data: `Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp312-cp312-${tag}\n`,
    },
    { name: 'notes-1.4.0.dist-info/METADATA', data: 'Metadata-Version: 2.4\nName: notes\nVersion: 1.4.0\n' },
  ])
const WHEEL = { format: 'wheel', identifier: 'notes', version: '1.4.0' }
const tagsOf = (tag: string) => ({ pythonTags: ['cp312'], abiTags: ['cp312'], platformTags: [tag] })
const npm = gzip(buildTar([{ name: 'package/package.json', data: '{"name":"@example/notes","version":"1.4.0"}' }]))
const file = { install: 'file' } as const

const KINDS: readonly (readonly [string, Uint8Array, object])[] = [
  ['a pure wheel', wheel('any'), { ...WHEEL, platform: 'any', arch: 'any', facts: tagsOf('any') }],
  [
    'a Linux wheel',
    wheel('manylinux_2_17_x86_64'),
    { ...WHEEL, platform: 'linux', arch: 'x64', facts: tagsOf('manylinux_2_17_x86_64') },
  ],
  [
    'a Mac wheel',
    wheel('macosx_11_0_arm64'),
    { ...WHEEL, platform: 'macos', arch: 'arm64', facts: tagsOf('macosx_11_0_arm64') },
  ],
  ['a Windows wheel', wheel('win_amd64'), { ...WHEEL, platform: 'windows', arch: 'x64', facts: tagsOf('win_amd64') }],
  [
    'an npm package',
    npm,
    { format: 'npm', platform: 'any', arch: 'any', identifier: '@example/notes', version: '1.4.0' },
  ],
  ['an empty ZIP', buildZip([]), { format: 'zip' }],
  ['another compound file', buildCompoundFile([], { classId: new Array(16).fill(1) }), { format: 'file' }],
  [
    'a CycloneDX document',
    utf8('{ "bomFormat": "CycloneDX", "specVersion": "1.6" }'),
    {
      format: 'sbom',
      platform: 'any',
      arch: 'any',
      facts: { standard: 'CycloneDX', specVersion: '1.6', components: 0 },
    },
  ],
  [
    'an SPDX document',
    utf8('{"spdxVersion":"SPDX-2.3"}'),
    { format: 'sbom', platform: 'any', arch: 'any', facts: { standard: 'SPDX', specVersion: '2.3', components: 0 } },
  ],
  ['a bzip2 tarball', TARBALL_BZ2, { format: 'tar.bz2', platform: 'linux', arch: 'x64' }],
  ['a text packed by bzip2', LINES_BZ2, { format: 'file' }],
  ['a gzipped text', gzip(utf8('only text, no tar\n'.repeat(100))), { format: 'file' }],
  ['text', utf8('#!/bin/sh\necho notes\n'), { format: 'file' }],
  ['no bytes', new Uint8Array(0), { format: 'file' }],
  ['a Java class', Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65, 0, 1), { format: 'file' }],
  ['DOS bytes without a PE header', concat(utf8('MZ'), new Uint8Array(100)), { format: 'file' }],
]
for (const [what, bytes, expected] of KINDS) {
  test(`inspectArtifact() recognises ${what} by its bytes`, async () => {
    assert.deepEqual(await inspect(bytes), { inspection: { ...expected, ...file }, checks: [] })
  })
}

test('inspectArtifact() tells programs, libraries and EFI files of Windows apart', async () => {
  const facts = async (options: object) => {
    const { format, platform, arch } = (await inspect(buildPe(options))).inspection
    return [format, platform, arch]
  }
  assert.deepEqual(await facts({ subsystem: 3, machine: 0xaa64 }), ['exe', 'windows', 'arm64'])
  assert.deepEqual(await facts({ library: true, machine: 0x14c }), ['pe', 'windows', 'x86'])
  assert.deepEqual(await facts({ subsystem: 10 }), ['pe', undefined, 'x64'])
})

test('inspectArtifact() reads the program that runs this test', async () => {
  const handle = await open(process.execPath)
  try {
    const { size } = await handle.stat()
    const { inspection, checks } = await inspectArtifact({
      sizeBytes: size,
      async read(offset, length) {
        const bytes = new Uint8Array(length)
        for (let done = 0; done < length; )
          done += (await handle.read(bytes, done, length - done, offset + done)).bytesRead
        return bytes
      },
    })
    const formats: Record<string, string> = { linux: 'elf', darwin: 'macho', win32: 'exe' }
    const platforms: Record<string, string> = { linux: 'linux', darwin: 'macos', win32: 'windows' }
    assert.equal(inspection.format, formats[process.platform])
    assert.equal(inspection.platform, platforms[process.platform])
    assert.equal(inspection.arch, process.arch)
    assert.deepEqual(checks, [])
  } finally {
    await handle.close()
  }
})

const archive = async (...entries: TarEntry[]) => {
  const { platform, arch } = (await inspect(gzip(buildTar(entries)))).inspection
  return [platform, arch]
}

test('inspectArtifact() tells platform and arch of a tarball only when all its programs agree', async () => {
  const linux = { name: 'a', data: buildElf() }
  assert.deepEqual(await archive(linux, { name: 'README', data: 'x' }), ['linux', 'x64'])
  assert.deepEqual(await archive({ name: 'a', data: buildMacho({ cpuType: CPU_X64 }) }), ['macos', 'x64'])
  assert.deepEqual(await archive({ name: 'a', data: buildPe() }), ['windows', 'x64'])
  assert.deepEqual(await archive(linux, { name: 'b', data: buildElf({ machine: 183 }) }), ['linux', undefined])
  assert.deepEqual(await archive(linux, { name: 'b', data: buildPe() }), [undefined, undefined])
  assert.deepEqual(await archive({ name: 'README', data: 'x' }), [undefined, undefined])
})

test('inspectArtifact() warns about names and links that leave a tarball or a plain ZIP, and about devices', async () => {
  const unsafe: TarEntry[] = [
    { name: '../a' },
    { name: '/a' },
    { name: 'C:\\a' },
    { name: 'l', type: '2', linkName: '/etc' },
    { name: 'd/l', type: '2', linkName: '../../etc' },
    { name: 'l', type: '1', linkName: '../a' },
    { name: 'l', type: '2', linkName: 'a/../b' },
  ]
  for (const entry of unsafe) {
    assert.deepEqual(codes(await inspect(gzip(buildTar([entry])))), ['warning archive.unsafe_name'], entry.linkName)
  }
  const safe: TarEntry[] = [
    { name: 'a/b/l', type: '2', linkName: '../../c' },
    { name: 'a/b/c/x', type: '2', linkName: '../../..' },
  ]
  assert.deepEqual(codes(await inspect(gzip(buildTar(safe)))), [])
  // Through "x", which stays, "y" leads to "../../etc".
  const chain = [...safe, { name: 'y', type: '2', linkName: 'a/b/c/x/../../etc' }]
  assert.deepEqual((await inspect(gzip(buildTar(chain)))).checks, [
    {
      code: 'archive.unsafe_name',
      level: 'warning',
      message: 'The member "y" is a link that can lead out of the archive',
    },
  ])
  for (const type of ['3', '4', '6']) {
    assert.deepEqual(codes(await inspect(gzip(buildTar([{ name: 'x', type }])))), ['warning archive.special_file'])
  }
  assert.deepEqual(codes(await inspect(zipOf('..\\a'))), ['warning archive.unsafe_name'])
})

test('inspectArtifact() tells a NUL in the name of a member: an error where devices install', async () => {
  assert.deepEqual(codes(await inspect(zipOf('a\0b'))), ['warning zip.name_nul'])
  const apk = await inspect(buildApk({ extra: [{ name: 'assets/a\0b', data: 'x' }] }))
  assert.ok(codes(apk).includes('error zip.name_nul'), String(codes(apk)))
  const pax: TarEntry = { name: 'pax', type: 'x', data: paxRecord('path', 'a\0b') }
  assert.deepEqual(codes(await inspect(gzip(buildTar([pax, { name: 'a' }])))), ['warning archive.name_nul'])
})

test('inspectArtifact() tells platform and arch of a plain ZIP by its programs, when all of them agree', async () => {
  const zip = async (...members: ZipMember[]) => {
    const { inspection, checks } = await inspect(buildZip(members))
    assert.equal(inspection.format, 'zip')
    return [inspection.platform, inspection.arch, ...checks.map(({ level, code }) => `${level} ${code}`)]
  }
  const exe = { name: 'notes/notes.exe', data: buildPe() }
  const readme = { name: 'README', data: 'x'.repeat(5000) }
  assert.deepEqual(await zip(readme), [undefined, undefined])
  assert.deepEqual(await zip(readme, exe), ['windows', 'x64'])
  assert.deepEqual(await zip({ ...exe, method: 0 }), ['windows', 'x64'])
  assert.deepEqual(await zip(exe, { name: 'a.DLL', data: buildPe({ library: true }) }), ['windows', 'x64'])
  assert.deepEqual(await zip(exe, { name: 'a.dll', data: buildPe({ machine: 0xaa64 }) }), ['windows', undefined])
  assert.deepEqual(await zip({ name: 'bin/notes', data: buildElf() }), ['linux', 'x64'])
  assert.deepEqual(await zip({ name: 'lib/a.so.1.2', data: buildElf({ machine: 183 }) }), ['linux', 'arm64'])
  assert.deepEqual(await zip({ name: 'notes_v1.2', mode: 0o100755, data: buildElf() }), ['linux', 'x64'])
  assert.deepEqual(await zip({ name: 'notes', data: buildMacho({ cpuType: CPU_X64 }) }), ['macos', 'x64'])
  assert.deepEqual(await zip(exe, { name: 'launcher', data: buildElf() }), [undefined, undefined])
  // Data of a test, or one that is encrypted or damaged, is no program.
  assert.deepEqual(await zip({ name: 'elf.testdata', data: buildElf() }), [undefined, undefined])
  const damaged = { name: 'b.exe', data: '', packed: Uint8Array.of(7, 7, 7), claimedBytes: 9 }
  assert.deepEqual(await zip(exe, damaged), ['windows', 'x64'])
})

test('inspectArtifact() looks at the first bytes of 200 programs of a plain ZIP at most', async () => {
  const dlls = (count: number) =>
    buildZip(Array.from({ length: count }, (_, i) => ({ name: `${i}.dll`, data: buildPe({ library: true }) })))
  assert.equal((await inspect(dlls(200))).inspection.platform, 'windows')
  const more = await inspect(dlls(201))
  assert.deepEqual(more.inspection, { format: 'zip', install: 'file' })
  assert.deepEqual(codes(more), ['info archive.partly_read'])
  const random = seededRandom(7)
  const noise = new Uint8Array(100 << 10).map(() => random(256))
  const readBytes = async (ending: string, ...findings: string[]) => {
    const source = bytesSource(
      buildZip(Array.from({ length: 100 }, (_, i) => ({ name: `${i}.${ending}`, data: noise }))),
    )
    let total = 0
    const report = await inspectArtifact({
      sizeBytes: source.sizeBytes,
      read(offset, length) {
        total += length
        return source.read(offset, length)
      },
    })
    assert.deepEqual(codes(report), findings)
    return total
  }
  const extra = (await readBytes('dll', 'info archive.partly_read')) - (await readBytes('txt'))
  assert.ok(extra > 3 << 20 && extra < 8.1 * (1 << 20), String(extra))
})

test('inspectArtifact() warns about sparse members and sizes that disagree in a tarball, once each', async () => {
  const pax = (key: string, value: string, type = 'x'): TarEntry => ({
    name: 'pax',
    type,
    data: paxRecord(key, value),
  })
  const table: [TarEntry[], string[]][] = [
    [[{ name: 'a', type: 'S', data: 'x' }], ['warning archive.sparse_file']],
    [[pax('GNU.sparse.realsize', '9'), { name: 'a', data: 'x' }], ['warning archive.sparse_file']],
    [
      [pax('GNU.sparse.name', '../a'), { name: 'a' }],
      ['warning archive.unsafe_name', 'warning archive.sparse_file'],
    ],
    [
      [pax('GNU.sparse.name', 'a'), { name: '../a' }],
      ['warning archive.unsafe_name', 'warning archive.sparse_file'],
    ],
    [
      [pax('GNU.sparse.name', 'a', 'g'), { name: '../a' }],
      ['warning archive.unsafe_name', 'warning archive.sparse_file'],
    ],
    [
      [pax('GNU.sparse.name', '../a', 'g'), { name: 'a' }],
      ['warning archive.unsafe_name', 'warning archive.sparse_file'],
    ],
    [
      [pax('GNU.sparse.name', 'l'), { name: 'd/l', type: '2', linkName: '../a' }],
      ['warning archive.unsafe_name', 'warning archive.sparse_file'],
    ],
    [[pax('size', '1'), { name: 'a', data: 'x', claimedBytes: 1024 }], ['warning archive.size_mismatch']],
    [[pax('size', '1'), { name: 'a', data: 'x', claimedBytes: 0 }], []],
    [[pax('size', '1'), { name: 'a', data: 'x' }], []],
    [[pax('mtime', '1.5'), pax('path', '\u{1f5d2}'), { name: 'a', data: 'x' }], []],
  ]
  for (const [entries, expected] of table) {
    assert.deepEqual(codes(await inspect(gzip(buildTar([...entries, ...entries])))), expected, expected.join())
  }
})

test('inspectArtifact() recognises an npm package by the names that npm sees', async () => {
  const pax = (key: string, value: string): TarEntry => ({ name: 'pax', type: 'x', data: paxRecord(key, value) })
  const json = (name: string) => `{"name":"${name}","version":"1.4.0"}`
  const sparse = [pax('GNU.sparse.name', 'package/package.json'), { name: 'package/a', data: json('other') }]
  const { inspection } = await inspect(
    gzip(buildTar([...sparse, { name: 'package/package.json', data: json('notes') }])),
  )
  assert.equal(inspection.identifier, 'notes')
})

test('inspectArtifact() reports a tarball whose first record is above a limit, and does not take it for another file', async () => {
  const global = { name: 'pax', type: 'g', data: paxRecord('path', 'n'.repeat(5000)) }
  const report = await inspect(gzip(buildTar([global, { name: '../a' }])))
  assert.equal(report.inspection.format, 'tar.gz')
  assert.deepEqual(codes(report), ['error inspect.limit'])
})

test('inspectArtifact() shows a name that is not UTF-8 by its bytes, in a tarball and in a ZIP', async () => {
  const inTar = async (...bytes: number[]) => (await inspect(gzip(buildTar([{ name: Uint8Array.from(bytes) }])))).checks
  const inZip = async (...bytes: number[]) =>
    (await inspect(buildZip([{ name: Uint8Array.from(bytes), data: '' }]))).checks
  for (const [container, code, checksOf] of [
    ['tar', 'archive.name_encoding', inTar],
    ['zip', 'zip.name_encoding', inZip],
  ] as const) {
    assert.deepEqual(
      await checksOf(0x66, 0xfc),
      [{ code, level: 'warning', message: 'The member name 0x66fc is not valid UTF-8' }],
      container,
    )
    // "../ü" in ISO 8859-1, and a surrogate as CESU-8 writes it.
    assert.deepEqual(
      (await checksOf(0x2e, 0x2e, 0x2f, 0xfc)).map(({ message }) => message),
      [
        'The member name 0x2e2e2ffc is not valid UTF-8',
        'The member 0x2e2e2ffc would be unpacked outside of its folder',
      ],
      container,
    )
    assert.match((await checksOf(0xed, 0xa0, 0x80))[0]!.message, /0xeda080/, container)
    assert.deepEqual(await checksOf(...utf8('f\u00fc \u{1f5d2}')), [], container)
  }
  const mojibake = { name: Uint8Array.of(...utf8('lib/'), 0xfc, ...utf8('/x.so')), data: '' }
  const apk = await inspect(buildApk({ extra: [mojibake] }))
  assert.equal(codes(apk)[0], 'error zip.name_encoding')
  assert.deepEqual(apk.inspection.abis, [])
  const twice = buildZip([
    { name: Uint8Array.of(0xfc), data: '' },
    { name: Uint8Array.of(0xfc), data: '' },
  ])
  assert.match((await inspect(twice)).checks[0]!.message, /the name 0xfc occurs twice/)
})

test('inspectArtifact() warns about links of a ZIP that leave it or lead nowhere, and about every link in a package', async () => {
  const link = (name: string, target: string, more: object = {}) => ({ name, data: target, mode: 0o120777, ...more })
  const zip = async (...members: Parameters<typeof buildZip>[0]) => codes(await inspect(buildZip(members)))
  const framework = 'Notes.app/Contents/Frameworks/F.framework'
  const staying = [
    link(`${framework}/F`, 'Versions/Current/F'),
    link(`${framework}/Versions/Current`, 'A', { method: 0 }),
    link(`${framework}/Versions/A/Up`, '../../..'),
  ]
  assert.deepEqual(await zip(...staying), [])
  assert.deepEqual(codes(await inspect(buildZip([...staying, { name: 'a', data: '/etc' }]))), [])
  for (const leaving of [link('l', '/etc'), link('d/l', '../..'), link('l', '..', { method: 0 }), link('l', 'C:\\x')])
    assert.deepEqual(await zip(...staying, leaving, leaving.name === 'l' ? link('m', '/') : link('l', 'a')), [
      'warning archive.unsafe_name',
    ])
  assert.deepEqual(await zip(link('l', '/etc', { system: 19 })), ['warning archive.unsafe_name'])
  // What was not made on Unix has no mode.
  assert.deepEqual(await zip(link('l', '/etc', { system: 0 })), [])
  assert.deepEqual(await zip(link('l', '')), ['warning zip.symlink'])
  assert.deepEqual(await zip(link('l', 'a'.repeat(4097))), ['warning zip.symlink'])
  assert.deepEqual(await zip(link('l', 'a', { method: 99 })), ['warning zip.symlink'])
  assert.deepEqual(await zip(link('l', 'a', { flags: 1 })), ['warning zip.encrypted', 'warning zip.symlink'])
  // One that lies about its size hides nothing else.
  const lying = link('l', 'a'.repeat(100_000), { claimedBytes: 1 })
  assert.deepEqual(await zip(lying, link('m', '/etc'), { name: '\u00fc', data: '' }), [
    'warning zip.symlink',
    'warning archive.unsafe_name',
  ])
  const plist = {
    name: 'Notes.app/Contents/Info.plist',
    data: buildXmlPlist({ CFBundleIdentifier: 'com.example.notes' }),
  }
  assert.equal((await inspect(buildZip([plist, lying]))).inspection.identifier, 'com.example.notes')
  const many = Array.from({ length: 501 }, (_, i) => link(`l${i}`, 'a'))
  assert.deepEqual(await zip(...many), ['info archive.partly_read'])
  assert.ok(codes(await inspect(buildApk({ extra: [link('assets/l', 'a')] }))).includes('warning zip.symlink'))
  const ipa = await inspect(buildIpa({ extra: [link('Payload/Notes.app/l', 'Notes')] }))
  assert.ok(codes(ipa).includes('warning zip.symlink'))
})

test('inspectArtifact() keeps no half of a surrogate pair, from an escape or from a cut', async () => {
  const version = async (text: string) =>
    (await inspect(gzip(buildTar([{ name: 'package/package.json', data: `{"name":"notes","version":${text}}` }]))))
      .inspection.version
  assert.equal(await version('"1.\\ud83d.0"'), '1. .0')
  assert.equal(await version('"1.\\ud83d\\uddd2"'), '1.\u{1f5d2}')
  for (const length of [4094, 4095, 8191]) {
    const text = `${'v'.repeat(length)}\u{1f5d2}`
    assert.ok((await version(JSON.stringify(text)))?.isWellFormed(), String(length))
  }
  const long = `d/${'a'.repeat(116)}\u{1f5d2}${'b'.repeat(20)}`
  for (let i = 0; i < 4; i++) {
    const { checks } = await inspect(gzip(buildTar([{ name: `/${'x'.repeat(i)}${long}` }])))
    assert.ok(checks.length === 1 && !/\\ud83d/.test(checks[0]!.message), checks[0]?.message)
  }
})

test('inspectArtifact() warns about a plain ZIP that readers see differently, and does not block it', async () => {
  const report = await inspect(buildZip([{ name: 'a', data: 'x' }], { prefix: utf8('#!/bin/sh\nexit\n') }))
  assert.equal(report.inspection.format, 'zip')
  assert.deepEqual(codes(report), ['warning zip.confusion'])
})

test('inspectArtifact() takes no offence at a tarball that shrinks to a thousandth when it sees all of it', async () => {
  const program = { name: 'notes', data: buildElf() }
  const packed = (sizeBytes: number) => gzip(buildTar([{ name: 'log', data: new Uint8Array(sizeBytes) }, program]))
  const report = await inspect(packed(64 << 20))
  assert.deepEqual(report, {
    inspection: { format: 'tar.gz', install: 'file', platform: 'linux', arch: 'x64' },
    checks: [],
  })
  const large = await inspect(packed(129 << 20))
  assert.deepEqual(large.inspection, { format: 'tar.gz', install: 'file' })
  assert.deepEqual(codes(large), ['error archive.expands_too_far'])
})

test('inspectArtifact() does not blame a large tarball, and tells nothing that it did not see', async () => {
  const random = seededRandom(5)
  const noise = new Uint8Array(3 << 20).map(() => random(256))
  const bytes = storedXz(
    buildTar([
      { name: 'a', data: buildElf() },
      { name: 'noise', data: noise },
    ]),
  )
  const report = await inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, maxReadBytes: 2 << 20 })
  assert.deepEqual(report.inspection, { format: 'tar.xz', install: 'file' })
  assert.deepEqual(codes(report), ['info archive.partly_read'])
})

test('inspectArtifact() looks only at the first 8 MiB of a bzip2 tarball', async () => {
  const { inspection, checks } = await inspect(LARGE_TARBALL_BZ2)
  assert.deepEqual(inspection, { format: 'tar.bz2', install: 'file' })
  assert.match(checks[0]?.message ?? '', / give more than 8\d{6}$/)
  assert.equal(checks.length, 1)
})

test('inspectArtifact() reports every limit as inspect.limit and keeps the format', async () => {
  const apk = buildApk({ label: 'Notes', extra: Array.from({ length: 50 }, (_, i) => ({ name: `r/${i}`, data: 'x' })) })
  for (const limits of [{ maxEntries: 10 }, { maxInflatedBytes: 10 }]) {
    const report = await inspectArtifact(bytesSource(apk), { ...DEFAULT_LIMITS, ...limits })
    assert.equal(report.inspection.format, 'apk')
    assert.deepEqual(codes(report), ['error inspect.limit'])
  }
  const report = await inspectArtifact(bytesSource(apk), { ...DEFAULT_LIMITS, maxReadBytes: 5000 })
  assert.ok(codes(report).includes('error inspect.limit'))
})

test('inspectArtifact() ends when a source never answers', async () => {
  const source = { sizeBytes: 10, read: () => new Promise<Uint8Array>(() => {}) }
  assert.deepEqual(codes(await inspectArtifact(source, { ...DEFAULT_LIMITS, maxMs: 10 })), ['error inspect.limit'])
})

test('inspectArtifact() passes an error of the source unchanged, also one that looks like damaged bytes', async () => {
  for (const error of [new Error('EIO'), new RangeError('short read'), new SyntaxError('odd')]) {
    await assert.rejects(
      inspectArtifact({ sizeBytes: 10, read: () => Promise.reject(error) }),
      (thrown) => thrown === error,
    )
  }
})
