import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishFiles, startDistd, writeRandomFile } from './distd.ts'
import { alternate, type Figures, MB } from './measure.ts'
import { startRegistry } from './peers.ts'
import { freePort, run, startServer } from './processes.ts'
import { absoluteLine, type Line, ratioLine } from './report.ts'

const HELLO = `
import { Hono } from 'hono'
const app = new Hono().get('/', (c) => c.json({ hello: 'world' }))
Bun.serve({ hostname: '127.0.0.1', port: Number(process.env.PORT), fetch: app.fetch })
`

async function perSecond(url: string, headers: readonly string[]): Promise<Figures> {
  const text = await run(['wrk', '-t2', '-c64', '-d4s', ...headers.flatMap((header) => ['-H', header]), url])
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk met errors: ${text}`)
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1]) }
}

/** A channel as JSON, with a token, the access decision and SQLite, beside Hono saying hello on the same runtime. */
async function channelRow(runs: number): Promise<Line> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-hello-'))
  const distd = await startDistd('binary')
  const path = join(folder, 'small.bin')
  await publishFiles(distd, 'bench', [{ name: 'small.bin', path, digest: writeRandomFile(path, 1024) }])
  // Below the repository, so that it finds the same Hono.
  const source = join('build', 'bench-hello.ts')
  writeFileSync(source, HELLO)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const hello = await startServer(['bun', source], { url, env: { PORT: String(port) } })
  try {
    const pair = await alternate(
      runs,
      () => perSecond(`${distd.url}/api/v1/apps/bench/channels/beta`, [`Authorization: Bearer ${distd.token}`]),
      () => perSecond(url, []),
    )
    return ratioLine(
      'channel lookup as JSON vs Hono hello on Bun, requests/s',
      pair,
      'perSecond',
      { atLeast: 0.35 },
      { atLeast: 0.6 },
    )
  } finally {
    await hello.stop()
    await distd.remove()
    rmSync(folder, { recursive: true, force: true })
    rmSync(source, { force: true })
  }
}

/** Draft to announced with one file of 10 kB, everything durable; the client calls the app in its own process. */
async function publishRow(runs: number): Promise<Line> {
  const values: number[] = []
  for (let i = 0; i < runs; i++) values.push(Number((await run(['bun', 'bench/publishes.ts'])).trim()))
  return absoluteLine('small publishes per second, fully durable', values, '/s', { atLeast: 150 }, { atLeast: 500 })
}

async function wall(command: readonly string[], times: number): Promise<number> {
  const startedAt = performance.now()
  for (let i = 0; i < times; i++) await run(command)
  return (performance.now() - startedAt) / times
}

async function startRows(runs: number): Promise<Line[]> {
  const version = await alternate(
    Math.max(runs, 7),
    async () => ({ ms: await wall(['build/dist', '--version'], 10) }),
    async () => ({ ms: await wall(['skopeo', '--version'], 10) }),
  )
  const first = await startDistd('binary')
  await first.stop()
  const idle: number[] = []
  const registry = await startRegistry()
  const registryFolder = registry.folder
  await registry.stop()
  const ready = await alternate(
    Math.max(runs, 7),
    async () => {
      const again = await startDistd('binary', first)
      await new Promise((resolve) => setTimeout(resolve, 300))
      idle.push(again.residentBytes() / MB)
      await again.stop()
      return { ms: again.readyMs }
    },
    async () => {
      const again = await startRegistry(registryFolder)
      await again.stop()
      return { ms: again.readyMs }
    },
  )
  rmSync(first.folder, { recursive: true, force: true })
  rmSync(registryFolder, { recursive: true, force: true })
  return [
    ratioLine('dist --version vs skopeo --version, ms', version, 'ms', { atMost: 1.3 }, { atMost: 0.85 }),
    ratioLine('distd ready on an existing database vs docker-registry, ms', ready, 'ms', { atMost: 3 }, { atMost: 1 }),
    absoluteLine('idle memory of distd', idle, 'MB', { atMost: 70 }, { atMost: 40 }),
  ]
}

function sizeRows(): Line[] {
  const folder = mkdtempSync(join(tmpdir(), 'bench-empty-'))
  const source = join(folder, 'empty.ts')
  writeFileSync(source, 'export {}\n')
  execFileSync(
    'bun',
    ['build', '--compile', '--minify', '--bytecode', '--format=esm', source, '--outfile', join(folder, 'empty')],
    {
      stdio: 'ignore',
    },
  )
  const empty = statSync(join(folder, 'empty')).size
  rmSync(folder, { recursive: true, force: true })
  return ['distd', 'dist'].map((name) =>
    absoluteLine(
      `size of ${name} above an empty compiled program`,
      [(statSync(join('build', name)).size - empty) / MB],
      'MB',
      { atMost: 6 },
      { atMost: 3 },
    ),
  )
}

/** The rows about many small things: lookups, publishes, start-up, memory and size. */
export async function smallRows(runs: number): Promise<Line[]> {
  return [await channelRow(runs), await publishRow(runs), ...(await startRows(runs)), ...sizeRows()]
}
