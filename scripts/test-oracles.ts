import { parseArgs } from 'node:util'
import { run } from './process.ts'
import { ROOT } from './source-files.ts'
import { printSummary, runSteps } from './steps.ts'
import { apartTests, testCommand } from './test-files.ts'

/**
 * `npm run test:oracles`: what inspectors say, beside what the reference tools say, on samples that others made and on
 * some built with those tools. On Node alone: the shared suite holds the runtimes to one answer. Tools come from Debian
 * packages, samples from where samples.json says; both are fetched once. `--file` takes a part of a file's name.
 */
const { values } = parseArgs({
  options: { verbose: { type: 'boolean' }, file: { type: 'string', default: '' } },
})

const files = apartTests(ROOT, 'oracles').filter((file) => file.includes(values.file))
if (files.length === 0) throw new Error(`No test of test/oracles has "${values.file}" in its name`)
const isVerbose = values.verbose === true

const setUp = await runSteps(
  [{ name: 'samples', run: () => run(['node', 'test/oracles/set-up.ts'], { timeoutMs: 1_800_000 }) }],
  { isVerbose },
)
const isReady = setUp.every(({ outcome }) => outcome.code === 0)
const steps = isReady ? files.map((file) => ({ name: file, run: () => run(testCommand('node', file)) })) : []
printSummary([...setUp, ...(await runSteps(steps, { isVerbose }))])
