/** Bytes that look random and are the same in each run. @param seed any integer */
export function seededBytes(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes)
  // xorshift32 (Marsaglia 2003)
  let state = (seed * 2654435761) | 1
  for (let i = 0; i < sizeBytes; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

/** A body that gives `bytes` in chunks. */
export function bodyOf(bytes: Uint8Array, chunkBytes = 48 * 1024 + 1): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close()
      controller.enqueue(bytes.slice(at, at + chunkBytes))
      at += chunkBytes
    },
  })
}

/** A body that gives `bytes` and then fails with `error`. */
export function brokenBody(bytes: Uint8Array, error: Error): ReadableStream<Uint8Array> {
  // A pull that enqueues nothing is not asked again (Streams §4.9).
  let sent = bytes.byteLength === 0
  return new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(error)
      sent = true
      controller.enqueue(bytes)
    },
  })
}

/** A body that gives `bytes` and then nothing more, as a client that is gone without a word. */
export function stalledBody(bytes: Uint8Array): {
  body: ReadableStream<Uint8Array>
  /** Resolves when `bytes` were taken and more is asked for. */
  stalled: Promise<void>
  /** Resolves with the reason when the reader leaves. */
  cancelled: Promise<unknown>
} {
  const stalled = Promise.withResolvers<void>()
  const cancelled = Promise.withResolvers<unknown>()
  let sent = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!sent && bytes.byteLength > 0) {
          sent = true
          controller.enqueue(bytes)
          return
        }
        stalled.resolve()
        return new Promise(() => {})
      },
      cancel: (reason) => cancelled.resolve(reason),
    },
    { highWaterMark: 0 },
  )
  return { body, stalled: stalled.promise, cancelled: cancelled.promise }
}

export async function readAll(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
