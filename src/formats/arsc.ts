import {
  type Chunk,
  chunkAt,
  chunksIn,
  RES_STRING_POOL,
  RES_TABLE,
  type StringPool,
  stringPool,
} from './android-chunks.ts'
import { type AndroidValue, TYPE_DYNAMIC_REFERENCE, TYPE_REFERENCE, TYPE_STRING } from './axml.ts'
import { FormatError } from './format-error.ts'

const PACKAGE = 0x0200
const TYPE = 0x0201
const NO_ENTRY = 0xffffffff
const MAX_HOPS = 8

interface TypeChunk {
  readonly chunk: Chunk
  readonly packageId: number
  readonly typeId: number
  /** Low is better: 0 is the default configuration, 1 the default locale with something else, 2 another locale. */
  readonly distance: number
}

/** The resource table of an APK (`resources.arsc`), as far as following references needs. */
export interface ResourceTable {
  /**
   * The value that a reference leads to for the default locale, through up to eight references. Undefined when it leads
   * nowhere or to something that is not a single value. @throws FormatError, RangeError
   */
  resolve(id: number): AndroidValue | undefined
}

/** @throws FormatError, RangeError when cut off */
export function parseResourceTable(bytes: Uint8Array): ResourceTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const table = chunkAt(view, 0, bytes.byteLength)
  if (table.type !== RES_TABLE) throw new FormatError('Cannot read resource table: wrong magic', { offset: 0 })
  let strings: StringPool | undefined
  const types: TypeChunk[] = []
  for (const chunk of chunksIn(view, table.headerBytes, table.end)) {
    if (chunk.type === RES_STRING_POOL) strings ??= stringPool(bytes, view, chunk)
    if (chunk.type !== PACKAGE) continue
    const packageId = view.getUint32(chunk.start + 8, true)
    for (const part of chunksIn(view, chunk.start + chunk.headerBytes, chunk.end)) {
      if (part.type !== TYPE) continue
      types.push({ chunk: part, packageId, typeId: view.getUint8(part.start + 8), distance: distance(view, part) })
    }
  }

  const lookUp = (id: number): AndroidValue | undefined => {
    let best: AndroidValue | undefined
    let bestDistance = 2
    for (const type of types) {
      if (type.packageId !== id >>> 24 || type.typeId !== ((id >>> 16) & 0xff) || type.distance >= bestDistance)
        continue
      const value = entryValue(view, type.chunk, id & 0xffff)
      if (value === undefined) continue
      best = value.type === TYPE_STRING && strings !== undefined ? { ...value, text: strings(value.data) } : value
      bestDistance = type.distance
    }
    return best
  }

  return {
    resolve(id) {
      let next = id
      for (let hop = 0; hop < MAX_HOPS; hop++) {
        const value = lookUp(next)
        if (value === undefined) return undefined
        if (value.type !== TYPE_REFERENCE && value.type !== TYPE_DYNAMIC_REFERENCE) return value
        next = value.data
      }
      return undefined
    },
  }
}

/** `ResTable_config` follows 12 bytes into the body: size, mcc and mnc, language and country, screen, version, … */
function distance(view: DataView, chunk: Chunk): number {
  const config = chunk.start + 20
  const size = Math.min(view.getUint32(config, true), chunk.start + chunk.headerBytes - config)
  if (size >= 12 && view.getUint32(config + 8, true) !== 0) return 2
  for (let i = 4; i < size; i++) if (view.getUint8(config + i) !== 0) return 1
  return 0
}

/** The single value of entry `index`; flags of the type: 1 sparse, 2 offsets of 16 bits; of the entry: 1 complex, 8 compact. */
function entryValue(view: DataView, chunk: Chunk, index: number): AndroidValue | undefined {
  const flags = view.getUint8(chunk.start + 9)
  const count = view.getUint32(chunk.start + 12, true)
  const entries = chunk.start + view.getUint32(chunk.start + 16, true)
  const table = chunk.start + chunk.headerBytes
  let offset: number | undefined
  if ((flags & 1) !== 0) {
    if (table + count * 4 > chunk.end)
      throw new FormatError('Cannot read resource table: a type is damaged', { offset: chunk.start })
    for (let i = 0; i < count && offset === undefined; i++) {
      if (view.getUint16(table + i * 4, true) === index) offset = view.getUint16(table + i * 4 + 2, true) * 4
    }
  } else if (index < count) {
    if ((flags & 2) !== 0) {
      const short = view.getUint16(table + index * 2, true)
      offset = short === 0xffff ? undefined : short * 4
    } else {
      const long = view.getUint32(table + index * 4, true)
      offset = long === NO_ENTRY ? undefined : long
    }
  }
  if (offset === undefined) return undefined
  const at = entries + offset
  if (at + 8 > chunk.end)
    throw new FormatError('Cannot read resource table: an entry lies outside', { offset: chunk.start })
  const entryFlags = view.getUint16(at + 2, true)
  if ((entryFlags & 8) !== 0) return { type: entryFlags >> 8, data: view.getUint32(at + 4, true) }
  if ((entryFlags & 1) !== 0) return undefined
  const value = at + view.getUint16(at, true)
  if (value + 8 > chunk.end) throw new FormatError('Cannot read resource table: an entry lies outside', { offset: at })
  return { type: view.getUint8(value + 3), data: view.getUint32(value + 4, true) }
}
