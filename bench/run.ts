import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { downloadRows } from './downloads.ts'
import { inspectionRows } from './inspections.ts'
import { installPeers } from './processes.ts'
import { type Line, toMarkdown, writeReport } from './report.ts'
import { smallRows } from './small.ts'
import { uploadRows } from './uploads.ts'

/**
 * `npm run bench [-- --runs N] [-- --only downloads|uploads|small|inspections]`: each figure beside its peer in one run, written
 * to `bench/results/`. Not part of CI: ratios on a quiet machine mean something, a timed test does not.
 */
const GROUPS = {
  downloads: downloadRows,
  uploads: uploadRows,
  small: smallRows,
  inspections: inspectionRows,
} as const

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' }, only: { type: 'string' } } })
const runs = Number(values.runs)
if (!Number.isInteger(runs) || runs < 1) throw new Error(`Cannot use --runs ${values.runs}: expected a number`)
if (values.only !== undefined && !Object.hasOwn(GROUPS, values.only))
  throw new Error(`Cannot use --only ${values.only}`)

installPeers()
execFileSync('node', ['scripts/build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] })
const lines: Line[] = []
for (const [name, rows] of Object.entries(GROUPS)) {
  if (values.only !== undefined && values.only !== name) continue
  const found = await rows(runs)
  lines.push(...found)
  console.log(`\n## ${name}\n\n${toMarkdown(found)}`)
}
if (values.only === undefined) {
  const path = writeReport(lines, [
    'Uploads on our side are flushed to the disk and checked before the answer; docker-registry checks and does not flush.',
    'Downloads: the peers serve hard links of our stored files, so both sides read the same page cache.',
  ])
  console.log(`\nwritten to ${path}`)
}
const missed = lines.filter((line) => line.reachesFloor === false)
for (const line of missed) console.log(`below the floor: ${line.what}: ${line.measured}, wanted ${line.floor}`)
