import { parseArgs } from 'node:util'
import { run } from './process.ts'
import { ROOT } from './source-files.ts'
import { printSummary, runSteps } from './steps.ts'
import { apartTests, SERVERS, testCommand } from './test-files.ts'

/** `npm run test:long`: the tests of test/long (minutes, large files, faults) against each server, one at a time. */
const { values } = parseArgs({
  options: { verbose: { type: 'boolean' }, server: { type: 'string', multiple: true, default: [...SERVERS] } },
})

const build = await runSteps([{ name: 'build', run: () => run(['node', 'scripts/build.ts']) }], { isVerbose: false })
const steps = values.server.flatMap((server) =>
  apartTests(ROOT, 'long').map((file) => ({
    name: `${server.padEnd(6)}  ${file}`,
    run: () => run(testCommand('node', file), { timeoutMs: 3_600_000, env: { DISTD_TEST_RUNTIME: server } }),
  })),
)
printSummary([...build, ...(await runSteps(steps, { isVerbose: values.verbose === true }))])
