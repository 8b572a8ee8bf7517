/** Bytes of a body up to `maxBytes`, and how it ended; a body that fails or is aborted is a result, not an error. */
export interface ReadBody {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** More than `maxBytes` arrived. */
  readonly overflow: boolean
  /** Why the body ended early, when it did. */
  readonly failure?: unknown
}

export async function readBody(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<ReadBody> {
  const reader = body.getReader()
  const leave = (reason: unknown) => void reader.cancel(reason).catch(() => undefined)
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  let overflow = false
  let ended: { readonly failure: unknown } | undefined
  const abort = () => {
    ended ??= { failure: signal?.reason }
    leave(signal?.reason)
  }
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  try {
    while (!ended && !overflow) {
      const { value } = await reader.read()
      if (!value) break
      const room = maxBytes - sizeBytes
      overflow = value.byteLength > room
      const kept = value.slice(0, room)
      chunks.push(kept)
      sizeBytes += kept.byteLength
    }
    if (overflow) leave(new RangeError(`Cannot accept more than ${maxBytes} bytes`))
  } catch (error) {
    ended ??= { failure: error ?? new Error('Cannot read the body to its end: it was cut') }
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  const bytes = new Uint8Array(sizeBytes)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return { bytes, overflow, ...(ended && { failure: ended.failure }) }
}
