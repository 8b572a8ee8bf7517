import { type BlobInfo, BlobNotFoundError, type BlobStore, DigestMismatchError } from '../../src/blob/blob-store.ts'
import { checkRange } from '../../src/bytes/byte-source.ts'
import { type Digest, digestOf } from '../../src/bytes/digest.ts'
import { readBody } from './read-body.ts'

const CHUNK_BYTES = 64 * 1024

export interface MemoryBlobStore extends BlobStore {
  /** Keeps bytes that were checked; those of a blob that is there stay, unless `replace`. */
  place(digest: Digest, bytes: Uint8Array<ArrayBuffer>, replace: boolean): BlobInfo
}

/** The reference {@link BlobStore}: a map. */
export function createMemoryBlobStore(): MemoryBlobStore {
  const blobs = new Map<Digest, Uint8Array<ArrayBuffer>>()

  const find = (digest: Digest, range?: { offset: number; length: number }) => {
    const bytes = blobs.get(digest)
    if (!bytes) throw new BlobNotFoundError(digest)
    const { offset, length } = range ?? { offset: 0, length: bytes.byteLength }
    checkRange(bytes.byteLength, offset, length)
    return bytes.slice(offset, offset + length)
  }

  const place = (digest: Digest, bytes: Uint8Array<ArrayBuffer>, replace: boolean) => {
    if (replace || blobs.get(digest)?.byteLength !== bytes.byteLength) blobs.set(digest, bytes)
    return { digest, sizeBytes: bytes.byteLength }
  }

  return {
    name: 'memory',
    place,
    async write(body, { expected, maxBytes, replace = false, signal }) {
      const read = await readBody(body, maxBytes, signal)
      if (read.overflow) throw new RangeError(`Cannot store blob: it is larger than ${maxBytes} bytes`)
      if ('failure' in read) throw read.failure
      const digest = digestOf(read.bytes)
      if (expected !== undefined && digest !== expected) throw new DigestMismatchError(expected, digest)
      return place(digest, read.bytes, replace)
    },
    async open(digest, range) {
      let rest = find(digest, range)
      return new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (rest.byteLength > 0) controller.enqueue(rest.subarray(0, CHUNK_BYTES))
            rest = rest.subarray(CHUNK_BYTES)
            if (rest.byteLength === 0) controller.close()
          },
        },
        { highWaterMark: 0 },
      )
    },
    async body({ digest, sizeBytes }, range) {
      if (blobs.get(digest)?.byteLength !== sizeBytes) throw new BlobNotFoundError(digest)
      return find(digest, range)
    },
    read: async (digest, range) => find(digest, range),
    async stat(digest) {
      const bytes = blobs.get(digest)
      return bytes && { digest, sizeBytes: bytes.byteLength }
    },
    async delete(digest) {
      blobs.delete(digest)
    },
    async *list() {
      for (const [digest, { byteLength }] of [...blobs]) yield { digest, sizeBytes: byteLength }
    },
  }
}
