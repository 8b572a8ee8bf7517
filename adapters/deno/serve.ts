import { fileRangeOf } from '../fs/file-body.ts'
import { peerAddress, refusalOf, refuse } from '../request-guard.ts'
import type { Peer, ServeOptions, Server } from '../runtime.ts'
import { openBody } from './open-body.ts'

/** Between two tries to listen again; accepting fails at once for as long as descriptors are short. */
const RETRY_MS = 200

/**
 * Serves over Deno.serve. It has no limit on the time of a header section, on idle connections or on their number:
 * put a proxy in front where strangers can reach it. What differs from node:http is in
 * test/suites/http-server-differences.ts, and for hostile requests in test/vectors/http-differences.ts. Rejects when
 * the address cannot be had.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  let isStopping = false
  let server = listen(options, options.port)
  const { hostname, port } = server.addr
  watch()

  /** Deno ends a server, and left alone its process, when it cannot accept (EMFILE); this one listens again. */
  function watch(): void {
    server.finished.catch((error: unknown) => {
      if (isStopping) return
      options.log('cannot accept connections', { error: String(error) })
      setTimeout(listenAgain, RETRY_MS)
    })
  }

  function listenAgain(): void {
    if (isStopping) return
    try {
      server = listen(options, port)
      watch()
    } catch (error) {
      options.log('cannot listen again', { error: String(error) })
      setTimeout(listenAgain, RETRY_MS)
    }
  }

  return {
    hostname,
    port,
    async stop(graceMs) {
      isStopping = true
      // After shutdown() Deno has no way to end what is left; it ends with the process.
      let timer: ReturnType<typeof setTimeout> | undefined
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([server.shutdown(), grace])
      clearTimeout(timer)
    },
  }
}

function listen(options: ServeOptions, port: number): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    {
      hostname: options.hostname,
      port,
      onListen: () => {},
      onError(error) {
        options.log('request failed', { error: String(error) })
        return new Response(null, { status: 500 })
      },
    },
    (request, info) => respond(request, peerAddress(info.remoteAddr.hostname), options.fetch),
  )
}

async function respond(request: Request, address: string, fetch: ServeOptions['fetch']): Promise<Response> {
  const refusal = refusalOf(request)
  if (refusal !== undefined) return refuse(refusal)
  // Deno has no idle limit to lift.
  const peer: Peer = { address, keepOpen: () => {} }
  const response = await fetch(withNormalPath(request), peer)
  const { status, headers } = response
  if (request.method === 'HEAD') {
    await response.body?.cancel()
    return new Response(null, { status, headers })
  }
  // A stored file always says its length. Asking for the body of a text would make a stream of it.
  const range = headers.has('content-length') && response.body !== null ? fileRangeOf(response.body) : undefined
  return range === undefined ? response : new Response(await openBody(range), { status, headers })
}

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i

/** Deno hands on the target as it was sent; the others remove `.` and `..` segments, so this one does, too. */
function withNormalPath(request: Request): Request {
  if (!DOT_SEGMENT.test(request.url)) return request
  const { method, headers, body } = request
  return new Request(new URL(request.url), body === null ? { method, headers } : { method, headers, body })
}
