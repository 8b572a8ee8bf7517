import { archiveInspector } from '../../src/inspect/archive/archive.ts'
import { zipPackageInspector } from '../../src/inspect/archive/zip-package.ts'
import { debInspector } from '../../src/inspect/linux/deb.ts'
import { elfInspector } from '../../src/inspect/linux/elf.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildElf } from '../fixtures/build-program.ts'
import { gzip, storedXz, storedZstd } from '../fixtures/stored-streams.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { ANDROID_SUBJECTS } from './android-subjects.ts'
import { APPLE_SUBJECTS } from './apple-subjects.ts'
import { GENERIC_SUBJECTS } from './generic-subjects.ts'
import type { InspectorSubject } from './inspector.ts'
import { LINUX_SUBJECTS } from './linux-subjects.ts'
import { WINDOWS_SUBJECTS } from './windows-subjects.ts'

/** 2 000 for each inspector; formats that share one divide them. */
const MUTATIONS = 2000

const debFacts = {
  architecture: 'amd64',
  installedSize: '1',
  maintainer: 'Example <packages@example.com>',
  section: 'utils',
  priority: 'optional',
  description: 'Notes in a terminal',
}
const elf = buildElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' })
const tarball = buildTar([
  { name: 'notes-1.4.0/', type: '5' },
  { name: 'notes-1.4.0/bin/notes', data: elf, mode: 0o755 },
  { name: 'notes-1.4.0/README', data: 'Notes\n' },
])

/** A good file of each format, with the facts that its inspector must read. The long tests mutate each of them more often. */
export const INSPECTOR_SUBJECTS: readonly InspectorSubject[] = [
  ...ANDROID_SUBJECTS,
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
    mutations: MUTATIONS / 2,
  },
  {
    inspector: zipPackageInspector,
    fixtureName: 'a ZIP with a program',
    fixture: buildZip([{ name: 'lib/notes.so', data: elf }]),
    expected: { format: 'zip', platform: 'linux', arch: 'x64', install: 'file' },
    mutations: MUTATIONS / 2,
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
      facts: { interpreter: '/lib64/ld-linux-x86-64.so.2', libc: 'glibc' },
    },
    mutations: MUTATIONS,
  },
  ...APPLE_SUBJECTS,
  ...GENERIC_SUBJECTS,
  ...LINUX_SUBJECTS,
  ...WINDOWS_SUBJECTS,
]
