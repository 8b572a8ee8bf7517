import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type ApkOptions, buildApk, buildManifest } from '../../test/fixtures/build-apk.ts'
import { utf8 } from '../../test/fixtures/byte-writer.ts'
import { buildZip } from '../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { inspectArtifact } from './inspect.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const built = (options: ApkOptions) => inspect(buildApk(options))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('inspectArtifact() reads the same facts from a real APK as aapt', async () => {
  const path = new URL('../../node_modules/io.appium.settings/apks/settings_apk-debug.apk', import.meta.url)
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
  const { permissions, ...rest } = report.inspection
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
    facts: { debuggable: true, testOnly: false },
  })
  assert.equal(permissions?.length, 27)
  assert.equal(permissions?.[0], 'android.permission.DISABLE_KEYGUARD')
  assert.ok(permissions?.includes('io.appium.settings.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION'))
  assert.deepEqual(codes(report), ['warning apk.debuggable'])
  assert.ok(bytesRead < bytes.length / 5, `${bytesRead} of ${bytes.length} bytes were read`)
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
    facts: { debuggable: false, testOnly: false },
  })
  assert.deepEqual(checks, [])
})

test('inspectArtifact() tells the arch of an APK with code for one CPU only', async () => {
  assert.equal((await built({ abis: ['arm64-v8a'] })).inspection.arch, 'arm64')
  assert.equal((await built({ abis: ['armeabi', 'armeabi-v7a'] })).inspection.arch, 'arm')
  assert.equal((await built({ abis: ['x86_64', 'arm64-v8a'] })).inspection.arch, 'any')
  assert.equal((await built({ abis: ['mips'] })).inspection.arch, undefined)
})

test('inspectArtifact() warns about debuggable, test-only and split APKs', async () => {
  assert.deepEqual(codes(await built({ debuggable: true, testOnly: true })), [
    'warning apk.debuggable',
    'warning apk.test_only',
  ])
  const split = await built({ split: 'config.de' })
  assert.deepEqual(codes(split), ['warning apk.split'])
  assert.equal(split.inspection.install, 'file')
})

test('inspectArtifact() keeps facts of an APK whose label leads nowhere', async () => {
  const report = await built({ label: { reference: 0x7f010005 }, versionName: '1.0', resources: [{ '': 'other' }] })
  assert.equal(report.inspection.name, undefined)
  assert.equal(report.inspection.version, '1.0')
  assert.deepEqual(codes(report), ['info apk.unresolved'])
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
