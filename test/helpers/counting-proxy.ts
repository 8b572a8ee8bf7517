import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CountingProxy {
  readonly url: string
  /** Fires when request number `stallAt` has arrived in whole (and was answered behind the proxy, when forwarded). */
  readonly stalled: Promise<void>
  close(): Promise<void>
}

/**
 * Passes requests on to a port of this machine and counts them. Request number `stallAt` is never answered: it is
 * either swallowed, or forwarded and its answer swallowed (`isForwarded`). Nothing after it is passed on.
 */
export async function countingProxy(
  port: number,
  { stallAt, isForwarded }: { readonly stallAt: number; readonly isForwarded: boolean },
): Promise<CountingProxy> {
  const { promise: stalled, resolve: stall } = Promise.withResolvers<void>()
  let count = 0
  const server = createServer((incoming, outgoing) => {
    const number = ++count
    const isStalled = number === stallAt
    if (number > stallAt) return
    if (isStalled && !isForwarded) {
      incoming.resume().once('end', stall)
      return
    }
    const { method, url, headers } = incoming
    const onward = send({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      if (isStalled) {
        answer.resume().once('end', stall)
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    // The publisher is killed in the middle of things; what breaks then is the point.
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stalled,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
