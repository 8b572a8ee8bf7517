import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ORACLES_FOLDER } from './sample-list.ts'

/** A copy of a file in which one bit is another. */
export interface Flipped {
  readonly name: string
  readonly file: string
  /** Of the byte, from the start. */
  readonly offset: number
}

/**
 * Copies of a file, each with one bit flipped, at `count` places from its first byte to its last, or to another one.
 * @param endBytes of the part that is damaged, from the start
 */
export function flippedCopies(file: string, count: number, endBytes = readFileSync(file).byteLength): Flipped[] {
  const offsets = Array.from({ length: count }, (_, i) => Math.round((i * (endBytes - 1)) / Math.max(1, count - 1)))
  return [...new Set(offsets)].map((offset) => flippedAt(file, offset))
}

/** A copy with the lowest bit of the byte at `offset` flipped. */
export function flippedAt(file: string, offset: number): Flipped {
  const folder = join(ORACLES_FOLDER, 'flipped')
  mkdirSync(folder, { recursive: true })
  const name = `${basename(file)} with a bit flipped at ${offset}`
  const copy = join(folder, `${offset}-${basename(file)}`)
  const bytes = readFileSync(file)
  bytes[offset]! ^= 1
  writeFileSync(copy, bytes)
  return { name, file: copy, offset }
}
