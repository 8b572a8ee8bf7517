import { buildAppleSigner } from '../fixtures/apple-signer.ts'
import { buildAab } from '../fixtures/build-aab.ts'
import { type ApkOptions, buildApk } from '../fixtures/build-apk.ts'
import { buildAppZip } from '../fixtures/build-app-zip.ts'
import { buildAppImage, DESKTOP_ENTRY } from '../fixtures/build-appimage.ts'
import { buildSigner, type TestSigner } from '../fixtures/build-certificate.ts'
import { ipaCodeResources } from '../fixtures/build-code-resources.ts'
import { buildSignedMacho } from '../fixtures/build-code-signature.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildSignedDmg } from '../fixtures/build-dmg.ts'
import { buildIpa, ipaInfoPlist } from '../fixtures/build-ipa.ts'
import { buildMsi } from '../fixtures/build-msi.ts'
import { buildMsix } from '../fixtures/build-msix.ts'
import { buildPeWithVersion, signPe } from '../fixtures/build-pe.ts'
import { buildIcns, buildPng } from '../fixtures/build-png.ts'
import { buildProfile, type ProfileOptions } from '../fixtures/build-profile.ts'
import { buildElf, buildPe, CPU_X64 } from '../fixtures/build-program.ts'
import { buildRpm } from '../fixtures/build-rpm.ts'
import { utf8 } from '../fixtures/byte-writer.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { signJar } from '../fixtures/sign-jar.ts'
import { gzip } from '../fixtures/stored-streams.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { buildZip } from '../fixtures/zip-writer.ts'

/** A file of a release, and what is said of it when it is attached. */
export interface InstallFile {
  readonly fileName: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly declared: Readonly<Record<string, string>>
}

const file = (fileName: string, bytes: Uint8Array, declared: Readonly<Record<string, string>>): InstallFile => ({
  fileName,
  bytes: Uint8Array.from(bytes),
  declared,
})

/** Nine years on, so that no profile of a test ends while it runs. */
const LATER = new Date(Date.now() + 9 * 365 * 86_400_000)

/** A note on yellow paper. */
const icon = buildPng({
  width: 96,
  height: 96,
  filters: [0],
  pixel: (x, y) => {
    const isLine = x > 20 && x < 76 && y > 24 && y < 76 && y % 12 < 3
    return isLine ? [110, 84, 20, 255] : [250, 204, 60, 255]
  },
})

/** Who signs for Android: the first `stable`, the other a release on `beta`. */
export const androidSigners: readonly [TestSigner, TestSigner] = await Promise.all([
  buildSigner({ subject: [['2.5.4.3', 'Example Notes']] }),
  buildSigner({ subject: [['2.5.4.3', 'Somebody Else']] }),
])

const [publisher, distribution, developerId] = await Promise.all([
  buildSigner({ subject: [['2.5.4.3', 'Example Signer']] }),
  buildAppleSigner('Apple Distribution: Example Inc (ABCDE12345)'),
  buildAppleSigner(),
])

/** What the package for Android asks for; the last is no permission of Android's own. */
export const ANDROID_PERMISSIONS = [
  'android.permission.INTERNET',
  'android.permission.CAMERA',
  'android.permission.POST_NOTIFICATIONS',
  'com.example.notes.SYNC',
]

const androidOptions = (version: string, versionCode: number): ApkOptions => ({
  versionName: version,
  versionCode,
  minSdk: 26,
  targetSdk: 35,
  label: 'Notes',
  icon: { reference: 0x7f010000 },
  resources: [{ '|160': 'res/a.png' }],
  permissions: ANDROID_PERMISSIONS,
  extra: [{ name: 'res/a.png', data: icon, method: 0 }],
})

/** A package for Android, signed by one that is not the platform's test key. */
export async function androidFile(
  version: string,
  versionCode: number,
  signer: TestSigner = androidSigners[0],
  more: ApkOptions = {},
): Promise<InstallFile> {
  const apk = buildApk({ ...androidOptions(version, versionCode), ...more })
  const signed = await signApk(apk, [
    { scheme: 3, signer, minSdk: 28, maxSdk: 0x7fffffff },
    { scheme: 2, signer },
  ])
  return file('notes.apk', signed, { platform: 'android' })
}

/** An IPA that is signed as a whole. @param type of its profile, from which its mode follows */
export async function iosFile(
  fileName: string,
  version: string,
  type: ProfileOptions['type'],
  more: Partial<ProfileOptions> = {},
): Promise<InstallFile> {
  const profile = await buildProfile({ type, signer: distribution.signer, expiresAt: LATER, ...more })
  const info = {
    NSCameraUsageDescription: 'Scans notes',
    CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['AppIcon60x60'] } },
  }
  const name = 'AppIcon60x60@2x.png'
  const codeResources = ipaCodeResources({ 'embedded.mobileprovision': profile, [name]: icon })
  const program = await buildSignedMacho({
    platform: 2,
    flags: 0,
    teamId: 'ABCDE12345',
    entitlements: {
      'application-identifier': 'ABCDE12345.com.example.notes',
      'get-task-allow': type === 'development',
    },
    infoPlist: ipaInfoPlist({ version, info }),
    codeResources,
    cms: distribution.cms,
  })
  const ipa = buildIpa({
    version,
    info,
    program,
    profile,
    extra: [
      { name: `Payload/Notes.app/${name}`, data: icon, method: 0 },
      { name: 'Payload/Notes.app/_CodeSignature/CodeResources', data: codeResources },
    ],
  })
  return file(fileName, ipa, { platform: 'ios' })
}

const tarOf = (program: Uint8Array) =>
  gzip(
    buildTar([
      { name: 'notes/', type: '5' },
      { name: 'notes/notes', data: program, mode: 0o755 },
    ]),
  )

const ARM64 = 183

/** Files for Linux: packages of two families, and archives for three kinds of machine. */
export function linuxFiles(): readonly InstallFile[] {
  const pictured = {
    '.DirIcon': { link: 'usr/share/notes.png' },
    AppRun: '#!/bin/sh\n',
    'notes.desktop': DESKTOP_ENTRY,
    usr: { share: { 'notes.png': icon } },
  }
  return [
    file('notes_1.4.0-1_amd64.deb', buildDeb(), { platform: 'linux' }),
    file('notes-1.4.0-1.x86_64.rpm', buildRpm(), { platform: 'linux' }),
    file('Notes-1.4.0.AppImage', buildAppImage({ files: pictured }), { platform: 'linux' }),
    file('notes-linux-x64.tar.gz', tarOf(buildElf()), { platform: 'linux', arch: 'x64' }),
    file('notes-linux-arm64.tar.gz', tarOf(buildElf({ machine: ARM64 })), { platform: 'linux', arch: 'arm64' }),
    file('notes-linux-x64-musl.tar.gz', tarOf(buildElf({ interpreter: '/lib/ld-musl-x86_64.so.1' })), {
      ...{ platform: 'linux', arch: 'x64', variant: 'musl' },
    }),
  ]
}

/** A disk image with a ticket, and an application without one for older machines. */
async function macFiles(): Promise<readonly InstallFile[]> {
  const signed = { teamId: 'ABCDE12345', cms: developerId.cms }
  const dmg = await buildSignedDmg({ ...signed, identifier: 'Notes', flags: 0, ticket: utf8('ticket') })
  const appZip = await buildAppZip(
    (bundle) => buildSignedMacho({ ...signed, cpuType: CPU_X64, flags: 0x10000, ...bundle }),
    [{ name: 'Notes.app/Contents/Resources/AppIcon.icns', data: buildIcns([['ic11', icon]]) }],
  )
  return [
    file('Notes-1.4.0.dmg', dmg, { platform: 'macos', arch: 'universal' }),
    file('Notes-1.4.0-intel.zip', appZip, { platform: 'macos' }),
  ]
}

async function windowsFiles(): Promise<readonly InstallFile[]> {
  const program = buildPeWithVersion({ strings: { ProductName: 'Notes', ProductVersion: '1.4.0' } })
  return [
    file('notes-setup.exe', await signPe(program, publisher), { platform: 'windows', arch: 'x64' }),
    file('notes-1.4.0.msi', await buildMsi({ signer: publisher }), { platform: 'windows' }),
    file('notes-1.4.0.msix', await buildMsix({ signer: publisher }), { platform: 'windows' }),
    file('notes-windows-arm64.zip', buildZip([{ name: 'notes.exe', data: buildPe({ machine: 0xaa64 }) }]), {
      ...{ platform: 'windows', arch: 'arm64' },
    }),
  ]
}

/** One file of every kind that people install, of version 1.4.0. */
export async function filesForAll(): Promise<readonly InstallFile[]> {
  const [apk, enterprise, adHoc, plain, mac, windows] = await Promise.all([
    androidFile('1.4.0', 1040),
    iosFile('Notes-enterprise.ipa', '1.4.0', 'enterprise'),
    iosFile('Notes-adhoc.ipa', '1.4.0', 'ad-hoc'),
    iosFile('Notes-development.ipa', '1.4.0', 'development'),
    macFiles(),
    windowsFiles(),
  ])
  const bundle = await signJar(buildAab(androidOptions('1.4.0', 1040)), androidSigners[0])
  return [
    ...[apk, file('notes.aab', bundle, { platform: 'android' }), enterprise, adHoc, plain],
    ...mac,
    ...windows,
    ...linuxFiles(),
    file('notes.spdx.json', utf8('{"spdxVersion":"SPDX-2.3","name":"notes","packages":[]}'), {
      ...{ kind: 'sbom', describes: 'notes_1.4.0-1_amd64.deb' },
    }),
  ]
}

/** A file that nothing is read from, with a name as it is. */
export function plainFile(fileName: string, text: string, declared: Readonly<Record<string, string>>): InstallFile {
  return file(fileName, utf8(text), declared)
}
