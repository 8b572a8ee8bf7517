import type { CompoundEntry, CompoundFile } from '../archive/cfb.ts'
import { FormatError } from '../format-error.ts'

/** What a Windows Installer package says about itself: its `Property` table and its summary (Microsoft "Windows Installer"). */
export interface Msi {
  /** Whether there is a `Property` table with anything in it. */
  readonly hasProperties: boolean
  /** `ProductName`, `ProductVersion`, `ProductCode`, …; undefined when there is none, or when it is no text. */
  property(name: string): string | undefined
  readonly summary: MsiSummary
}

/** The summary information stream. */
export interface MsiSummary {
  readonly title?: string
  readonly subject?: string
  readonly author?: string
  /** Platform and languages: `x64;1033`. */
  readonly template?: string
  /** The package code, a GUID in braces. */
  readonly revision?: string
  /** Lowest version of Windows Installer times 100. */
  readonly pageCount?: number
  /** Bits: 1 short names, 2 compressed, 4 administrative image, 8 no elevation needed. */
  readonly wordCount?: number
}

/** Real ones: up to some 100 KiB of pool, and up to some MiB of texts. */
const MAX_POOL_BYTES = 4 << 20
const MAX_STRING_BYTES = 32 << 20
const MAX_TABLE_BYTES = 256 << 10
const MAX_SUMMARY_BYTES = 64 << 10
const MAX_SUMMARY_PROPERTIES = 256
/** Bytes of the name of a property, which may have 72 characters, and of a value. */
const MAX_NAME = 255
const MAX_PROPERTY = 64 << 10

/** Labels of the Encoding Standard for the code pages of Windows that it knows. */
const CODE_PAGES: Readonly<Record<number, string>> = {
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  1250: 'windows-1250',
  1251: 'windows-1251',
  1252: 'windows-1252',
  1253: 'windows-1253',
  1254: 'windows-1254',
  1255: 'windows-1255',
  1256: 'windows-1256',
  1257: 'windows-1257',
  1258: 'windows-1258',
  65001: 'utf-8',
}

/** @throws FormatError, FormatLimitError, RangeError when a table is cut off */
export async function readMsi(file: CompoundFile): Promise<Msi> {
  const streams = new Map(
    file.root.children.filter(({ kind }) => kind === 'stream').map((entry) => [msiStreamName(entry.name), entry]),
  )
  const properties = await readProperties(file, streams)
  return {
    hasProperties: properties.size > 0,
    property: (name) => properties.get(name)?.(),
    summary: await readSummary(file, streams),
  }
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._'

/**
 * Names of tables and streams are packed, two characters into one of U+3800 … U+47FF, since names of compound files are
 * short. A table starts with U+4840, which becomes `!` here.
 */
export function msiStreamName(name: string): string {
  let text = ''
  for (const unit of name) {
    const code = unit.charCodeAt(0)
    if (code >= 0x3800 && code < 0x4800)
      text += DIGITS[(code - 0x3800) & 0x3f]! + DIGITS[((code - 0x3800) >> 6) & 0x3f]!
    else if (code >= 0x4800 && code < 0x4840) text += DIGITS[code - 0x4800]!
    else text += code === 0x4840 ? '!' : unit
  }
  return text
}

/** Values are decoded when they are asked for: a table of many rows can name one long text in each. */
async function readProperties(
  file: CompoundFile,
  streams: ReadonlyMap<string, CompoundEntry>,
): Promise<ReadonlyMap<string, () => string | undefined>> {
  const properties = new Map<string, () => string | undefined>()
  const [pool, data, table] = ['!_StringPool', '!_StringData', '!Property'].map((name) => streams.get(name))
  if (pool === undefined || data === undefined || table === undefined) return properties
  const strings = new StringPool(await file.read(pool, MAX_POOL_BYTES), await file.read(data, MAX_STRING_BYTES))
  const cells = await file.read(table, MAX_TABLE_BYTES)
  const { indexBytes } = strings
  const rows = Math.floor(cells.byteLength / (2 * indexBytes))
  // Column after column: all names, then all values.
  const cell = (index: number) =>
    cells.subarray(index * indexBytes, (index + 1) * indexBytes).reduceRight((value, byte) => value * 256 + byte, 0)
  for (let row = 0; row < rows; row++) {
    const name = strings.text(cell(row), MAX_NAME)
    const value = cell(rows + row)
    if (name !== undefined && !properties.has(name)) properties.set(name, () => strings.text(value, MAX_PROPERTY))
  }
  return properties
}

/** All texts of a database, one after another; tables refer to them by number, from 1. */
class StringPool {
  /** How many bytes a number has in tables. */
  readonly indexBytes: 2 | 3
  readonly #data: Uint8Array
  readonly #decode: (bytes: Uint8Array) => string | undefined
  /** Where each text starts, by its number, and how long it is. */
  readonly #starts: Uint32Array
  readonly #lengths: Uint32Array
  readonly #count: number

  constructor(pool: Uint8Array, data: Uint8Array) {
    const view = new DataView(pool.buffer, pool.byteOffset, pool.byteLength)
    const head = view.getUint32(0, true)
    this.indexBytes = head >= 0x80000000 ? 3 : 2
    this.#data = data
    this.#decode = decoderOf(head & 0xffff)
    this.#starts = new Uint32Array(pool.byteLength >> 2)
    this.#lengths = new Uint32Array(pool.byteLength >> 2)
    let start = 0
    let count = 1
    for (let at = 4; at + 4 <= pool.byteLength; at += 4) {
      let length = view.getUint16(at, true)
      const references = view.getUint16(at + 2, true)
      if (length === 0 && references !== 0 && at + 8 <= pool.byteLength) {
        // A text beyond 64 KiB has its length in the entry that follows, upper half first.
        at += 4
        length = view.getUint16(at, true) * 0x10000 + view.getUint16(at + 2, true)
      }
      this.#starts[count] = start
      this.#lengths[count] = length
      start += length
      count++
    }
    this.#count = count
    if (start > data.byteLength) throw new FormatError('Cannot read Windows Installer package: its texts are cut off')
  }

  /** Undefined when there is no such text, or when it is longer than `maxBytes` or no text. */
  text(index: number, maxBytes: number): string | undefined {
    if (index === 0 || index >= this.#count || this.#lengths[index]! > maxBytes) return undefined
    const start = this.#starts[index]!
    return this.#decode(this.#data.subarray(start, start + this.#lengths[index]!))
  }
}

/** Strict: undefined for bytes that are no text. Without a code page only ASCII is meant, and Latin is what people write. */
function decoderOf(codePage: number): (bytes: Uint8Array) => string | undefined {
  const decoder = new TextDecoder(CODE_PAGES[codePage] ?? 'windows-1252', { fatal: true, ignoreBOM: true })
  return (bytes) => {
    try {
      return decoder.decode(bytes)
    } catch (error) {
      if (error instanceof TypeError) return undefined
      throw error
    }
  }
}

const CODE_PAGE = 1
const TEXTS = { title: 2, subject: 3, author: 4, template: 7, revision: 9 } as const
const NUMBERS = { pageCount: 14, wordCount: 15 } as const
const VT_I2 = 2
const VT_I4 = 3
const VT_LPSTR = 30

/** A property set stream (Microsoft MS-OLEPS §2.21) with one section. */
async function readSummary(file: CompoundFile, streams: ReadonlyMap<string, CompoundEntry>): Promise<MsiSummary> {
  const stream = streams.get('\u0005SummaryInformation')
  if (stream === undefined) return {}
  const bytes = await file.read(stream, MAX_SUMMARY_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const section = view.getUint32(44, true)
  const count = view.getUint32(section + 4, true)
  if (view.getUint16(0, true) !== 0xfffe || count > MAX_SUMMARY_PROPERTIES)
    throw new FormatError('Cannot read Windows Installer package: its summary is damaged')
  const places = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const at = section + 8 + i * 8
    places.set(view.getUint32(at, true), section + view.getUint32(at + 4, true))
  }
  const number = (id: number): number | undefined => {
    const at = places.get(id)
    if (at === undefined) return undefined
    const type = view.getUint32(at, true)
    return type === VT_I2 ? view.getInt16(at + 4, true) : type === VT_I4 ? view.getInt32(at + 4, true) : undefined
  }
  const decode = decoderOf((number(CODE_PAGE) ?? 0) & 0xffff)
  const text = (id: number): string | undefined => {
    const at = places.get(id)
    if (at === undefined || view.getUint32(at, true) !== VT_LPSTR) return undefined
    const raw = bytes.subarray(at + 8, at + 8 + view.getUint32(at + 4, true))
    const end = raw.indexOf(0)
    return decode(end < 0 ? raw : raw.subarray(0, end))
  }
  const summary: Record<string, string | number> = {}
  for (const [name, id] of Object.entries(TEXTS)) {
    const value = text(id)
    if (value !== undefined) summary[name] = value
  }
  for (const [name, id] of Object.entries(NUMBERS)) {
    const value = number(id)
    if (value !== undefined) summary[name] = value
  }
  return summary
}
