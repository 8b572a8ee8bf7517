import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../budget.ts'
import { quoteMemberName } from './member-name.ts'
import {
  CENTRAL_HEADER,
  ENCRYPTED,
  END_RECORD,
  HAS_DESCRIPTOR,
  isSymlink,
  LOCAL_HEADER,
  NAME_IS_UTF8,
  ZIP64_END_RECORD,
  type ZipDirectory,
  type ZipEntry,
} from './zip.ts'

const LOCAL_BYTES = 30
/** Signature, checksum and two sizes of eight bytes each (APPNOTE 4.3.9). */
const MAX_DESCRIPTOR_BYTES = 24
const DESCRIPTOR = 0x08074b50
const ZIP64_EXTRA = 0x0001
/** A name in UTF-8 beside that of the header (APPNOTE 4.6.9). */
const UNICODE_PATH_EXTRA = 0x7075
const SATURATED = 0xffffffff

/**
 * Sentences about everything on which two ZIP readers could disagree, so that one could be shown harmless contents and
 * the other run different ones: duplicate names, files that are folders as well, second names, local headers and data
 * descriptors unlike the directory, members that overlap, lie outside or are not listed, bytes before or after, several
 * end records. Empty for an archive that every reader reads alike.
 *
 * Bytes between members and before the directory that start no record of ZIP are nothing: the padding of aligned
 * packages, the signing block of Android.
 *
 * Reads every local header, in file order.
 *
 * @throws FormatLimitError
 */
export async function findZipConfusion(source: ByteSource, directory: ZipDirectory, budget: Budget): Promise<string[]> {
  const found = [...directory.oddities]
  const { byPath, twice } = pathsOf(directory.entries)
  if (twice !== undefined) found.push(`the name ${quoteMemberName(twice)} occurs twice`)
  const fileAsFolder = findFileAsFolder(byPath)
  if (fileAsFolder !== undefined)
    found.push(`the member ${quoteMemberName(fileAsFolder)} is a file and a folder of others`)
  const ordered = [...directory.entries].sort((a, b) => a.offset - b.offset)
  const window = new Window(source)
  let previousEnd = 0
  let hidden = false
  for (const entry of ordered) {
    budget.tick()
    const name = quoteMemberName(entry)
    const inside = entry.offset + LOCAL_BYTES <= directory.directoryOffset
    const header = inside ? (window.peek(entry.offset, LOCAL_BYTES) ?? (await window.readHeader(entry))) : undefined
    const local = header && viewOf(header)
    if (local === undefined || local.getUint32(0, true) !== LOCAL_HEADER) {
      found.push(`the member ${name} does not start where the directory says`)
      break
    }
    const nameLength = local.getUint16(26, true)
    const extraLength = local.getUint16(28, true)
    const dataStart = entry.offset + LOCAL_BYTES + nameLength + extraLength
    const dataEnd = dataStart + entry.compressedBytes
    if (dataEnd > directory.directoryOffset) {
      found.push(`the member ${name} lies outside the archive`)
      break
    }
    if (entry.offset < previousEnd) {
      found.push(`the member ${name} overlaps another`)
      break
    }
    const gap = await skipPadding(window, previousEnd, entry.offset, budget)
    if (previousEnd > 0) hidden ||= gap.found
    else if (directory.baseOffset === 0 && gap.end < entry.offset) found.push('there are bytes before the first member')
    const textAt = entry.offset + LOCAL_BYTES
    const texts = window.peek(textAt, nameLength + extraLength) ?? (await window.read(textAt, nameLength + extraLength))
    const extra = texts.subarray(nameLength)
    const problem = localMismatch(entry, local, texts.subarray(0, nameLength), extra)
    if (problem !== undefined) {
      found.push(`the member ${name} has another ${problem} in its local header than in the directory`)
      break
    }
    if (entry.method === 0 && entry.compressedBytes !== entry.sizeBytes && (entry.flags & ENCRYPTED) === 0) {
      found.push(`the member ${name} is stored and has two sizes`)
      break
    }
    if (hasOtherName(entry, entry.extra) || hasOtherName(entry, extra)) {
      found.push(`the member ${name} has a second name`)
      break
    }
    previousEnd = dataEnd
    if ((local.getUint16(6, true) & HAS_DESCRIPTOR) !== 0) {
      const room = Math.min(MAX_DESCRIPTOR_BYTES, directory.directoryOffset - dataEnd)
      const bytes = window.peek(dataEnd, room) ?? (await window.read(dataEnd, room))
      const length = descriptorBytes(entry, bytes)
      // Where the local header has sizes itself, readers need no descriptor, and some writers leave it out.
      if (length === undefined && local.getUint32(18, true) === 0 && entry.compressedBytes > 0) {
        found.push(`the member ${name} has other sizes or another checksum behind its data than in the directory`)
        break
      }
      previousEnd += length ?? 0
    }
  }
  // After a break it is not known where the members end.
  if (found.length === 0 && previousEnd > 0)
    hidden ||= (await skipPadding(window, previousEnd, directory.directoryOffset, budget)).found
  if (hidden) found.push('there are members or directories between those that the directory lists')
  return found
}

/** Members by their paths, and the first that has the path of another, in whatever way it is written: `a//b`, `./a/b`, `a\b`. */
function pathsOf(entries: readonly ZipEntry[]): {
  readonly byPath: ReadonlyMap<string, ZipEntry>
  readonly twice: ZipEntry | undefined
} {
  const byPath = new Map<string, ZipEntry>()
  let twice: ZipEntry | undefined
  for (const entry of entries) {
    const path = plainPath(entry.name)
    if (byPath.has(path)) twice ??= entry
    else byPath.set(path, entry)
  }
  return { byPath, twice }
}

/** A file or link whose path others go through: unpacked it is one or the other, whichever comes last. */
function findFileAsFolder(byPath: ReadonlyMap<string, ZipEntry>): ZipEntry | undefined {
  // With this at the end of files too, what lies in a folder comes right behind it.
  const folders = [...byPath.keys()].map((path) => `${path}/`).sort()
  for (let i = 1; i < folders.length; i++) {
    const folder = folders[i - 1]!
    if (!folders[i]!.startsWith(folder)) continue
    const entry = byPath.get(folder.slice(0, -1))!
    if (isSymlink(entry) || !/[/\\]$/.test(entry.name)) return entry
  }
  return undefined
}

function plainPath(name: string): string {
  const end = name.indexOf('\0')
  const text = end < 0 ? name : name.slice(0, end)
  if (!/\\|\/\/|\/$|^\/|(?:^|\/)\.(?:\/|$)/.test(text)) return text
  const parts = text.split(/[/\\]/).filter((part) => part !== '' && part !== '.')
  return parts.join('/')
}

/**
 * Skips local headers without a name, with which some build tools for Android pad; `found` tells whether another record
 * follows them, so that a reader that goes from one record to the next would find it.
 */
async function skipPadding(
  window: Window,
  start: number,
  end: number,
  budget: Budget,
): Promise<{ end: number; found: boolean }> {
  let at = start
  while (end - at >= LOCAL_BYTES) {
    budget.tick()
    const view = viewOf(window.peek(at, LOCAL_BYTES) ?? (await window.read(at, LOCAL_BYTES)))
    const signature = view.getUint32(0, true)
    if (signature === CENTRAL_HEADER || signature === END_RECORD || signature === ZIP64_END_RECORD)
      return { end: at, found: true }
    if (signature !== LOCAL_HEADER) break
    if (view.getUint16(26, true) > 0) return { end: at, found: true }
    at += LOCAL_BYTES + view.getUint16(28, true) + view.getUint32(18, true)
  }
  return { end: at, found: false }
}

function localMismatch(entry: ZipEntry, local: DataView, rawName: Uint8Array, extra: Uint8Array): string | undefined {
  if (rawName.length !== entry.rawName.length || rawName.some((byte, i) => byte !== entry.rawName[i])) return 'name'
  if (local.getUint16(8, true) !== entry.method) return 'compression method'
  const flags = local.getUint16(6, true)
  if (((flags ^ entry.flags) & ENCRYPTED) !== 0) return 'encryption flag'
  if (((flags ^ entry.flags) & NAME_IS_UTF8) !== 0 && rawName.some((byte) => byte > 0x7f)) return 'encoding of its name'
  const crc = local.getUint32(14, true)
  const compressed = local.getUint32(18, true)
  const size = local.getUint32(22, true)
  const deferred = (flags & HAS_DESCRIPTOR) !== 0
  // With a data descriptor the local header may leave these three at zero.
  if (deferred && crc === 0 && compressed === 0 && size === 0) return undefined
  if (crc !== entry.crc32 && !(deferred && crc === 0)) return 'checksum'
  const wide = compressed === SATURATED || size === SATURATED ? wideSizes(extra, size, compressed) : undefined
  const agrees = (value: number, wanted: number) =>
    value === wanted || (deferred && (value === 0 || value === SATURATED))
  if (!agrees(wide?.compressed ?? compressed, entry.compressedBytes) || !agrees(wide?.size ?? size, entry.sizeBytes))
    return 'size'
  return undefined
}

/** The sizes of a local ZIP64 field: first the plain one, then the compressed one, each where the header is saturated. */
function wideSizes(
  extra: Uint8Array,
  size: number,
  compressed: number,
): { size: number; compressed: number } | undefined {
  const field = extraField(extra, ZIP64_EXTRA)
  if (field === undefined) return undefined
  const view = viewOf(field)
  let at = 0
  const next = (value: number): number => {
    if (value !== SATURATED || at + 8 > field.length) return value
    at += 8
    return Number(view.getBigUint64(at - 8, true))
  }
  return { size: next(size), compressed: next(compressed) }
}

function hasOtherName(entry: ZipEntry, extra: Uint8Array): boolean {
  const field = extraField(extra, UNICODE_PATH_EXTRA)
  if (field === undefined || field.length < 5 || field[0] !== 1) return false
  const name = field.subarray(5)
  // Its checksum, which says whether it still belongs to the name, is not looked at: neither do all readers.
  return name.length !== entry.rawName.length || name.some((byte, i) => byte !== entry.rawName[i])
}

/** The contents of the first field with this id; undefined when there is none. */
function extraField(extra: Uint8Array, id: number): Uint8Array | undefined {
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true)
    if (view.getUint16(at, true) === id) return end <= extra.length ? extra.subarray(at + 4, end) : undefined
    at = end
  }
  return undefined
}

/** Length of the data descriptor at the start of `bytes` if it says what the directory says, in any of its four forms. */
function descriptorBytes(entry: ZipEntry, bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes)
  for (const start of [4, 0]) {
    if (start === 4 && (bytes.length < 4 || view.getUint32(0, true) !== DESCRIPTOR)) continue
    if (start + 12 > bytes.length || view.getUint32(start, true) !== entry.crc32) continue
    // First the longer form: zeros of a wide size must not pass for a short descriptor and what follows.
    if (
      start + 20 <= bytes.length &&
      view.getBigUint64(start + 4, true) === BigInt(entry.compressedBytes) &&
      view.getBigUint64(start + 12, true) === BigInt(entry.sizeBytes)
    )
      return start + 20
    if (
      view.getUint32(start + 4, true) === entry.compressedBytes % 2 ** 32 &&
      view.getUint32(start + 8, true) === entry.sizeBytes % 2 ** 32
    )
      return start + 12
  }
  return undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const WINDOW_BYTES = 1024
/** Holds a local header with name and extra fields of usual lengths. */
const LARGE_WINDOW_BYTES = 192

/** A window of 1 KiB, because local headers of small members lie close together. */
class Window {
  readonly #source: ByteSource
  #start = 0
  #bytes: Uint8Array = new Uint8Array(0)

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** The bytes when the window has them: no waiting, which would be most of the cost for 100 000 members. */
  peek(offset: number, length: number): Uint8Array | undefined {
    const at = offset - this.#start
    return at >= 0 && at + length <= this.#bytes.byteLength ? this.#bytes.subarray(at, at + length) : undefined
  }

  /** Behind a member that is larger than the window, the next header is not in it: only its own is worth reading. */
  async readHeader(entry: ZipEntry): Promise<Uint8Array> {
    const isLarge = entry.compressedBytes > WINDOW_BYTES
    return this.read(entry.offset, LOCAL_BYTES, isLarge ? LARGE_WINDOW_BYTES : WINDOW_BYTES)
  }

  async read(offset: number, length: number, windowBytes = WINDOW_BYTES): Promise<Uint8Array> {
    this.#start = offset
    const window = Math.min(windowBytes, this.#source.sizeBytes - offset)
    this.#bytes = await this.#source.read(offset, Math.max(length, window))
    return this.#bytes.subarray(0, length)
  }
}
