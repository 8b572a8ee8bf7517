import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'

/** Every field that dpkg has a word on, in forms that a reader may trip over: epoch, tilde, folded lines, umlauts. */
const CONTROL = `Package: libnotes++1
Version: 2:1.4.0~rc1+dfsg-1.2
Architecture: arm64
Maintainer: Jürgen Müller <jm@example.com>
Installed-Size: 1234
Pre-Depends: dpkg (>= 1.17)
Depends: libc6 (>= 2.36), libgcc-s1 (>= 3.0) | libgcc1,
 debconf (>= 0.5)
Conflicts: libnotes0, notes-legacy (<< 1:0)
Breaks: notes (<< 2:1.4),
 notes-data (<= 1.0~)
Replaces: notes-data
Provides: libnotes-abi (= 4), editor
Multi-Arch: same
Section: libs
Priority: optional
Homepage: https://example.com/notes?a=b&c=d
Description: Notes in a library
 A long text over
 .
 several lines: with a colon.
`

/** Debian packages in each compression that dpkg writes. */
export function builtDebs(): Promise<readonly Built[]> {
  return built(import.meta.url, async (folder) => {
    const tree = join(folder, '_tree')
    mkdirSync(join(tree, 'DEBIAN'), { recursive: true })
    mkdirSync(join(tree, 'usr', 'bin'), { recursive: true })
    writeFileSync(join(tree, 'DEBIAN', 'control'), CONTROL)
    writeFileSync(join(tree, 'DEBIAN', 'postinst'), '#!/bin/sh\nset -e\n')
    chmodSync(join(tree, 'DEBIAN', 'postinst'), 0o755)
    writeFileSync(join(tree, 'usr', 'bin', 'notes'), '#!/bin/sh\necho notes\n')
    for (const compression of ['gzip', 'xz', 'zstd', 'none']) {
      const target = join(folder, `${compression}.deb`)
      await told('dpkg-deb', [
        '--root-owner-group',
        '--uniform-compression',
        `-Z${compression}`,
        '--build',
        tree,
        target,
      ])
    }
    // The control archive alone in another compression, as long-lived tools write it.
    const target = join(folder, 'control-gzip-data-xz.deb')
    await told('dpkg-deb', ['--root-owner-group', '--no-uniform-compression', '-Zxz', '--build', tree, target])
  })
}
