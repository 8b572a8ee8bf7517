import { parseArgs } from 'node:util'
import { run } from './process.ts'
import { ROOT } from './source-files.ts'
import { printSummary, runSteps } from './steps.ts'
import { apartTests, SERVERS, testCommand } from './test-files.ts'

/**
 * Tests of test/long that start no server: what they measure is the engine that runs them, so they run on each runtime.
 * The compiled programs are Bun.
 */
const WITHIN = new Set([
  'test/long/hash-past-4-gib.test.ts',
  'test/long/mutations.test.ts',
  'test/long/token-guessing.test.ts',
])
const HOUR_MS = 3_600_000

/**
 * `npm run test:long`: the tests of test/long (minutes, large files, faults) against each server, one at a time.
 * `--file` takes a part of a file's name.
 */
const { values } = parseArgs({
  options: {
    verbose: { type: 'boolean' },
    server: { type: 'string', multiple: true, default: [...SERVERS] },
    file: { type: 'string', default: '' },
  },
})

const files = apartTests(ROOT, 'long')
for (const file of WITHIN) if (!files.includes(file)) throw new Error(`${file} is no test any more`)
const wanted = files.filter((file) => file.includes(values.file))
if (wanted.length === 0) throw new Error(`No test of test/long has "${values.file}" in its name`)
const runtimes = [...new Set(values.server.map(runtimeOf))]

const within = runtimes.flatMap((runtime) =>
  wanted
    .filter((file) => WITHIN.has(file))
    .map((file) => ({
      name: `${runtime.padEnd(6)}  ${file}`,
      run: () => run(testCommand(runtime, file), { timeoutMs: 6 * HOUR_MS }),
    })),
)
const against = values.server.flatMap((server) =>
  wanted
    .filter((file) => !WITHIN.has(file))
    .map((file) => ({
      name: `${server.padEnd(6)}  ${file}`,
      run: () => run(testCommand('node', file), { timeoutMs: HOUR_MS, env: { DISTD_TEST_RUNTIME: server } }),
    })),
)
const isVerbose = values.verbose === true
const results = await runSteps(within, { isVerbose })
if (against.length > 0) {
  results.push(...(await runSteps([{ name: 'build', run: () => run(['node', 'scripts/build.ts']) }], { isVerbose })))
  results.push(...(await runSteps(against, { isVerbose })))
}
printSummary(results)

function runtimeOf(server: string): 'node' | 'bun' | 'deno' {
  if (server === 'node' || server === 'deno') return server
  if (server === 'bun' || server === 'binary') return 'bun'
  throw new Error(`There is no server "${server}": ${SERVERS.join(', ')}`)
}
