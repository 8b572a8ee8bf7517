import { ipaInspector } from '../../src/inspect/ipa.ts'
import { machoInspector } from '../../src/inspect/macho.ts'
import { buildAppleSigner } from '../fixtures/apple-signer.ts'
import { buildSignedMacho, cdHashOf } from '../fixtures/build-code-signature.ts'
import { buildIpa, ipaInfoPlist } from '../fixtures/build-ipa.ts'
import { buildPng } from '../fixtures/build-png.ts'
import { buildProfile, PROFILE_DEVICES } from '../fixtures/build-profile.ts'
import { buildFatMacho, buildMacho, CPU_ARM64, CPU_X64 } from '../fixtures/build-program.ts'
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
const ipaProgram = await buildSignedMacho({
  platform: 2,
  flags: 0,
  teamId: 'ABCDE12345',
  entitlements: { 'application-identifier': 'ABCDE12345.com.example.notes', 'get-task-allow': false },
  infoPlist: ipaInfoPlist({ info: IPA_INFO }),
  cms: distribution.cms,
})
const ipaIcon = buildPng({ width: 6, height: 4 })
const profileOptions = {
  type: 'ad-hoc',
  signer: distribution.signer,
  expiresAt: new Date('2059-01-01T00:00:00Z'),
} as const
const derProfile = await buildProfile(profileOptions)
const berProfile = await buildProfile({ ...profileOptions, ber: true })

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
  ...[false, true].map(
    (ber): InspectorSubject => ({
      inspector: ipaInspector,
      fixtureName: `an IPA with a profile in ${ber ? 'BER' : 'DER'}`,
      fixture: buildIpa({
        info: IPA_INFO,
        program: ipaProgram,
        profile: ber ? berProfile : derProfile,
        extra: [{ name: 'Payload/Notes.app/AppIcon60x60@2x.png', data: ipaIcon, method: 0 }],
      }),
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
        icon: { mediaType: 'image/png', width: 6, height: 4, sizeBytes: ipaIcon.length },
        facts: {
          supportedPlatforms: ['iPhoneOS'],
          deviceFamilies: ['iphone', 'ipad'],
          usageDescriptions: ['NSCameraUsageDescription: Scans notes'],
          codeSignature: 'apple-distribution',
          codeIdentifier: 'com.example.notes',
          teamId: 'ABCDE12345',
          hardenedRuntime: false,
          cdHashes: [cdHashOf(ipaProgram)],
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
]
