import type { ByteSource } from '../../bytes/byte-source.ts'
import { concat } from '../../bytes/concat.ts'
import type { Budget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import type { TreeNode } from './file-tree.ts'
import { unzlib } from './gz.ts'
import { decodeMemberName } from './member-name.ts'
import { unxz } from './xz.ts'
import { unzstd } from './zst.ts'

/** `hsqs`, the magic of little-endian images. */
export const SQUASHFS_MAGIC: Uint8Array = Uint8Array.of(0x68, 0x73, 0x71, 0x73)

const SUPERBLOCK_BYTES = 96
const METADATA_BYTES = 8192
const MIN_BLOCK_BYTES = 4096
const MAX_BLOCK_BYTES = 1 << 20
/** Some 30 000 names, in one directory. */
const MAX_DIRECTORY_BYTES = 1 << 20
/** `PATH_MAX` of Linux. */
const MAX_TARGET_BYTES = 4096
/** Kept unpacked, so that neighbours do not unpack the same block again. */
const MAX_KEPT_BLOCKS = 32

/** By the id in the superblock. */
const COMPRESSIONS = ['gzip', 'lzma', 'lzo', 'xz', 'lz4', 'zstd'] as const
export type SquashfsCompression = (typeof COMPRESSIONS)[number]

export interface Squashfs {
  readonly compression: SquashfsCompression
  /** False when the compression is one of those without a decoder here: the tree cannot be looked at. */
  readonly isReadable: boolean
  /** Bytes of the image, without the padding behind it. */
  readonly sizeBytes: number
  /** @throws FormatError, RangeError */
  root(): Promise<TreeNode>
}

interface Superblock {
  readonly compression: SquashfsCompression
  readonly blockBytes: number
  readonly fragmentCount: number
  readonly sizeBytes: number
  readonly rootReference: number
  readonly inodeTable: number
  readonly directoryTable: number
  readonly fragmentTable: number
}

/**
 * A squashfs 4.0 image (Linux `Documentation/filesystems/squashfs.rst`, "Squashfs Binary Format" by Zachary Dremann):
 * a superblock; data blocks; tables of inodes, directories and fragments in metadata blocks of 8 KiB.
 *
 * Read only where asked for, so only what leads there costs. Owners, times, extended attributes and devices are not read.
 *
 * @param source starts with the image @throws FormatError, RangeError when the image ends beyond `source`
 */
export async function openSquashfs(source: ByteSource, budget: Budget): Promise<Squashfs> {
  const bytes = await source.read(0, SUPERBLOCK_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (SQUASHFS_MAGIC.some((byte, i) => bytes[i] !== byte))
    throw new FormatError('Cannot read squashfs: wrong magic', { offset: 0 })
  const compression = COMPRESSIONS[view.getUint16(20, true) - 1]
  const blockBytes = view.getUint32(12, true)
  if (view.getUint16(28, true) !== 4 || view.getUint16(30, true) !== 0)
    throw new FormatError('Cannot read squashfs: it is not of version 4.0', { offset: 28 })
  if (
    compression === undefined ||
    blockBytes < MIN_BLOCK_BYTES ||
    blockBytes > MAX_BLOCK_BYTES ||
    blockBytes !== 2 ** view.getUint16(22, true)
  )
    throw new FormatError('Cannot read squashfs: its superblock is damaged', { offset: 0 })
  const sizeBytes = offsetAt(view, 40)
  if (sizeBytes > source.sizeBytes)
    throw new RangeError(`Cannot read squashfs: ${sizeBytes} bytes are needed, ${source.sizeBytes} are there`)
  const image = new Image(
    source,
    {
      compression,
      blockBytes,
      fragmentCount: view.getUint32(16, true),
      sizeBytes,
      rootReference: offsetAt(view, 32),
      inodeTable: offsetAt(view, 64),
      directoryTable: offsetAt(view, 72),
      fragmentTable: offsetAt(view, 80),
    },
    budget,
  )
  const isReadable = compression === 'gzip' || compression === 'xz' || compression === 'zstd'
  return { compression, isReadable, sizeBytes, root: () => image.root() }
}

/** Tables that are absent have all bits set, which is beyond every image. */
function offsetAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true))
}

interface MetadataBlock {
  readonly data: Uint8Array
  /** Where the next one starts. */
  readonly end: number
}

/** A place in a table: where its metadata block starts in the image, and a byte of what that unpacks to. */
interface Place {
  readonly block: number
  readonly offset: number
}

class Image {
  readonly source: ByteSource
  readonly superblock: Superblock
  readonly budget: Budget
  readonly #kept = new Map<number, MetadataBlock>()

  constructor(source: ByteSource, superblock: Superblock, budget: Budget) {
    this.source = source
    this.superblock = superblock
    this.budget = budget
  }

  async root(): Promise<Node> {
    const root = await this.node(this.superblock.rootReference)
    if (root.kind !== 'directory') throw new FormatError('Cannot read squashfs: its root is not a directory')
    return root
  }

  /** @param reference block in the inode table in the high bits, offset in the low 16 */
  async node(reference: number): Promise<Node> {
    const block = this.superblock.inodeTable + Math.floor(reference / 0x10000)
    const cursor = new Cursor(this, { block, offset: reference % 0x10000 })
    const head = await cursor.take(16)
    return readInode(this, head.getUint16(0, true), cursor)
  }

  /** Header of 2 bytes: length, and whether it is stored (bit 15). */
  async metadata(at: number): Promise<MetadataBlock> {
    const kept = this.#kept.get(at)
    if (kept !== undefined) return kept
    this.budget.tick()
    const header = await this.read(at, 2)
    const word = header[0]! | (header[1]! << 8)
    const length = word & 0x7fff
    if (length === 0 || length > METADATA_BYTES)
      throw new FormatError('Cannot read squashfs: a metadata block is damaged', { offset: at })
    const packed = await this.read(at + 2, length)
    const data = (word & 0x8000) === 0 ? await this.unpack(packed, METADATA_BYTES) : packed
    const block = { data, end: at + 2 + length }
    if (this.#kept.size >= MAX_KEPT_BLOCKS) this.#kept.clear()
    this.#kept.set(at, block)
    return block
  }

  /** What lies behind `sizeBytes` is padding, and no part of the image. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.superblock.sizeBytes)
      throw new FormatError('Cannot read squashfs: something lies beyond its end')
    return this.source.read(offset, length)
  }

  /** @throws FormatError when more than `maxBytes` come out */
  async unpack(packed: Uint8Array, maxBytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of this.#unpacked(packed)) {
      length += part.byteLength
      if (length > maxBytes) throw new FormatError('Cannot read squashfs: a block unpacks to more than it may')
      parts.push(part)
    }
    return parts.length === 1 ? parts[0]! : concat(parts)
  }

  #unpacked(packed: Uint8Array): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
    const { compression } = this.superblock
    if (compression === 'gzip') return unzlib(once(packed), this.budget)
    if (compression === 'xz') return unxz(packed, this.budget)
    if (compression === 'zstd') return unzstd(packed, this.budget)
    throw new FormatError(`Cannot read squashfs: there is no decoder for ${compression}`)
  }

  /** One data block or fragment. @param word its length, and whether it is stored (bit 24); 0 is a hole */
  async data(offset: number, word: number): Promise<Uint8Array | undefined> {
    if (word === 0) return undefined
    const length = word & 0xffffff
    const { blockBytes } = this.superblock
    if (length > blockBytes) throw new FormatError('Cannot read squashfs: a block is larger than it may be')
    const bytes = await this.read(offset, length)
    return (word & 0x1000000) === 0 ? this.unpack(bytes, blockBytes) : bytes
  }

  /** The block in which the ends of several files stand. */
  async fragment(index: number): Promise<Uint8Array> {
    const { fragmentCount, fragmentTable } = this.superblock
    if (index >= fragmentCount) throw new FormatError('Cannot read squashfs: a fragment does not exist')
    // 512 entries fill a metadata block; a list of where those start stands at `fragmentTable`.
    const pointer = await this.read(fragmentTable + Math.floor(index / 512) * 8, 8)
    const block = offsetAt(new DataView(pointer.buffer, pointer.byteOffset, 8), 0)
    const entry = await new Cursor(this, { block, offset: (index % 512) * 16 }).take(16)
    return (await this.data(offsetAt(entry, 0), entry.getUint32(8, true))) ?? new Uint8Array(0)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Reads on through metadata blocks that follow each other. */
class Cursor {
  readonly #image: Image
  #block: number
  #offset: number

  constructor(image: Image, place: Place) {
    this.#image = image
    this.#block = place.block
    this.#offset = place.offset
  }

  /** Where it stands. */
  get place(): Place {
    return { block: this.#block, offset: this.#offset }
  }

  /** @param length judged by the caller */
  async take(length: number): Promise<DataView> {
    const out = new Uint8Array(length)
    for (let filled = 0; filled < length; ) {
      const { data, end } = await this.#image.metadata(this.#block)
      const piece = data.subarray(this.#offset, this.#offset + length - filled)
      // Only the last block may be shorter than the others, and nothing follows it.
      if (piece.byteLength === 0 && data.byteLength !== METADATA_BYTES)
        throw new FormatError('Cannot read squashfs: a table ends early', { offset: this.#block })
      out.set(piece, filled)
      filled += piece.byteLength
      this.#offset += piece.byteLength
      if (this.#offset >= data.byteLength) {
        this.#offset -= data.byteLength
        this.#block = end
      }
    }
    return new DataView(out.buffer)
  }
}

/** What an inode says, by its kind. */
type Inode =
  | { readonly kind: 'directory'; readonly listBytes: number; readonly place: Place }
  | {
      readonly kind: 'file'
      readonly sizeBytes: number
      readonly firstBlock: number
      /** 0xffffffff when the end has a block of its own. */
      readonly fragment: number
      readonly fragmentOffset: number
      /** The list of block lengths. */
      readonly place: Place
    }
  | { readonly kind: 'symlink'; readonly targetBytes: number; readonly place: Place }
  | { readonly kind: 'other' }

/** @param cursor behind the 16 bytes that all inodes start with */
async function readInode(image: Image, type: number, cursor: Cursor): Promise<Node> {
  const { directoryTable } = image.superblock
  const directory = (start: number, offset: number, size: number): Inode => ({
    kind: 'directory',
    // The size counts `.` and `..`, which are not stored.
    listBytes: Math.max(0, size - 3),
    place: { block: directoryTable + start, offset },
  })
  const read = async (): Promise<Inode> => {
    if (type === 1) {
      const v = await cursor.take(16)
      return directory(v.getUint32(0, true), v.getUint16(10, true), v.getUint16(8, true))
    }
    if (type === 8) {
      const v = await cursor.take(24)
      return directory(v.getUint32(8, true), v.getUint16(18, true), v.getUint32(4, true))
    }
    if (type === 2) {
      const v = await cursor.take(16)
      return {
        kind: 'file',
        firstBlock: v.getUint32(0, true),
        fragment: v.getUint32(4, true),
        fragmentOffset: v.getUint32(8, true),
        sizeBytes: v.getUint32(12, true),
        place: cursor.place,
      }
    }
    if (type === 9) {
      const v = await cursor.take(40)
      return {
        kind: 'file',
        firstBlock: offsetAt(v, 0),
        sizeBytes: offsetAt(v, 8),
        fragment: v.getUint32(28, true),
        fragmentOffset: v.getUint32(32, true),
        place: cursor.place,
      }
    }
    if (type === 3 || type === 10) {
      const v = await cursor.take(8)
      return { kind: 'symlink', targetBytes: v.getUint32(4, true), place: cursor.place }
    }
    return { kind: 'other' }
  }
  return new Node(image, await read())
}

class Node implements TreeNode {
  readonly #image: Image
  readonly #inode: Inode
  #listing: Promise<ReadonlyMap<string, number>> | undefined

  constructor(image: Image, inode: Inode) {
    this.#image = image
    this.#inode = inode
  }

  get kind(): TreeNode['kind'] {
    return this.#inode.kind
  }

  get sizeBytes(): number {
    return this.#inode.kind === 'file' ? this.#inode.sizeBytes : 0
  }

  async names(): Promise<readonly string[]> {
    return [...(await this.#list()).keys()]
  }

  async child(name: string): Promise<Node | undefined> {
    const reference = (await this.#list()).get(name)
    return reference === undefined ? undefined : this.#image.node(reference)
  }

  async target(): Promise<string> {
    const inode = this.#inode
    if (inode.kind !== 'symlink') throw new TypeError('Cannot read target: the node is not a symlink')
    if (inode.targetBytes > MAX_TARGET_BYTES) throw new FormatError('Cannot read squashfs: a symlink is too long')
    const { buffer } = await new Cursor(this.#image, inode.place).take(inode.targetBytes)
    return decodeMemberName(new Uint8Array(buffer)).name
  }

  #list(): Promise<ReadonlyMap<string, number>> {
    this.#listing ??= this.#readListing()
    return this.#listing
  }

  /** Headers of 12 bytes (`count - 1`, inode block, inode number), each with entries that share the block. */
  async #readListing(): Promise<ReadonlyMap<string, number>> {
    const inode = this.#inode
    if (inode.kind !== 'directory') throw new TypeError('Cannot list: the node is not a directory')
    if (inode.listBytes > MAX_DIRECTORY_BYTES)
      throw new FormatLimitError(`Cannot read squashfs: a directory is larger than ${MAX_DIRECTORY_BYTES} bytes`)
    const listing = new Map<string, number>()
    const view = await new Cursor(this.#image, inode.place).take(inode.listBytes)
    const bytes = new Uint8Array(view.buffer)
    for (let at = 0; at < bytes.byteLength; ) {
      const count = view.getUint32(at, true) + 1
      const block = view.getUint32(at + 4, true)
      if (count > 256) throw new FormatError('Cannot read squashfs: a directory is damaged')
      at += 12
      this.#image.budget.entries(count)
      for (let i = 0; i < count; i++) {
        const nameBytes = view.getUint16(at + 6, true) + 1
        const { name } = decodeMemberName(bytes.subarray(at + 8, at + 8 + nameBytes))
        const reference = block * 0x10000 + view.getUint16(at, true)
        if (!listing.has(name)) listing.set(name, reference)
        at += 8 + nameBytes
      }
    }
    return listing
  }

  async read(maxBytes: number): Promise<Uint8Array> {
    const inode = this.#inode
    if (inode.kind !== 'file') throw new TypeError('Cannot read: the node is not a file')
    const { sizeBytes } = inode
    if (sizeBytes > maxBytes)
      throw new FormatLimitError(`Cannot read squashfs: a file of ${sizeBytes} bytes is larger than ${maxBytes}`)
    const { blockBytes } = this.#image.superblock
    const hasFragment = inode.fragment !== 0xffffffff
    const blocks = hasFragment ? Math.floor(sizeBytes / blockBytes) : Math.ceil(sizeBytes / blockBytes)
    const words = await new Cursor(this.#image, inode.place).take(blocks * 4)
    const out = new Uint8Array(sizeBytes)
    let offset = inode.firstBlock
    for (let i = 0; i < blocks; i++) {
      const word = words.getUint32(i * 4, true)
      const wanted = Math.min(blockBytes, sizeBytes - i * blockBytes)
      place(out, i * blockBytes, await this.#image.data(offset, word), wanted)
      offset += word & 0xffffff
    }
    const rest = sizeBytes - blocks * blockBytes
    if (hasFragment && rest > 0) {
      const { fragmentOffset } = inode
      const fragment = await this.#image.fragment(inode.fragment)
      place(out, blocks * blockBytes, fragment.subarray(fragmentOffset, fragmentOffset + rest), rest)
    }
    return out
  }
}

/** @param data undefined for a hole @throws FormatError when it has another length than `wanted` */
function place(out: Uint8Array, at: number, data: Uint8Array | undefined, wanted: number): void {
  if (data === undefined) return
  if (data.byteLength !== wanted) throw new FormatError('Cannot read squashfs: a block has the wrong length')
  out.set(data, at)
}
