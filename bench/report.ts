import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { Pair } from './measure.ts'
import { ratio, spread } from './measure.ts'

/** One line of the table: a figure of ours beside the peer's, with the goal as a ratio or an absolute bound. */
export interface Line {
  readonly what: string
  readonly ours: string
  readonly peer: string
  readonly measured: string
  readonly floor: string
  readonly aim: string
  /** Undefined where the figure is only told. */
  readonly reachesFloor: boolean | undefined
}

type Bound = { readonly atLeast: number } | { readonly atMost: number }

function meets(value: number, bound: Bound): boolean {
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost
}

function show(bound: Bound, suffix: string): string {
  return 'atLeast' in bound ? `≥ ${bound.atLeast}${suffix}` : `≤ ${bound.atMost}${suffix}`
}

/** A ratio ours / peer of one figure; without a floor it is only told. */
export function ratioLine(what: string, pair: Pair, figure: string, floor?: Bound, aim?: Bound): Line {
  const value = ratio(pair, figure)
  return {
    what,
    ours: spread(pair.ours.map((f) => f[figure]!)),
    peer: spread(pair.peer.map((f) => f[figure]!)),
    measured: `${value.toFixed(2)}×`,
    floor: floor ? show(floor, '×') : '',
    aim: aim ? show(aim, '×') : '',
    reachesFloor: floor && meets(value, floor),
  }
}

/** An absolute figure of ours alone, the worst of all runs; without a floor it is only told. */
export function absoluteLine(what: string, values: readonly number[], unit: string, floor?: Bound, aim?: Bound): Line {
  const worst = floor && 'atLeast' in floor ? Math.min(...values) : Math.max(...values)
  return {
    what,
    ours: `${spread(values)} ${unit}`,
    peer: '',
    measured: `${worst.toFixed(1)} ${unit}`,
    floor: floor ? show(floor, ` ${unit}`) : '',
    aim: aim ? show(aim, ` ${unit}`) : '',
    reachesFloor: floor && meets(worst, floor),
  }
}

export function toMarkdown(lines: readonly Line[]): string {
  const rows = lines.map(
    (line) =>
      `| ${line.what.replaceAll('|', '\\|')} | ${line.ours} | ${line.peer} | **${line.measured}** | ${line.floor} | ${line.aim} | ${
        line.reachesFloor === undefined ? '' : line.reachesFloor ? 'yes' : 'NO'
      } |`,
  )
  return [
    '| what | ours | peer | ratio or figure | floor | aim | floor reached |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function version(command: readonly string[]): string {
  try {
    const text = execFileSync(command[0]!, command.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return text.split('\n')[0]!.trim()
  } catch (error) {
    return `unknown (${(error as Error).message.split('\n')[0]})`
  }
}

/** Writes `bench/results/<date>.md`: the machine, the versions, the table. */
export function writeReport(lines: readonly Line[], notes: readonly string[]): string {
  const cpu = cpus()
  const now = new Date().toISOString()
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')
  const text = [
    `# Benchmark of ${now.slice(0, 10)}`,
    '',
    `${cpu.length} × ${cpu[0]?.model ?? 'unknown'}, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB, Linux; client and server on the same cores; load average at the end ${load}.`,
    `node ${process.versions.node}, bun ${version(['bun', '--version'])}, ${version(['deno', '--version'])}, ${version(['dpkg-query', '-W', 'nginx-light', 'caddy', 'docker-registry', 'skopeo']).replace(/\t/g, ' ')}.`,
    'Medians with [lowest–highest] of runs that alternate with the peer; ratios are medians of the pairs. MB = 10^6 bytes.',
    '',
    toMarkdown(lines),
    '',
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n')
  mkdirSync('bench/results', { recursive: true })
  const path = `bench/results/${now.slice(0, 10)}.md`
  writeFileSync(path, text)
  return path
}
