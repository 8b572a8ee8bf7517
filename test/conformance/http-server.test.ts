import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Runtime, Server } from '../../adapters/runtime.ts'
import { serverLimits } from '../../adapters/server-limits.ts'
import { serverCases } from '../suites/http-server.ts'
import { serverDifferences } from '../suites/http-server-differences.ts'
import type { ServerCase } from '../suites/server-fixture.ts'
import { runtimeName } from './runtime-name.ts'

const { serve } = (await import(
  `../../adapters/${runtimeName}/serve.ts`
)) as typeof import('../../adapters/node/serve.ts')
const { runtime } = (await import(`../../adapters/${runtimeName}/runtime.ts`)) as { runtime: Runtime }

const differences = serverDifferences[runtimeName]

async function check({ name, run }: ServerCase): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dist-http-'))
  const servers: Server[] = []
  const logged: string[] = []
  try {
    await (differences[name]?.run ?? run)({
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
}

const started = new Map(serverCases.filter(({ waits }) => waits).map((row) => [row.name, check(row)]))
// Each is awaited by its own test, which may come long after it failed.
for (const result of started.values()) result.catch(() => undefined)

for (const row of serverCases) {
  const difference = differences[row.name]
  const name = difference === undefined ? row.name : `${difference.does}: ${difference.reason}`
  test(`serve() on ${runtimeName} ${name}`, { timeout: 30_000 }, () => started.get(row.name) ?? check(row))
}

test(`serverDifferences of ${runtimeName} name cases that exist`, () => {
  for (const name of Object.keys(differences))
    assert.ok(
      serverCases.some((row) => row.name === name),
      name,
    )
})
