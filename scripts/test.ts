import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { generateSteps, staticSteps } from './ok.ts'
import { run } from './process.ts'
import { ROOT } from './source-files.ts'
import { printSummary, runSteps, type Step } from './steps.ts'
import { endToEndTests, runsAlone, SERVERS, sharedTests, testCommand } from './test-files.ts'

/** One file may install Debian packages before it starts. */
const FILE_TIMEOUT_MS = 600_000

/**
 * `npm test`: the checks of ok.ts, the binaries, every shared test file on Node, Bun and Deno, and the test/e2e files
 * against the server on Node, Bun, Deno and compiled, some of them compiled alone. A step is one check, or one file on
 * one runtime. `--only node` (or bun, deno) runs the shared files on that runtime and nothing else.
 */
const { values } = parseArgs({ options: { verbose: { type: 'boolean' }, only: { type: 'string' } } })
const isVerbose = values.verbose === true
const RUNTIMES = ['node', 'bun', 'deno'] as const
const runtimes = RUNTIMES.filter((runtime) => values.only === undefined || values.only === runtime)
if (runtimes.length === 0) throw new RangeError(`Cannot test only on "${values.only}": expected ${RUNTIMES.join(', ')}`)

const shared: Step[] = runtimes.flatMap((runtime) =>
  sharedTests(ROOT).map((file) => ({
    name: `${runtime.padEnd(4)}  ${file}`,
    run: () => run(testCommand(runtime, file), { timeoutMs: FILE_TIMEOUT_MS }),
  })),
)
const endToEnd = SERVERS.flatMap((server) =>
  endToEndTests(ROOT, server).map((file) => ({
    name: `${server.padEnd(6)}  ${file}`,
    run: () => run(testCommand('node', file), { timeoutMs: FILE_TIMEOUT_MS, env: { DISTD_TEST_RUNTIME: server } }),
    isAlone: runsAlone(file),
  })),
)

const results = await runSteps(generateSteps(), { isVerbose })
if (values.only === undefined) results.push(...(await runSteps(staticSteps(false), { isVerbose })))
if (values.only === undefined)
  results.push(...(await runSteps([{ name: 'build', run: () => run(['node', 'scripts/build.ts']) }], { isVerbose })))
results.push(...(await runSteps(shared, { isVerbose, width: availableParallelism() })))
if (values.only === undefined) {
  const beside = endToEnd.filter(({ isAlone }) => !isAlone)
  const alone = endToEnd.filter(({ isAlone }) => isAlone)
  // They wait for servers and browsers more than they work.
  results.push(...(await runSteps(beside, { isVerbose, width: 2 })))
  results.push(...(await runSteps(alone, { isVerbose })))
}
printSummary(results)
