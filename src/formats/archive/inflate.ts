import { concat } from '../../bytes/concat.ts'
import type { Budget } from '../budget.ts'
import { FormatError } from '../format-error.ts'

/** 16 KiB at most per step: deflate expands up to 1032 times, and a runtime may unpack a whole step at once. */
const STEP_BYTES = 16 << 10

/**
 * Unpacks deflate from memory with the runtime's own inflater: at most `maxBytes`, then it stops.
 *
 * @param kind `deflate` with the head and checksum of zlib (RFC 1950), `deflate-raw` without (RFC 1951)
 * @param what names the bytes in errors, e.g. `table of contents`
 * @returns fewer bytes when the stream ends before
 * @throws FormatError for damaged bytes, FormatLimitError by `budget`
 */
export async function inflate(
  packed: Uint8Array,
  kind: 'deflate' | 'deflate-raw',
  maxBytes: number,
  budget: Budget,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let total = 0
  let at = 0
  const steps = new ReadableStream<BufferSource>(
    {
      pull(controller) {
        if (at >= packed.byteLength) controller.close()
        else controller.enqueue(packed.slice(at, at + STEP_BYTES))
        at += STEP_BYTES
      },
    },
    { highWaterMark: 0 },
  )
  const reader = steps.pipeThrough(new DecompressionStream(kind)).getReader()
  try {
    while (total < maxBytes) {
      let value: Uint8Array | undefined
      try {
        value = (await reader.read()).value
      } catch (cause) {
        throw new FormatError(`Cannot unpack ${what}: the bytes are damaged or cut off`, { cause })
      }
      if (value === undefined) break
      budget.inflated(value.byteLength)
      const part = value.subarray(0, maxBytes - total)
      chunks.push(part)
      total += part.byteLength
    }
  } finally {
    // Clean-up: after an error the stream is already dead and says so again.
    await reader.cancel().catch(() => undefined)
  }
  return concat(chunks)
}
