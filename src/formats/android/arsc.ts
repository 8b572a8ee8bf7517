import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import {
  type Chunk,
  chunkAt,
  MAX_STRING_PIECE_BYTES,
  RES_STRING_POOL,
  RES_TABLE,
  STRING_POOL_HEADER_BYTES,
  type StringPoolHeader,
  stringAt,
  stringPoolHeader,
} from './android-chunks.ts'
import { type AndroidValue, TYPE_STRING } from './axml.ts'
import { createResourceTable, type ResourceConfig, type ResourceTable, type ResourceVariant } from './resource-table.ts'

const PACKAGE = 0x0200
const TYPE = 0x0201
const NO_ENTRY = 0xffffffff
/** Flags of a type: how the offsets of its entries are stored. */
const SPARSE = 1
const OFFSET16 = 2
/** Flags of an entry. */
const COMPLEX = 1
const COMPACT = 8

/** Large apps have some thousand: one per kind of resource and configuration. */
const MAX_CHUNKS = 20_000
/** Covers the header of a type with the configuration as far as we know it. */
const HEAD_BYTES = 80
/** Most texts are short; a longer one is read a second time. */
const TEXT_BYTES = 512

interface TypeChunk {
  readonly chunk: Chunk
  readonly flags: number
  readonly count: number
  /** What offsets of entries count from. */
  readonly entriesAt: number
  readonly config: ResourceConfig
}

/**
 * The resource table of an APK (`resources.arsc`; AOSP `libs/androidfw/include/androidfw/ResourceTypes.h`). It is read in
 * small ranges, because it may have tens of megabytes: opening it reads the heads of its chunks, a look-up a few bytes
 * of each type with that id.
 *
 * @throws FormatError, FormatLimitError, RangeError when cut off; the methods too
 */
export async function openResourceTable(source: ByteSource, budget: Budget): Promise<ResourceTable> {
  const table = await readChunk(source, 0, source.sizeBytes)
  if (table.chunk.type !== RES_TABLE) throw new FormatError('Cannot read resource table: wrong magic', { offset: 0 })
  let strings: StringPoolHeader | undefined
  /** By package id and type id, 0xPPTT. */
  const types = new Map<number, TypeChunk[]>()
  let chunks = 0
  const walk = async (start: number, end: number, visit: (head: DataView, chunk: Chunk) => void | Promise<void>) => {
    for (let at = start; at + 8 <= end; ) {
      budget.tick()
      if (++chunks > MAX_CHUNKS) throw new FormatLimitError('Cannot read resource table: it has too many parts')
      const { head, chunk } = await readChunk(source, at, end)
      await visit(head, chunk)
      at = chunk.end
    }
  }
  await walk(table.chunk.headerBytes, table.chunk.end, async (head, chunk) => {
    if (chunk.type === RES_STRING_POOL) strings ??= stringPoolHeader(head, chunk, 0)
    if (chunk.type !== PACKAGE) return
    const packageId = head.getUint32(8, true)
    await walk(chunk.start + chunk.headerBytes, chunk.end, (part, { start, end, type, headerBytes }) => {
      if (type !== TYPE) return
      const key = packageId * 0x100 + part.getUint8(8)
      const list = types.get(key) ?? []
      types.set(key, list)
      list.push({
        chunk: { start, end, type, headerBytes },
        flags: part.getUint8(9),
        count: part.getUint32(12, true),
        entriesAt: start + part.getUint32(16, true),
        config: configOf(part, Math.min(headerBytes, part.byteLength)),
      })
    })
  })

  return createResourceTable(async (id) => {
    const found: ResourceVariant[] = []
    for (const type of types.get(id >>> 16) ?? []) {
      budget.tick()
      const value = await entryValue(source, type, id & 0xffff)
      if (value === undefined) continue
      const isText = value.type === TYPE_STRING && strings !== undefined
      found.push({
        config: type.config,
        value: isText ? { ...value, text: await readString(source, strings!, value.data) } : value,
      })
    }
    return found
  })
}

async function readChunk(source: ByteSource, start: number, limit: number): Promise<{ head: DataView; chunk: Chunk }> {
  const head = await readView(source, start, Math.min(HEAD_BYTES, limit - start))
  const { type, headerBytes, end } = chunkAt(head, 0, limit - start)
  if (type === RES_STRING_POOL && head.byteLength < STRING_POOL_HEADER_BYTES)
    throw new FormatError('Cannot read resource table: a string pool is damaged', { offset: start })
  return { head, chunk: { type, headerBytes, start, end: start + end } }
}

async function readView(source: ByteSource, offset: number, length: number): Promise<DataView> {
  const bytes = await source.read(offset, length)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function readString(source: ByteSource, pool: StringPoolHeader, index: number): Promise<string> {
  if (index >= pool.count) throw new FormatError(`Cannot read resource table: there is no string ${index}`)
  const at = pool.stringsAt + (await readView(source, pool.offsetsAt + index * 4, 4)).getUint32(0, true)
  for (const length of [TEXT_BYTES, MAX_STRING_PIECE_BYTES]) {
    if (at >= pool.end) break
    const text = stringAt(await readView(source, at, Math.min(length, pool.end - at)), 0, pool.isUtf8)
    if (text !== undefined) return text
  }
  throw new FormatError('Cannot read resource table: a string is cut off', { offset: at })
}

/** `ResTable_config` follows 12 bytes into the body: size, mcc and mnc, locale, orientation, density, version, … */
function configOf(head: DataView, headEnd: number): ResourceConfig {
  const at = 20
  const size = at + 4 <= headEnd ? Math.min(head.getUint32(at, true), headEnd - at) : 0
  const byte = (offset: number) => (offset < size ? head.getUint8(at + offset) : 0)
  let isSpecial = false
  for (let i = 4; i < 50; i++) if (!isNamed(i) && byte(i) !== 0) isSpecial = true
  const language = subtag(byte(8), byte(9), 0x61)
  const region = subtag(byte(10), byte(11), 0x30)
  return {
    locale: region === '' ? language : `${language}-${region}`,
    density: byte(14) | (byte(15) << 8),
    sdk: byte(24) | (byte(25) << 8),
    isSpecial,
  }
}

/** Whether a byte of the configuration is one of locale, density and version. */
function isNamed(offset: number): boolean {
  return (
    (offset >= 8 && offset < 12) ||
    offset === 14 ||
    offset === 15 ||
    (offset >= 24 && offset < 28) ||
    (offset >= 36 && offset < 48)
  )
}

/** Two letters, or three packed into five bits each with the highest bit set. */
function subtag(first: number, second: number, base: number): string {
  if (first === 0) return ''
  if ((first & 0x80) === 0) return String.fromCharCode(first, second)
  return String.fromCharCode(
    base + (second & 0x1f),
    base + ((second >> 5) | ((first & 0x03) << 3)),
    base + ((first & 0x7c) >> 2),
  )
}

/** The single value of entry `index`. */
async function entryValue(source: ByteSource, type: TypeChunk, index: number): Promise<AndroidValue | undefined> {
  const offset = await entryOffset(source, type, index)
  if (offset === undefined) return undefined
  const { end } = type.chunk
  const at = type.entriesAt + offset
  if (at + 8 > end) throw new FormatError('Cannot read resource table: an entry lies outside', { offset: at })
  const entry = await readView(source, at, Math.min(16, end - at))
  const flags = entry.getUint16(2, true)
  if ((flags & COMPACT) !== 0) return { type: flags >> 8, data: entry.getUint32(4, true) }
  if ((flags & COMPLEX) !== 0) return undefined
  const valueAt = at + entry.getUint16(0, true)
  if (valueAt + 8 > end) throw new FormatError('Cannot read resource table: an entry lies outside', { offset: at })
  const value = await readView(source, valueAt, 8)
  return { type: value.getUint8(3), data: value.getUint32(4, true) }
}

/** From the first entry of the type; undefined when it has none with this index. */
async function entryOffset(source: ByteSource, type: TypeChunk, index: number): Promise<number | undefined> {
  const { chunk, count, flags } = type
  const table = chunk.start + chunk.headerBytes
  const width = (flags & SPARSE) === 0 && (flags & OFFSET16) !== 0 ? 2 : 4
  if (count > 0x10000 || table + count * width > chunk.end)
    throw new FormatError('Cannot read resource table: a type is damaged', { offset: chunk.start })
  if ((flags & SPARSE) !== 0) {
    // Pairs of index and offset, sorted, which the platform searches by halves too.
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >> 1
      const pair = await readView(source, table + middle * 4, 4)
      const found = pair.getUint16(0, true)
      if (found === index) return pair.getUint16(2, true) * 4
      if (found < index) low = middle + 1
      else high = middle
    }
    return undefined
  }
  if (index >= count) return undefined
  const cell = await readView(source, table + index * width, width)
  if (width === 2) return cell.getUint16(0, true) === 0xffff ? undefined : cell.getUint16(0, true) * 4
  return cell.getUint32(0, true) === NO_ENTRY ? undefined : cell.getUint32(0, true)
}
