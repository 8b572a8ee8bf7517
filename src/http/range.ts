import type { ByteRange } from '../blob/blob-store.ts'

/** More ranges than this are a load, not a question; the whole file is sent instead. electron-updater asks for hundreds. */
const MAX_RANGES = 1000

/** A server takes this much of header section and no more; where its parser takes more, a longer list is not read. */
const MAX_CHARACTERS = 16 * 1024

export type RangeAnswer =
  | { readonly kind: 'whole' }
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] }
  | { readonly kind: 'unsatisfiable' }

/**
 * What a `Range` header asks of `sizeBytes` bytes (RFC 9110 §14).
 *
 * Units other than `bytes` and headers that do not parse are ignored. Ranges must ascend without overlap; anything
 * else is answered with the whole file, so that a request cannot ask for more bytes than the file has.
 */
export function parseRange(header: string | null, sizeBytes: number): RangeAnswer {
  if (header === null) return { kind: 'whole' }
  const match = /^bytes=(.*)$/i.exec(header.trim())
  if (!match || header.length > MAX_CHARACTERS) return { kind: 'whole' }
  const specs = match[1]!
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '')
  if (specs.length === 0 || specs.length > MAX_RANGES) return { kind: 'whole' }
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const parts = /^(\d*)-(\d*)$/.exec(spec)
    if (!parts || (parts[1] === '' && parts[2] === '')) return { kind: 'whole' }
    const range = oneRange(parts[1]!, parts[2]!, sizeBytes)
    if (range === 'invalid') return { kind: 'whole' }
    if (range !== undefined) ranges.push(range)
  }
  if (ranges.length === 0) return { kind: 'unsatisfiable' }
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i]!.offset < ranges[i - 1]!.offset + ranges[i - 1]!.length) return { kind: 'whole' }
  }
  return { kind: 'ranges', ranges }
}

/** Undefined when no byte of the file is in it. Numbers beyond 2^53 are as good as infinite. */
function oneRange(first: string, last: string, sizeBytes: number): ByteRange | undefined | 'invalid' {
  if (first === '') {
    const suffix = Number(last)
    if (suffix === 0 || sizeBytes === 0) return undefined
    const length = Math.min(suffix, sizeBytes)
    return { offset: sizeBytes - length, length }
  }
  const start = Number(first)
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last)
  if (end < start) return 'invalid'
  if (start >= sizeBytes) return undefined
  return { offset: start, length: Math.min(end, sizeBytes - 1) - start + 1 }
}
