import { BlobNotFoundError } from '../../src/blob/blob-store.ts'
import { type CreateHasher, type Digest, digestOf } from '../../src/bytes/digest.ts'

/** Larger ones cost more to copy than to leave to the runtime's own way of sending a file. */
const MAX_BLOB_BYTES = 64 * 1024
/** Of all that are kept. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024
/** Digests remembered, asked for once or kept. */
const MAX_ENTRIES = 4096

/** Bytes in memory as a Response takes them. */
export type HeldBytes = ArrayBuffer | Blob

export interface SmallBlobs {
  /**
   * The bytes of a blob that is asked for again and again, checked against its digest when they were read; undefined
   * for all others. @throws BlobNotFoundError when the file is missing or damaged
   */
  find(digest: Digest, sizeBytes: number): HeldBytes | undefined
  forget(digest: Digest): void
}

/**
 * Small blobs in memory, the least recently asked for leaves first. For a file of 64 KiB, opening, reading and closing
 * it is half of what a request costs. A blob is read at the second request, so that a client that fetches a whole
 * repository once does not push out what others ask for.
 * @param readFile all bytes of a stored blob; undefined when there is no file
 * @param hold the form that the runtime sends with the fewest copies
 */
export function createSmallBlobs(options: {
  readonly createHasher: CreateHasher
  readonly readFile: (digest: Digest) => Uint8Array<ArrayBuffer> | undefined
  readonly hold: (bytes: ArrayBuffer) => HeldBytes
}): SmallBlobs {
  /** In order of use; a digest without bytes was asked for once. */
  const entries = new Map<Digest, { readonly body: HeldBytes; readonly sizeBytes: number } | undefined>()
  let keptBytes = 0

  const forget = (digest: Digest): void => {
    keptBytes -= entries.get(digest)?.sizeBytes ?? 0
    entries.delete(digest)
  }
  const touch = (digest: Digest, body: HeldBytes | undefined, sizeBytes: number): void => {
    forget(digest)
    entries.set(digest, body && { body, sizeBytes })
    if (body) keptBytes += sizeBytes
    for (const [oldest] of entries) {
      if (keptBytes <= MAX_KEPT_BYTES && entries.size <= MAX_ENTRIES) break
      forget(oldest)
    }
  }

  return {
    forget,
    find(digest, sizeBytes) {
      if (sizeBytes > MAX_BLOB_BYTES) return undefined
      let body = entries.get(digest)?.body
      if (body === undefined && entries.has(digest)) {
        const read = options.readFile(digest)
        if (read?.byteLength !== sizeBytes || digestOf(read, options.createHasher) !== digest) {
          throw new BlobNotFoundError(digest)
        }
        // A copy of exactly these bytes: a small Buffer is a part of a shared pool.
        body = options.hold(new Uint8Array(read).buffer)
      }
      touch(digest, body, sizeBytes)
      return body
    },
  }
}
