import { msiInspector } from '../../src/inspect/windows/msi.ts'
import { msixInspector } from '../../src/inspect/windows/msix.ts'
import { peInspector } from '../../src/inspect/windows/pe.ts'
import { signatureFacts } from '../fixtures/build-authenticode.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildMsi } from '../fixtures/build-msi.ts'
import { buildMsix, buildMsixBundle } from '../fixtures/build-msix.ts'
import { buildPeWithVersion, signPe } from '../fixtures/build-pe.ts'
import { buildPe } from '../fixtures/build-program.ts'
import type { InspectorSubject } from './inspector.ts'

/** 2 000 for each inspector; formats that share one divide them. */
const MUTATIONS = 2000

const signer = await buildSigner()
const other = await buildSigner({ kind: 'p384' })
const program = buildPeWithVersion({
  strings: { CompanyName: 'Example', ProductName: 'Notes', ProductVersion: '1.4.0' },
  fileVersion: [1, 4, 0, 7],
  productVersion: [1, 4, 0, 0],
})

/** Programs, installers and packages for Windows. */
export const WINDOWS_SUBJECTS: readonly InspectorSubject[] = [
  {
    inspector: peInspector,
    fixtureName: 'a Windows program',
    fixture: buildPe({ subsystem: 2 }),
    expected: {
      format: 'exe',
      platform: 'windows',
      arch: 'x64',
      install: 'file',
      signatures: [],
      facts: { subsystem: 'gui', dotNet: false },
    },
    mutations: MUTATIONS / 2,
  },
  {
    inspector: peInspector,
    fixtureName: 'a signed Windows program',
    fixture: await signPe(program, signer, { nested: other }),
    expected: {
      format: 'exe',
      platform: 'windows',
      arch: 'x64',
      name: 'Notes',
      version: '1.4.0',
      install: 'file',
      signatures: [await signatureFacts(signer, 'authenticode'), await signatureFacts(other, 'authenticode')],
      facts: {
        subsystem: 'console',
        dotNet: false,
        companyName: 'Example',
        productName: 'Notes',
        productVersion: '1.4.0',
        fixedFileVersion: '1.4.0.7',
        fixedProductVersion: '1.4.0.0',
      },
    },
    mutations: MUTATIONS / 2,
  },
  ...(await Promise.all(
    [false, true].map(
      async (extended): Promise<InspectorSubject> => ({
        inspector: msiInspector,
        fixtureName: extended ? 'an installer whose names are signed' : 'a signed installer',
        fixture: await buildMsi({ signer, extended, template: 'Intel;1033' }),
        expected: {
          format: 'msi',
          platform: 'windows',
          arch: 'x86',
          name: 'Notes',
          version: '1.4.0',
          install: 'file',
          signatures: [await signatureFacts(signer, 'authenticode')],
          facts: {
            productCode: '{11111111-2222-3333-4444-555555555555}',
            upgradeCode: '{66666666-7777-8888-9999-AAAAAAAAAAAA}',
            manufacturer: 'Example Inc',
            packageCode: '{BBBBBBBB-CCCC-DDDD-EEEE-FFFFFFFFFFFF}',
            template: 'Intel;1033',
            installerVersion: 500,
            requiresElevation: true,
          },
        },
        mutations: MUTATIONS / 2,
      }),
    ),
  )),
  {
    inspector: msixInspector,
    fixtureName: 'a signed MSIX',
    fixture: await buildMsix({ signer }),
    expected: {
      format: 'msix',
      platform: 'windows',
      arch: 'x64',
      identifier: 'Example.Notes',
      name: 'Notes',
      version: '1.4.0.0',
      minOs: '10.0.17763.0',
      targetOs: '10.0.22621.0',
      install: 'file',
      permissions: ['internetClient', 'runFullTrust', 'microphone'],
      signatures: [await signatureFacts(signer, 'msix')],
      facts: {
        publisher: 'CN=Example Signer',
        packageFamilyName: 'Example.Notes_makfwr2yp25rr',
        publisherDisplayName: 'Example Inc',
        deviceFamilies: ['Windows.Desktop'],
      },
    },
    mutations: (MUTATIONS * 3) / 4,
  },
  {
    inspector: msixInspector,
    fixtureName: 'a signed MSIX bundle',
    fixture: await buildMsixBundle(['x64', 'arm64'], { signer }),
    expected: {
      format: 'msixbundle',
      platform: 'windows',
      arch: 'universal',
      identifier: 'Example.Notes',
      name: 'Notes',
      version: '1.4.0.0',
      minOs: '10.0.17763.0',
      targetOs: '10.0.22621.0',
      install: 'file',
      abis: ['x64', 'arm64'],
      permissions: ['internetClient', 'runFullTrust', 'microphone'],
      signatures: [await signatureFacts(signer, 'msix')],
      facts: {
        publisher: 'CN=Example Signer',
        packageFamilyName: 'Example.Notes_makfwr2yp25rr',
        publisherDisplayName: 'Example Inc',
        deviceFamilies: ['Windows.Desktop'],
        packages: ['notes_x64.msix', 'notes_arm64.msix'],
      },
    },
    mutations: MUTATIONS / 4,
  },
]
