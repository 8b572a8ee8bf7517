import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type ApkOptions, buildApk, buildManifest } from '../../../test/fixtures/build-apk.ts'
import { buildPng, buildWebp } from '../../../test/fixtures/build-picture.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { buildZip } from '../../../test/fixtures/zip-writer.ts'
import { seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const built = (options: ApkOptions) => inspect(buildApk(options))
/** Bytes that do not pack. */
function noise(length: number): Uint8Array {
  const random = seededRandom(7)
  return Uint8Array.from({ length }, () => random(256))
}

/** An ELF library with one segment that is loaded. */
function buildLibrary(alignment: bigint): Uint8Array {
  const bytes = new Uint8Array(64 + 56)
  const view = new DataView(bytes.buffer)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 3, true)
  view.setBigUint64(32, 64n, true)
  view.setUint16(54, 56, true)
  view.setUint16(56, 1, true)
  view.setUint32(64, 1, true)
  view.setBigUint64(64 + 48, alignment, true)
  return bytes
}

const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('inspectArtifact() reads the same facts from a real APK as aapt', async () => {
  const path = new URL('../../../node_modules/io.appium.settings/apks/settings_apk-debug.apk', import.meta.url)
  const bytes = await readFile(path)
  let bytesRead = 0
  const inner = bytesSource(bytes)
  const report = await inspectArtifact({
    sizeBytes: inner.sizeBytes,
    read(offset, length) {
      bytesRead += length
      return inner.read(offset, length)
    },
  })
  const { permissions, signatures, ...rest } = report.inspection
  assert.deepEqual(rest, {
    format: 'apk',
    platform: 'android',
    arch: 'any',
    identifier: 'io.appium.settings',
    name: 'Appium Settings',
    version: '8.0.10',
    buildNumber: '192',
    minOs: '26',
    targetOs: '35',
    install: 'apk',
    abis: [],
    icon: {
      mediaType: 'image/png',
      width: 192,
      height: 192,
      sizeBytes: 23633,
      digest: 'sha256:0836a79abbac891a57a448e4fffc6051931341d6beb2c376285baea7ef440b35',
    },
    facts: {
      debuggable: true,
      testOnly: false,
      compileSdk: '35',
      extractNativeLibs: false,
      permissionsMaxSdk: ['android.permission.BLUETOOTH 30', 'android.permission.BLUETOOTH_ADMIN 30'],
      features: ['android.hardware.wifi'],
      iconPath: 'res/drawable-mdpi-v4/ic_launcher.png',
    },
  })
  assert.equal(permissions?.length, 27)
  assert.equal(permissions?.[0], 'android.permission.DISABLE_KEYGUARD')
  assert.ok(permissions?.includes('io.appium.settings.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION'))
  assert.deepEqual(
    signatures?.map(({ scheme, state, certificateSha256 }) => [scheme, state, certificateSha256]),
    [['apk-v2', 'valid', '680dbbc39ab0944796c811b636ace510c8e551317087036cebab0751b0a6190c']],
  )
  assert.deepEqual(codes(report), ['warning apk.debug_key', 'warning apk.debuggable'])
  assert.equal(report.icon?.byteLength, 23633)
  assert.ok(
    bytesRead < bytes.length * 1.2,
    `${bytesRead} of ${bytes.length} bytes were read, all of them once to verify`,
  )
})

test('inspectArtifact() goes by resource ids when the attribute names of an APK are emptied', async () => {
  const { inspection } = await built({ versionCode: 9, versionName: '2.0', minSdk: 24, emptyNames: true })
  assert.equal(inspection.buildNumber, '9')
  assert.equal(inspection.version, '2.0')
  assert.equal(inspection.minOs, '24')
})

test('inspectArtifact() leaves out what an APK does not say, and assumes SDK 1 as Android does', async () => {
  const { inspection, checks } = await built({})
  assert.deepEqual(inspection, {
    format: 'apk',
    platform: 'android',
    arch: 'any',
    identifier: 'com.example.notes',
    minOs: '1',
    install: 'apk',
    abis: [],
    permissions: [],
    signatures: [],
    facts: {
      debuggable: false,
      testOnly: false,
      impliedPermissions: [
        'android.permission.WRITE_EXTERNAL_STORAGE',
        'android.permission.READ_PHONE_STATE',
        'android.permission.READ_EXTERNAL_STORAGE',
      ],
    },
  })
  assert.deepEqual(codes({ checks }), ['warning apk.unsigned', 'warning apk.target_sdk_too_low'])
  assert.match(checks[1]?.message ?? '', /^The package names no target SDK, which counts as 1: Android 14 /)
  const { checks: named } = await built({ targetSdk: 22 })
  assert.match(named.at(-1)?.message ?? '', /^The package targets SDK 22: Android 14 /)
})

test('inspectArtifact() tells the arch of an APK with code for one CPU only', async () => {
  assert.equal((await built({ abis: ['arm64-v8a'] })).inspection.arch, 'arm64')
  assert.equal((await built({ abis: ['armeabi', 'armeabi-v7a'] })).inspection.arch, 'arm')
  assert.equal((await built({ abis: ['x86_64', 'arm64-v8a'] })).inspection.arch, 'any')
  assert.equal((await built({ abis: ['mips'] })).inspection.arch, undefined)
})

/** Codes of findings about what the manifest says, of a package that is not signed and targets what is asked for. */
const told = async (options: ApkOptions) =>
  codes(await built({ targetSdk: 35, ...options })).filter((code) => code !== 'warning apk.unsigned')

test('inspectArtifact() warns about debuggable, test-only and split APKs', async () => {
  assert.deepEqual(await told({}), [])
  assert.deepEqual(await told({ debuggable: true, testOnly: true }), [
    'warning apk.debuggable',
    'warning apk.test_only',
  ])
  assert.deepEqual(await told({ split: 'config.de', configForSplit: 'feature' }), ['warning apk.split'])
  assert.deepEqual(codes(await built({ split: 'config.de' })), ['warning apk.unsigned', 'warning apk.split'])
  const { inspection } = await built({ split: 'config.de', configForSplit: 'feature' })
  assert.equal(inspection.install, 'file')
  assert.deepEqual([inspection.facts?.split, inspection.facts?.configForSplit], ['config.de', 'feature'])
  assert.deepEqual(await told({ isSplitRequired: true }), ['warning apk.needs_splits'])
  assert.equal((await built({ isSplitRequired: true })).inspection.install, 'file')
})

test('inspectArtifact() follows references of an APK to its version, flags and levels', async () => {
  const { inspection } = await built({
    versionName: { reference: 0x7f010000 },
    debuggable: { reference: 0x7f010001 },
    minSdk: { reference: 0x7f010002 },
    targetSdk: 35,
    resources: [{ '': '1.2.3' }, { '': true }, { '': 24 }],
  })
  assert.deepEqual([inspection.version, inspection.facts?.debuggable, inspection.minOs], ['1.2.3', true, '24'])
})

test('inspectArtifact() leaves out what references of an APK lead nowhere for, and tells', async () => {
  const options = {
    label: { reference: 0x7f010005 },
    versionName: '1.0',
    debuggable: { reference: 0x7f010005 },
    targetSdk: 35,
    resources: [{ '': 'other' }],
  }
  const { inspection } = await built(options)
  assert.equal(inspection.name, undefined)
  assert.equal(inspection.version, '1.0')
  assert.equal(inspection.facts?.debuggable, undefined)
  assert.deepEqual(await told(options), ['info apk.unresolved'])
  assert.equal((await built({ ...options, versionName: options.label })).inspection.version, undefined)
})

test('inspectArtifact() takes no level of an APK that cannot be read for the one that counts without', async () => {
  const reference = { reference: 0x7f010005 }
  const { inspection } = await built({ minSdk: reference, targetSdk: reference, resources: [{ '': 'other' }] })
  assert.deepEqual([inspection.minOs, inspection.targetOs], [undefined, undefined])
  const found = ['warning apk.unsigned', 'info apk.unresolved', 'info apk.unresolved']
  const report = await built({ minSdk: 21, targetSdk: reference, resources: [{ '': 'other' }] })
  assert.equal(report.inspection.minOs, '21')
  assert.deepEqual(codes(report), found.slice(0, 2))
  assert.deepEqual(codes(await built({ minSdk: reference, targetSdk: reference, resources: [{ '': 'x' }] })), found)
})

test('inspectArtifact() reads the rest of an APK whose resource table is damaged', async () => {
  const extra = [{ name: 'resources.arsc', data: 'nothing', method: 0 }]
  const options = { label: { reference: 0x7f010000 }, versionName: { reference: 0x7f010001 }, extra, targetSdk: 35 }
  const { inspection } = await built(options)
  assert.equal(inspection.identifier, 'com.example.notes')
  assert.deepEqual([inspection.name, inspection.version], [undefined, undefined])
  assert.deepEqual(await told(options), ['warning apk.resources_unreadable'])
})

test('inspectArtifact() does not unpack a resource table without end', async () => {
  const extra = [{ name: 'resources.arsc', data: 'x', claimedBytes: 0x7000_0000 }]
  assert.deepEqual(await told({ label: { reference: 0x7f010000 }, extra, targetSdk: 29 }), [
    'info apk.resources_skipped',
  ])
  assert.deepEqual(await told({ label: 'Notes', extra, targetSdk: 30 }), ['warning apk.resources_compressed'])
  const large = [{ name: 'resources.arsc', data: noise(5 << 20) }]
  assert.deepEqual(await told({ label: { reference: 0x7f010000 }, extra: large, targetSdk: 29 }), [
    'info apk.resources_skipped',
  ])
})

test('inspectArtifact() names an APK by the activity in the launcher when the application has no label', async () => {
  assert.equal((await built({ launcherLabel: 'Start' })).inspection.name, 'Start')
  assert.equal((await built({ launcherLabel: 'Start', label: 'Notes' })).inspection.name, 'Notes')
})

test('inspectArtifact() lists permissions of an APK as aapt does', async () => {
  const { inspection } = await built({
    permissions: [
      { name: 'android.permission.WRITE_EXTERNAL_STORAGE', maxSdk: 28 },
      'android.permission.READ_CONTACTS',
      { name: 'android.permission.READ_PHONE_STATE', sdk23: true },
      { name: 'android.permission.READ_CONTACTS', maxSdk: 30 },
    ],
    minSdk: 3,
    targetSdk: 15,
  })
  assert.deepEqual(inspection.permissions, [
    'android.permission.WRITE_EXTERNAL_STORAGE',
    'android.permission.READ_CONTACTS',
    'android.permission.READ_PHONE_STATE',
  ])
  assert.deepEqual(inspection.facts?.permissionsSdk23, ['android.permission.READ_PHONE_STATE'])
  assert.deepEqual(inspection.facts?.permissionsMaxSdk, [
    'android.permission.WRITE_EXTERNAL_STORAGE 28',
    'android.permission.READ_CONTACTS 30',
  ])
  assert.deepEqual(inspection.facts?.impliedPermissions, [
    'android.permission.READ_EXTERNAL_STORAGE',
    'android.permission.READ_CALL_LOG',
  ])
  const preview = await built({ minSdk: 'Q', targetSdk: 'Q' })
  assert.deepEqual([preview.inspection.minOs, preview.inspection.targetOs], ['Q', 'Q'])
  assert.equal(preview.inspection.facts?.impliedPermissions, undefined)
})

test('inspectArtifact() parts the features of an APK by whether it needs them', async () => {
  const { inspection } = await built({
    features: { 'android.hardware.nfc': undefined, 'android.hardware.wifi': true, 'android.hardware.camera': false },
    maxSdk: 30,
    compileSdk: 36,
  })
  assert.deepEqual(inspection.facts?.features, ['android.hardware.nfc', 'android.hardware.wifi'])
  assert.deepEqual(inspection.facts?.optionalFeatures, ['android.hardware.camera'])
  assert.deepEqual([inspection.facts?.maxSdk, inspection.facts?.compileSdk], ['30', '36'])
})

test('inspectArtifact() tells why devices refuse an APK', async () => {
  assert.deepEqual(await told({ targetSdk: 22 }), ['warning apk.target_sdk_too_low'])
  assert.deepEqual(await told({ targetSdk: 23 }), ['warning apk.target_sdk_too_low'])
  assert.deepEqual(await told({ targetSdk: 24 }), [])
  assert.deepEqual(await told({ targetSdk: 26, minSdk: 27 }), ['warning apk.min_above_target'])
})

test('inspectArtifact() judges the native libraries of an APK by whether they are unpacked', async () => {
  const library = (name: string, align: bigint) => ({ name, data: buildLibrary(align), method: 0 })
  const packed = { name: 'lib/arm64-v8a/liba.so', data: buildLibrary(0x4000n) }
  /** The member's bytes start at `dataAt`. */
  const at = async (dataAt: number, align: bigint, name = 'lib/arm64-v8a/liba.so', extract = false) => {
    const manifest = { name: 'AndroidManifest.xml', data: buildManifest({ targetSdk: 35, extractNativeLibs: extract }) }
    // The directory follows the members: an archive without it is as long as they are.
    const members = buildZip([manifest, { name: 'f', data: '', method: 0 }])
    const membersEnd = new DataView(members.buffer).getUint32(members.length - 6, true)
    const filler = dataAt - membersEnd - 30 - name.length
    const bytes = buildZip([manifest, { name: 'f', data: new Uint8Array(filler), method: 0 }, library(name, align)])
    return codes(await inspect(bytes)).filter((code) => code !== 'warning apk.unsigned')
  }
  assert.deepEqual(await told({ extractNativeLibs: false, extra: [packed] }), ['warning apk.native_libs_compressed'])
  assert.deepEqual(await told({ extractNativeLibs: true, extra: [packed] }), [])
  assert.deepEqual(await at(0x8000, 0x4000n), [])
  assert.deepEqual(await at(0x9000, 0x4000n), ['info apk.pages_16k'])
  assert.deepEqual(await at(0x8000, 0x1000n), ['info apk.pages_16k'])
  assert.deepEqual(await at(0x8000, 0x1000n, 'lib/armeabi-v7a/liba.so'), [])
  assert.deepEqual(await at(0x8004, 0x4000n), ['warning apk.native_libs_unaligned'])
  assert.deepEqual(await at(0x8004, 0x4000n, 'lib/arm64-v8a/liba.so', true), [])
})

test('inspectArtifact() takes the largest picture that an APK has for its icon', async () => {
  const files = [
    { name: 'res/a.png', data: buildPng(48, 48) },
    { name: 'res/8X.webp', data: buildWebp(192, 190) },
    { name: 'res/big.png', data: buildPng(5000, 5000) },
    { name: 'res/wide.png', data: buildPng(5000, 300) },
    { name: 'res/heavy.png', data: concat(buildPng(400, 400), new Uint8Array(1 << 20)) },
    { name: 'res/adaptive.xml', data: buildManifest() },
  ]
  const icons = {
    '|160': 'res/a.png',
    '|480': 'res/8X.webp',
    '|640': 'res/big.png',
    '|560': 'res/wide.png',
    '|600': 'res/heavy.png',
    '|320': 'res/missing.png',
    '|65534|26': 'res/adaptive.xml',
  }
  const options = { icon: { reference: 0x7f010000 }, resources: [icons], extra: files }
  const report = await built(options)
  const webp = buildWebp(192, 190)
  const { digest, ...icon } = report.inspection.icon ?? {}
  assert.match(String(digest), /^sha256:[0-9a-f]{64}$/)
  assert.deepEqual(icon, { mediaType: 'image/webp', width: 192, height: 190, sizeBytes: webp.length })
  assert.deepEqual(report.icon, webp)
  assert.equal(report.inspection.facts?.iconPath, 'res/adaptive.xml')
  const launcher = await built({ launcherIcon: { reference: 0x7f010000 }, resources: [icons], extra: files })
  assert.equal(launcher.inspection.icon?.width, 192)
  const adaptive = await built({ ...options, resources: [{ '|65534|26': 'res/adaptive.xml' }] })
  assert.equal(adaptive.inspection.icon, undefined)
  assert.equal(adaptive.icon, undefined)
})

test('inspectArtifact() strips characters that reorder or hide text from a label', async () => {
  const { inspection } = await built({ label: 'Notes\u202egpj.\u0000exe\nline', encoding: 'utf8' })
  assert.equal(inspection.name, 'Notes gpj. exe line')
})

test('inspectArtifact() refuses a package name with characters that are not seen', async () => {
  assert.deepEqual(codes(await built({ packageName: 'com.example\u202e.notes' })), ['error inspect.unreadable'])
})

const MANIFEST = { name: 'AndroidManifest.xml', data: buildManifest() }

const CONFUSED: readonly (readonly [string, Uint8Array])[] = [
  [
    'two manifests',
    buildZip([MANIFEST, { name: 'AndroidManifest.xml', data: buildManifest({ packageName: 'com.evil' }) }]),
  ],
  ['another name in the local header', buildZip([{ ...MANIFEST, local: { name: 'AndroidManifest.xmk' } }])],
  ['bytes before it', buildZip([MANIFEST], { prefix: utf8('dex\n035\0') })],
  ['bytes after it', buildZip([MANIFEST], { suffix: utf8('trailing') })],
]
for (const [what, bytes] of CONFUSED) {
  test(`inspectArtifact() reports an APK with ${what} as an error`, async () => {
    const report = await inspect(bytes)
    assert.equal(report.inspection.format, 'apk')
    assert.ok(codes(report).includes('error zip.confusion'), codes(report).join())
  })
}

test('inspectArtifact() keeps format and platform of an APK that cannot be read', async () => {
  const good = buildApk({ label: 'Notes' })
  const cases = [
    good.subarray(0, good.length - 30),
    buildZip([{ name: 'AndroidManifest.xml', data: '<manifest package="a.b"/>' }]),
    buildZip([{ name: 'AndroidManifest.xml', data: 'x', method: 99 }]),
  ]
  for (const bytes of cases) {
    const report = await inspect(bytes)
    assert.deepEqual(report.inspection, { format: 'apk', platform: 'android', install: 'file' })
    assert.deepEqual(codes(report), ['error inspect.unreadable'])
  }
})

test('inspectArtifact() stops at the limits when a manifest is a bomb', async () => {
  const report = await inspect(buildZip([{ name: 'AndroidManifest.xml', data: new Uint8Array(16 << 20) }]))
  assert.deepEqual(codes(report), ['error inspect.limit'])
  assert.equal(report.inspection.platform, 'android')
})
