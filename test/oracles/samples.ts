import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fetchSources } from './fetch.ts'
import { SAMPLES, type Sample } from './sample-list.ts'

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
