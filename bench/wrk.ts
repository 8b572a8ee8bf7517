import { run } from './processes.ts'

export interface WrkFigures {
  /** Per second. */
  readonly requests: number
  /** Per second. */
  readonly bytes: number
  /** Latency of the slowest of a hundred, in milliseconds; with `--latency`. */
  readonly p99Ms: number | undefined
}

/** Runs wrk and reads its own figures. */
export async function wrk(args: readonly string[], url: string): Promise<WrkFigures> {
  const text = await run(['wrk', ...args, url])
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk met errors: ${text}`)
  const requests = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1])
  const [, value, unit] = /Transfer\/sec:\s+([\d.]+)([KMG]?B)/.exec(text)!
  const [, p99, p99Unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? []
  return {
    requests,
    bytes: Number(value) * { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[unit as 'B']!,
    p99Ms: p99 === undefined ? undefined : Number(p99) * { us: 0.001, ms: 1, s: 1000 }[p99Unit as 'ms'],
  }
}
