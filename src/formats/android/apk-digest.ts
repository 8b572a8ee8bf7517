import { sha256 } from '@noble/hashes/sha2.js'
import type { ByteSource } from '../../bytes/byte-source.ts'
import { FormatError } from '../format-error.ts'

/**
 * Digests over the contents of an APK without its signing block (AOSP, "APK Signature Scheme v2", "Integrity-protected
 * contents"): entries, central directory, and end record as if the directory followed the entries.
 */
export type ContentDigest = 'SHA-256' | 'SHA-512' | 'verity'

const CHUNK_BYTES = 1 << 20
const VERITY_BLOCK_BYTES = 4096

export interface ApkContents {
  /** End of the entries, start of the signing block. */
  readonly blockOffset: number
  readonly directoryOffset: number
  /** Start of the end record. */
  readonly endRecordOffset: number
}

/** Reads the file once, in order, for all kinds. @throws FormatError, RangeError; errors of the source */
export async function digestApk(
  source: ByteSource,
  contents: ApkContents,
  kinds: ReadonlySet<ContentDigest>,
): Promise<Map<ContentDigest, Uint8Array>> {
  const hashes = [...kinds].filter((kind) => kind !== 'verity')
  const chunkDigests = new Map(hashes.map((hash) => [hash, [] as Promise<ArrayBuffer>[]]))
  const tree = kinds.has('verity') ? new VerityTree(contents) : undefined
  let running: Promise<unknown> = Promise.resolve()
  for await (const chunk of chunksOf(source, contents)) {
    // One chunk is hashed while the next is read.
    await running
    const framed = new Uint8Array(5 + chunk.byteLength)
    framed[0] = 0xa5
    new DataView(framed.buffer).setUint32(1, chunk.byteLength, true)
    framed.set(chunk, 5)
    const started = hashes.map((hash) => {
      const digest = crypto.subtle.digest(hash, framed)
      chunkDigests.get(hash)!.push(digest)
      return digest
    })
    tree?.add(chunk)
    running = Promise.all(started)
  }
  await running
  const digests = new Map<ContentDigest, Uint8Array>()
  for (const [hash, pending] of chunkDigests) {
    const parts = await Promise.all(pending)
    const size = hash === 'SHA-256' ? 32 : 64
    const top = new Uint8Array(5 + parts.length * size)
    top[0] = 0x5a
    new DataView(top.buffer).setUint32(1, parts.length, true)
    for (const [i, part] of parts.entries()) top.set(new Uint8Array(part), 5 + i * size)
    digests.set(hash, new Uint8Array(await crypto.subtle.digest(hash, top)))
  }
  if (tree !== undefined) digests.set('verity', tree.digest())
  return digests
}

/** At most 1 MiB each, never across the three parts. */
async function* chunksOf(source: ByteSource, contents: ApkContents): AsyncGenerator<Uint8Array> {
  const { blockOffset, directoryOffset, endRecordOffset } = contents
  for (const [start, end] of [
    [0, blockOffset],
    [directoryOffset, endRecordOffset],
  ] as const) {
    for (let at = start; at < end; at += CHUNK_BYTES) yield await source.read(at, Math.min(CHUNK_BYTES, end - at))
  }
  const endRecord = Uint8Array.from(await source.read(endRecordOffset, source.sizeBytes - endRecordOffset))
  // The signing block moved the directory; the digest is over the record as it was before.
  new DataView(endRecord.buffer).setUint32(16, blockOffset, true)
  yield endRecord
}

/**
 * The root of a Merkle tree of SHA-256 over blocks of 4096 bytes, salted with eight zero bytes, and the number of bytes
 * below it (AOSP, fs-verity for APKs).
 */
class VerityTree {
  /** The block that is being filled at each height, so that a file of any size needs a few of them. */
  readonly #levels: { readonly block: Uint8Array; count: number }[] = []
  #rest = new Uint8Array(0)
  #totalBytes = 0

  constructor(contents: ApkContents) {
    // The entries are padded by the signer, so that no block lies across the signing block.
    if (contents.blockOffset % VERITY_BLOCK_BYTES !== 0)
      throw new FormatError('Cannot verify APK: its entries are not padded for verity', {
        offset: contents.blockOffset,
      })
  }

  add(chunk: Uint8Array): void {
    this.#totalBytes += chunk.byteLength
    const bytes = new Uint8Array(this.#rest.byteLength + chunk.byteLength)
    bytes.set(this.#rest)
    bytes.set(chunk, this.#rest.byteLength)
    let at = 0
    for (; at + VERITY_BLOCK_BYTES <= bytes.byteLength; at += VERITY_BLOCK_BYTES)
      this.#push(0, saltedHash(bytes.subarray(at, at + VERITY_BLOCK_BYTES)))
    this.#rest = bytes.slice(at)
  }

  digest(): Uint8Array {
    if (this.#rest.byteLength > 0) this.#push(0, saltedHash(this.#rest))
    for (let height = 0; height < this.#levels.length - 1; height++)
      this.#push(height + 1, saltedHash(this.#levels[height]!.block))
    const digest = new Uint8Array(40)
    digest.set(saltedHash(this.#levels.at(-1)?.block ?? new Uint8Array(0)))
    new DataView(digest.buffer).setBigUint64(32, BigInt(this.#totalBytes), true)
    return digest
  }

  /** A full block goes up only when another hash comes: the last one of a tree is its root. */
  #push(height: number, hash: Uint8Array): void {
    const filled = this.#levels[height]
    const isFull = filled?.count === HASHES_PER_BLOCK
    if (isFull) this.#push(height + 1, saltedHash(filled.block))
    const level = filled === undefined || isFull ? { block: new Uint8Array(VERITY_BLOCK_BYTES), count: 0 } : filled
    this.#levels[height] = level
    level.block.set(hash, level.count * 32)
    level.count++
  }
}

const HASHES_PER_BLOCK = VERITY_BLOCK_BYTES / 32

/** @param block at most 4096 bytes; zeroes are added up to that */
function saltedHash(block: Uint8Array): Uint8Array {
  const salted = new Uint8Array(8 + VERITY_BLOCK_BYTES)
  salted.set(block, 8)
  return sha256(salted)
}
