import type { ByteSource } from '../../bytes/byte-source.ts'
import { crc32 } from '../../bytes/crc32.ts'
import { sliceOf } from '../../bytes/source-slice.ts'
import type { Budget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { decodeMemberName, type MemberName, quoteMemberName } from './member-name.ts'

/**
 * ZIP (PKWARE APPNOTE 6.3.10): members are listed by the central directory at the end.
 *
 * No library: a listing must tell what a lenient reader hides, everything on which two readers could disagree
 * (`findZipConfusion` in zip-confusion.ts); sniffing a format needs the names of up to 200 000 members without an object
 * of many fields for each; and unpacking must not read ahead of what it unpacked.
 */
export interface ZipEntry extends MemberName {
  readonly flags: number
  /** 0 stored, 8 deflate. */
  readonly method: number
  readonly crc32: number
  readonly compressedBytes: number
  readonly sizeBytes: number
  /** Of the local header, from the start of the file. */
  readonly offset: number
  /** Extra fields of the directory (APPNOTE 4.5), as they are. */
  readonly extra: Uint8Array
  /** Unix mode with file type bits (0o120000 is a symlink), 0 when the archive was not made on Unix. */
  readonly unixMode: number
}

export function isSymlink(entry: ZipEntry): boolean {
  return (entry.unixMode & 0o170000) === 0o120000
}

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[]
  /** Where the central directory starts, from the start of the file. */
  readonly directoryOffset: number
  /** Bytes before the archive that its offsets do not count. */
  readonly baseOffset: number
  /** Where the end record starts, from the start of the file. */
  readonly endRecordOffset: number
  /** Sentences about what {@link readZipDirectory} saw and another reader may see differently. */
  readonly oddities: readonly string[]
}

export const END_RECORD = 0x06054b50
const EOCD_BYTES = 22
/** Where an end record can start: its comment has at most 65,535 bytes. */
const MAX_TAIL_BYTES = EOCD_BYTES + 0xffff
const ZIP64_LOCATOR = 0x07064b50
export const ZIP64_END_RECORD = 0x06064b50
export const CENTRAL_HEADER = 0x02014b50
export const LOCAL_HEADER = 0x04034b50
/** Held in memory while it is read. */
const MAX_DIRECTORY_BYTES = 64 << 20

/** Per step of unpacking: deflate expands up to 1032 times, and a runtime may unpack a whole step at once. */
const STEP_BYTES = 4 << 10
/** Read at once, for many steps. */
const READ_BYTES = 64 << 10

/** Systems that write a Unix mode (APPNOTE 4.4.2). */
const UNIX = 3
const MACOS = 19
/** Bits of {@link ZipEntry.flags}. */
export const ENCRYPTED = 0x0001
export const HAS_DESCRIPTOR = 0x0008
export const NAME_IS_UTF8 = 0x0800

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * Reads the central directory; local headers are not looked at.
 *
 * @throws FormatError, FormatLimitError, RangeError when cut off
 */
export async function readZipDirectory(source: ByteSource, budget: Budget): Promise<ZipDirectory> {
  const oddities: string[] = []
  const tailBytes = Math.min(source.sizeBytes, MAX_TAIL_BYTES)
  const tailOffset = source.sizeBytes - tailBytes
  const tail = await source.read(tailOffset, tailBytes)
  const tailView = viewOf(tail)
  const eocdAt = findEndRecord(tail, tailView, oddities)
  const eocdOffset = tailOffset + eocdAt

  const disk = tailView.getUint16(eocdAt + 4, true)
  let count = tailView.getUint16(eocdAt + 10, true)
  let directoryBytes = tailView.getUint32(eocdAt + 12, true)
  let declaredOffset = tailView.getUint32(eocdAt + 16, true)
  if ((disk !== 0 && disk !== 0xffff) || tailView.getUint16(eocdAt + 8, true) !== count) {
    throw new FormatError('Cannot read ZIP: it is one part of several', { offset: eocdOffset })
  }
  let directoryEnd = eocdOffset
  if (eocdOffset >= 20) {
    const locator = viewOf(await source.read(eocdOffset - 20, 20))
    if (locator.getUint32(0, true) === ZIP64_LOCATOR) {
      const recordOffset = safe(locator.getBigUint64(8, true))
      const record = viewOf(await source.read(recordOffset, 56))
      if (record.getUint32(0, true) !== ZIP64_END_RECORD) {
        throw new FormatError('Cannot read ZIP: the ZIP64 end record is damaged', { offset: recordOffset })
      }
      const wide = {
        count: safe(record.getBigUint64(32, true)),
        bytes: safe(record.getBigUint64(40, true)),
        offset: safe(record.getBigUint64(48, true)),
      }
      const disagrees =
        (count !== 0xffff && count !== wide.count) ||
        (directoryBytes !== 0xffffffff && directoryBytes !== wide.bytes) ||
        (declaredOffset !== 0xffffffff && declaredOffset !== wide.offset) ||
        recordOffset + 12 + safe(record.getBigUint64(4, true)) !== eocdOffset - 20
      if (disagrees) oddities.push('the ZIP64 end record and the end record disagree')
      count = wide.count
      directoryBytes = wide.bytes
      declaredOffset = wide.offset
      directoryEnd = recordOffset
    }
  }
  if (directoryBytes > MAX_DIRECTORY_BYTES) {
    throw new FormatLimitError(
      `Cannot read ZIP: its directory of ${directoryBytes} bytes is above ${MAX_DIRECTORY_BYTES}`,
    )
  }
  const directoryOffset = directoryEnd - directoryBytes
  const baseOffset = directoryOffset - declaredOffset
  if (directoryOffset < 0 || baseOffset < 0) {
    throw new FormatError('Cannot read ZIP: the directory lies outside the file', { offset: eocdOffset })
  }
  budget.entries(count)
  const directory = await source.read(directoryOffset, directoryBytes)
  const entries = parseEntries(directory, count, directoryOffset, baseOffset, budget)
  if (findSignature(directory, END_RECORD) >= 0) oddities.push('the directory holds a second end record')
  if (baseOffset > 0) oddities.push('there are bytes before the first member')
  return { entries, directoryOffset, baseOffset, endRecordOffset: eocdOffset, oddities }
}

/**
 * Where ZIP readers start, which is the end of a file: `ends` when the comment of an end record ends with the file,
 * `within` when bytes follow, which many readers pass by, undefined when there is none. One read of at most 64 KiB.
 */
export async function zipEndOf(source: ByteSource): Promise<'ends' | 'within' | undefined> {
  const tailBytes = Math.min(source.sizeBytes, MAX_TAIL_BYTES)
  const tail = await source.read(source.sizeBytes - tailBytes, tailBytes)
  let found: 'within' | undefined
  for (const { end } of endRecords(tail, viewOf(tail))) {
    if (end === tail.length) return 'ends'
    found = 'within'
  }
  return found
}

/** What looks like an end record, last first, with where its comment ends. */
function* endRecords(tail: Uint8Array, view: DataView): Generator<{ readonly at: number; readonly end: number }> {
  for (let at = tail.length - EOCD_BYTES; at >= 0; at--) {
    if (tail[at] !== 0x50 || view.getUint32(at, true) !== END_RECORD) continue
    yield { at, end: at + EOCD_BYTES + view.getUint16(at + 20, true) }
  }
}

/** The end record whose comment ends with the file; other candidates are oddities. */
function findEndRecord(tail: Uint8Array, view: DataView, oddities: string[]): number {
  let fallback = -1
  // Some readers take the last signature, whatever its comment's length says.
  let others = 0
  for (const { at, end } of endRecords(tail, view)) {
    if (end === tail.length) {
      if (others > 0) oddities.push('the comment holds a second end record')
      return at
    }
    others++
    if (fallback < 0 && end < tail.length) fallback = at
  }
  if (fallback < 0) throw new FormatError('Cannot read ZIP: it has no end record, so it is cut off or not a ZIP')
  oddities.push('there are bytes after the end of the archive')
  return fallback
}

function findSignature(bytes: Uint8Array, signature: number): number {
  const view = viewOf(bytes)
  for (let at = bytes.indexOf(0x50); at >= 0 && at + 4 <= bytes.length; at = bytes.indexOf(0x50, at + 1)) {
    if (view.getUint32(at, true) === signature) return at
  }
  return -1
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError('Cannot read ZIP: a ZIP64 number is absurd')
  return Number(value)
}

function parseEntries(
  directory: Uint8Array,
  count: number,
  directoryOffset: number,
  baseOffset: number,
  budget: Budget,
): ZipEntry[] {
  const view = viewOf(directory)
  const entries: ZipEntry[] = []
  let at = 0
  while (at < directory.length) {
    if ((entries.length & 0xfff) === 0) budget.tick()
    if (at + 46 > directory.length || view.getUint32(at, true) !== CENTRAL_HEADER || entries.length === count) {
      throw new FormatError('Cannot read ZIP: the directory is damaged', { offset: directoryOffset + at })
    }
    const nameLength = view.getUint16(at + 28, true)
    const extraLength = view.getUint16(at + 30, true)
    const commentLength = view.getUint16(at + 32, true)
    const end = at + 46 + nameLength + extraLength + commentLength
    if (end > directory.length) {
      throw new FormatError('Cannot read ZIP: the directory is damaged', { offset: directoryOffset + at })
    }
    let compressedBytes = view.getUint32(at + 20, true)
    let sizeBytes = view.getUint32(at + 24, true)
    let offset = view.getUint32(at + 42, true)
    const saturated = [sizeBytes, compressedBytes, offset].some((value) => value === 0xffffffff)
    if (saturated) {
      const wide = zip64Extra(view, at + 46 + nameLength, extraLength)
      if (sizeBytes === 0xffffffff) sizeBytes = wide()
      if (compressedBytes === 0xffffffff) compressedBytes = wide()
      if (offset === 0xffffffff) offset = wide()
    }
    const system = view.getUint8(at + 5)
    entries.push({
      ...decodeMemberName(directory.subarray(at + 46, at + 46 + nameLength)),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      compressedBytes,
      sizeBytes,
      offset: offset + baseOffset,
      extra: directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength),
      unixMode: system === UNIX || system === MACOS ? view.getUint16(at + 40, true) : 0,
    })
    at = end
  }
  if (entries.length !== count) {
    throw new FormatError(`Cannot read ZIP: the directory has ${entries.length} members and announces ${count}`)
  }
  return entries
}

/** Gives the 64-bit numbers of the ZIP64 extra field one after another (APPNOTE 4.5.3). */
function zip64Extra(view: DataView, start: number, length: number): () => number {
  for (let at = start; at + 4 <= start + length; ) {
    const size = view.getUint16(at + 2, true)
    if (view.getUint16(at, true) === 1) {
      let next = at + 4
      const end = Math.min(next + size, start + length)
      return () => {
        next += 8
        if (next > end) throw new FormatError('Cannot read ZIP: a ZIP64 field is missing')
        return safe(view.getBigUint64(next - 8, true))
      }
    }
    at += 4 + size
  }
  throw new FormatError('Cannot read ZIP: a ZIP64 field is missing')
}

/**
 * Unpacks one member that {@link readZipDirectory} listed and checks its CRC-32.
 *
 * @throws FormatError, FormatLimitError above `maxBytes` or by `budget`, RangeError; errors of `source` pass unchanged
 */
export async function readZipMember(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  maxBytes: number,
  budget: Budget,
): Promise<Uint8Array> {
  if (entry.sizeBytes > maxBytes || entry.compressedBytes > maxBytes + 0x10000) {
    throw new FormatLimitError(`Cannot read ZIP member ${quoteMemberName(entry)}: it is larger than ${maxBytes} bytes`)
  }
  const bytes = await unpack(source, directory, entry, entry.sizeBytes, budget)
  if (bytes.byteLength !== entry.sizeBytes) {
    throw new FormatError(`Cannot read ZIP member ${quoteMemberName(entry)}: it is shorter than it declares`)
  }
  return bytes
}

/** As {@link readZipMember}, but only the first bytes, at most `headBytes`; the CRC-32 is then not checked. */
export async function readZipMemberHead(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  headBytes: number,
  budget: Budget,
): Promise<Uint8Array> {
  return unpack(source, directory, entry, Math.min(headBytes, entry.sizeBytes), budget)
}

/** Whether the method is one that every reader knows: stored or deflate. */
export function hasPlainMethod({ method }: ZipEntry): boolean {
  return method === 0 || method === 8
}

/**
 * The member as Android unpacks it: one with a compression method that it does not know is taken as stored when its
 * sizes are equal and as deflate otherwise. Packages use that to hide their manifest from other readers ("BadPack").
 */
export function asAndroidUnpacks(entry: ZipEntry): ZipEntry {
  if (hasPlainMethod(entry)) return entry
  return { ...entry, method: entry.compressedBytes === entry.sizeBytes ? 0 : 8 }
}

/**
 * Where the packed bytes of a member start, from the start of the file: after its local header.
 *
 * @throws FormatError when the member does not lie inside the archive, RangeError; errors of `source` pass unchanged
 */
export async function zipMemberDataOffset(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
): Promise<number> {
  const what = `ZIP member ${quoteMemberName(entry)}`
  const local = viewOf(await source.read(entry.offset, 30))
  if (local.getUint32(0, true) !== LOCAL_HEADER) {
    throw new FormatError(`Cannot read ${what}: its header is damaged`, { offset: entry.offset })
  }
  const start = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true)
  if (start + entry.compressedBytes > directory.directoryOffset) {
    throw new FormatError(`Cannot read ${what}: it lies outside the archive`, { offset: entry.offset })
  }
  return start
}

/**
 * The bytes of a stored member, read where they are; the CRC-32 is not checked.
 *
 * @throws FormatError when it is packed or encrypted, or does not lie inside the archive, RangeError
 */
export async function storedZipMember(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
): Promise<ByteSource> {
  const what = `ZIP member ${quoteMemberName(entry)}`
  if (entry.method !== 0 || (entry.flags & ENCRYPTED) !== 0 || entry.compressedBytes !== entry.sizeBytes)
    throw new FormatError(`Cannot read ${what}: it is not stored as it is`, { offset: entry.offset })
  return sliceOf(source, await zipMemberDataOffset(source, directory, entry), entry.sizeBytes)
}

/**
 * Unpacks one member a piece at a time, for a pass over bytes that nobody holds: never more than it declares, and held
 * against its CRC-32 at the end. It counts against no budget: callers judge the declared size first.
 *
 * @throws FormatError, RangeError; errors of `source` pass unchanged
 */
export async function* streamZipMember(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
): AsyncGenerator<Uint8Array> {
  const what = `ZIP member ${quoteMemberName(entry)}`
  if ((entry.flags & ENCRYPTED) !== 0) throw new FormatError(`Cannot read ${what}: it is encrypted`)
  if (!hasPlainMethod(entry) || (entry.method === 0 && entry.compressedBytes !== entry.sizeBytes))
    throw new FormatError(`Cannot read ${what}: it is packed in a way that is not supported`, { offset: entry.offset })
  const start = await zipMemberDataOffset(source, directory, entry)
  const pieces = entry.method === 0 ? stored(source, start, entry) : inflated(source, start, entry, what)
  let total = 0
  let crc = 0
  for await (const piece of entry.compressedBytes === 0 && entry.sizeBytes === 0 ? [] : pieces) {
    total += piece.byteLength
    if (total > entry.sizeBytes)
      throw new FormatError(`Cannot read ${what}: it unpacks to more than it declares`, { offset: entry.offset })
    crc = crc32(piece, crc)
    yield piece
  }
  if (total !== entry.sizeBytes) throw new FormatError(`Cannot read ${what}: it is shorter than it declares`)
  if (crc !== entry.crc32) throw new FormatError(`Cannot read ${what}: its checksum is wrong`, { offset: entry.offset })
}

async function* stored(source: ByteSource, start: number, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < entry.sizeBytes; at += READ_BYTES)
    yield await source.read(start + at, Math.min(READ_BYTES, entry.sizeBytes - at))
}

/** The first `wantedBytes` of a member; all of them are held against its CRC-32. */
async function unpack(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  wantedBytes: number,
  budget: Budget,
): Promise<Uint8Array> {
  const what = `ZIP member ${quoteMemberName(entry)}`
  if ((entry.flags & ENCRYPTED) !== 0) throw new FormatError(`Cannot read ${what}: it is encrypted`)
  if (!hasPlainMethod(entry)) {
    throw new FormatError(`Cannot read ${what}: compression method ${entry.method} is not supported`)
  }
  const start = await zipMemberDataOffset(source, directory, entry)
  if (entry.method === 0) {
    if (entry.compressedBytes !== entry.sizeBytes)
      throw new FormatError(`Cannot read ${what}: it is stored and has two sizes`, { offset: entry.offset })
    budget.inflated(wantedBytes)
    const bytes = await source.read(start, wantedBytes)
    if (wantedBytes === entry.sizeBytes) checkSum(bytes, entry, what)
    return bytes
  }
  if (entry.compressedBytes === 0 && entry.sizeBytes === 0) return new Uint8Array(0)
  const bytes = new Uint8Array(wantedBytes)
  let total = 0
  for await (const chunk of inflated(source, start, entry, what)) {
    const room = Math.min(chunk.byteLength, wantedBytes - total)
    // What lies beyond it is the last step's, of which runtimes make more or less.
    budget.inflated(room)
    bytes.set(chunk.subarray(0, room), total)
    total += room
    if (wantedBytes < entry.sizeBytes && total === wantedBytes) return bytes
    if (room < chunk.byteLength)
      throw new FormatError(`Cannot read ${what}: it unpacks to more than it declares`, { offset: entry.offset })
  }
  if (total === entry.sizeBytes) checkSum(bytes, entry, what)
  return bytes.subarray(0, total)
}

function checkSum(bytes: Uint8Array, entry: ZipEntry, what: string): void {
  if (crc32(bytes) !== entry.crc32)
    throw new FormatError(`Cannot read ${what}: its checksum is wrong`, { offset: entry.offset })
}

/**
 * Unpacks deflate with the runtime's own inflater, a step at a time: libraries read ahead of it by dozens of steps, each
 * of which may be a thousand times larger when it comes out.
 */
async function* inflated(source: ByteSource, start: number, entry: ZipEntry, what: string): AsyncGenerator<Uint8Array> {
  let failure: { readonly error: unknown } | undefined
  let at = 0
  let window = new Uint8Array(0)
  let windowAt = 0
  const packed = new ReadableStream<BufferSource>(
    {
      async pull(controller) {
        if (at === entry.compressedBytes) return controller.close()
        if (at === windowAt + window.byteLength) {
          try {
            window = Uint8Array.from(await source.read(start + at, Math.min(READ_BYTES, entry.compressedBytes - at)))
            windowAt = at
          } catch (error) {
            failure = { error }
            throw error
          }
        }
        const step = window.slice(at - windowAt, at - windowAt + STEP_BYTES)
        at += step.byteLength
        controller.enqueue(step)
      },
    },
    { highWaterMark: 0 },
  )
  const reader = packed.pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  try {
    for (;;) {
      let value: Uint8Array | undefined
      try {
        value = (await reader.read()).value
      } catch (cause) {
        if (failure !== undefined) throw failure.error
        throw new FormatError(`Cannot read ${what}: its data is damaged`, { offset: entry.offset, cause })
      }
      if (value === undefined) return
      yield value
    }
  } finally {
    // Clean-up: after an error the stream is already dead and says so again.
    await reader.cancel().catch(() => undefined)
  }
}
