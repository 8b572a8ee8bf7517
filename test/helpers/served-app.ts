import { currentRuntime } from './runtime.ts'
import { createTestApp, type TestApp, type TestAppOptions } from './test-app.ts'

export interface ServedApp extends TestApp {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly port: number
  /** Every request since the start: `GET /api/v1/apps`. */
  readonly requests: readonly string[]
}

/** A test app on a port of loopback, behind the server of the runtime that runs this test. */
export async function serveTestApp(options: TestAppOptions = {}): Promise<ServedApp> {
  const app = await createTestApp(options)
  const runtime = await currentRuntime()
  const requests: string[] = []
  const server = await runtime.serve({
    hostname: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    log: () => undefined,
    fetch: (request, peer) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`)
      return app.app.fetch(request, peer)
    },
  })
  return {
    ...app,
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    requests,
    async close() {
      await server.stop(1000)
      await app.close()
    },
  }
}
