import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needPrograms } from '../../helpers/debian.ts'
import { payloadOffset } from '../elf-end.ts'
import { sample } from '../samples.ts'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'

const DESKTOP = `[Desktop Entry]
Type=Application
Name[de]=Notizen
Name=Notes – ñ 記
GenericName=Editor
Comment=Writes = notes
Exec=notes %F
Icon=notes
Categories=Office;TextEditor;
X-AppImage-Version=1.4.0-rc.1

[Desktop Action new]
Name=New note
Exec=notes --new
`
/** One red pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'

const SNAP_YAML = `name: notes
title: Notes – ñ
version: '1.4.0'
summary: Writes notes
description: |
  Writes notes.
  And more.
architectures:
  - arm64
base: core22
grade: stable
confinement: strict
apps:
  notes:
    command: bin/notes
`

/** AppImages of type 2, by the runtime of a real one, and snaps, in each compression that mksquashfs knows and we read. */
export function builtImages(): Promise<readonly Built[]> {
  needPrograms({ mksquashfs: 'squashfs-tools' })
  return built(import.meta.url, async (folder) => {
    const real = await sample('tests/data/appimagetool-x86_64.AppImage')
    const runtime = readFileSync(real.file).subarray(0, await payloadOffset(real.file))
    const tree = join(folder, '_app')
    mkdirSync(join(tree, 'usr', 'share', 'icons'), { recursive: true })
    writeFileSync(join(tree, 'notes.desktop'), DESKTOP)
    writeFileSync(join(tree, 'usr', 'share', 'icons', 'notes.png'), Buffer.from(PNG, 'base64'))
    await told('ln', ['-s', 'usr/share/icons/notes.png', join(tree, '.DirIcon')])
    writeFileSync(join(tree, 'AppRun'), '#!/bin/sh\n')
    // More than one block of the directory, and more than one of the file's data.
    for (let i = 0; i < 1500; i++) writeFileSync(join(tree, `file-with-a-long-name-${i}`), `${i}`)
    writeFileSync(join(tree, 'large'), Buffer.alloc(3 << 20, 'large'))
    const snap = join(folder, '_snap')
    mkdirSync(join(snap, 'meta'), { recursive: true })
    writeFileSync(join(snap, 'meta', 'snap.yaml'), SNAP_YAML)
    for (const compression of ['gzip', 'xz', 'zstd']) {
      const image = join(folder, `_${compression}.squashfs`)
      await told('mksquashfs', [tree, image, '-comp', compression, '-all-root', '-noappend', '-quiet', '-no-progress'])
      const target = join(folder, `${compression}.AppImage`)
      writeFileSync(target, Buffer.concat([runtime, readFileSync(image)]))
      chmodSync(target, 0o755)
      const options = ['-comp', compression, '-all-root', '-noappend', '-quiet', '-no-progress', '-b', '4096']
      await told('mksquashfs', [snap, join(folder, `${compression}.snap`), ...options])
    }
  })
}
