import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../budget.ts'
import { decodeUtf8 } from '../decode-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'

/** Kernels and TeX, which have the most files, come to some 10 MiB; a header is held in memory. */
export const MAX_RPM_HEADER_BYTES = 32 << 20
/** As many as rpm itself takes. */
const MAX_TAGS = 0xffff
/** Longer texts are left out: descriptions of a page have some KiB. */
const MAX_TEXT_BYTES = 64 << 10

const LEAD_BYTES = 96
const INTRO_BYTES = 16
const ENTRY_BYTES = 16

/** `rpmTagType`: bytes of one element; strings (6, 8, 9) end at a NUL. */
const ELEMENT_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 0, 1, 0, 0]
const INT32 = 4
const INT64 = 5
const STRING = 6
const BINARY = 7
const STRING_ARRAY = 8
const I18N_STRING = 9

interface Entry {
  readonly type: number
  readonly offset: number
  readonly count: number
}

/** One header structure: tags with typed values. */
export interface RpmHeader {
  /** Where it starts in the file, and where its last byte is followed. */
  readonly offset: number
  readonly end: number
  /** All its bytes, from its magic number on: what the digests of the signature header are about. */
  readonly bytes: Uint8Array
  /** Tags that occur more than once: which of them counts depends on the reader. */
  readonly repeated: ReadonlySet<number>
  has(tag: number): boolean
  /** First text of a string, string array or translated string (its default); undefined when absent or not UTF-8. */
  text(tag: number): string | undefined
  /**
   * The first `most` texts of a string array, undefined for one that {@link text} would not give; none when the tag is
   * absent or of another type.
   */
  texts(tag: number, most: number): (string | undefined)[]
  /** First 32-bit number; undefined when absent or of another type. */
  number(tag: number): number | undefined
  /** The first `most` 32-bit numbers; none when absent or of another type. */
  numbers(tag: number, most: number): number[]
  /** First 64-bit number; undefined when absent or of another type. */
  bigNumber(tag: number): bigint | undefined
  /** Bytes of a binary value; undefined when absent or of another type. */
  binary(tag: number): Uint8Array | undefined
}

export interface Rpm {
  /** Of the lead: 0 binary, 1 source. Obsolete; the header knows better. */
  readonly leadType: number
  readonly signature: RpmHeader
  readonly header: RpmHeader
  /** The payload is everything from here on. */
  readonly payloadOffset: number
}

/**
 * The parts of an RPM package before its payload (RPM file format v3 and v4, `docs/manual/format*.md` of rpm): a lead of
 * 96 bytes, the signature header padded to 8, the header.
 *
 * @throws FormatError, FormatLimitError for a header above {@link MAX_RPM_HEADER_BYTES}, RangeError when cut off
 */
export async function readRpm(source: ByteSource, budget: Budget): Promise<Rpm> {
  const lead = await source.read(0, LEAD_BYTES)
  const view = new DataView(lead.buffer, lead.byteOffset, lead.byteLength)
  if (view.getUint32(0) !== 0xedabeedb) throw new FormatError('Cannot read rpm: wrong magic', { offset: 0 })
  const signature = await readHeader(source, LEAD_BYTES, 62, budget)
  const header = await readHeader(source, Math.ceil(signature.end / 8) * 8, 63, budget)
  return { leadType: view.getUint16(6), signature, header, payloadOffset: header.end }
}

/**
 * Magic 8eade801, 4 reserved bytes, number of tags and bytes of the store, both big-endian; then 16 bytes a tag
 * (`tag type offset count`), then the store.
 *
 * @param region the tag that holds all others together in this header: 62 in the signature, 63 in the main one
 */
async function readHeader(source: ByteSource, offset: number, region: number, budget: Budget): Promise<RpmHeader> {
  budget.tick()
  const intro = await source.read(offset, INTRO_BYTES)
  const head = new DataView(intro.buffer, intro.byteOffset, intro.byteLength)
  if (head.getUint32(0) !== 0x8eade801)
    throw new FormatError('Cannot read rpm: a header has the wrong magic', { offset })
  const count = head.getUint32(8)
  const storeBytes = head.getUint32(12)
  if (count > MAX_TAGS) throw new FormatLimitError(`Cannot read rpm: a header has more than ${MAX_TAGS} tags`)
  const sizeBytes = INTRO_BYTES + count * ENTRY_BYTES + storeBytes
  if (sizeBytes > MAX_RPM_HEADER_BYTES)
    throw new FormatLimitError(`Cannot read rpm: a header is larger than ${MAX_RPM_HEADER_BYTES} bytes`)
  const bytes = await source.read(offset, sizeBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const store = bytes.subarray(INTRO_BYTES + count * ENTRY_BYTES)

  const entries = new Map<number, Entry>()
  const repeated = new Set<number>()
  for (let i = 0; i < count; i++) {
    if ((i & 0xfff) === 0) budget.tick()
    const at = INTRO_BYTES + i * ENTRY_BYTES
    const tag = view.getUint32(at)
    const entry = { type: view.getUint32(at + 4), offset: view.getUint32(at + 8), count: view.getUint32(at + 12) }
    checkEntry(entry, store.byteLength, offset + at)
    if (i === 0 && tag === region) checkRegion(entry, store, region, count, offset + at)
    if (entries.has(tag)) repeated.add(tag)
    else entries.set(tag, entry)
  }
  return new Header(offset, bytes, store, entries, repeated)
}

function checkEntry({ type, offset, count }: Entry, storeBytes: number, at: number): void {
  const element = ELEMENT_BYTES[type]
  // A string takes one byte each at least, its NUL.
  const least = element === undefined ? 0 : Math.max(element, type >= STRING ? 1 : 0) * count
  if (element === undefined || count === 0 || offset > storeBytes || least > storeBytes - offset)
    throw new FormatError('Cannot read rpm: a tag is damaged', { offset: at })
}

/** A region ends with a copy of its own entry, whose offset says, negated, how many bytes of entries it spans. */
function checkRegion(entry: Entry, store: Uint8Array, region: number, count: number, at: number): void {
  const isWhole = entry.type === BINARY && entry.count === ENTRY_BYTES
  const view = new DataView(store.buffer, store.byteOffset, store.byteLength)
  const spanned = isWhole ? -view.getInt32(entry.offset + 8) / ENTRY_BYTES : 0
  // Signatures of packages of rpm 4.0 name HEADER_IMAGE (61) here; nothing hangs on it.
  const tag = isWhole ? view.getUint32(entry.offset) : 0
  if (!Number.isInteger(spanned) || spanned < 1 || spanned > count || (tag !== region && tag !== 61))
    throw new FormatError('Cannot read rpm: the region of a header is damaged', { offset: at })
}

class Header implements RpmHeader {
  readonly offset: number
  readonly bytes: Uint8Array
  readonly repeated: ReadonlySet<number>
  readonly #store: Uint8Array
  readonly #entries: ReadonlyMap<number, Entry>

  constructor(
    offset: number,
    bytes: Uint8Array,
    store: Uint8Array,
    entries: ReadonlyMap<number, Entry>,
    repeated: ReadonlySet<number>,
  ) {
    this.offset = offset
    this.bytes = bytes
    this.#store = store
    this.#entries = entries
    this.repeated = repeated
  }

  get end(): number {
    return this.offset + this.bytes.byteLength
  }

  has(tag: number): boolean {
    return this.#entries.has(tag)
  }

  text(tag: number): string | undefined {
    const entry = this.#entries.get(tag)
    if (entry === undefined || ![STRING, STRING_ARRAY, I18N_STRING].includes(entry.type)) return undefined
    return textOf(this.#store.subarray(entry.offset, entry.offset + MAX_TEXT_BYTES))
  }

  texts(tag: number, most: number): (string | undefined)[] {
    const entry = this.#entries.get(tag)
    if (entry?.type !== STRING_ARRAY) return []
    const texts: (string | undefined)[] = []
    for (let at = entry.offset; texts.length < Math.min(entry.count, most); ) {
      const end = this.#store.indexOf(0, at)
      if (end < 0) break
      texts.push(textOf(this.#store.subarray(at, Math.min(end + 1, at + MAX_TEXT_BYTES))))
      at = end + 1
    }
    return texts
  }

  number(tag: number): number | undefined {
    return this.numbers(tag, 1)[0]
  }

  numbers(tag: number, most: number): number[] {
    const entry = this.#entries.get(tag)
    if (entry?.type !== INT32) return []
    const view = this.#view()
    return Array.from({ length: Math.min(entry.count, most) }, (_, i) => view.getUint32(entry.offset + 4 * i))
  }

  bigNumber(tag: number): bigint | undefined {
    const entry = this.#entries.get(tag)
    return entry?.type === INT64 ? this.#view().getBigUint64(entry.offset) : undefined
  }

  binary(tag: number): Uint8Array | undefined {
    const entry = this.#entries.get(tag)
    return entry?.type === BINARY ? this.#store.subarray(entry.offset, entry.offset + entry.count) : undefined
  }

  #view(): DataView {
    const { buffer, byteOffset, byteLength } = this.#store
    return new DataView(buffer, byteOffset, byteLength)
  }
}

/** What stands before the first NUL; undefined when there is none, or when it is not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0)
  if (end < 0) return undefined
  try {
    return decodeUtf8(bytes.subarray(0, end), 'rpm')
  } catch (error) {
    // Texts of old packages may be in any encoding, and do not say which.
    if (error instanceof FormatError) return undefined
    throw error
  }
}
