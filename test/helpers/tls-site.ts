import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePorts } from './free-ports.ts'
import { withTlsNginx } from './nginx.ts'
import { type FolderOptions, type TestServer, withServer } from './server.ts'

/** The name of the server. `*.example.test` are its siblings, one site with it; `other.test` is another site. */
const HOST = 'dist.example.test'

export interface TlsSite {
  /** Origin of the server as browsers have it, behind a proxy with TLS. */
  readonly url: string
  readonly server: TestServer
  /** Origin of another host behind the same proxy. */
  origin(host: string): string
  /** What the other hosts answer from now on: HTML and header fields as they are, one char per byte. */
  answer(path: string, html: string, headers?: Readonly<Record<string, string | readonly string[]>>): void
  /** Requests to the other hosts. */
  readonly visits: readonly Pick<IncomingMessage, 'method' | 'url' | 'headers'>[]
}

interface TlsOptions extends Pick<FolderOptions, 'before'> {
  /** Whether the server is told its URL: it answers for that host alone then. */
  readonly knowsUrl?: boolean
}

/** Runs `work` with a server behind nginx with TLS, and other hosts that say what a test wants them to say. */
export async function withTlsSite<T>(
  work: (site: TlsSite) => Promise<T>,
  { knowsUrl = false, ...options }: TlsOptions = {},
): Promise<T> {
  const [port = 0] = await freePorts(1)
  const url = `https://${HOST}:${port}`
  const answers = new Map<string, { html: string; headers: Readonly<Record<string, string | readonly string[]>> }>()
  const visits: IncomingMessage[] = []
  return withServer(
    async (server) => {
      const others = createServer((request, response) => {
        visits.push(request)
        const found = answers.get(request.url ?? '')
        response.writeHead(found ? 200 : 404, { 'content-type': 'text/html', ...(found?.headers as object) })
        response.end(found?.html ?? '')
      })
      await new Promise<void>((resolve) => others.listen(0, '127.0.0.1', resolve))
      const otherPort = (others.address() as AddressInfo).port
      try {
        return await withTlsNginx({ host: HOST, port, upstreamPort: server.port, otherPort }, () =>
          work({
            url,
            server,
            origin: (host) => `https://${host}:${port}`,
            answer: (path, html, headers = {}) => answers.set(path, { html, headers }),
            visits,
          }),
        )
      } finally {
        others.closeAllConnections()
        await new Promise((resolve) => others.close(resolve))
      }
    },
    { ...options, env: { DISTD_TRUSTED_PROXIES: '127.0.0.1', ...(knowsUrl ? { DISTD_PUBLIC_URL: url } : {}) } },
  )
}
