import { concat } from '../../bytes/concat.ts'
import type { Budget } from '../budget.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { decodeMemberName, type MemberName } from './member-name.ts'
import { doubtOfHeader, doubtOfRecord, isUstar } from './tar-doubts.ts'

export type TarKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'fifo' | 'other'

/** By the name that most readers go by: PAX, GNU long name, or header. */
export interface TarMember extends MemberName {
  /**
   * The name for readers that know the sparse files of PAX. GNU tar takes it for members of every kind, sparse or not,
   * and also from a global header; others take it only sometimes or never.
   */
  readonly sparseName: MemberName | undefined
  readonly kind: TarKind
  readonly sizeBytes: number
  /**
   * What the header says when a PAX record says another size: a reader that does not know PAX goes on at another place.
   * Undefined when they agree, and when the header says 0 or its highest number, as writers do for files above 8 GiB.
   */
  readonly otherSizeBytes: number | undefined
  /** Stored without its holes, in one of the ways of GNU tar; `sizeBytes` is what is stored. */
  readonly isSparse: boolean
  /** Why another reader could see other members here, as the end of a sentence; undefined for what writers write. */
  readonly doubt: string | undefined
  /** Unix permission bits. */
  readonly mode: number
  /** Target of a symlink or hard link. */
  readonly linkName: string
  /** First bytes of the contents, as many as asked for. */
  readonly head: Uint8Array
}

/**
 * What is odd about the end of an archive: bytes other than zeros behind one block of zeros, where some readers go on and
 * others end; behind two, where all end; or a header with a doubt and no member.
 */
export type OddEnd = 'behind one block' | 'behind two blocks' | 'doubtful header'

/** The highest size that eleven octal digits hold: 8 GiB - 1. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1
/** Long names and PAX records are held in memory. */
const MAX_META_BYTES = 1 << 20
/**
 * A name in a global header is that of every member after it: to judge it costs each of them its length, for which the
 * archive pays once. No writer is known that gives all members one name.
 */
const MAX_GLOBAL_NAME_BYTES = 256

const META_TYPES = 'LKxXg'

const KINDS: Readonly<Record<string, TarKind>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'fifo',
}

/**
 * Members of a tar stream in order: POSIX ustar and PAX (IEEE 1003.1 pax), GNU long names, base-256 sizes and sparse
 * files (tar(5)).
 *
 * @param headBytes how many bytes of a member's contents to keep; asked once per member
 * @param atEnd told what is odd about the end; only with this it is read what follows
 * @throws FormatError, FormatLimitError; errors of `chunks` pass unchanged
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  budget: Budget,
  headBytes: (member: Omit<TarMember, 'head'>) => number,
  atEnd?: (odd: OddEnd) => void,
): AsyncGenerator<TarMember> {
  const input = new TarInput(chunks)
  let pax = NO_PAX
  let globalPax = NO_PAX
  let longName: Uint8Array | undefined
  let longLink: Uint8Array | undefined
  let doubt: string | undefined
  try {
    for (;;) {
      const header = await input.take(512, true)
      if (header === undefined || isZeros(header)) {
        if (doubt !== undefined) atEnd?.('doubtful header')
        const odd = atEnd && (await input.afterZeros())
        if (odd !== undefined) atEnd?.(odd)
        return
      }
      const sum = checkSum(header)
      budget.entries(1)
      const type = String.fromCharCode(header[156]!)
      let sizeBytes = number(header, 124, 12)
      if (META_TYPES.includes(type)) {
        doubt ??= doubtOfHeader(header, type, sizeBytes, sum)
        if (sizeBytes > MAX_META_BYTES)
          throw new FormatLimitError('Cannot read tar: a long name or PAX record is too large')
        budget.tick()
        const data = (await input.take(sizeBytes))!
        await input.skip(padding(sizeBytes))
        if (type === 'L') longName = untilNul(data)
        else if (type === 'K') longLink = untilNul(data)
        else {
          const records = paxRecords(data)
          const before = type === 'g' ? globalPax : pax
          // Some add the records of the second to those of the first.
          if (before.values.size > 0) doubt ??= 'has two PAX headers'
          doubt ??= records.doubt
          if (type === 'g') globalPax = shortNames(records)
          else pax = records
        }
        continue
      }
      const record = (key: PaxKey) => pax.values.get(key) ?? globalPax.values.get(key)
      let otherSizeBytes: number | undefined
      const paxSize = record('size')
      if (paxSize !== undefined) {
        const text = decodeLatin1(paxSize)
        if (!/^\d{1,15}$/.test(text)) throw new FormatError('Cannot read tar: a PAX size is not a number')
        const isFiller = sizeBytes === 0 || (sizeBytes === MAX_OCTAL_SIZE && Number(text) > sizeBytes)
        if (Number(text) !== sizeBytes && !isFiller) otherSizeBytes = sizeBytes
        sizeBytes = Number(text)
      }
      doubt ??= doubtOfHeader(header, type, sizeBytes, sum)
      const isGnu = header[262] === 0x20
      const prefix = isUstar(header) && !isGnu ? untilNul(header.subarray(345, 500)) : EMPTY
      const short = untilNul(header.subarray(0, 100))
      const name = decodeMemberName(record('path') ?? longName ?? (prefix.length > 0 ? joinPath(prefix, short) : short))
      const rawSparseName = record('GNU.sparse.name')
      const sparseName = rawSparseName && decodeMemberName(rawSparseName)
      const link = decodeMemberName(record('linkpath') ?? longLink ?? untilNul(header.subarray(157, 257)))
      if (otherSizeBytes !== undefined) doubt ??= 'has two sizes'
      doubt ??= doubtOfName(name, pax, globalPax, longName)
      const isSparse = type === 'S' || pax.isSparse || globalPax.isSparse
      pax = NO_PAX
      longName = undefined
      longLink = undefined
      const kind: TarKind = KINDS[type] === 'file' && name.name.endsWith('/') ? 'directory' : (KINDS[type] ?? 'other')
      if (sizeBytes > 0 && kind === 'directory' && type === '7') doubt ??= 'is a folder with contents'
      if (paxSize !== undefined && kind === 'other') doubt ??= 'has a size in a PAX record, and is of an unknown kind'
      // Links and directories may carry the size of what they name; no bytes follow (POSIX).
      if (kind !== 'file' && kind !== 'other') sizeBytes = 0
      if (type === 'S') {
        let more = header[482] === 1
        while (more) {
          budget.tick()
          more = (await input.take(512))![504] === 1
        }
      }
      const member = {
        ...name,
        sparseName,
        kind,
        sizeBytes,
        otherSizeBytes,
        isSparse,
        doubt,
        mode: number(header, 100, 8) & 0o7777,
        linkName: link.name,
      }
      doubt = undefined
      const wanted = Math.min(sizeBytes, Math.max(0, headBytes(member)))
      const head = (await input.take(wanted))!
      yield { ...member, head }
      await input.skip(sizeBytes - wanted + padding(sizeBytes))
    }
  } finally {
    await input.close()
  }
}

function doubtOfName(
  { name, isUtf8 }: MemberName,
  pax: PaxRecords,
  globalPax: PaxRecords,
  longName: Uint8Array | undefined,
): string | undefined {
  const isPax = pax.values.has('path')
  if (name === '') return 'has no name'
  if (name.includes('\0')) return 'has a name with a NUL in it'
  if (isPax && !isUtf8) return 'has a name in a PAX record that is not UTF-8'
  if (isPax && longName !== undefined) return 'has two long names'
  if (!isPax && globalPax.values.has('path')) return 'has its name from a PAX header for all members'
  return undefined
}

function padding(sizeBytes: number): number {
  return (512 - (sizeBytes % 512)) % 512
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

function joinPath(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  const path = new Uint8Array(prefix.length + 1 + name.length)
  path.set(prefix)
  path[prefix.length] = 0x2f
  path.set(name, prefix.length + 1)
  return path
}

/** Octal text amid white space, up to a NUL, or base-256 when the first bit is set (GNU). */
function number(header: Uint8Array, offset: number, length: number): number {
  const end = offset + length
  if ((header[offset]! & 0x80) !== 0) {
    let value = header[offset]! & 0x7f
    for (let at = offset + 1; at < end; at++) value = value * 256 + header[at]!
    if (!Number.isSafeInteger(value)) throw new FormatError('Cannot read tar: a number is too large')
    return value
  }
  let at = offset
  while (at < end && isSpace(header[at]!)) at++
  let value = 0
  for (; at < end && header[at]! >= 0x30 && header[at]! < 0x38; at++) value = value * 8 + header[at]! - 0x30
  while (at < end && isSpace(header[at]!)) at++
  if (at < end && header[at] !== 0) throw new FormatError('Cannot read tar: a header field is not an octal number')
  return value
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}

/**
 * Old tars summed signed bytes.
 *
 * @returns the sum of all header bytes with the checksum field as spaces
 * @throws FormatError when the header has neither sum
 */
function checkSum(header: Uint8Array): number {
  let unsigned = 0
  let signed = 0
  for (let i = 0; i < 512; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : header[i]!
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  const stored = number(header, 148, 8)
  if (stored !== unsigned && stored !== signed) throw new FormatError('Cannot read tar: a header checksum is wrong')
  return unsigned
}

const PAX_KEYS = ['path', 'linkpath', 'size', 'GNU.sparse.name'] as const
type PaxKey = (typeof PAX_KEYS)[number]
const PAX_KEY_BYTES = PAX_KEYS.map((key) => ({ key, bytes: new TextEncoder().encode(key) }))
const GNU_SPARSE = new TextEncoder().encode('GNU.sparse.')

/** What is used of one PAX header. The others, of which one header may hold a hundred thousand, are not kept. */
interface PaxRecords {
  readonly values: ReadonlyMap<PaxKey, Uint8Array>
  /** Has a record of the sparse files of GNU tar. */
  readonly isSparse: boolean
  /** As in {@link TarMember}. */
  readonly doubt: string | undefined
}

const NO_PAX: PaxRecords = { values: new Map(), isSparse: false, doubt: undefined }

/** @throws FormatLimitError for a name that would cost every member too much */
function shortNames(records: PaxRecords): PaxRecords {
  for (const value of records.values.values()) {
    if (value.byteLength > MAX_GLOBAL_NAME_BYTES)
      throw new FormatLimitError('Cannot read tar: a name for all members is too long')
  }
  return records
}

/**
 * `<length> <key>=<value>\n`, the length counting the whole record. Compares bytes in place: a text for each of a hundred
 * thousand keys would take a fifth of a second.
 */
function paxRecords(data: Uint8Array): PaxRecords {
  const values = new Map<PaxKey, Uint8Array>()
  let isSparse = false
  let doubt: string | undefined
  let position = 0
  while (position < data.length && data[position] !== 0) {
    let space = position
    let length = 0
    for (; isDigit(data[space]) && space < position + 7; space++) length = length * 10 + data[space]! - 0x30
    const end = position + length
    const equals = data.indexOf(0x3d, space)
    if (
      length === 0 ||
      data[space] !== 0x20 ||
      end > data.length ||
      equals < 0 ||
      equals >= end ||
      data[end - 1] !== 0x0a
    ) {
      throw new FormatError('Cannot read tar: a PAX record is damaged')
    }
    const start = space + 1
    for (const { key, bytes } of PAX_KEY_BYTES) {
      if (bytes.length === equals - start && isAt(data, start, bytes)) values.set(key, data.slice(equals + 1, end - 1))
    }
    isSparse ||= equals - start >= GNU_SPARSE.length && isAt(data, start, GNU_SPARSE)
    doubt ??= doubtOfRecord(data, position, end)
    position = end
  }
  if (!isZeros(data.subarray(position))) doubt ??= 'has bytes behind its PAX records'
  return { values, isSparse, doubt }
}

function isZeros(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false
  return true
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function isAt(data: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (data[start + i] !== wanted[i]) return false
  return true
}

const EMPTY = new Uint8Array(0)

/** Takes exact amounts out of chunks of any length. */
class TarInput {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>
  #rest: Uint8Array = EMPTY

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  }

  /** Undefined when `orEnd` and there are no bytes at all. @throws RangeError when fewer than `length` follow */
  async take(length: number, orEnd = false): Promise<Uint8Array | undefined> {
    if (this.#rest.byteLength >= length) return this.#cut(length)
    const parts = [this.#rest]
    let have = this.#rest.byteLength
    this.#rest = EMPTY
    while (have < length) {
      const next = await this.#chunks.next()
      if (next.done) {
        if (orEnd && have === 0) return undefined
        throw new RangeError('Cannot read tar: it is cut off')
      }
      parts.push(next.value)
      have += next.value.byteLength
    }
    this.#rest = concat(parts)
    return this.#cut(length)
  }

  async skip(length: number): Promise<void> {
    let left = length
    while (left > this.#rest.byteLength) {
      left -= this.#rest.byteLength
      this.#rest = EMPTY
      const next = await this.#chunks.next()
      if (next.done) throw new RangeError('Cannot read tar: it is cut off')
      this.#rest = next.value
    }
    this.#cut(left)
  }

  /** Behind a block of zeros: what is there besides further zeros, looked for until it is found or all is read. */
  async afterZeros(): Promise<'behind one block' | 'behind two blocks' | undefined> {
    for (let passed = 0; ; ) {
      const bytes = this.#rest
      if (passed < 512 && !isZeros(bytes.subarray(0, 512 - passed))) return 'behind one block'
      if (!isZeros(bytes)) return 'behind two blocks'
      passed += bytes.byteLength
      const next = await this.#chunks.next()
      if (next.done) return undefined
      this.#rest = next.value
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  #cut(length: number): Uint8Array {
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return bytes
  }
}
