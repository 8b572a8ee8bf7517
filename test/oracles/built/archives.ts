import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needPrograms } from '../../helpers/debian.ts'
import { sample } from '../samples.ts'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'

const COMPRESSIONS: Readonly<Record<string, string>> = { gz: 'gzip', xz: 'xz', zst: 'zstd', bz2: 'bzip2' }
const FORMATS = ['ustar', 'pax', 'gnu'] as const

/** Tar archives of each kind and compression, with one program each. */
export function builtArchives(): Promise<readonly Built[]> {
  needPrograms({ tar: 'tar', xz: 'xz-utils', zstd: 'zstd', bzip2: 'bzip2' })
  return built(import.meta.url, async (folder) => {
    const programs = {
      elf: await sample('linux/arm64/7za'),
      macho: await sample('mac/x64/7za'),
      pe: await sample('win/ia32/7za.exe'),
    }
    for (const [kind, program] of Object.entries(programs)) {
      const tree = join(folder, `_${kind}`)
      mkdirSync(join(tree, 'notes-1.4.0', 'bin'), { recursive: true })
      writeFileSync(join(tree, 'notes-1.4.0', 'README – ñ'), 'Notes\n')
      copyFileSync(program.file, join(tree, 'notes-1.4.0', 'bin', 'notes'))
      for (const format of FORMATS) {
        for (const [end, compression] of Object.entries(COMPRESSIONS)) {
          const target = join(folder, `${kind}-${format}.tar.${end}`)
          const options = [`--format=${format}`, '--use-compress-program', compression]
          await told('tar', [...options, '--create', '--file', target, 'notes-1.4.0'], { cwd: tree })
        }
      }
    }
  })
}
