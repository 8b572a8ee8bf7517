import { peerAddress, refusalOf, refuse } from '../request-guard.ts'
import type { Peer, ServeOptions, Server } from '../runtime.ts'
import { type ServerLimits, serverLimits } from '../server-limits.ts'

/** The longest limit that Bun has. */
const MAX_SECONDS = 255

const secondsOf = (ms: number) => Math.min(MAX_SECONDS, Math.ceil(ms / 1000))

/**
 * Serves over Bun.serve. Its parser gives a header section about 12 seconds and 16 KiB, neither of which can be set;
 * it has no limit on connections, and it closes one on which a request comes before the last is answered (pipelining).
 * A reader that takes nothing is ended after `keepAliveMs`. What differs from node:http is in
 * test/suites/http-server-differences.ts, and for hostile requests in test/vectors/http-differences.ts.
 */
export async function serve(options: ServeOptions, limits: ServerLimits = serverLimits): Promise<Server> {
  const idleSeconds = secondsOf(limits.keepAliveMs)
  const exchangeSeconds = secondsOf(limits.exchangeMs)
  const server = Bun.serve({
    hostname: options.hostname,
    port: options.port,
    // With development off Bun would share the port with whoever else listens on it.
    reusePort: false,
    // Else an error is answered with a page that shows the source.
    development: false,
    idleTimeout: idleSeconds,
    // The product has its own limits; this one defaults to 128 MiB.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request, bun) {
      const refusal = refusalOf(request)
      if (refusal !== undefined) return refuse(refusal)
      const peer: Peer = {
        // Asked of Bun only when the product asks: it costs a tenth of a small request.
        get address() {
          return peerAddress(bun.requestIP(request)?.address)
        },
        keepOpen: () => bun.timeout(request, 0),
      }
      // Runs while the body comes and the product thinks; what is set for a request stays with its connection.
      bun.timeout(request, exchangeSeconds)
      const response = await options.fetch(request, peer)
      bun.timeout(request, idleSeconds)
      // Bun would count the body that is not sent and say content-length: 0 for a file.
      if (request.method === 'HEAD') return new Response(null, { status: response.status, headers: response.headers })
      return response
    },
    error(error) {
      options.log('request failed', { error: String(error) })
      return new Response(null, { status: 500 })
    },
  })
  return {
    hostname: server.hostname ?? options.hostname,
    port: server.port ?? options.port,
    async stop(graceMs) {
      const force = setTimeout(() => void server.stop(true), graceMs)
      await server.stop()
      clearTimeout(force)
    },
  }
}
