import { join } from 'node:path'
import type { BlobInfo } from '../../src/blob/blob-store.ts'
import { blobPath } from '../../src/blob/layout.ts'
import { type ByteSource, checkRange } from '../../src/bytes/byte-source.ts'
import { closing, openToRead } from './open-file.ts'

/**
 * Runs `work` on one stored file, which stays open meanwhile: for many reads of it, where a store opens it for each.
 * @throws Error when it is not there; errors of the disk
 */
export async function withBlobFile<T>(
  root: string,
  { digest, sizeBytes }: BlobInfo,
  work: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const file = await openToRead(join(root, blobPath(digest)))
  if (file === undefined) throw new Error(`Cannot read ${digest}: it is not in the store`)
  return closing(file, () =>
    work({
      sizeBytes,
      async read(offset, length) {
        checkRange(sizeBytes, offset, length)
        const bytes = new Uint8Array(length)
        for (let at = 0; at < length; ) {
          const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
          if (bytesRead === 0) throw new Error(`Cannot read ${digest}: it ends before its size`)
          at += bytesRead
        }
        return bytes
      },
    }),
  )
}
