import type { Digest } from '../bytes/digest.ts'

/** Inclusive start, exclusive end would be ambiguous here: an offset and a length, both in bytes. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export interface BlobInfo {
  readonly digest: Digest
  readonly sizeBytes: number
}

export interface WriteOptions {
  /** Refuse any other content. */
  readonly expected?: Digest
  /** Refuse more bytes than this. */
  readonly maxBytes: number
  /** Write over a blob that is there with the right size, because it was found damaged. */
  readonly replace?: boolean
  readonly signal?: AbortSignal
}

/** There is no complete blob of this digest. */
export class BlobNotFoundError extends Error {
  override readonly name = 'BlobNotFoundError'
  readonly digest: Digest
  constructor(digest: Digest) {
    super(`Cannot open blob ${digest}: it is not in the store`)
    this.digest = digest
  }
}

/** The bytes are not those that were announced. */
export class DigestMismatchError extends Error {
  override readonly name = 'DigestMismatchError'
  readonly expected: Digest
  readonly actual: Digest
  constructor(expected: Digest, actual: Digest) {
    super(`Cannot accept bytes as ${expected}: they are ${actual}`)
    this.expected = expected
    this.actual = actual
  }
}

/**
 * Immutable bytes, named by their SHA-256.
 *
 * A blob is either absent or complete: readers never see part of a write. Writing the same bytes twice is one blob.
 * Errors that callers branch on are {@link BlobNotFoundError} and {@link DigestMismatchError}; anything else is the
 * machine's own error, unchanged. What `write` acknowledged survives a power cut.
 */
export interface BlobStore {
  /** Short name for logs and error messages, e.g. "fs". */
  readonly name: string
  /**
   * Streams `body` to a private place and makes it visible on success. On any failure, `signal` included, nothing
   * remains and nothing is visible.
   * @throws DigestMismatchError when `expected` is given and the bytes differ
   * @throws RangeError when more than `maxBytes` arrive
   */
  write(body: ReadableStream<Uint8Array>, options: WriteOptions): Promise<BlobInfo>
  /** @param range omitted means all; must lie inside the blob @throws BlobNotFoundError, RangeError */
  open(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>>
  /**
   * What a Response should carry: on Bun the file itself, so that bytes never pass through JavaScript. A blob of
   * another size than `sizeBytes` is damaged and counts as absent: its length was promised in a header.
   * @throws BlobNotFoundError, RangeError
   */
  body(blob: BlobInfo, range?: ByteRange): Promise<BodyInit>
  /** Exactly `length` bytes at `offset`, for inspectors. @throws BlobNotFoundError, RangeError */
  read(digest: Digest, range: ByteRange): Promise<Uint8Array>
  /** Undefined when absent; never throws for absence. */
  stat(digest: Digest): Promise<BlobInfo | undefined>
  /** Idempotent: deleting an absent blob succeeds. */
  delete(digest: Digest): Promise<void>
  /** Every complete blob exactly once, in no particular order. */
  list(): AsyncIterable<BlobInfo>
}
