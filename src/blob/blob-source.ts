import { type ByteSource, checkRange } from '../bytes/byte-source.ts'
import type { BlobInfo, BlobStore } from './blob-store.ts'

/** A blob as a {@link ByteSource}: inspectors read ranges of it and never the whole file. */
export function blobSource(blobs: BlobStore, blob: BlobInfo): ByteSource {
  return {
    sizeBytes: blob.sizeBytes,
    async read(offset, length) {
      checkRange(blob.sizeBytes, offset, length)
      if (length === 0) return new Uint8Array(0)
      return blobs.read(blob.digest, { offset, length })
    },
  }
}
