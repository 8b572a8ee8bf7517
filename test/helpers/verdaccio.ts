import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, lstatSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { freePorts } from './free-ports.ts'
import { inFolder, type Running, start, until } from './server.ts'

const VERSION = '6.10.4'

const PACKAGE = {
  private: true,
  dependencies: { verdaccio: VERSION },
  // One of its packages asks for a dist-tag instead of a version, which mirrors need not hand on.
  overrides: { 'node-fetch': '2.7.0' },
}

/** Nobody else's registry is behind it: it knows only what was published to it. */
const CONFIG = `
storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
packages: { '**': { access: $all, publish: $authenticated, unpublish: $authenticated } }
web: { enable: false }
log: { type: stdout, format: json, level: warn }
`

/** A real npm registry, at a URL that stays the same while it is down. */
export interface Verdaccio {
  /** Ends with a slash. */
  readonly url: string
  /** Of a user who may publish. */
  readonly token: string
  /** Ends it; whoever asks it then is refused the connection. */
  stop(): Promise<void>
  /** Brings it back, with everything it had; nothing happens while it is up. */
  start(): Promise<void>
  /** The bytes of a package's tarballs, by version; empty when there is no such package. */
  published(name: string): Promise<ReadonlyMap<string, Buffer>>
  /** Takes a package back with all its versions, as `npm unpublish --force` does. */
  unpublish(name: string): Promise<void>
}

/** Installs it where every later run on this machine finds it. @returns the program */
async function installed(): Promise<string> {
  const target = join(tmpdir(), `distd-verdaccio-${VERSION}`)
  const program = (folder: string) => join(folder, 'node_modules/verdaccio/bin/verdaccio')
  if (!existsSync(target)) {
    const folder = await mkdtemp(`${target}-`)
    try {
      await writeFile(join(folder, 'package.json'), JSON.stringify(PACKAGE))
      const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--omit=dev', '--loglevel=error']
      await promisify(execFile)('npm', ['install', ...flags, '--prefix', folder], { cwd: folder })
      await rename(folder, target)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      // Another process may have been faster.
      if (!existsSync(target)) throw error
    }
  }
  // The folder for temporary files is everybody's.
  const owner = lstatSync(target)
  if (!owner.isDirectory() || owner.uid !== (process.getuid?.() ?? owner.uid))
    throw new Error(`Cannot run Verdaccio: ${target} is somebody else's`)
  if (!existsSync(program(target))) throw new Error(`Cannot run Verdaccio: ${target} has no whole installation`)
  return program(target)
}

/** Starts a Verdaccio that keeps everything in `folder`; whoever starts it ends it with `stop`. */
export async function startVerdaccio(folder: string): Promise<Verdaccio> {
  const program = await installed()
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}/`
  const config = join(folder, 'verdaccio.yaml')
  await writeFile(config, CONFIG)
  let running: Running | undefined

  async function bringUp(): Promise<void> {
    if (running !== undefined) return
    const starting = start(['node', program, '--config', config, '--listen', `127.0.0.1:${port}`], { cwd: folder })
    running = starting
    let end: number | string | undefined
    starting.ended.then(
      (code) => {
        end = code
      },
      (error: Error) => {
        end = error.message
      },
    )
    try {
      await until('Verdaccio answers', async () => {
        if (end !== undefined)
          throw new Error(`Cannot start Verdaccio: it ended with ${end}\n${starting.stdout}${starting.stderr}`)
        return await fetch(`${url}-/ping`).then(
          ({ ok }) => ok,
          () => false,
        )
      })
    } catch (error) {
      await stop()
      throw error
    }
  }

  async function stop(): Promise<void> {
    const ending = running
    running = undefined
    if (ending === undefined || ending.pid === 0) return
    // It keeps what it was given in files before it answers, so nothing is lost.
    ending.child.kill('SIGKILL')
    await ending.ended
  }

  await bringUp()
  try {
    const token = await createUser(url)
    return {
      url,
      token,
      stop,
      start: bringUp,
      async published(name) {
        const response = await fetch(url + name)
        if (response.status === 404) return new Map()
        const { versions } = (await expectOk(response).json()) as {
          versions: Record<string, { dist: { tarball: string } }>
        }
        const tarballs = Object.entries(versions).map(async ([version, { dist }]) => {
          const tarball = expectOk(await fetch(dist.tarball))
          return [version, Buffer.from(await tarball.arrayBuffer())] as const
        })
        return new Map(await Promise.all(tarballs))
      },
      async unpublish(name) {
        const headers = { Authorization: `Bearer ${token}` }
        const response = await fetch(`${url}${name}/-rev/any`, { method: 'DELETE', headers })
        await response.arrayBuffer()
        if (response.status !== 404) expectOk(response)
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Runs `work` with a Verdaccio of its own, which is ended afterwards. */
export function withVerdaccio<T>(work: (registry: Verdaccio) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const registry = await startVerdaccio(folder)
    try {
      return await work(registry)
    } finally {
      await registry.stop()
    }
  })
}

async function createUser(url: string): Promise<string> {
  const name = 'releases'
  const response = await fetch(`${url}-/user/org.couchdb.user:${name}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, password: randomUUID() }),
  })
  return ((await expectOk(response).json()) as { token: string }).token
}

function expectOk(response: Response): Response {
  if (!response.ok) throw new Error(`Verdaccio answered ${response.url} with ${response.status}`)
  return response
}
