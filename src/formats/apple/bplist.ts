import { cutText } from '../../bytes/cut-text.ts'
import { decodeLatin1, decodeUtf16 } from '../decode-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { MAX_PLIST_DEPTH, MAX_PLIST_VALUES, newPlistDict, type PlistDict, type PlistValue } from './plist-value.ts'

/** 2001-01-01T00:00:00Z, where Core Foundation counts seconds from. */
const APPLE_EPOCH_MS = 978_307_200_000

export const BPLIST_MAGIC = 'bplist00'

/**
 * Decodes a binary property list (CoreFoundation `CFBinaryPList.c`).
 *
 * Layout: `bplist00`, objects, offset table, 32 bytes of trailer `unused[6] offsetIntSize refSize numObjects[8] top[8]
 * offsetTable[8]`, big-endian. Every offset is judged before it is used; cycles, nesting beyond 64 and
 * values that overlap are refused.
 *
 * @throws FormatError, FormatLimitError, RangeError when cut off
 */
export function decodeBinaryPlist(bytes: Uint8Array): PlistValue {
  if (bytes.length < 40 || decodeLatin1(bytes.subarray(0, 8)) !== BPLIST_MAGIC) {
    throw new FormatError('Cannot read property list: it does not start with "bplist00"', { offset: 0 })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const trailer = bytes.length - 32
  const offsetSize = view.getUint8(trailer + 6)
  const refSize = view.getUint8(trailer + 7)
  const wide = (offset: number): number => {
    const value = view.getBigUint64(offset)
    if (value > BigInt(bytes.length))
      throw new FormatError('Cannot read property list: its trailer is damaged', { offset })
    return Number(value)
  }
  const count = wide(trailer + 8)
  const top = wide(trailer + 16)
  const table = wide(trailer + 24)
  const sizes = [1, 2, 3, 4, 8]
  if (
    !sizes.includes(offsetSize) ||
    !sizes.includes(refSize) ||
    table < 8 ||
    table + count * offsetSize > trailer ||
    top >= count
  ) {
    throw new FormatError('Cannot read property list: its trailer is damaged', { offset: trailer })
  }

  const unsigned = (offset: number, length: number): number => {
    if (offset + length > trailer) throw new FormatError('Cannot read property list: an object is cut off', { offset })
    let value = 0
    for (let i = 0; i < length; i++) value = value * 256 + bytes[offset + i]!
    return value
  }
  const scalars = new Map<number, PlistValue>()
  const path = new Set<number>()
  let values = 0
  /** Texts and data of a good list lie side by side, so they are no longer than the list. */
  let contentBytes = 0

  const read = (index: number): PlistValue => {
    // One that is referred to twice counts as two: shared references could multiply without end.
    if (++values > MAX_PLIST_VALUES)
      throw new FormatLimitError(`Cannot read property list: it has more than ${MAX_PLIST_VALUES} values`)
    if (index >= count) throw new FormatError('Cannot read property list: a reference leads nowhere')
    const known = scalars.get(index)
    if (known !== undefined) return known
    const start = unsigned(table + index * offsetSize, offsetSize)
    if (start < 8 || start >= table)
      throw new FormatError('Cannot read property list: an offset lies outside', { offset: start })
    const marker = bytes[start]!
    const kind = marker >> 4
    if (kind === 0xa || kind === 0xc || kind === 0xd) {
      if (path.has(index))
        throw new FormatError('Cannot read property list: a value contains itself', { offset: start })
      if (path.size >= MAX_PLIST_DEPTH)
        throw new FormatLimitError(`Cannot read property list: it is nested deeper than ${MAX_PLIST_DEPTH}`)
      path.add(index)
      const value = kind === 0xd ? readDict(start) : readArray(start)
      path.delete(index)
      return value
    }
    const value = readScalar(start, kind, marker & 15)
    scalars.set(index, value)
    return value
  }

  /** Length and where the contents start: 4 bits in the marker, or 15 and an integer object. */
  const sized = (start: number, unit: number): { length: number; at: number } => {
    let length = bytes[start]! & 15
    let at = start + 1
    if (length === 15) {
      const marker = unsigned(at, 1)
      if (marker >> 4 !== 1 || (marker & 15) > 3)
        throw new FormatError('Cannot read property list: a length is damaged', { offset: at })
      length = unsigned(at + 1, 1 << (marker & 15))
      at += 1 + (1 << (marker & 15))
    }
    if (at + length * unit > table)
      throw new FormatError('Cannot read property list: an object is cut off', { offset: start })
    return { length, at }
  }

  const content = (start: number, unit: number): { length: number; at: number } => {
    const place = sized(start, unit)
    contentBytes += place.length * unit
    if (contentBytes > bytes.length)
      throw new FormatLimitError('Cannot read property list: its values overlap', { offset: start })
    return place
  }

  const readArray = (start: number): PlistValue[] => {
    const { length, at } = sized(start, refSize)
    const items: PlistValue[] = []
    for (let i = 0; i < length; i++) items.push(read(unsigned(at + i * refSize, refSize)))
    return items
  }

  const readDict = (start: number): PlistDict => {
    const { length, at } = sized(start, refSize * 2)
    const dict = newPlistDict()
    for (let i = 0; i < length; i++) {
      const key = read(unsigned(at + i * refSize, refSize))
      if (typeof key !== 'string')
        throw new FormatError('Cannot read property list: a key is not a string', { offset: start })
      if (Object.hasOwn(dict, key))
        throw new FormatError(`Cannot read property list: the key ${JSON.stringify(cutText(key, 80))} occurs twice`)
      dict[key] = read(unsigned(at + (length + i) * refSize, refSize))
    }
    return dict
  }

  const readScalar = (start: number, kind: number, low: number): PlistValue => {
    switch (kind) {
      case 0:
        if (low === 0) return null
        if (low === 8) return false
        if (low === 9) return true
        break
      case 1: {
        if (low > 4) break
        const length = 1 << low
        if (low < 3) return unsigned(start + 1, length)
        // 8 bytes are signed; 16 bytes hold unsigned 64-bit numbers in their lower half.
        unsigned(start + 1, length)
        const value = low === 3 ? view.getBigInt64(start + 1) : view.getBigUint64(start + 9)
        return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value
      }
      case 2:
        unsigned(start + 1, 1 << low)
        if (low === 2) return view.getFloat32(start + 1)
        if (low === 3) return view.getFloat64(start + 1)
        break
      case 3:
        if (low !== 3) break
        unsigned(start + 1, 8)
        return new Date(APPLE_EPOCH_MS + view.getFloat64(start + 1) * 1000)
      case 4: {
        const { length, at } = content(start, 1)
        return bytes.slice(at, at + length)
      }
      case 5: {
        const { length, at } = content(start, 1)
        const ascii = bytes.subarray(at, at + length)
        if (ascii.some((byte) => byte > 127))
          throw new FormatError('Cannot read property list: a text is not ASCII', { offset: start })
        return decodeLatin1(ascii)
      }
      case 6: {
        const { length, at } = content(start, 2)
        return decodeUtf16(bytes.subarray(at, at + length * 2), 'big', 'property list')
      }
      case 8:
        return unsigned(start + 1, low + 1)
    }
    throw new FormatError('Cannot read property list: an object has an unknown type', { offset: start })
  }

  return read(top)
}
