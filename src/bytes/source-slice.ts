import { type ByteSource, checkRange } from './byte-source.ts'

/**
 * The bytes `offset … offset + length` of a source as a source of their own: a file inside a file.
 *
 * @throws RangeError when they lie outside the source
 */
export function sliceOf(source: ByteSource, offset: number, length: number): ByteSource {
  checkRange(source.sizeBytes, offset, length)
  return {
    sizeBytes: length,
    async read(at, count) {
      checkRange(length, at, count)
      return source.read(offset + at, count)
    },
  }
}
