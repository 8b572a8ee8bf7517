import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../budget.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import type { TreeNode } from './file-tree.ts'
import { unzlib } from './gz.ts'
import { decodeMemberName } from './member-name.ts'

const SECTOR_BYTES = 2048
/** The first sectors are the system's: an AppImage of type 1 has its program there. */
const FIRST_DESCRIPTOR = 16
const MAX_DESCRIPTORS = 32
const MAX_DIRECTORY_BYTES = 1 << 20
/** Continuations of the system use area of one record. */
const MAX_CONTINUATIONS = 8
const MAX_NAME_BYTES = 4096
const ZISOFS_MAGIC = Uint8Array.of(0x37, 0xe4, 0x53, 0x96, 0xc9, 0xdb, 0xd6, 0x07)
const MAX_ZISOFS_BLOCK_LOG = 20

/** Whether the mark of a first volume descriptor stands where it must. */
export async function isIso9660(source: ByteSource): Promise<boolean> {
  const at = FIRST_DESCRIPTOR * SECTOR_BYTES + 1
  return source.sizeBytes >= at + 5 && decodeLatin1(await source.read(at, 5)) === 'CD001'
}

/**
 * The root directory of an ISO 9660 image (ECMA-119 §8.4, §9.1), with names, symlinks and kinds of Rock Ridge
 * (IEEE P1282) and files compressed by zisofs, where the image has them. Not read: Joliet, relocated directories, files
 * in several extents.
 *
 * @throws FormatError, RangeError when the image ends beyond `source`
 */
export async function openIso9660(source: ByteSource, budget: Budget): Promise<TreeNode> {
  for (let i = 0; i < MAX_DESCRIPTORS; i++) {
    const bytes = await source.read((FIRST_DESCRIPTOR + i) * SECTOR_BYTES, SECTOR_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const type = bytes[0]
    if (decodeLatin1(bytes.subarray(1, 6)) !== 'CD001' || type === 255) break
    if (type !== 1) continue
    const blockBytes = view.getUint16(128, true)
    if (![512, 1024, 2048].includes(blockBytes))
      throw new FormatError('Cannot read ISO 9660: its block size is not valid')
    const endBytes = view.getUint32(80, true) * blockBytes
    if (endBytes > source.sizeBytes)
      throw new RangeError(`Cannot read ISO 9660: ${endBytes} bytes are needed, ${source.sizeBytes} are there`)
    return readRoot({ source, blockBytes, budget, skip: undefined }, view)
  }
  throw new FormatError('Cannot read ISO 9660: it has no primary volume descriptor')
}

interface Image {
  readonly source: ByteSource
  readonly blockBytes: number
  readonly budget: Budget
  /** Bytes of each system use area that are not Rock Ridge's; undefined when the image has none. */
  readonly skip: number | undefined
}

/** Whether there is Rock Ridge is said in the first record of the root directory, by an entry `SP`. */
async function readRoot(image: Image, descriptor: DataView): Promise<Node> {
  const extent = descriptor.getUint32(156 + 2, true) * image.blockBytes
  const first = await image.source.read(extent, SECTOR_BYTES)
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength)
  const length = view.getUint8(0)
  const at = 33 + view.getUint8(32) + (view.getUint8(32) % 2 === 0 ? 1 : 0)
  const hasSp =
    at + 7 <= length && decodeLatin1(first.subarray(at, at + 2)) === 'SP' && view.getUint16(at + 4) === 0xbeef
  return new Node(
    { ...image, skip: hasSp ? view.getUint8(at + 6) : undefined },
    {
      kind: 'directory',
      extent,
      storedBytes: descriptor.getUint32(156 + 10, true),
      target: undefined,
      unpackedBytes: undefined,
    },
  )
}

interface Entry {
  readonly kind: TreeNode['kind']
  /** Bytes from the start of the image. */
  readonly extent: number
  readonly storedBytes: number
  readonly target: string | undefined
  /** Of a file compressed by zisofs. */
  readonly unpackedBytes: number | undefined
}

class Node implements TreeNode {
  readonly #image: Image
  readonly #entry: Entry
  #listing: Promise<ReadonlyMap<string, Entry>> | undefined

  constructor(image: Image, entry: Entry) {
    this.#image = image
    this.#entry = entry
  }

  get kind(): TreeNode['kind'] {
    return this.#entry.kind
  }

  get sizeBytes(): number {
    return this.#entry.unpackedBytes ?? this.#entry.storedBytes
  }

  async names(): Promise<readonly string[]> {
    return [...(await this.#list()).keys()]
  }

  async child(name: string): Promise<Node | undefined> {
    const entry = (await this.#list()).get(name)
    return entry === undefined ? undefined : new Node(this.#image, entry)
  }

  async target(): Promise<string> {
    const { target } = this.#entry
    if (target === undefined) throw new TypeError('Cannot read target: the node is not a symlink')
    return target
  }

  async read(maxBytes: number): Promise<Uint8Array> {
    const { extent, storedBytes, unpackedBytes } = this.#entry
    if (Math.max(storedBytes, this.sizeBytes) > maxBytes)
      throw new FormatLimitError(`Cannot read ISO 9660: a file of ${this.sizeBytes} bytes is larger than ${maxBytes}`)
    const stored = await this.#image.source.read(extent, storedBytes)
    return unpackedBytes === undefined ? stored : unzisofs(stored, unpackedBytes, this.#image.budget)
  }

  #list(): Promise<ReadonlyMap<string, Entry>> {
    this.#listing ??= readDirectory(this.#image, this.#entry)
    return this.#listing
  }
}

/** Records of at least 33 bytes, none of which crosses a sector. */
async function readDirectory(image: Image, { extent, storedBytes }: Entry): Promise<ReadonlyMap<string, Entry>> {
  if (storedBytes > MAX_DIRECTORY_BYTES)
    throw new FormatLimitError(`Cannot read ISO 9660: a directory is larger than ${MAX_DIRECTORY_BYTES} bytes`)
  const bytes = await image.source.read(extent, storedBytes)
  const listing = new Map<string, Entry>()
  for (let at = 0; at < bytes.byteLength; ) {
    const length = bytes[at]!
    if (length === 0) {
      at = (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES
      continue
    }
    if (length < 34 || at + length > bytes.byteLength)
      throw new FormatError('Cannot read ISO 9660: a directory is damaged', { offset: extent + at })
    image.budget.entries(1)
    const { name, entry } = await readRecord(image, bytes.subarray(at, at + length))
    if (name !== undefined && !listing.has(name)) listing.set(name, entry)
    at += length
  }
  return listing
}

async function readRecord(image: Image, record: Uint8Array): Promise<{ name: string | undefined; entry: Entry }> {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  const nameBytes = record[32]!
  const plain = record.subarray(33, 33 + nameBytes)
  const isSelfOrParent = nameBytes === 1 && plain[0]! <= 1
  const extent = (view.getUint32(2, true) + record[1]!) * image.blockBytes
  const start = 33 + nameBytes + (nameBytes % 2 === 0 ? 1 : 0) + (image.skip ?? 0)
  const rock =
    image.skip === undefined || isSelfOrParent ? NO_ROCK_RIDGE : await readRockRidge(image, record.subarray(start))
  const isDirectory = (record[25]! & 2) !== 0
  const fileType = rock.mode === undefined ? undefined : rock.mode & 0o170000
  const kind =
    rock.target !== undefined
      ? 'symlink'
      : isDirectory
        ? 'directory'
        : fileType === undefined || fileType === 0o100000
          ? 'file'
          : 'other'
  return {
    // `README.TXT;1`: the number is a version, which nobody uses.
    name: isSelfOrParent ? undefined : (rock.name ?? decodeLatin1(plain).replace(/\.?;\d+$/, '')),
    entry: {
      kind,
      extent,
      storedBytes: view.getUint32(10, true),
      target: rock.target,
      unpackedBytes: kind === 'file' ? rock.unpackedBytes : undefined,
    },
  }
}

interface RockRidge {
  readonly name: string | undefined
  readonly mode: number | undefined
  readonly target: string | undefined
  readonly unpackedBytes: number | undefined
}

const NO_ROCK_RIDGE: RockRidge = { name: undefined, mode: undefined, target: undefined, unpackedBytes: undefined }

/** Entries of a system use area (SUSP): `signature[2] length version data`. */
async function readRockRidge(image: Image, area: Uint8Array): Promise<RockRidge> {
  const name: number[] = []
  const link = new LinkParts()
  let mode: number | undefined
  let unpackedBytes: number | undefined
  let rest: Uint8Array | undefined = area
  for (let areas = 0; rest !== undefined && areas <= MAX_CONTINUATIONS; areas++) {
    const bytes: Uint8Array = rest
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    rest = undefined
    for (let at = 0; at + 4 <= bytes.byteLength; ) {
      const length = bytes[at + 2]!
      if (length < 4 || at + length > bytes.byteLength) break
      const signature = decodeLatin1(bytes.subarray(at, at + 2))
      const data = bytes.subarray(at + 4, at + length)
      if (signature === 'NM' && name.length < MAX_NAME_BYTES) name.push(...data.subarray(1))
      if (signature === 'SL') link.add(data)
      if (signature === 'PX' && length >= 8) mode = view.getUint32(at + 4, true)
      if (signature === 'ZF' && length >= 16 && data[0] === 0x70 && data[1] === 0x7a)
        unpackedBytes = view.getUint32(at + 8, true)
      if (signature === 'CE' && length >= 28) {
        const block = view.getUint32(at + 4, true)
        const size = view.getUint32(at + 20, true)
        if (size > SECTOR_BYTES) throw new FormatError('Cannot read ISO 9660: a continuation is too long')
        rest = await image.source.read(block * image.blockBytes + view.getUint32(at + 12, true), size)
      }
      if (signature === 'ST') break
      at += length
    }
  }
  return {
    name: name.length === 0 ? undefined : decodeMemberName(Uint8Array.from(name)).name,
    mode,
    target: link.target,
    unpackedBytes,
  }
}

/** The target of a symlink: components with flags, over one or several `SL` entries. */
class LinkParts {
  #parts: string[] = []
  #continues = false
  #length = 0

  get target(): string | undefined {
    return this.#parts.length === 0 ? undefined : this.#parts.join('/')
  }

  add(data: Uint8Array): void {
    for (let at = 1; at + 2 <= data.byteLength; ) {
      const flags = data[at]!
      const length = data[at + 1]!
      const { name } = decodeMemberName(data.subarray(at + 2, at + 2 + length))
      // Root is an empty part in front: joined, the target starts with a slash.
      const part = (flags & 8) !== 0 ? '' : (flags & 4) !== 0 ? '..' : (flags & 2) !== 0 ? '.' : name
      this.#length += part.length + 1
      if (this.#length > MAX_NAME_BYTES) throw new FormatError('Cannot read ISO 9660: a symlink is too long')
      if (this.#continues) this.#parts.push(`${this.#parts.pop() ?? ''}${part}`)
      else this.#parts.push(part)
      this.#continues = (flags & 1) !== 0
      at += 2 + length
    }
  }
}

/** Header, a table of where blocks start and the last one ends, blocks of zlib; an empty block is all zeros (zisofs). */
async function unzisofs(stored: Uint8Array, sizeBytes: number, budget: Budget): Promise<Uint8Array> {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
  const blockLog = view.getUint8(13)
  if (
    ZISOFS_MAGIC.some((byte, i) => stored[i] !== byte) ||
    view.getUint32(8, true) !== sizeBytes ||
    blockLog < 12 ||
    blockLog > MAX_ZISOFS_BLOCK_LOG
  )
    throw new FormatError('Cannot read zisofs: its header is damaged')
  const blockBytes = 2 ** blockLog
  const table = view.getUint8(12) * 4
  const out = new Uint8Array(sizeBytes)
  for (let i = 0; i * blockBytes < sizeBytes; i++) {
    budget.tick()
    const start = view.getUint32(table + i * 4, true)
    const end = view.getUint32(table + i * 4 + 4, true)
    if (start > end || end > stored.byteLength) throw new FormatError('Cannot read zisofs: a block lies outside')
    if (start === end) continue
    const wanted = Math.min(blockBytes, sizeBytes - i * blockBytes)
    let filled = 0
    for await (const part of unzlib(once(stored.subarray(start, end)), budget)) {
      if (filled + part.byteLength > wanted) throw new FormatError('Cannot read zisofs: a block has the wrong length')
      out.set(part, i * blockBytes + filled)
      filled += part.byteLength
    }
    if (filled !== wanted) throw new FormatError('Cannot read zisofs: a block has the wrong length')
  }
  return out
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
