import type http from 'node:http'

/** Bytes of an answer, read to its end, and what came with them. */
export interface BytesAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

export interface SendOptions {
  readonly method: 'PATCH' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly sizeBytes: number
  readonly chunks: AsyncIterable<Uint8Array>
  readonly onProgress?: ((sentBytes: number) => void) | undefined
  readonly signal: AbortSignal
  /** Milliseconds without a byte moving after which the connection counts as dead. */
  readonly stallMs: number
}

/** An answer to an upload is a few lines; what is longer is cut. Bytes. */
const MAX_ANSWER_BYTES = 1 << 20

/**
 * Sends a body of known length with backpressure, in constant memory.
 *
 * Over node:http, which all three runtimes have: `fetch` on Deno sends a stream without Content-Length, which some
 * proxies refuse, and on Node it holds several times the memory. Redirects are given back, never followed. An answer
 * that comes before the body is sent (a refusal) ends the sending.
 */
export async function sendBytes(url: URL, options: SendOptions): Promise<BytesAnswer> {
  const ended = new AbortController()
  const signal = AbortSignal.any([options.signal, ended.signal])
  // Not imported: a bundle loads every imported built-in at start-up, and these cost `dist --version` a quarter.
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const headers = { ...options.headers, 'content-length': options.sizeBytes }
  const outgoing = request(url, { method: options.method, headers, signal })
  let stall: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  const alive = () => {
    clearTimeout(stall)
    // The writer may still hand over a chunk while a refusal is already here.
    if (isOver) return
    stall = setTimeout(() => ended.abort(new Error(`no progress for ${options.stallMs} ms`)), options.stallMs)
  }
  alive()
  try {
    const answer = answerOf(outgoing, signal, alive)
    const sent = write(outgoing, options, alive)
    // Only the answer counts: a refusal ends the connection under the writer, whose error then says nothing new.
    const firstError = await Promise.race([
      answer.then(() => undefined),
      sent.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ])
    const isAnswered = () =>
      answer.then(
        () => true,
        () => false,
      )
    if (firstError !== undefined && !(await Promise.race([isAnswered(), soon()]))) throw firstError
    return await answer
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason
    throw ended.signal.aborted ? ended.signal.reason : error
  } finally {
    isOver = true
    clearTimeout(stall)
    if (!outgoing.writableFinished) outgoing.destroy()
  }
}

/** Time for an answer that is already on its way behind a broken connection. */
function soon(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 200))
}

async function write(outgoing: http.ClientRequest, options: SendOptions, alive: () => void): Promise<void> {
  let sentBytes = 0
  for await (const chunk of options.chunks) {
    if (outgoing.destroyed) return
    if (!outgoing.write(chunk)) await drained(outgoing)
    sentBytes += chunk.byteLength
    alive()
    options.onProgress?.(sentBytes)
  }
  outgoing.end()
}

function drained(outgoing: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done)
      outgoing.off('close', done)
      resolve()
    }
    outgoing.on('drain', done)
    outgoing.on('close', done)
  })
}

function answerOf(outgoing: http.ClientRequest, signal: AbortSignal, alive: () => void): Promise<BytesAnswer> {
  const answer = new Promise<BytesAnswer>((resolve, reject) => {
    // Not every runtime tells an aborted request's listeners.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    if (signal.aborted) reject(signal.reason)
    outgoing.on('error', reject)
    outgoing.on('close', () => reject(new Error('the connection was closed')))
    outgoing.on('response', (incoming) => {
      const chunks: Uint8Array[] = []
      let sizeBytes = 0
      incoming.on('data', (chunk: Uint8Array) => {
        alive()
        if (sizeBytes < MAX_ANSWER_BYTES) chunks.push(chunk)
        sizeBytes += chunk.byteLength
      })
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: Buffer.concat(chunks) }),
      )
    })
  })
  // Whoever awaits it sees the failure; until then it is not an unhandled one.
  answer.catch(() => undefined)
  return answer
}

function headersOf(incoming: http.IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}
