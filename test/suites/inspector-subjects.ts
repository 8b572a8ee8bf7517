import { apkInspector } from '../../src/inspect/apk.ts'
import { archiveInspector } from '../../src/inspect/archive.ts'
import { elfInspector } from '../../src/inspect/binary.ts'
import { debInspector } from '../../src/inspect/deb.ts'
import { zipPackageInspector } from '../../src/inspect/zip-package.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildPng, buildWebp } from '../fixtures/build-picture.ts'
import { buildElf } from '../fixtures/build-program.ts'
import { gzip, storedXz, storedZstd } from '../fixtures/stored-streams.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { APPLE_SUBJECTS } from './apple-subjects.ts'
import { GENERIC_SUBJECTS } from './generic-subjects.ts'
import type { InspectorSubject } from './inspector.ts'
import { LINUX_SUBJECTS } from './linux-subjects.ts'
import { WINDOWS_SUBJECTS } from './windows-subjects.ts'

/** 2 000 for each inspector; formats that share one divide them. */
const MUTATIONS = 2000

const debFacts = {
  Architecture: 'amd64',
  'Installed-Size': '1',
  Maintainer: 'Example <packages@example.com>',
  Section: 'utils',
  Priority: 'optional',
  Description: 'Notes in a terminal',
}
const elf = buildElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' })
const tarball = buildTar([
  { name: 'notes-1.4.0/', type: '5' },
  { name: 'notes-1.4.0/bin/notes', data: elf, mode: 0o755 },
  { name: 'notes-1.4.0/README', data: 'Notes\n' },
])

/** A good file of each format, with the facts that its inspector must read. The long tests mutate each of them more often. */
export const INSPECTOR_SUBJECTS: readonly InspectorSubject[] = [
  {
    inspector: apkInspector,
    fixtureName: 'an APK with references',
    fixture: buildApk({
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
      extra: [
        { name: 'res/a.png', data: buildPng(48, 48) },
        { name: 'res/b.webp', data: buildWebp(144, 144) },
      ],
      encoding: 'utf8',
    }),
    expected: {
      format: 'apk',
      platform: 'android',
      arch: 'arm64',
      identifier: 'com.example.notes',
      name: 'Notes \u{1f5d2}',
      version: '1.2.3',
      buildNumber: '4294967303',
      minOs: '26',
      targetOs: '35',
      install: 'apk',
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
    },
    mutations: MUTATIONS,
  },
  ...(['gz', 'xz', 'zst', 'none'] as const).map(
    (compression): InspectorSubject => ({
      inspector: debInspector,
      fixtureName: `a deb with ${compression} compression`,
      fixture: buildDeb({ compression }),
      expected: {
        format: 'deb',
        platform: 'linux',
        arch: 'x64',
        identifier: 'notes',
        version: '1.4.0-1',
        install: 'file',
        facts: debFacts,
      },
      mutations: MUTATIONS / 2,
    }),
  ),
  ...(
    [
      ['tar.gz', gzip],
      ['tar.xz', storedXz],
      ['tar.zst', storedZstd],
    ] as const
  ).map(
    ([format, pack]): InspectorSubject => ({
      inspector: archiveInspector,
      fixtureName: `a ${format}`,
      fixture: pack(tarball),
      expected: { format, install: 'file', platform: 'linux', arch: 'x64' },
      mutations: MUTATIONS / 2,
    }),
  ),
  {
    inspector: zipPackageInspector,
    fixtureName: 'a ZIP',
    fixture: buildZip([{ name: 'README', data: 'Notes\n' }]),
    expected: { format: 'zip', install: 'file' },
    mutations: MUTATIONS,
  },
  {
    inspector: elfInspector,
    fixtureName: 'an ELF program',
    fixture: elf,
    expected: {
      format: 'elf',
      platform: 'linux',
      arch: 'x64',
      install: 'file',
      facts: { machine: 62, interpreter: '/lib64/ld-linux-x86-64.so.2' },
    },
    mutations: MUTATIONS,
  },
  ...APPLE_SUBJECTS,
  ...GENERIC_SUBJECTS,
  ...LINUX_SUBJECTS,
  ...WINDOWS_SUBJECTS,
]
