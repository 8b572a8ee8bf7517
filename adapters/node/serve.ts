import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { fileRangeOf } from '../fs/file-body.ts'
import { ALLOW, peerAddress, type Refusal } from '../request-guard.ts'
import type { Peer, ServeOptions, Server } from '../runtime.ts'
import { MAX_HEADER_BYTES, MAX_HEADER_FIELDS, type ServerLimits, serverLimits } from '../server-limits.ts'
import { checkHead } from './request-head.ts'
import { sendFile } from './send-file.ts'

/** What this server remembers of a connection while it lives. */
interface Connection {
  /** Requests whose response has not ended. */
  underway: number
  /** After a refusal, what follows on the connection was framed by somebody we do not understand: it is not read. */
  refused: boolean
  /** The product has its own rule for this body. */
  keptOpen: boolean
  incoming: IncomingMessage | undefined
}

/**
 * Serves over node:http: the parser in front, {@link checkHead} behind it, then `options.fetch`.
 * Stored files go past web streams, see {@link sendFile}. Rejects when the address cannot be had.
 */
export async function serve(options: ServeOptions, limits: ServerLimits = serverLimits): Promise<Server> {
  const connections = new WeakMap<Socket, Connection>()
  let stopping = false

  const toListener = getRequestListener((request, { incoming, outgoing }) => {
    const peer = peerOf(incoming as IncomingMessage, connections)
    return answer(request, call(options.fetch, request, peer), outgoing as ServerResponse)
  })

  async function answer(request: Request, pending: Promise<Response>, outgoing: ServerResponse): Promise<Response> {
    const response = await pending.catch((error: unknown) => {
      options.log('request failed', { error: String(error) })
      return new Response(null, { status: 500 })
    })
    if (stopping) outgoing.shouldKeepAlive = false
    if (request.method === 'HEAD') {
      // Whatever a body would be read from is let go; the headers, content-length included, say what it was.
      await response.body?.cancel()
      return new Response(null, { status: response.status, headers: response.headers })
    }
    // A stored file always says its length. Asking for the body of every response would cost the small ones a stream.
    if (!response.headers.has('content-length') || response.body === null) return response
    const range = fileRangeOf(response.body)
    if (range === undefined) return response
    try {
      await sendFile(outgoing, range, () => outgoing.writeHead(response.status, headersOf(response)))
      return RESPONSE_ALREADY_SENT
    } catch (error) {
      options.log('cannot send file', { error: String(error) })
      if (outgoing.headersSent) {
        outgoing.destroy()
        return RESPONSE_ALREADY_SENT
      }
      const busy = isOutOfDescriptors(error)
      return new Response(null, { status: busy ? 503 : 500, headers: busy ? { 'retry-after': '1' } : {} })
    }
  }

  const server = createServer({
    // Stated, not left to the default, which NODE_OPTIONS can change.
    insecureHTTPParser: false,
    // checkHead does it: node itself would answer 400 and still hand on the request that follows on the connection.
    requireHostHeader: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersMs,
    // Uploads may take an hour; bodies that stand still end in onTimeout below.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.ceil(limits.headersMs / 5),
  })
  // One more than is allowed, so that checkHead sees that there were more.
  server.maxHeadersCount = MAX_HEADER_FIELDS + 1
  server.maxConnections = options.maxConnections

  server.on('connection', (socket) => {
    connections.set(socket, { underway: 0, refused: false, keptOpen: false, incoming: undefined })
  })

  function onRequest(incoming: IncomingMessage, outgoing: ServerResponse, isExpecting: boolean): void {
    const connection = connections.get(incoming.socket)
    if (connection === undefined || connection.refused) return
    const refusal = checkHead(incoming)
    if (refusal !== undefined) {
      connection.refused = true
      refuse(outgoing, refusal)
      return
    }
    connection.underway += 1
    connection.keptOpen = false
    connection.incoming = incoming
    // Node drops what came behind a request that offers an upgrade.
    if (incoming.headers.upgrade !== undefined) outgoing.shouldKeepAlive = false
    outgoing.once('close', () => {
      connection.underway -= 1
      if (stopping) setImmediate(() => server.closeIdleConnections())
    })
    if (isExpecting) outgoing.writeContinue()
    void toListener(incoming, outgoing)
  }
  server.on('request', (incoming, outgoing) => onRequest(incoming, outgoing, false))
  server.on('checkContinue', (incoming, outgoing) => onRequest(incoming, outgoing, true))
  server.on('checkExpectation', (incoming, outgoing) => {
    const connection = connections.get(incoming.socket)
    if (connection === undefined || connection.refused) return
    connection.refused = true
    refuse(outgoing, { status: 417, reason: 'expectation' })
  })
  server.on('connect', (_incoming, socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(`HTTP/1.1 405 Method Not Allowed\r\nAllow: ${ALLOW}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })

  // Fires after a time without a byte in either direction; node counts a partly taken write as movement.
  server.setTimeout(limits.stalledMs, (socket) => {
    const connection = connections.get(socket)
    const isOurTurn = connection !== undefined && connection.underway > 0 && socket.writableLength === 0
    const isBodyOwed = isOurTurn && connection.incoming?.complete === false && !connection.keptOpen
    if (!isOurTurn || isBodyOwed) socket.destroy()
  })

  const report = oncePer(10_000, options.log)
  server.on('drop', () => {
    report('connection limit reached', { maxConnections: options.maxConnections })
    // Those who wait for nothing make room for those who knock.
    server.closeIdleConnections()
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.hostname, port: options.port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // Accepting can fail (EMFILE); without a listener that would end the process.
  server.on('error', (error) => report('cannot accept a connection', { error: String(error) }))

  const address = server.address() as AddressInfo
  return {
    hostname: address.address,
    port: address.port,
    stop: (graceMs) =>
      new Promise((resolve) => {
        stopping = true
        const force = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(force)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

/** A product that throws at once is one that rejects. */
async function call(fetch: ServeOptions['fetch'], request: Request, peer: Peer): Promise<Response> {
  return fetch(request, peer)
}

function peerOf(incoming: IncomingMessage, connections: WeakMap<Socket, Connection>): Peer {
  const { socket } = incoming
  return {
    address: peerAddress(socket.remoteAddress),
    keepOpen: () => {
      const connection = connections.get(socket)
      if (connection !== undefined) connection.keptOpen = true
    },
  }
}

function refuse(outgoing: ServerResponse, refusal: Refusal): void {
  outgoing.writeHead(refusal.status, {
    connection: 'close',
    'content-length': 0,
    ...(refusal.status === 405 ? { allow: ALLOW } : {}),
  })
  outgoing.end()
}

function headersOf(response: Response): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  return headers
}

function isOutOfDescriptors(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'EMFILE' || code === 'ENFILE'
}

/** At most one line per `ms`: what fills the log is the attack, too. */
function oncePer(ms: number, log: ServeOptions['log']): ServeOptions['log'] {
  let nextAt = 0
  return (message, fields) => {
    if (performance.now() < nextAt) return
    nextAt = performance.now() + ms
    log(message, fields)
  }
}
