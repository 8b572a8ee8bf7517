import type { Process } from './processes.ts'

/** Figures of one run of one side: by name, in the unit that the name says. */
export type Figures = Readonly<Record<string, number>>

export interface Pair {
  readonly ours: readonly Figures[]
  readonly peer: readonly Figures[]
}

/** Runs both sides in turn, ours first then the peer, `runs` times after one warm-up each that does not count. */
export async function alternate(
  runs: number,
  ours: () => Promise<Figures>,
  peer: () => Promise<Figures>,
): Promise<Pair> {
  await ours()
  await peer()
  const pair = { ours: [] as Figures[], peer: [] as Figures[] }
  for (let i = 0; i < runs; i++) {
    pair.ours.push(await ours())
    pair.peer.push(await peer())
  }
  return pair
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * fraction) - 1)]!
}

/** Median of the ratios ours / peer, pair by pair: holds when the machine's speed drifts. */
export function ratio(pair: Pair, figure: string): number {
  return median(pair.ours.map((ours, i) => ours[figure]! / pair.peer[i]![figure]!))
}

export function spread(values: readonly number[]): string {
  const format = (value: number) =>
    value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
  return `${format(median(values))} [${format(Math.min(...values))}–${format(Math.max(...values))}]`
}

export const GIB = 1024 ** 3
export const MB = 1e6

/** Speed and the server's CPU time of work that moves `bytes`. */
export async function timed(server: Process, bytes: number, work: () => Promise<unknown>): Promise<Figures> {
  const cpu = server.cpuSeconds()
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  return { mbPerSecond: bytes / MB / seconds, cpuPerGib: (server.cpuSeconds() - cpu) / (bytes / GIB) }
}
