import { archiveInspector } from '../../src/inspect/archive.ts'
import { rpmInspector } from '../../src/inspect/rpm.ts'
import { buildPgpSignature, buildRpm } from '../fixtures/build-rpm.ts'
import { TARBALL_BZ2 } from '../fixtures/bzip2-samples.ts'
import type { InspectorSubject } from './inspector.ts'

/** 2 000 for each inspector; formats that share one divide them. */
const MUTATIONS = 2000

/** Good files of the formats for Linux, with the facts that their inspectors must read. */
export const LINUX_SUBJECTS: readonly InspectorSubject[] = [
  {
    inspector: rpmInspector,
    fixtureName: 'an RPM',
    fixture: buildRpm({ epoch: 1, signatureTags: { 268: buildPgpSignature(new Uint8Array(8).fill(0xa5), 1e9) } }),
    expected: {
      format: 'rpm',
      platform: 'linux',
      arch: 'x64',
      identifier: 'notes',
      version: '1:1.4.0-1',
      install: 'file',
      signatures: [{ scheme: 'openpgp', state: 'unverified', signedAt: '2001-09-09T01:46:40.000Z' }],
      facts: {
        architecture: 'x86_64',
        summary: 'Notes in a terminal',
        license: 'MIT',
        url: 'https://example.com/notes',
        vendor: 'Example',
        payloadFormat: 'cpio',
        payloadCompressor: 'gzip',
        sourceRpm: 'notes-1.4.0-1.src.rpm',
        signatureKeyIds: ['a5a5a5a5a5a5a5a5'],
      },
    },
    mutations: MUTATIONS,
  },
  {
    inspector: archiveInspector,
    fixtureName: 'a tar.bz2',
    fixture: TARBALL_BZ2,
    expected: { format: 'tar.bz2', install: 'file', platform: 'linux', arch: 'x64' },
    mutations: MUTATIONS,
  },
]
