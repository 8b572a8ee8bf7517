import { archiveInspector } from '../../src/inspect/archive/archive.ts'
import { appImageInspector } from '../../src/inspect/linux/appimage.ts'
import { elfInspector } from '../../src/inspect/linux/elf.ts'
import { rpmInspector } from '../../src/inspect/linux/rpm.ts'
import { snapInspector } from '../../src/inspect/linux/snap.ts'
import { buildAppImage, buildAppImageType1, DESKTOP_ENTRY, pngHead } from '../fixtures/build-appimage.ts'
import { buildElfWithSections, neededLibraries, neededVersions } from '../fixtures/build-elf.ts'
import { buildPgpSignature, buildRpm } from '../fixtures/build-rpm.ts'
import { buildSquashfs } from '../fixtures/build-squashfs.ts'
import { TARBALL_BZ2 } from '../fixtures/bzip2-samples.ts'
import type { InspectorSubject } from './inspector.ts'

/** 2 000 for each inspector; formats that share one divide them. */
const MUTATIONS = 2000

/** Good files of the formats for Linux, with the facts that their inspectors must read. */
export const LINUX_SUBJECTS: readonly InspectorSubject[] = [
  {
    inspector: rpmInspector,
    fixtureName: 'an RPM',
    fixture: buildRpm({
      epoch: 1,
      signatureTags: { 268: buildPgpSignature(new Uint8Array(8).fill(0xa5), 1e9) },
      tags: { 1006: 1e9, 1048: new Uint32Array([0, 12]), 1049: ['/bin/sh', 'bash'], 1050: ['', '4'], 5009: 1n << 33n },
    }),
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
        requires: ['/bin/sh', 'bash >= 4'],
        installedSizeBytes: 2 ** 33,
        builtAt: '2001-09-09T01:46:40.000Z',
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
  ...(['none', 'gzip', 'xz', 'zstd'] as const).map(
    (compression): InspectorSubject => ({
      inspector: appImageInspector,
      fixtureName: `an AppImage with squashfs of ${compression}`,
      fixture: buildAppImage({
        updateInformation: 'zsync|https://example.com/notes.zsync',
        signature: buildPgpSignature(new Uint8Array(8).fill(0xa5), 1e9),
        squashfs: { compression },
      }),
      expected: {
        format: 'appimage',
        platform: 'linux',
        arch: 'x64',
        name: 'Notes',
        version: '1.4.0',
        install: 'file',
        signatures: [{ scheme: 'openpgp', state: 'unverified', signedAt: '2001-09-09T01:46:40.000Z' }],
        icon: { mediaType: 'image/png', width: 256, height: 256, sizeBytes: 33 },
        facts: {
          type: 2,
          compression: compression === 'none' ? 'gzip' : compression,
          updateInformation: 'zsync|https://example.com/notes.zsync',
          signatureKeyIds: ['a5a5a5a5a5a5a5a5'],
          desktopFile: 'notes.desktop',
          comment: 'Notes in a window',
          categories: ['Office', 'Utility'],
          exec: 'notes %F',
          iconName: 'notes',
        },
      },
      mutations: MUTATIONS / 2,
    }),
  ),
  {
    inspector: appImageInspector,
    fixtureName: 'an AppImage of type 1',
    fixture: buildAppImageType1(
      { 'notes.desktop': DESKTOP_ENTRY, 'notes.png': pngHead(48, 48), '.DirIcon': { link: 'notes.png' } },
      { zisofs: true },
    ),
    expected: {
      format: 'appimage',
      platform: 'linux',
      arch: 'x64',
      name: 'Notes',
      version: '1.4.0',
      install: 'file',
      signatures: [],
      icon: { mediaType: 'image/png', width: 48, height: 48, sizeBytes: 33 },
      facts: {
        type: 1,
        desktopFile: 'notes.desktop',
        comment: 'Notes in a window',
        categories: ['Office', 'Utility'],
        exec: 'notes %F',
        iconName: 'notes',
      },
    },
    mutations: MUTATIONS / 2,
  },
  {
    inspector: snapInspector,
    fixtureName: 'a snap',
    fixture: buildSquashfs({
      bin: { notes: '#!/bin/sh\n' },
      meta: { 'snap.yaml': 'name: notes\nversion: 1.4.0\nsummary: Notes\narchitectures: [amd64]\n' },
    }),
    expected: {
      format: 'snap',
      platform: 'linux',
      arch: 'x64',
      identifier: 'notes',
      version: '1.4.0',
      install: 'file',
      facts: { summary: 'Notes' },
    },
    mutations: MUTATIONS,
  },
  {
    inspector: elfInspector,
    fixtureName: 'an ELF program with versions',
    fixture: buildElfWithSections({
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      sections: neededVersions({ 'libm.so.6': ['GLIBC_2.29'], 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'] }),
    }),
    expected: {
      format: 'elf',
      platform: 'linux',
      arch: 'x64',
      install: 'file',
      facts: { interpreter: '/lib64/ld-linux-x86-64.so.2', libc: 'glibc', glibcMin: '2.34' },
    },
    mutations: MUTATIONS / 2,
  },
  {
    inspector: elfInspector,
    fixtureName: 'an ELF library',
    fixture: buildElfWithSections({
      loadedBytes: 200,
      sections: neededLibraries(['libm.so', 'libc.musl-x86_64.so.1']),
    }),
    expected: { format: 'elf', platform: 'linux', arch: 'x64', install: 'file', facts: { libc: 'musl' } },
    mutations: MUTATIONS / 2,
  },
]
