import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Programs that the benchmark compares with, by the Debian package that brings them. */
const PACKAGES: Readonly<Record<string, string>> = {
  nginx: 'nginx-light',
  caddy: 'caddy',
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  wrk: 'wrk',
  curl: 'curl',
  openssl: 'openssl',
}

function has(program: string): boolean {
  return ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((folder) => existsSync(`${folder}/${program}`))
}

/** Installs the peers that are missing. Fails saying so where it cannot. */
export function installPeers(): void {
  const missing = Object.entries(PACKAGES).filter(([program]) => !has(program))
  if (missing.length === 0) return
  const names = missing.map(([, name]) => name)
  console.error(`installing ${names.join(' ')}`)
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' })
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

export interface Process {
  readonly pid: number
  /** User and system seconds of the process and its children so far. */
  cpuSeconds(): number
  /** Highest resident memory of any one process so far, bytes. */
  peakBytes(): number
  /** Resident memory now, bytes, of the largest process. */
  residentBytes(): number
  stop(): Promise<void>
}

function childrenOf(pid: number): number[] {
  const found: number[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid) found.push(Number(entry))
    } catch {
      // It ended while we looked.
    }
  }
  return found
}

function statusBytes(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const match = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return match ? Number(match[1]) * 1024 : 0
}

/** Clock ticks per second in /proc, the same on every Linux we know. */
const TICKS = 100

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Starts a server and waits until `url` answers. */
export async function startServer(
  command: readonly string[],
  options: { url: string; env?: Record<string, string>; cwd?: string },
): Promise<Process & { readyMs: number }> {
  const startedAt = performance.now()
  const child: ChildProcess = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  let words = ''
  child.stderr!.on('data', (bytes: Buffer) => {
    words = (words + bytes).slice(-4000)
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended: ${words}`)
    if (await answers(options.url)) break
    if (performance.now() - startedAt > 15_000)
      throw new Error(`${command[0]} does not answer ${options.url}: ${words}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const readyMs = performance.now() - startedAt
  const pid = child.pid!
  const all = () => [pid, ...childrenOf(pid)]
  return {
    pid,
    readyMs,
    cpuSeconds: () => all().reduce((sum, one) => sum + cpuOf(one), 0),
    peakBytes: () => Math.max(...all().map((one) => statusBytes(one, 'VmHWM'))),
    residentBytes: () => Math.max(...all().map((one) => statusBytes(one, 'VmRSS'))),
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(late)
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer()
    return true
  } catch {
    return false
  }
}

/** Runs a program to its end; gives its standard output. @throws when it fails */
export function run(command: readonly string[], options: { env?: Record<string, string> } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes
    })
    child.stderr.on('data', (bytes: Buffer) => {
      err += bytes
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(out)
      else
        reject(
          new Error(`${command.slice(0, 3).join(' ')} … ended with ${code}: ${err.slice(-2000)}${out.slice(-500)}`),
        )
    })
  })
}
