import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface NpmRegistry {
  readonly url: string
  /** While it is, every request is answered 503. */
  isDown: boolean
  /** Of what was published: `<name>@<version>`, and the bytes of its tarball. */
  readonly published: Map<string, Buffer>
  close(): Promise<void>
}

/** The one request of `npm publish` that matters: a document with the tarball in it, for whoever has the token. */
export async function npmRegistry(token: string): Promise<NpmRegistry> {
  const published = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      const answer = (status: number, value: object) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
      }
      if (registry.isDown) return answer(503, { error: 'down' })
      if (request.method !== 'PUT') return answer(404, { error: 'not found' })
      if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: 'unauthorized' })
      const document = JSON.parse(body) as {
        name: string
        versions: Record<string, object>
        _attachments: Record<string, { data: string }>
      }
      const [version = ''] = Object.keys(document.versions)
      const [attachment] = Object.values(document._attachments)
      published.set(`${document.name}@${version}`, Buffer.from(attachment?.data ?? '', 'base64'))
      answer(201, { ok: true })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry: NpmRegistry = {
    isDown: false,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    published,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return registry
}
