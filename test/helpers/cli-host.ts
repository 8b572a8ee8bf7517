import type { Host } from '../../cli/command.ts'
import type { ExitCode } from '../../cli/exit-codes.ts'
import type { Sink } from '../../cli/output.ts'
import { run } from '../../cli/run.ts'

export interface Ran {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
  /** Standard output as JSON; throws when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
  readonly json: any
  /** The error that `--json` printed, from the last line of stderr. */
  readonly error: { code: string; message: string; hint?: string; details?: unknown }
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly signal?: AbortSignal
  /** Width of the terminal that stderr is; not a terminal when absent. */
  readonly columns?: number
}

/** Runs `dist` with this command line in this process and catches what it writes. */
export async function runDist(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = sink(undefined)
  const stderr = sink(options.columns)
  const host: Host = {
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    stdin: (async function* () {})(),
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
  }
  const code = await run(argv, host)
  return {
    code,
    stdout: stdout.text(),
    stderr: stderr.text(),
    get json() {
      return JSON.parse(stdout.text())
    },
    get error() {
      return JSON.parse(stderr.text().trimEnd().split('\n').at(-1) ?? '').error
    },
  }
}

function sink(columns: number | undefined): Sink & { text(): string } {
  const decoder = new TextDecoder()
  let text = ''
  return {
    isTTY: columns !== undefined,
    columns: columns ?? 80,
    write(chunk) {
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    },
    text: () => text,
  }
}
