import { digestHex, digestOf } from '../../src/bytes/digest.ts'
import { appZipInspector } from '../../src/inspect/apple/app-zip.ts'
import { dmgInspector } from '../../src/inspect/apple/dmg.ts'
import { ipaInspector } from '../../src/inspect/apple/ipa.ts'
import { machoInspector } from '../../src/inspect/apple/macho.ts'
import { pkgInspector } from '../../src/inspect/apple/pkg.ts'
import { buildAppleSigner } from '../fixtures/apple-signer.ts'
import { buildAppZip } from '../fixtures/build-app-zip.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { ipaCodeResources } from '../fixtures/build-code-resources.ts'
import { buildSignedMacho, cdHashOf } from '../fixtures/build-code-signature.ts'
import { buildSignedDmg } from '../fixtures/build-dmg.ts'
import { buildIpa, ipaInfoPlist } from '../fixtures/build-ipa.ts'
import { buildPkg } from '../fixtures/build-pkg.ts'
import { buildIcns, buildPng } from '../fixtures/build-png.ts'
import { buildProfile, PROFILE_DEVICES } from '../fixtures/build-profile.ts'
import { buildFatMacho, buildMacho, CPU_ARM64, CPU_X64 } from '../fixtures/build-program.ts'
import { utf8 } from '../fixtures/byte-writer.ts'
import type { InspectorSubject } from './inspector.ts'

const MUTATIONS = 2000

const developerId = await buildAppleSigner()
const signedMacho = await buildSignedMacho({
  flags: 0x10000,
  teamId: 'ABCDE12345',
  entitlements: { 'com.apple.security.app-sandbox': true },
  cms: developerId.cms,
})

const distribution = await buildAppleSigner('Apple Distribution: Example Inc (ABCDE12345)')
const IPA_INFO = {
  NSCameraUsageDescription: 'Scans notes',
  CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['AppIcon60x60'] } },
}
const icon = buildPng({ width: 6, height: 4 })
const IPA_ICON = 'AppIcon60x60@2x.png'

/** An IPA that is signed as a whole, with its profile in one of the two encodings. */
async function buildSignedIpa(ber: boolean): Promise<{ fixture: Uint8Array; program: Uint8Array }> {
  const expiresAt = new Date('2059-01-01T00:00:00Z')
  const profile = await buildProfile({ type: 'ad-hoc', signer: distribution.signer, expiresAt, ber })
  const codeResources = ipaCodeResources({ 'embedded.mobileprovision': profile, [IPA_ICON]: icon })
  const program = await buildSignedMacho({
    platform: 2,
    flags: 0,
    teamId: 'ABCDE12345',
    entitlements: { 'application-identifier': 'ABCDE12345.com.example.notes', 'get-task-allow': false },
    infoPlist: ipaInfoPlist({ info: IPA_INFO }),
    codeResources,
    cms: distribution.cms,
  })
  const extra = [
    { name: `Payload/Notes.app/${IPA_ICON}`, data: icon, method: 0 },
    { name: 'Payload/Notes.app/_CodeSignature/CodeResources', data: codeResources },
  ]
  return { fixture: buildIpa({ info: IPA_INFO, program, profile, extra }), program }
}

const signedIpas = await Promise.all([false, true].map(buildSignedIpa))

let appProgram = new Uint8Array(0)
const appZip = await buildAppZip(
  async (files) => {
    appProgram = await buildSignedMacho({ flags: 0x10000, teamId: 'ABCDE12345', cms: developerId.cms, ...files })
    return appProgram
  },
  [
    { name: 'Notes.app/Contents/CodeResources', data: 's8ch ticket' },
    { name: 'Notes.app/Contents/Resources/AppIcon.icns', data: buildIcns([['ic11', icon]]) },
  ],
)
const dmg = await buildSignedDmg({ teamId: 'ABCDE12345', flags: 0, cms: developerId.cms, ticket: utf8('ticket') })
const installer = await buildSigner({
  kind: 'rsa',
  subject: [['2.5.4.3', 'Developer ID Installer: Example Inc (ABCDE12345)']],
})

/** Formats of Apple's systems. */
export const APPLE_SUBJECTS: readonly InspectorSubject[] = [
  ...(['binary', 'xml'] as const).map(
    (plist): InspectorSubject => ({
      inspector: ipaInspector,
      fixtureName: `an IPA with ${plist} Info.plist`,
      fixture: buildIpa({ plist, name: 'N\u00f6tes & <co>' }),
      expected: {
        format: 'ipa',
        platform: 'ios',
        arch: 'arm64',
        identifier: 'com.example.notes',
        name: 'N\u00f6tes & <co>',
        version: '1.4.0',
        buildNumber: '1040',
        minOs: '16.0',
        install: 'download',
        abis: ['arm64'],
        permissions: [],
        signatures: [],
        facts: { supportedPlatforms: ['iPhoneOS'], deviceFamilies: ['iphone', 'ipad'] },
      },
      mutations: MUTATIONS / 4,
    }),
  ),
  ...signedIpas.map(
    ({ fixture, program }, i): InspectorSubject => ({
      inspector: ipaInspector,
      fixtureName: `an IPA with a profile in ${i === 1 ? 'BER' : 'DER'}`,
      fixture,
      expected: {
        format: 'ipa',
        platform: 'ios',
        arch: 'arm64',
        identifier: 'com.example.notes',
        name: 'Notes',
        version: '1.4.0',
        buildNumber: '1040',
        minOs: '16.0',
        install: 'enterprise',
        abis: ['arm64'],
        permissions: ['NSCameraUsageDescription'],
        signatures: [distribution.facts('valid')],
        profile: {
          type: 'ad-hoc',
          name: 'Notes ad-hoc',
          uuid: '1b2c3d4e-0000-4000-8000-000000000001',
          teamId: 'ABCDE12345',
          teamName: 'Example Inc',
          createdAt: '2026-01-01T00:00:00.000Z',
          expiresAt: '2059-01-01T00:00:00.000Z',
          deviceCount: 2,
          devices: PROFILE_DEVICES,
        },
        entitlements: { 'application-identifier': 'ABCDE12345.com.example.notes', 'get-task-allow': false },
        icon: { mediaType: 'image/png', width: 6, height: 4, sizeBytes: icon.length },
        facts: {
          supportedPlatforms: ['iPhoneOS'],
          deviceFamilies: ['iphone', 'ipad'],
          usageDescriptions: ['NSCameraUsageDescription: Scans notes'],
          codeSignature: 'apple-distribution',
          codeIdentifier: 'com.example.notes',
          teamId: 'ABCDE12345',
          hardenedRuntime: false,
          cdHashes: [cdHashOf(program)],
        },
      },
      mutations: MUTATIONS / 4,
    }),
  ),
  {
    inspector: machoInspector,
    fixtureName: 'a universal Mach-O program',
    fixture: buildFatMacho([
      { cpuType: CPU_X64, bytes: buildMacho({ cpuType: CPU_X64, minOs: [10, 15] }) },
      { cpuType: CPU_ARM64, bytes: buildMacho({ minOs: [11, 0] }) },
    ]),
    expected: {
      format: 'macho',
      platform: 'macos',
      arch: 'universal',
      minOs: '10.15.0',
      install: 'file',
      abis: ['x86_64', 'arm64'],
      signatures: [],
    },
    mutations: MUTATIONS / 2,
  },
  {
    inspector: machoInspector,
    fixtureName: 'a signed Mach-O program',
    fixture: signedMacho,
    expected: {
      format: 'macho',
      platform: 'macos',
      arch: 'arm64',
      minOs: '12.0.0',
      install: 'file',
      abis: ['arm64'],
      signatures: [developerId.facts('valid')],
      entitlements: { 'com.apple.security.app-sandbox': true },
      facts: {
        codeSignature: 'developer-id',
        codeIdentifier: 'com.example.notes',
        teamId: 'ABCDE12345',
        hardenedRuntime: true,
        cdHashes: [cdHashOf(signedMacho)],
      },
    },
    mutations: MUTATIONS / 2,
  },
  {
    inspector: appZipInspector,
    fixtureName: 'a signed Mac application',
    fixture: appZip,
    expected: {
      format: 'app-zip',
      platform: 'macos',
      arch: 'arm64',
      identifier: 'com.example.notes',
      name: 'Notes',
      version: '1.4.0',
      buildNumber: '1040',
      minOs: '12.0',
      install: 'file',
      abis: ['arm64'],
      signatures: [developerId.facts('valid')],
      icon: { mediaType: 'image/png', width: 6, height: 4, sizeBytes: icon.length },
      facts: {
        notarization: 'stapled',
        sealsResources: true,
        codeSignature: 'developer-id',
        codeIdentifier: 'com.example.notes',
        teamId: 'ABCDE12345',
        hardenedRuntime: true,
        cdHashes: [cdHashOf(appProgram)],
      },
    },
    mutations: MUTATIONS,
  },
  {
    inspector: dmgInspector,
    fixtureName: 'a signed disk image',
    fixture: dmg,
    expected: {
      format: 'dmg',
      platform: 'macos',
      install: 'file',
      signatures: [developerId.facts('valid')],
      facts: {
        imageBytes: 40_960,
        codeSignature: 'developer-id',
        codeIdentifier: 'com.example.notes',
        teamId: 'ABCDE12345',
        cdHashes: [cdHashOf(dmg)],
        notarization: 'stapled',
      },
    },
    mutations: MUTATIONS,
  },
  {
    inspector: pkgInspector,
    fixtureName: 'an installer package',
    fixture: await buildPkg({ signer: installer, signs: 'both', ticket: utf8('ticket') }),
    expected: {
      format: 'pkg',
      platform: 'macos',
      arch: 'universal',
      identifier: 'com.example.notes',
      name: 'Notes',
      version: '1.4.0',
      minOs: '12.0',
      install: 'file',
      signatures: [
        {
          scheme: 'xar',
          state: 'valid',
          signer: 'CN=Developer ID Installer: Example Inc (ABCDE12345)',
          certificateSha256: digestHex(digestOf(installer.certificate)),
          validFrom: '2020-01-01T00:00:00.000Z',
          validTo: '2060-01-01T00:00:00.000Z',
        },
      ],
      facts: {
        packages: ['com.example.notes.pkg'],
        installLocation: '/Applications',
        codeSignature: 'developer-id',
        notarization: 'stapled',
      },
    },
    mutations: MUTATIONS,
  },
]
