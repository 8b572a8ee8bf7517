import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ROOT } from './source-files.ts'

export interface Outcome {
  /** Exit code; 1 when the command could not start, 124 when it ran out of time, 128 + n when signal n ended it. */
  readonly code: number
  /** Standard output and standard error, as they came. */
  readonly output: string
  readonly ms: number
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Milliseconds after which the command and what it started are killed. */
  readonly timeoutMs?: number
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15, SIGSEGV: 11, SIGABRT: 6 }
const children = new Set<number>()
// Children lead their own groups, so the terminal's Ctrl-C does not reach them by itself. With none under way the signal
// is somebody else's: that of a program here which waits for its server.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (children.size === 0) return
    for (const pid of children) killGroup(pid)
    process.exit(128 + (SIGNAL_NUMBERS[signal] ?? 0))
  })
}

/** The environment of a child: ours, with the tools of node_modules before those of the machine. */
export function toolEnv(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const path = `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`
  return { ...process.env, PATH: path, NO_COLOR: '1', ...more }
}

/** Runs a command to its end and keeps what it said. A command that cannot start is an outcome too. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program, ...args] = command
  const start = performance.now()
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  let output = ''
  let isLate = false
  const child = spawn(program ?? '', args, {
    cwd: options.cwd ?? ROOT,
    env: toolEnv(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  if (child.pid !== undefined) children.add(child.pid)
  const end = (code: number) => {
    if (child.pid !== undefined) children.delete(child.pid)
    clearTimeout(timer)
    resolve({ code, output, ms: performance.now() - start })
  }
  const timer = setTimeout(() => {
    isLate = true
    if (child.pid !== undefined) killGroup(child.pid)
  }, options.timeoutMs ?? 600_000)
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  child.on('error', (error) => {
    output += `Cannot run ${command.join(' ')}: ${error.message}\n`
    end(1)
  })
  child.on('close', (code, signal) => {
    if (isLate) output += `\nStopped after ${options.timeoutMs} ms\n`
    end(isLate ? 124 : (code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)))
  })
  return promise
}

/** A child leads its own process group, so what it started goes with it. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
