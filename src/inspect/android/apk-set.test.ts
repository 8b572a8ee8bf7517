import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApkOptions, buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildApks, NOTES_PACKAGES, packageMembers, type SetPackages } from '../../../test/fixtures/build-apks.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildPng } from '../../../test/fixtures/build-picture.ts'
import { buildXapk, XAPK_PACKAGES, type XapkOptions } from '../../../test/fixtures/build-xapk.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { signApk } from '../../../test/fixtures/sign-apk.ts'
import { signJar } from '../../../test/fixtures/sign-jar.ts'
import { buildZip } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
/** Codes of findings, without the one about a base that is not signed. */
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`).filter((code) => code !== 'warning apk.unsigned')

const FACTS = {
  platform: 'android',
  arch: 'arm64',
  identifier: 'com.example.notes',
  name: 'Notes',
  version: '1.4.0',
  buildNumber: '7',
  minOs: '26',
  targetOs: '35',
  permissions: [],
  install: 'file',
  abis: ['arm64-v8a'],
  signatures: [],
} as const

test('inspectArtifact() reads the facts of a set from its base, stored or packed', async () => {
  for (const method of [0, 8] as const) {
    const report = await inspect(buildApks(NOTES_PACKAGES, { method }))
    assert.deepEqual(report.inspection, {
      ...FACTS,
      format: 'apks',
      facts: { debuggable: false, testOnly: false, packages: 3, splits: ['config.arm64_v8a', 'config.de'] },
    })
    assert.deepEqual(codes(report), [])
  }
})

test('inspectArtifact() reads an XAPK with its data beside', async () => {
  const file = 'Android/obb/com.example.notes/main.7.com.example.notes.obb'
  const report = await inspect(
    buildXapk({
      manifest: { version_code: 7, expansions: [{ file, install_path: file }] },
      extra: [{ name: file, data: 'obb' }],
    }),
  )
  assert.deepEqual(report.inspection, {
    ...FACTS,
    format: 'xapk',
    facts: { debuggable: false, testOnly: false, packages: 2, splits: ['config.arm64_v8a'], expansions: [file] },
  })
  assert.deepEqual(codes(report), [])
})

test('inspectArtifact() recognises sets of other tools by their base and what is beside it', async () => {
  const parts = packageMembers({
    'base.apk': { versionCode: 7 },
    'split_config.de.apk': { versionCode: 7, split: 'config.de' },
  })
  for (const beside of [[], [{ name: 'info.json', data: '{}' }], [{ name: 'meta.sai_v2.json', data: '{}' }]]) {
    const { inspection } = await inspect(buildZip([...parts, ...beside]))
    assert.deepEqual(
      [inspection.format, inspection.identifier, inspection.facts?.splits],
      ['apks', 'com.example.notes', ['config.de']],
    )
  }
})

test('inspectArtifact() takes the icon of a set from its base', async () => {
  const base = { ...NOTES_PACKAGES['splits/base-master.apk'], icon: { reference: 0x7f010000 } }
  const extra = [{ name: 'res/a.png', data: buildPng(96, 96) }]
  const report = await inspect(
    buildApks({ 'splits/base-master.apk': { ...base, resources: [{ '': 'res/a.png' }], extra } }),
  )
  assert.equal(report.inspection.icon?.width, 96)
  assert.deepEqual(report.icon, buildPng(96, 96))
})

const MISMATCHES: readonly (readonly [string, SetPackages, RegExp])[] = [
  [
    'of another app',
    { 'splits/base-de.apk': { packageName: 'com.evil', versionCode: 7, split: 'config.de' } },
    /package name of "splits\/base-de\.apk" is "com\.evil", that of "splits\/base-master\.apk" is "com\.example\.notes"/,
  ],
  ['of another version', { 'splits/base-de.apk': { versionCode: 8, split: 'config.de' } }, /version code .* is "8"/],
  ['without a version', { 'splits/base-de.apk': { split: 'config.de' } }, /version code .* is "none"/],
]
for (const [what, packages, message] of MISMATCHES) {
  test(`inspectArtifact() reports a set with a package ${what} as an error`, async () => {
    const report = await inspect(buildApks({ ...NOTES_PACKAGES, ...packages }))
    assert.deepEqual(codes(report), ['error apks.mismatch'])
    assert.match(report.checks.find(({ code }) => code === 'apks.mismatch')!.message, message)
  })
}

test('inspectArtifact() wants one signer for all packages of a set, and tells who it is', async () => {
  const signer = await buildSigner()
  const stranger = await buildSigner()
  const base = await signApk(buildApk(NOTES_PACKAGES['splits/base-master.apk']), [{ scheme: 2, signer }])
  const split = buildApk(NOTES_PACKAGES['splits/base-de.apk'])
  const set = async (other: Uint8Array) =>
    inspect(buildApks({ 'splits/base-master.apk': base, 'splits/base-de.apk': other }))
  const good = await set(await signApk(split, [{ scheme: 2, signer }]))
  assert.deepEqual(
    codes(good).filter((code) => code.startsWith('error')),
    [],
  )
  assert.deepEqual(
    good.inspection.signatures?.map(({ scheme, state }) => [scheme, state]),
    [['apk-v2', 'valid']],
  )
  for (const other of [await signApk(split, [{ scheme: 2, signer: stranger }]), split]) {
    const report = await set(other)
    assert.deepEqual(
      codes(report).filter((code) => code.startsWith('error')),
      ['error apks.mismatch'],
    )
  }
  const broken = await set(await signApk(split, [{ scheme: 2, signer, digest: new Uint8Array(32) }]))
  assert.deepEqual(
    codes(broken).filter((code) => code.startsWith('error')),
    ['error apk.signature_invalid'],
  )
})

test('inspectArtifact() tells which systems refuse a set by how its packages are signed', async () => {
  const signer = await buildSigner()
  const v1 = (options: ApkOptions) => signJar(buildApk(options), signer)
  const v2 = (options: ApkOptions) => signApk(buildApk(options), [{ scheme: 2, signer }])
  const needs = async (base: Uint8Array, split: Uint8Array) => {
    const report = await inspect(buildApks({ 'splits/base-master.apk': base, 'splits/base-de.apk': split }))
    return report.checks.filter(({ code }) => code.startsWith('apk.needs_')).map(({ message }) => message)
  }
  const split = NOTES_PACKAGES['splits/base-de.apk']
  const base = { versionCode: 7, minSdk: 21, targetSdk: 30 }
  const refused = 'The package targets SDK 30 and has only a v1 signature: Android 11 and later refuse it'
  assert.deepEqual(await needs(await v1(base), await v1(split)), [refused])
  assert.deepEqual(await needs(await v1({ ...base, targetSdk: 29 }), await v1(split)), [])
  assert.deepEqual(await needs(await v2({ ...base, minSdk: 24 }), await v1(split)), [
    `"splits/base-de.apk": ${refused}`,
  ])
  assert.deepEqual(await needs(await v2(base), await v2(split)), [
    'The package is for SDK 21 and later and has no v1 signature: Android 6 and older refuse it',
  ])
})

test('inspectArtifact() reports confusion in a package of a set', async () => {
  const trailing = buildApk({ ...NOTES_PACKAGES['splits/base-master.apk'], zip: { suffix: Uint8Array.of(1, 2, 3) } })
  const report = await inspect(buildApks({ 'base.apk': trailing }))
  assert.deepEqual(codes(report), ['error zip.confusion'])
  assert.match(report.checks[1]?.message ?? '', /^"base\.apk": /)
})

test('inspectArtifact() keeps format and platform of a set that cannot be read', async () => {
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['apks', buildApks({ 'splits/base-master.apk': Uint8Array.of(1, 2, 3) })],
    ['apks', buildApks({ 'splits/base-de.apk': { split: 'config.de' } })],
    ['apks', buildApks({ 'universal.apk': buildZip([{ name: 'classes.dex', data: '' }]) })],
    ['xapk', buildXapk({ manifest: '{"package_name": "a", "package_name": "b"}' })],
    ['xapk', buildXapk({ manifest: '{' })],
  ]
  for (const [format, bytes] of cases) {
    const report = await inspect(bytes)
    assert.deepEqual(report.inspection, { format, platform: 'android', install: 'file' })
    assert.deepEqual(codes(report), ['error inspect.unreadable'])
  }
})

test('inspectArtifact() does not vouch for a set with a package that is too large to unpack', async () => {
  const large = { name: 'splits/base-xxhdpi.apk', data: 'x', claimedBytes: 65 << 20 }
  const report = await inspect(buildApks(NOTES_PACKAGES, { extra: [large] }))
  assert.deepEqual(codes(report), ['error apks.part_unread'])
  assert.equal(report.inspection.identifier, 'com.example.notes')
  const alone = await inspect(buildApks({}, { extra: [large] }))
  assert.deepEqual(alone.inspection, { format: 'apks', platform: 'android', install: 'file' })
  assert.deepEqual(codes(alone), ['error apks.part_unread'])
})

test('inspectArtifact() holds packages of a set together whose names end in capitals', async () => {
  const foreign = { 'standalones/standalone-x86.APK': { packageName: 'com.evil', versionCode: 7 } }
  const report = await inspect(buildApks({ ...NOTES_PACKAGES, ...foreign }))
  assert.deepEqual(codes(report), ['error apks.mismatch'])
  assert.equal(report.inspection.facts?.packages, 4)
})

test('inspectArtifact() hashes no bytes of a set again and again for packages that share them', async () => {
  const extra = [{ name: 'blob', data: new Uint8Array(1 << 20), method: 0 as const }]
  const signed = await signApk(buildApk({ versionCode: 7, extra }), [{ scheme: 2, signer: await buildSigner() }])
  const set = buildApks({ 'base.apk': signed })
  const view = new DataView(set.buffer)
  const end = set.length - 22
  const directoryAt = view.getUint32(end + 16, true)
  const own = directoryAt + 46 + 'toc.pb'.length
  const others = Array.from({ length: 9 }, (_, i) => {
    const entry = set.slice(own, end)
    entry.set(utf8(`p${i}`), 46)
    return entry
  })
  const file = concat(set.subarray(0, end), ...others, set.subarray(end))
  const record = new DataView(file.buffer, file.length - 22)
  for (const at of [8, 10]) record.setUint16(at, 11, true)
  record.setUint32(12, file.length - 22 - directoryAt, true)
  let read = 0
  const source = bytesSource(file)
  const report = await inspectArtifact({
    sizeBytes: source.sizeBytes,
    read(offset, length) {
      read += length
      return source.read(offset, length)
    },
  })
  assert.deepEqual(codes(report), ['error inspect.unreadable'])
  assert.match(report.checks[0]!.message, /overlap/)
  assert.ok(read < 2 << 20, String(read))
})

const CONTRADICTIONS: readonly (readonly [string, XapkOptions])[] = [
  ['another package name', { manifest: { package_name: 'com.example.other' } }],
  ['another version code', { manifest: { version_code: '8' } }],
  ['another version name', { manifest: { version_name: '9.9' } }],
  ['a file that is missing', { manifest: { split_apks: [{ file: 'missing.apk', id: 'x' }] } }],
  ['a package without a version name', { packages: { 'base.apk': { versionCode: 7 } } }],
]
for (const [what, options] of CONTRADICTIONS) {
  test(`inspectArtifact() reports an XAPK that names ${what} as an error`, async () => {
    const report = await inspect(buildXapk(options))
    assert.deepEqual(
      codes(report).filter((code) => code.startsWith('error')),
      ['error xapk.contradiction'],
    )
  })
}

test('inspectArtifact() believes an XAPK that leaves fields out', async () => {
  const report = await inspect(buildXapk({ packages: XAPK_PACKAGES, manifest: '{"xapk_version": 2}' }))
  assert.equal(report.inspection.identifier, 'com.example.notes')
  assert.deepEqual(codes(report), [])
})

test('inspectArtifact() reports a part of an XAPK that no name tells to be a package', async () => {
  const hidden = { name: 'more.bin', data: buildApk({ versionCode: 7, split: 'more' }) }
  const manifest = { split_apks: [{ file: 'com.example.notes.apk' }, { file: hidden.name }] }
  assert.deepEqual(
    codes(await inspect(buildXapk({ manifest, extra: [hidden] }))).filter((code) => code.startsWith('error')),
    ['error apks.part_unread'],
  )
})
