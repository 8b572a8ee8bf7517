import type { Runtime } from '../../adapters/runtime.ts'
import { runtimeName } from './runtime-name.ts'

/** A process of its own for tests that starve it: prints its port, answers `ok`, or the file named by FILE on /file. */
const { runtime } = (await import(`../../adapters/${runtimeName}/runtime.ts`)) as { runtime: Runtime }
const file = process.env.FILE ?? ''

const server = await runtime.serve({
  hostname: '127.0.0.1',
  port: 0,
  maxConnections: 1000,
  log: (message) => console.error(message),
  fetch: async (request) =>
    new URL(request.url).pathname === '/file'
      ? new Response(await runtime.blobBody(file, undefined, 4), { status: 200, headers: { 'content-length': '4' } })
      : new Response('ok'),
})
console.log(server.port)

// As distd does. Deno sets its signals up at the first use, and panics when that comes without a free descriptor.
process.once('SIGTERM', () => process.exit(0))
