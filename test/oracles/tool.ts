import { execFile } from 'node:child_process'
import { toolEnv } from '../../scripts/process.ts'

export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Buffer
}

export interface AskOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

const MAX_OUTPUT_BYTES = 512 << 20

/**
 * Runs a reference tool and waits for its answer; that it says no is an answer too. Speaks English, at UTC.
 * @throws Error when the tool cannot be run or does not end within two minutes
 */
export function ask(program: string, args: readonly string[], options: AskOptions = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const env = toolEnv({ LC_ALL: 'C.UTF-8', TZ: 'UTC', ...options.env })
  const settings = { encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES, timeout: 120_000, env } as const
  execFile(program, args, { ...settings, cwd: options.cwd }, (error, stdout, stderr) => {
    if (error !== null && typeof error.code !== 'number') reject(error)
    else
      resolve({ code: Number(error?.code ?? 0), stdout: stdout.toString(), stderr: stderr.toString(), bytes: stdout })
  })
  return promise
}

/** Standard output of a tool that must not fail. @throws Error with what the tool said */
export async function told(program: string, args: readonly string[], options: AskOptions = {}): Promise<Buffer> {
  const { code, stdout, stderr, bytes } = await ask(program, args, options)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${stderr}${stdout.slice(0, 2000)}`)
  return bytes
}
