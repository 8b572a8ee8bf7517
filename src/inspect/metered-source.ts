import { type ByteSource, checkRange } from '../bytes/byte-source.ts'
import { createBudget } from '../formats/budget.ts'
import { FormatLimitError } from '../formats/format-error.ts'
import type { InspectLimits } from './inspector.ts'

/** A source that counts what is read and watches the clock, and remembers when the machine below it failed. */
export interface MeteredSource extends ByteSource {
  /** What the source threw, when it did: an error of the disk, not of the bytes. */
  readonly failure: { readonly error: unknown } | undefined
}

/** `read` throws {@link FormatLimitError} beyond `maxReadBytes` or `maxMs`. */
export function meteredSource(source: ByteSource, limits: InspectLimits): MeteredSource {
  const budget = createBudget(limits)
  let bytesRead = 0
  let failure: { readonly error: unknown } | undefined
  return {
    sizeBytes: source.sizeBytes,
    get failure() {
      return failure
    },
    async read(offset, length) {
      // Judged here, so that whatever the source itself throws is a failure of the machine.
      checkRange(source.sizeBytes, offset, length)
      bytesRead += length
      if (bytesRead > limits.maxReadBytes) {
        throw new FormatLimitError(`Cannot read on: more than ${limits.maxReadBytes} bytes of the file would be read`)
      }
      budget.tick()
      try {
        return await source.read(offset, length)
      } catch (error) {
        failure ??= { error }
        throw error
      }
    },
  }
}
