import { decodeModifiedUtf8, decodeUtf16 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'

/**
 * Chunks and string pools, shared by Android binary XML and the resource table (AOSP
 * `libs/androidfw/include/androidfw/ResourceTypes.h`). All numbers are little-endian; reserved fields are ignored, because
 * new versions of the tools give them meaning.
 */
export interface Chunk {
  readonly type: number
  readonly headerBytes: number
  readonly start: number
  /** First byte after the chunk. */
  readonly end: number
}

export const RES_STRING_POOL = 0x0001
export const RES_TABLE = 0x0002
export const RES_XML = 0x0003

/** The chunk header `type u16, headerSize u16, size u32` at `start`. @throws FormatError, RangeError */
export function chunkAt(view: DataView, start: number, limit: number): Chunk {
  const type = view.getUint16(start, true)
  const headerBytes = view.getUint16(start + 2, true)
  const size = view.getUint32(start + 4, true)
  if (headerBytes < 8 || size < headerBytes || start + size > limit) {
    throw new FormatError('Cannot read Android resources: a chunk is damaged', { offset: start })
  }
  return { type, headerBytes, start, end: start + size }
}

/** Chunks that lie one after another in `start … end`. @throws FormatError, RangeError */
export function* chunksIn(view: DataView, start: number, end: number): Generator<Chunk> {
  for (let at = start; at + 8 <= end; ) {
    const chunk = chunkAt(view, at, end)
    yield chunk
    at = chunk.end
  }
}

/** A text above 64 KiB is refused: nothing that an inspection reads is that long. */
const MAX_STRING_BYTES = 64 << 10

/** Gives the text at an index of the pool, decoded when asked for. */
export type StringPool = (index: number) => string

/** Where the texts of a pool are; offsets count from the same start as those of its chunk. */
export interface StringPoolHeader {
  readonly count: number
  readonly isUtf8: boolean
  /** First of `count` numbers of 32 bits. */
  readonly offsetsAt: number
  /** What these numbers count from. */
  readonly stringsAt: number
  readonly end: number
}

/** Bytes of the chunk that {@link stringPoolHeader} needs. */
export const STRING_POOL_HEADER_BYTES = 28

/** @param at where in `view` the chunk starts, if not where its offsets say @throws FormatError, RangeError */
export function stringPoolHeader(view: DataView, chunk: Chunk, at = chunk.start): StringPoolHeader {
  const count = view.getUint32(at + 8, true)
  const isUtf8 = (view.getUint32(at + 16, true) & 0x100) !== 0
  const stringsAt = chunk.start + view.getUint32(at + 20, true)
  const offsetsAt = chunk.start + chunk.headerBytes
  if (offsetsAt + count * 4 > chunk.end || stringsAt > chunk.end) {
    throw new FormatError('Cannot read Android resources: a string pool is damaged', { offset: chunk.start })
  }
  return { count, isUtf8, offsetsAt, stringsAt, end: chunk.end }
}

/** The longest piece of a pool that one text can take: lengths, text and an end. */
export const MAX_STRING_PIECE_BYTES = MAX_STRING_BYTES + 16

/**
 * Decodes the text at `at`; undefined when it reaches beyond `view`.
 *
 * @throws FormatError when it is too long or no text
 */
export function stringAt(view: DataView, at: number, isUtf8: boolean): string | undefined {
  let next = at
  /** One or two units: with the highest bit set, the first holds the upper part. */
  const length = (): number => {
    const unit = isUtf8 ? 1 : 2
    const first = isUtf8 ? view.getUint8(next) : view.getUint16(next, true)
    next += unit
    const flag = isUtf8 ? 0x80 : 0x8000
    if ((first & flag) === 0) return first
    const second = isUtf8 ? view.getUint8(next) : view.getUint16(next, true)
    next += unit
    return isUtf8 ? ((first & 0x7f) << 8) | second : (first & 0x7fff) * 0x10000 + second
  }
  let size: number
  try {
    if (isUtf8) length()
    size = length() * (isUtf8 ? 1 : 2)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  if (size > MAX_STRING_BYTES) {
    throw new FormatError('Cannot read Android resources: a string is too long', { offset: at })
  }
  if (next + size > view.byteLength) return undefined
  const raw = new Uint8Array(view.buffer, view.byteOffset + next, size)
  return isUtf8 ? decodeModifiedUtf8(raw, 'Android string') : decodeUtf16(raw, 'little', 'Android string')
}

/** @throws FormatError, RangeError; the returned function too */
export function stringPool(view: DataView, chunk: Chunk): StringPool {
  const { count, isUtf8, offsetsAt, stringsAt, end } = stringPoolHeader(view, chunk)
  const inside = new DataView(view.buffer, view.byteOffset, end)
  const known = new Map<number, string>()
  return (index) => {
    const cached = known.get(index)
    if (cached !== undefined) return cached
    if (index >= count) throw new FormatError(`Cannot read Android resources: there is no string ${index}`)
    const at = stringsAt + view.getUint32(offsetsAt + index * 4, true)
    const text = at < end ? stringAt(inside, at, isUtf8) : undefined
    if (text === undefined) throw new FormatError('Cannot read Android resources: a string is cut off', { offset: at })
    known.set(index, text)
    return text
  }
}
