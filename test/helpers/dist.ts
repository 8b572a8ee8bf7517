import { type Ran, runDist } from './cli-host.ts'

export interface DistOptions {
  readonly server?: string | undefined
  readonly token?: string | undefined
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface DistRun extends Omit<Ran, 'error'> {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into details of every shape
  readonly error: any
}

/** Runs one command line of `dist` in this process, without retries; the environment is only what is given here. */
export function dist(argv: readonly string[], { server, token, cwd, env }: DistOptions = {}): Promise<DistRun> {
  return runDist(argv, {
    env: { DIST_SERVER: server, DIST_TOKEN: token, DIST_RETRIES: '0', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
}
