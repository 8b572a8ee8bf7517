import { fileRangeOf } from '../fs/file-body.ts'
import { peerAddress, refusalOf, refuse } from '../request-guard.ts'
import type { Peer, ServeOptions, Server } from '../runtime.ts'
import { openBody } from './open-body.ts'

/**
 * Serves over Deno.serve. It has no limit on the time of a header section, on idle connections or on their number:
 * put a proxy in front where strangers can reach it. What else differs from node:http is in
 * test/vectors/http-torture.ts.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const server = Deno.serve(
    {
      hostname: options.hostname,
      port: options.port,
      onListen: () => {},
      onError(error) {
        options.log('request failed', { error: String(error) })
        return new Response(null, { status: 500 })
      },
    },
    async (incoming, info) => {
      const refusal = refusalOf(incoming)
      if (refusal !== undefined) return refuse(refusal)
      const peer: Peer = {
        address: peerAddress(info.remoteAddr.hostname),
        // Deno has no idle limit to lift.
        keepOpen: () => {},
      }
      const response = await options.fetch(withNormalPath(incoming), peer)
      if (incoming.method === 'HEAD' && response.body !== null) {
        await response.body.cancel()
        return new Response(null, { status: response.status, headers: response.headers })
      }
      const range = response.body === null ? undefined : fileRangeOf(response.body)
      if (range === undefined) return response
      return new Response(await openBody(range), { status: response.status, headers: response.headers })
    },
  )
  return {
    hostname: server.addr.hostname,
    port: server.addr.port,
    async stop(graceMs) {
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

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i

/** Deno hands on the target as it was sent; the others remove `.` and `..` segments, so this one does, too. */
function withNormalPath(request: Request): Request {
  if (!DOT_SEGMENT.test(request.url)) return request
  const { method, headers, body } = request
  return new Request(new URL(request.url), body === null ? { method, headers } : { method, headers, body })
}
