import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../scripts/source-files.ts'

/** Where samples, sources and what is built from them are kept; nothing below it is ever committed. */
export const ORACLES_FOLDER = join(ROOT, 'build', 'oracles')

/** The path of a sample that is the fetched archive itself. */
export const WHOLE_ARCHIVE = '.'

/** A file that somebody else made. */
export interface Sample {
  /** `npm:NAME@VERSION`, or `debian:SOURCE@VERSION` for a member of the upstream archive of a source package. */
  readonly origin: string
  /** Within the archive. */
  readonly path: string
  readonly sha256: string
  /** Where it lies on this machine. */
  readonly file: string
}

/** Origins, and of each the files by path with their SHA-256. */
const DATA: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(join(ROOT, 'test/oracles/samples.json'), 'utf8'),
)

/** All samples, whether they are here yet or not. */
export const SAMPLES: readonly Sample[] = Object.entries(DATA).flatMap(([origin, files]) =>
  Object.entries(files).map(([path, sha256]) => ({ origin, path, sha256, file: fileOf(origin, path) })),
)

function fileOf(origin: string, path: string): string {
  const folder = join(ORACLES_FOLDER, 'samples', origin.replaceAll(/[^\w.@+~-]/g, '_'))
  return join(folder, path === WHOLE_ARCHIVE ? 'archive.tgz' : path)
}
