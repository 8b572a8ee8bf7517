import { type ByteSource, checkRange } from '../bytes/byte-source.ts'
import { createBudget } from '../formats/budget.ts'
import { FormatLimitError } from '../formats/format-error.ts'
import type { ArtifactSource, InspectLimits } from './inspector.ts'

/** A source that counts what is read and watches the clock, and remembers when the machine below it failed. */
export interface MeteredSource extends ArtifactSource {
  readonly pass: ByteSource
  /** Milliseconds of `maxMs` that are left; passes over the whole file do not count. */
  leftMs(): number
  /** What the source threw, when it did: an error of the disk, not of the bytes. */
  readonly failure: { readonly error: unknown } | undefined
}

/** `read` throws {@link FormatLimitError} beyond `maxReadBytes` or `maxMs`. */
export function meteredSource(source: ByteSource, limits: InspectLimits): MeteredSource {
  const budget = createBudget(limits)
  let bytesRead = 0
  let failure: { readonly error: unknown } | undefined
  let inPassSince: number | undefined
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    try {
      return await source.read(offset, length)
    } catch (error) {
      failure ??= { error }
      throw error
    }
  }
  return {
    sizeBytes: source.sizeBytes,
    get failure() {
      return failure
    },
    leftMs: budget.leftMs,
    pass: {
      sizeBytes: source.sizeBytes,
      async read(offset, length) {
        checkRange(source.sizeBytes, offset, length)
        // What was hashed since the last read took time of the pass as well.
        inPassSince ??= performance.now()
        const bytes = await read(offset, length)
        const now = performance.now()
        budget.excuse(now - inPassSince)
        inPassSince = now
        return bytes
      },
    },
    async read(offset, length) {
      // Judged here, so that whatever the source itself throws is a failure of the machine.
      checkRange(source.sizeBytes, offset, length)
      bytesRead += length
      if (bytesRead > limits.maxReadBytes) {
        throw new FormatLimitError(`Cannot read on: more than ${limits.maxReadBytes} bytes of the file would be read`)
      }
      budget.tick()
      inPassSince = undefined
      return read(offset, length)
    },
  }
}
