import { fingerprintOf } from '../../src/formats/signatures/x509.ts'
import { aabInspector } from '../../src/inspect/android/aab.ts'
import { apkInspector } from '../../src/inspect/android/apk.ts'
import { apkSetInspector } from '../../src/inspect/android/apk-set.ts'
import type { Inspection, Signature } from '../../src/model/inspection.ts'
import { buildAab } from '../fixtures/build-aab.ts'
import { type ApkOptions, buildApk } from '../fixtures/build-apk.ts'
import { buildApks } from '../fixtures/build-apks.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildPng, buildWebp } from '../fixtures/build-picture.ts'
import { buildXapk } from '../fixtures/build-xapk.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { signJar } from '../fixtures/sign-jar.ts'
import type { InspectorSubject } from './inspector.ts'

/** 2 000 for each inspector; formats that share one divide them. */
const MUTATIONS = 2000

const OPTIONS: ApkOptions = {
  versionCode: 7,
  versionCodeMajor: 1,
  versionName: { reference: 0x7f010001 },
  label: { reference: 0x7f010000 },
  icon: { reference: 0x7f010003 },
  resources: [
    { '': 'Notes \u{1f5d2}', de: 'Notizen' },
    { '': { reference: 0x7f010002 } },
    { '': '1.2.3' },
    { '|160': 'res/a.png', '|480': 'res/b.webp' },
  ],
  minSdk: 26,
  targetSdk: 35,
  permissions: ['android.permission.INTERNET', 'android.permission.INTERNET'],
  features: { 'android.hardware.nfc': false },
  abis: ['arm64-v8a'],
}
const pictures = (folder: string) => [
  { name: `${folder}res/a.png`, data: buildPng(48, 48) },
  { name: `${folder}res/b.webp`, data: buildWebp(144, 144) },
]
const READ: Omit<Inspection, 'format' | 'install'> = {
  platform: 'android',
  arch: 'arm64',
  identifier: 'com.example.notes',
  name: 'Notes \u{1f5d2}',
  version: '1.2.3',
  buildNumber: '4294967303',
  minOs: '26',
  targetOs: '35',
  abis: ['arm64-v8a'],
  permissions: ['android.permission.INTERNET'],
  signatures: [],
  icon: { mediaType: 'image/webp', width: 144, height: 144, sizeBytes: 30 },
  facts: {
    debuggable: false,
    testOnly: false,
    optionalFeatures: ['android.hardware.nfc'],
    iconPath: 'res/a.png',
  },
}
const SET: Omit<Inspection, 'format' | 'facts'> = {
  platform: 'android',
  arch: 'arm64',
  identifier: 'com.example.notes',
  name: 'Notes',
  version: '1.4.0',
  buildNumber: '7',
  minOs: '26',
  targetOs: '35',
  install: 'file',
  abis: ['arm64-v8a'],
  permissions: [],
  signatures: [],
}

const old = await buildSigner({ kind: 'rsa', subject: [['2.5.4.3', 'Old']] })
const signer = await buildSigner()
const oldSha256 = await fingerprintOf({ der: old.certificate })
const certificateSha256 = await fingerprintOf({ der: signer.certificate })
const signedBy = (scheme: Signature['scheme'], more: Partial<Signature> = {}): Signature => ({
  scheme,
  state: 'valid',
  signer: 'CN=Example Signer',
  certificateSha256,
  validFrom: '2020-01-01T00:00:00.000Z',
  validTo: '2060-01-01T00:00:00.000Z',
  ...more,
})
const byOld = { signer: 'CN=Old', certificateSha256: oldSha256 }
const plainApk = { versionCode: 7, versionName: '1.4.0', label: 'Notes', minSdk: 26, targetSdk: 35 }
const SIGNED: Omit<Inspection, 'signatures'> = {
  format: 'apk',
  platform: 'android',
  arch: 'any',
  identifier: 'com.example.notes',
  name: 'Notes',
  version: '1.4.0',
  buildNumber: '7',
  minOs: '26',
  targetOs: '35',
  install: 'apk',
  abis: [],
  permissions: [],
  facts: { debuggable: false, testOnly: false },
}

/** Good files of the formats for Android, with the facts that their inspectors must read. */
export const ANDROID_SUBJECTS: readonly InspectorSubject[] = [
  {
    inspector: apkInspector,
    fixtureName: 'an APK with references',
    fixture: buildApk({ ...OPTIONS, extra: pictures(''), encoding: 'utf8' }),
    expected: { ...READ, format: 'apk', install: 'apk' },
    mutations: MUTATIONS,
  },
  {
    inspector: apkInspector,
    fixtureName: 'an APK with signatures v2, v3 and v3.1',
    fixture: await signApk(buildApk(plainApk), [
      { scheme: 2, signer: old, protects: 3 },
      { scheme: 3, signer: old, maxSdk: 32 },
      { scheme: 3.1, signer, minSdk: 33, lineage: [old] },
    ]),
    expected: {
      ...SIGNED,
      signatures: [
        signedBy('apk-v3.1', { lineage: [oldSha256], minOs: '33' }),
        signedBy('apk-v3', { ...byOld, minOs: '24' }),
        signedBy('apk-v2', byOld),
      ],
    },
    mutations: MUTATIONS,
  },
  {
    inspector: apkInspector,
    fixtureName: 'an APK signed like a JAR',
    fixture: await signJar(buildApk(plainApk), signer),
    expected: { ...SIGNED, signatures: [signedBy('apk-v1', { state: 'unverified' })] },
    mutations: MUTATIONS,
  },
  {
    inspector: aabInspector,
    fixtureName: 'an app bundle',
    fixture: buildAab({ ...OPTIONS, extra: pictures('base/') }),
    expected: { ...READ, format: 'aab', install: 'file', facts: { ...READ.facts, modules: ['base'] } },
    mutations: MUTATIONS,
  },
  {
    inspector: apkSetInspector,
    fixtureName: 'a set of APKs',
    fixture: buildApks(),
    expected: {
      ...SET,
      format: 'apks',
      facts: { debuggable: false, testOnly: false, packages: 3, splits: ['config.arm64_v8a', 'config.de'] },
    },
    mutations: MUTATIONS / 2,
  },
  {
    inspector: apkSetInspector,
    fixtureName: 'an XAPK',
    fixture: buildXapk(),
    expected: {
      ...SET,
      format: 'xapk',
      facts: { debuggable: false, testOnly: false, packages: 2, splits: ['config.arm64_v8a'] },
    },
    mutations: MUTATIONS / 2,
  },
]
