import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Runtime, Server } from '../../adapters/runtime.ts'
import { serverLimits } from '../../adapters/server-limits.ts'
import { serverCases } from '../suites/http-server.ts'
import { runtimeName } from './runtime-name.ts'

const { serve } = (await import(
  `../../adapters/${runtimeName}/serve.ts`
)) as typeof import('../../adapters/node/serve.ts')
const { runtime } = (await import(`../../adapters/${runtimeName}/runtime.ts`)) as { runtime: Runtime }

for (const { name, cannot, run } of serverCases) {
  const reason = cannot?.[runtimeName]
  test(`serve() on ${runtimeName} ${name}`, { ...(reason ? { skip: reason } : {}), timeout: 30_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dist-http-'))
    const servers: Server[] = []
    const logged: string[] = []
    try {
      await run({
        async start(fetch, { limits, maxConnections = 1000, port = 0 } = {}) {
          const log = (message: string) => void logged.push(message)
          const options = { hostname: '127.0.0.1', port, maxConnections, log, fetch }
          const server = await serve(options, { ...serverLimits, ...limits })
          servers.push(server)
          return server
        },
        blobBody: runtime.blobBody,
        path: join(folder, 'file'),
        logged,
      })
    } finally {
      for (const server of servers) await server.stop(0)
      rmSync(folder, { recursive: true, force: true })
    }
  })
}
