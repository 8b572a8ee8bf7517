import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { generateSteps, staticSteps } from './ok.ts'
import { run } from './process.ts'
import { ROOT } from './source-files.ts'
import { printSummary, runSteps, type Step } from './steps.ts'
import { apartTests, SERVERS, sharedTests, testCommand } from './test-files.ts'

/** One file may install Debian packages before it starts. */
const FILE_TIMEOUT_MS = 600_000

/**
 * `npm test`: the checks of ok.ts, the binaries, every shared test file on Node, Bun and Deno, and every test/e2e file
 * against the server on Node, Bun, Deno and compiled. A step is one check, or one file on one runtime.
 */
const { values } = parseArgs({ options: { verbose: { type: 'boolean' } } })
const isVerbose = values.verbose === true

const shared: Step[] = (['node', 'bun', 'deno'] as const).flatMap((runtime) =>
  sharedTests(ROOT).map((file) => ({
    name: `${runtime.padEnd(4)}  ${file}`,
    run: () => run(testCommand(runtime, file), { timeoutMs: FILE_TIMEOUT_MS }),
  })),
)
const endToEnd: Step[] = SERVERS.flatMap((server) =>
  apartTests(ROOT, 'e2e').map((file) => ({
    name: `${server.padEnd(6)}  ${file}`,
    run: () => run(testCommand('node', file), { timeoutMs: FILE_TIMEOUT_MS, env: { DISTD_TEST_RUNTIME: server } }),
  })),
)

const results = await runSteps([...generateSteps(), ...staticSteps(false)], { isVerbose })
results.push(...(await runSteps([{ name: 'build', run: () => run(['node', 'scripts/build.ts']) }], { isVerbose })))
results.push(...(await runSteps(shared, { isVerbose, width: availableParallelism() })))
// One at a time: these start servers, browsers and package managers of their own.
results.push(...(await runSteps(endToEnd, { isVerbose })))
printSummary(results)
