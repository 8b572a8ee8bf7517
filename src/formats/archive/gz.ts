import type { Budget } from '../budget.ts'
import { FormatError } from '../format-error.ts'

/** 16 KiB at most per step: deflate expands up to 1032 times, and a runtime may unpack a whole step at once. */
const STEP_BYTES = 16 << 10

/**
 * Unpacks gzip (RFC 1952) with the runtime's own inflater.
 *
 * @param input compressed bytes in order; chunks of any length
 * @param partial true when `input` was cut on purpose: its end is then the end of the output and not an error
 * @throws FormatError for damaged bytes, FormatLimitError by `budget`; errors of `input` pass unchanged
 */
export function gunzip(input: AsyncIterable<Uint8Array>, budget: Budget, partial = false): AsyncGenerator<Uint8Array> {
  return inflate('gzip', input, budget, partial)
}

/** Unpacks zlib (RFC 1950) like {@link gunzip}. @throws FormatError, FormatLimitError by `budget` */
export function unzlib(input: AsyncIterable<Uint8Array>, budget: Budget): AsyncGenerator<Uint8Array> {
  return inflate('deflate', input, budget, false)
}

async function* inflate(
  format: 'gzip' | 'deflate',
  input: AsyncIterable<Uint8Array>,
  budget: Budget,
  partial: boolean,
): AsyncGenerator<Uint8Array> {
  let inputFailed = false
  let ended = false
  const steps = inSteps(input)
  const compressed = new ReadableStream<BufferSource>(
    {
      async pull(controller) {
        try {
          const next = await steps.next()
          if (next.done) {
            ended = true
            controller.close()
          } else controller.enqueue(next.value)
        } catch (error) {
          inputFailed = true
          controller.error(error)
        }
      },
    },
    { highWaterMark: 0 },
  )
  const reader = compressed.pipeThrough(new DecompressionStream(format)).getReader()
  try {
    for (;;) {
      let result: { readonly done: boolean; readonly value?: Uint8Array | undefined }
      try {
        result = await reader.read()
      } catch (cause) {
        if (inputFailed) throw cause
        if (partial && ended) return
        throw new FormatError(`Cannot unpack ${format}: the bytes are damaged or cut off`, { cause })
      }
      if (result.value === undefined) return
      budget.inflated(result.value.byteLength)
      yield result.value
    }
  } finally {
    // Clean-up: after an error the stream is already dead and says so again.
    await reader.cancel().catch(() => undefined)
    await steps.return(undefined)
  }
}

async function* inSteps(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  for await (const chunk of input) {
    for (let i = 0; i < chunk.byteLength; i += STEP_BYTES) yield chunk.slice(i, i + STEP_BYTES)
  }
}
