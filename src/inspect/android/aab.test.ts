import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AabOptions, buildAab } from '../../../test/fixtures/build-aab.ts'
import { type ApkOptions, buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildPng } from '../../../test/fixtures/build-picture.ts'
import { buildZip } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const built = (options: AabOptions) => inspect(buildAab(options))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

const OPTIONS = {
  versionCode: 0x7fff_fff0,
  versionCodeMajor: 2,
  versionName: { reference: 0x7f010001 },
  label: { reference: 0x7f010000 },
  debuggable: { reference: 0x7f010003 },
  icon: { reference: 0x7f010004 },
  resources: [
    { de: 'Notizen', '': 'Notes \u{1f5d2}' },
    { '': { reference: 0x7f010002 } },
    { '': '1.2.3' },
    { '': true },
    { '|65534|26': 'res/i.xml', '|160': 'res/i.png', '|640': 'res/8X.png' },
  ],
  minSdk: 26,
  targetSdk: 'Q',
  maxSdk: 40,
  compileSdk: 36,
  permissions: ['android.permission.INTERNET', { name: 'android.permission.CAMERA', sdk23: true, maxSdk: 30 }],
  features: { 'android.hardware.nfc': false, 'android.hardware.wifi': undefined },
  abis: ['x86_64', 'arm64-v8a'],
} as const satisfies AabOptions & ApkOptions
const pictures = (folder: string) => [
  { name: `${folder}res/i.png`, data: buildPng(48, 48) },
  { name: `${folder}res/8X.png`, data: buildPng(192, 192) },
]

test('inspectArtifact() reads the same facts from a bundle as from the APK of the same manifest', async () => {
  const bundle = await built({ ...OPTIONS, modules: ['camera'], extra: pictures('base/') })
  const apk = await inspect(buildApk({ ...OPTIONS, extra: pictures('') }))
  const { modules, ...facts } = bundle.inspection.facts ?? {}
  assert.deepEqual({ ...bundle.inspection, facts }, { ...apk.inspection, format: 'aab', install: 'file' })
  assert.deepEqual(modules, ['base', 'camera'])
  assert.equal(bundle.inspection.name, 'Notes \u{1f5d2}')
  assert.equal(bundle.inspection.buildNumber, String(2 * 2 ** 32 + 0x7fff_fff0))
  assert.equal(bundle.inspection.icon?.width, 192)
  assert.deepEqual(bundle.icon, buildPng(192, 192))
  assert.deepEqual(codes(bundle), ['warning aab.unsigned', 'warning aab.debuggable'])
})

test('inspectArtifact() leaves out what references of a bundle lead nowhere for, and tells', async () => {
  const report = await built({ label: { reference: 0x7f020000 }, resources: [{ '': 'Notes' }] })
  assert.equal(report.inspection.name, undefined)
  assert.deepEqual(codes(report), ['warning aab.unsigned', 'info aab.unresolved'])
})

test('inspectArtifact() reads the rest of a bundle whose resources are damaged or too large', async () => {
  const label = { reference: 0x7f010000 }
  const damaged = await built({ label, extra: [{ name: 'base/resources.pb', data: Uint8Array.of(0x12, 0x7f) }] })
  assert.equal(damaged.inspection.identifier, 'com.example.notes')
  assert.deepEqual(codes(damaged), ['warning aab.unsigned', 'warning aab.resources_unreadable'])
  const large = await built({ label, extra: [{ name: 'base/resources.pb', data: 'x', claimedBytes: 0x7000_0000 }] })
  assert.deepEqual(codes(large), ['warning aab.unsigned', 'info aab.resources_skipped'])
})

test('inspectArtifact() refuses a bundle without a readable manifest', async () => {
  for (const data of ['', '<manifest/>', Uint8Array.of(0x0a, 2, 0x1a, 0)]) {
    const report = await inspect(
      buildZip([
        { name: 'BundleConfig.pb', data: '' },
        { name: 'base/manifest/AndroidManifest.xml', data },
      ]),
    )
    assert.deepEqual(report.inspection, { format: 'aab', platform: 'android', install: 'file' })
    assert.deepEqual(codes(report), ['error inspect.unreadable'])
  }
  assert.deepEqual(codes(await inspect(buildZip([{ name: 'BundleConfig.pb', data: '' }]))), [
    'error inspect.unreadable',
  ])
})
