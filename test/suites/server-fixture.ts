import { readdirSync, readlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { BlobBody } from '../../adapters/fs/blob-store.ts'
import type { ServeOptions, Server } from '../../adapters/runtime.ts'
import type { ServerLimits } from '../../adapters/server-limits.ts'
import { until } from '../conformance/raw-http.ts'

export interface ServerFixture {
  /** Starts on a free port of 127.0.0.1; the runner stops what is left. */
  readonly start: (fetch: ServeOptions['fetch'], options?: StartOptions) => Promise<Server>
  readonly blobBody: BlobBody
  /** A path in a folder of this case alone; nothing is there yet. */
  readonly path: string
  /** Messages of `log`. */
  readonly logged: readonly string[]
}

export interface StartOptions {
  readonly limits?: Partial<ServerLimits>
  readonly maxConnections?: number
  readonly port?: number
}

export interface ServerCase {
  readonly name: string
  /** It mostly waits, for ten seconds and more: the runner starts it beforehand, beside the others. */
  readonly waits?: true
  readonly run: (fixture: ServerFixture) => Promise<void>
}

/** The shortest limit that says something on Bun, whose clock of a connection moves every four seconds. */
export const LIMIT_MS = 5000

export const HOST = 'Host: a.test\r\n'
export const CLOSE = 'Connection: close\r\n'
export const pathOf = (request: Request) => new URL(request.url).pathname
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** A connection on which these bytes, Latin-1, were sent. */
export function open(port: number, bytes: string): Socket {
  const socket = connect(port, '127.0.0.1')
  // A reset is one way of being closed, which is what the cases look at.
  socket.on('error', () => socket.destroy())
  socket.write(bytes, 'latin1')
  return socket
}

export const closed = (socket: Socket) =>
  new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))

/** A connection whose request is never answered, after its server was stopped with a grace of 50 ms. */
export async function stoppedWithStuck({ start }: ServerFixture): Promise<Socket> {
  let isReached = false
  const server = await start(() => {
    isReached = true
    return new Promise<Response>(() => {})
  })
  const stuck = open(server.port, `GET / HTTP/1.1\r\n${HOST}\r\n`)
  await until('the request to arrive', () => isReached)
  await server.stop(50)
  return stuck
}

/** Reads a connection. @returns what gives all that came so far, Latin-1 */
export function collect(socket: Socket): () => string {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  return () => text
}

/** `0123456789`, in two pieces. */
export function streamOfTen(): ReadableStream<Uint8Array> {
  const pieces = ['01234', '56789']
  return new ReadableStream({
    async pull(controller) {
      await sleep(5)
      const piece = pieces.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(new TextEncoder().encode(piece))
    },
  })
}

/** File descriptors of this process that are open on `path`. */
export function descriptorsOf(path: string): number {
  let count = 0
  for (const name of readdirSync('/proc/self/fd'))
    try {
      if (readlinkSync(`/proc/self/fd/${name}`) === path) count += 1
    } catch {
      // The descriptor of readdir itself is gone by now.
    }
  return count
}

export const fileResponse = async (
  { blobBody }: ServerFixture,
  path: string,
  size: number,
  range?: { offset: number; length: number },
) =>
  new Response(await blobBody(path, range, size), {
    status: range === undefined ? 200 : 206,
    headers: { 'content-length': String(range?.length ?? size), 'content-disposition': 'attachment; filename="x"' },
  })
