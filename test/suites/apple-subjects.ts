import { ipaInspector } from '../../src/inspect/ipa.ts'
import { machoInspector } from '../../src/inspect/macho.ts'
import { buildAppleSigner } from '../fixtures/apple-signer.ts'
import { buildSignedMacho, cdHashOf } from '../fixtures/build-code-signature.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
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
        facts: { supportedPlatforms: ['iPhoneOS'] },
      },
      mutations: MUTATIONS / 2,
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
