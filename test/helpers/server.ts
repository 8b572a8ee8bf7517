import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { LAYOUT } from '../../src/blob/layout.ts'
import { watchSecrets } from './secret-watch.ts'

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What runs the programs under test; `binary` is what `npm run build` made. */
export type TestRuntime = 'node' | 'bun' | 'deno' | 'binary'

/** `DISTD_TEST_RUNTIME`, or the runtime that runs this test. */
export const testRuntime: TestRuntime = chosenRuntime()

function chosenRuntime(): TestRuntime {
  const chosen = process.env.DISTD_TEST_RUNTIME
  if (chosen === undefined) return 'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'
  if (chosen === 'node' || chosen === 'bun' || chosen === 'deno' || chosen === 'binary') return chosen
  throw new Error(`Cannot test on DISTD_TEST_RUNTIME=${chosen}: expected node, bun, deno or binary`)
}

const inRoot = (...path: string[]) => join(ROOT, ...path)
const tool = (name: string) => inRoot('node_modules', '.bin', name)

/** Program and arguments of `distd` and of `dist` on each runtime. Each is one process, so its id is the one to kill. */
const COMMANDS: Readonly<Record<TestRuntime, Readonly<Record<'distd' | 'dist', readonly string[]>>>> = {
  node: {
    distd: [tool('node'), inRoot('adapters/node/distd.ts')],
    dist: [tool('node'), inRoot('cli/main.ts')],
  },
  bun: {
    distd: [tool('bun'), inRoot('adapters/bun/distd.ts')],
    dist: [tool('bun'), inRoot('cli/main.ts')],
  },
  deno: {
    distd: [tool('deno'), 'run', '-A', '--no-check', inRoot('adapters/deno/distd.ts')],
    dist: [tool('deno'), 'run', '-A', '--no-check', inRoot('cli/main.ts')],
  },
  binary: { distd: [inRoot('build/distd')], dist: [inRoot('build/dist')] },
}

/** Program and arguments of `distd` or `dist` on the runtime under test. */
export function commandOf(program: 'distd' | 'dist'): readonly string[] {
  return COMMANDS[testRuntime][program]
}

/** Node would strip the types of every file at every start. */
const STARTS_FASTER = testRuntime === 'node' ? { NODE_COMPILE_CACHE: inRoot('build/e2e/node-compile-cache') } : {}

/** Settings of whoever runs the tests must not reach the programs under test. */
function cleanEnv(more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'DENO_DIR']
  const env = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]))
  return { ...Object.fromEntries(env), NO_COLOR: '1', ...STARTS_FASTER, ...more }
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What it reads from stdin; nothing unless given. */
  readonly input?: string | Uint8Array
  /** Descriptor of a file that takes its output, which is then not read. */
  readonly stdout?: number
}

/** A child of this test, with everything it says. */
export interface Running {
  readonly pid: number
  readonly child: ChildProcess
  stdout: string
  stderr: string
  /** Exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** Starts a program without waiting for it. */
export function start(command: readonly string[], { env = {}, cwd, input, stdout }: ProcessOptions = {}): Running {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env: cleanEnv(env),
    stdio: [input === undefined ? 'ignore' : 'pipe', stdout ?? 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  })
  const running: Running = {
    pid: child.pid ?? 0,
    child,
    stdout: '',
    stderr: '',
    ended: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    }),
  }
  // A program that wants no input closes the pipe.
  child.stdin?.on('error', () => undefined).end(input)
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    running.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    running.stderr += text
  })
  return running
}

export interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** A command that does not end by itself is killed, and its test fails at the exit code. */
const COMMAND_MS = 120_000

async function runToEnd(command: readonly string[], options: ProcessOptions): Promise<Ended> {
  const running = start(command, options)
  const timer = setTimeout(() => running.child.kill('SIGKILL'), COMMAND_MS)
  const code = await running.ended.finally(() => clearTimeout(timer))
  return { code, stdout: running.stdout, stderr: running.stderr }
}

/** Runs a `distd` command to its end. */
export function distd(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  return runToEnd([...COMMANDS[testRuntime].distd, ...args], options)
}

/** Runs a `dist` command to its end. */
export function dist(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  return runToEnd([...COMMANDS[testRuntime].dist, ...args], options)
}

/** Starts a `dist` command, to be watched or killed on its way. */
export function startDist(args: readonly string[], options: ProcessOptions = {}): Running {
  return start([...COMMANDS[testRuntime].dist, ...args], options)
}

/** One line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string }

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly data: string
  readonly pid: number
  /** Milliseconds from the start of the process to the line that says "listening". */
  readonly startMs: number
  readonly ended: Promise<number | string>
  log(): LogLine[]
  /** Everything that it said on both outputs. */
  output(): string
  /** Asks it to end in order (SIGTERM). @returns its exit code */
  stop(): Promise<number | string>
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>
}

export interface ServerOptions {
  readonly data: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const START_MS = 30_000

/** Starts a real `distd` on a free loopback port and waits until it listens. @throws Error with its log when it ends */
export async function startServer({ data, args = [], env = {} }: ServerOptions): Promise<TestServer> {
  const started = performance.now()
  const command = [...COMMANDS[testRuntime].distd, 'serve', '--data', data, '--listen', '127.0.0.1:0', ...args]
  const running = start(command, { env })
  const log = () => linesOf(running.stdout)
  const listening = new Promise<LogLine>((resolve) => {
    running.child.stdout?.on('data', () => {
      const line = log().find(({ msg }) => msg === 'listening')
      if (line) resolve(line)
    })
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  const line = await Promise.race([
    listening,
    running.ended.then(
      (code) => new Error(`Cannot start distd: it ended with ${code}\n${running.stdout}${running.stderr}`),
    ),
    new Promise<Error>((resolve) => {
      timer = setTimeout(() => resolve(new Error(`Cannot start distd: silent for ${START_MS} ms`)), START_MS)
    }),
  ])
  clearTimeout(timer)
  if (line instanceof Error) {
    running.child.kill('SIGKILL')
    throw line
  }
  // What it calls its URL may be that of a proxy before it.
  const url = `http://${line.listen}`
  return {
    url,
    port: Number(new URL(url).port),
    data,
    pid: running.pid,
    startMs: performance.now() - started,
    ended: running.ended,
    log,
    output: () => running.stdout + running.stderr,
    async stop() {
      // Deno's `child.kill` reports that signal as the end of the child, however the child ended.
      process.kill(running.pid, 'SIGTERM')
      return running.ended
    },
    async kill() {
      running.child.kill('SIGKILL')
      await running.ended
    },
  }
}

/** Whole lines only: the last one may still be on its way. */
function linesOf(text: string): LogLine[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine)
}

/** Runs `work` with a folder that is removed afterwards, whatever happens. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'distd-e2e-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export interface FolderOptions extends Omit<ServerOptions, 'data'> {
  /** Done first, with a server on the same data folder that has none of the settings. */
  readonly before?: (server: TestServer) => Promise<void>
}

/** Runs `work` with a server on a new data folder; the server is killed afterwards if it still runs. */
export function withServer<T>(
  work: (server: TestServer, folder: string) => Promise<T>,
  { before, ...options }: FolderOptions = {},
): Promise<T> {
  return inFolder(async (folder) => {
    const data = join(folder, 'data')
    if (before !== undefined) {
      const first = await startServer({ data })
      await before(first).finally(() => first.stop())
    }
    const server = await startServer({ data, ...options })
    let result: T
    try {
      result = await work(server, folder)
    } finally {
      await server.kill()
    }
    // Whatever the test was about: of tokens and links, nothing but hashes is kept, and nothing is said.
    const secrets = watchSecrets()
    secrets.log('info', server.output())
    secrets.check(['', '-wal'].map((suffix) => join(data, LAYOUT.database + suffix)))
    return result
  })
}

/** Creates a token with `distd token create`, as an operator does. @returns its secret */
export async function createToken(data: string, ...flags: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await distd(['token', 'create', '--data', data, '--name', 'e2e', ...flags])
  if (code !== 0) throw new Error(`Cannot create a token: distd ended with ${code}\n${stderr}`)
  return stdout.trim()
}

/** Most bytes of memory that a living process has had at a time (Linux: VmHWM); undefined once it is gone. */
export function peakMemory(pid: number): number | undefined {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH')
      return undefined
    throw error
  }
}

/** Waits until `condition` holds. @throws Error naming `what` after `ms` */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Cannot wait longer than ${ms} ms until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
