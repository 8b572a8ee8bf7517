import type { BlobBody } from './blob-store.ts'
import { fileStream } from './file-stream.ts'

/** Bytes `offset … offset + length` of the file at `path`. */
export interface FileRange {
  readonly path: string
  readonly offset: number
  readonly length: number
}

const ranges = new WeakMap<object, FileRange>()

/**
 * A body that opens its file at the first read, so that an answer which is never sent holds nothing open. A server
 * that asks {@link fileRangeOf} may send the file itself instead of reading the stream.
 */
export const fileBody: BlobBody = (path, range, sizeBytes) => {
  const { offset, length } = range ?? { offset: 0, length: sizeBytes }
  const stream = fileStream(path, offset, length)
  ranges.set(stream, { path, offset, length })
  return stream
}

/** The range of a file that `body` is made of, when {@link fileBody} made it. */
export function fileRangeOf(body: object): FileRange | undefined {
  return ranges.get(body)
}
