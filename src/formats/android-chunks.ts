import { decodeModifiedUtf8, decodeUtf16 } from './decode-text.ts'
import { FormatError } from './format-error.ts'

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

/** @throws FormatError, RangeError; the returned function too */
export function stringPool(bytes: Uint8Array, view: DataView, chunk: Chunk): StringPool {
  const count = view.getUint32(chunk.start + 8, true)
  const isUtf8 = (view.getUint32(chunk.start + 16, true) & 0x100) !== 0
  const strings = chunk.start + view.getUint32(chunk.start + 20, true)
  const offsets = chunk.start + chunk.headerBytes
  if (offsets + count * 4 > chunk.end || strings > chunk.end) {
    throw new FormatError('Cannot read Android resources: a string pool is damaged', { offset: chunk.start })
  }
  const known = new Map<number, string>()
  return (index) => {
    const cached = known.get(index)
    if (cached !== undefined) return cached
    if (index >= count) throw new FormatError(`Cannot read Android resources: there is no string ${index}`)
    let at = strings + view.getUint32(offsets + index * 4, true)
    /** One or two units: with the highest bit set, the first holds the upper part. */
    const length = (): number => {
      const unit = isUtf8 ? 1 : 2
      const first = isUtf8 ? view.getUint8(at) : view.getUint16(at, true)
      at += unit
      const flag = isUtf8 ? 0x80 : 0x8000
      if ((first & flag) === 0) return first
      const second = isUtf8 ? view.getUint8(at) : view.getUint16(at, true)
      at += unit
      return isUtf8 ? ((first & 0x7f) << 8) | second : (first & 0x7fff) * 0x10000 + second
    }
    if (isUtf8) length()
    const size = length() * (isUtf8 ? 1 : 2)
    if (size > MAX_STRING_BYTES || at + size > chunk.end) {
      throw new FormatError('Cannot read Android resources: a string is too long or cut off', { offset: at })
    }
    const raw = bytes.subarray(at, at + size)
    const text = isUtf8 ? decodeModifiedUtf8(raw, 'Android string') : decodeUtf16(raw, 'little', 'Android string')
    known.set(index, text)
    return text
  }
}
