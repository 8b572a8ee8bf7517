import { aabInspector } from '../../src/inspect/aab.ts'
import { apkInspector } from '../../src/inspect/apk.ts'
import { apkSetInspector } from '../../src/inspect/apk-set.ts'
import type { Inspection } from '../../src/model/inspection.ts'
import { buildAab } from '../fixtures/build-aab.ts'
import { type ApkOptions, buildApk } from '../fixtures/build-apk.ts'
import { buildApks } from '../fixtures/build-apks.ts'
import { buildPng, buildWebp } from '../fixtures/build-picture.ts'
import { buildXapk } from '../fixtures/build-xapk.ts'
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
