import { type ByteSource, checkRange } from './byte-source.ts'

const WINDOW_BYTES = 256 << 10

/** A source for many small reads that go forward: it reads 256 KiB at once, and gives views of them. */
export function readAhead(source: ByteSource): ByteSource {
  let window: Uint8Array = new Uint8Array(0)
  let windowAt = 0
  return {
    sizeBytes: source.sizeBytes,
    async read(offset, length) {
      checkRange(source.sizeBytes, offset, length)
      if (length >= WINDOW_BYTES) return source.read(offset, length)
      if (offset < windowAt || offset + length > windowAt + window.byteLength) {
        window = await source.read(offset, Math.min(WINDOW_BYTES, source.sizeBytes - offset))
        windowAt = offset
      }
      return window.subarray(offset - windowAt, offset - windowAt + length)
    },
  }
}
