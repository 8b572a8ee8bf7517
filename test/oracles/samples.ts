import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../scripts/source-files.ts'
import { fetchSources } from './fetch.ts'

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

/**
 * The samples of one kind, fetched where they are not here yet, each with the bytes that were pinned.
 * @throws Error when nothing matches, or when the bytes are others
 */
export async function samples(isWanted: (sample: Sample) => boolean): Promise<readonly Sample[]> {
  const wanted = SAMPLES.filter(isWanted)
  if (wanted.length === 0) throw new Error('No sample is of this kind any more')
  await fetchSources(wanted.filter((sample) => !existsSync(sample.file)))
  for (const sample of wanted) {
    const sha256 = createHash('sha256').update(readFileSync(sample.file)).digest('hex')
    if (sha256 !== sample.sha256)
      throw new Error(`${sample.origin} ${sample.path} has SHA-256 ${sha256} instead of ${sample.sha256}`)
  }
  return wanted
}

/** One sample by the end of its path. */
export async function sample(end: string): Promise<Sample> {
  const found = await samples((each) => each.path.endsWith(end))
  if (found.length !== 1) throw new Error(`${found.length} samples end in "${end}"`)
  return found[0]!
}

/** A name that tells samples of several origins apart. */
export function nameOf(sample: Sample): string {
  return `${sample.origin} ${sample.path}`
}
