import type { Host, Sink } from '../../cli/command.ts'
import type { ExitCode } from '../../cli/exit-codes.ts'
import { run } from '../../cli/run.ts'

export interface DistRun {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
  /** stdout as JSON; throws when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of every shape
  readonly json: any
  /** The error that `--json` wrote; throws when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly error: any
}

export interface DistOptions {
  readonly server?: string | undefined
  readonly token?: string | undefined
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Runs one command line of `dist` in this process; the environment is only what is given here. */
export async function dist(argv: readonly string[], options: DistOptions = {}): Promise<DistRun> {
  const stdout = sink()
  const stderr = sink()
  const host: Host = {
    env: {
      ...(options.server === undefined ? {} : { DIST_SERVER: options.server }),
      ...(options.token === undefined ? {} : { DIST_TOKEN: options.token }),
      DIST_RETRIES: '0',
      ...options.env,
    },
    cwd: options.cwd ?? process.cwd(),
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
      return JSON.parse(stderr.text().trim().split('\n').at(-1) ?? '').error
    },
  }
}

function sink(): Sink & { text(): string } {
  const decoder = new TextDecoder()
  let text = ''
  return {
    isTTY: false,
    columns: 80,
    write(chunk) {
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    },
    text: () => text,
  }
}
