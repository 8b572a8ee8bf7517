import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'

export interface FlippingProxy {
  readonly url: string
  /** Uploads of which a byte was changed so far. */
  readonly flipped: number
  close(): Promise<void>
}

/**
 * Passes requests on to a port of this machine and changes one bit of the body of the first `times` uploads, as a broken
 * network card or memory does. No length and no header changes.
 */
export async function flippingProxy(port: number, { times }: { readonly times: number }): Promise<FlippingProxy> {
  let flipped = 0
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const onward = send({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    if (method !== 'PATCH' || !url?.includes('/uploads/') || flipped >= times) {
      incoming.pipe(onward)
      return
    }
    flipped++
    let isFirst = true
    const flip = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const bytes = Buffer.from(chunk)
        if (isFirst && bytes.length > 0) bytes[bytes.length >> 1]! ^= 0x10
        isFirst = false
        done(null, bytes)
      },
    })
    incoming.pipe(flip).pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get flipped() {
      return flipped
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
