import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { run } from './process.ts'
import { ROOT, sourceFiles } from './source-files.ts'
import { printSummary, runSteps, type Step } from './steps.ts'
import { sharedTests, testCommand } from './test-files.ts'

/** What needs no test: format and lint, types, layers, docs. `isFix` lets the formatter write. */
export function staticSteps(isFix: boolean): Step[] {
  const has = (folder: string) =>
    sourceFiles(ROOT).some((file) => file.startsWith(`${folder}/`) && file.endsWith('.ts'))
  const steps: Step[] = [
    step(
      'format and lint',
      isFix
        ? ['biome', 'check', '--write', '--colors=off', '.']
        : ['biome', 'ci', '--colors=off', '--diagnostic-level=warn', '.'],
    ),
    step('types', ['tsc', '-p', '.']),
    step('types: src knows only the web', ['tsc', '-p', 'src']),
  ]
  if (has('ui')) steps.push(step('types: ui knows only the browser', ['tsc', '-p', 'ui']))
  // Deno's checker has no types of Bun and no DOM, and mixes Node's with ours in tests: the product and its own adapter
  // are what it must accept.
  const forDeno = sourceFiles(ROOT).filter((file) =>
    /^(?:src\/.*|adapters\/deno\/.*|bench\/bare-deno)(?<!\.test)\.ts$/.test(file),
  )
  steps.push(step('types: deno', ['deno', 'check', '--quiet', ...forDeno]))
  steps.push(step('layers', ['node', 'scripts/check-layers.ts']), step('docs', ['node', 'scripts/check-docs.ts']))
  return steps
}

/** What must run before anything type-checks. */
export function generateSteps(): Step[] {
  return existsSync(join(ROOT, 'scripts/build-ui.ts')) ? [step('ui assets', ['node', 'scripts/build-ui.ts'])] : []
}

function step(name: string, command: readonly string[]): Step {
  return { name, run: () => run(command) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { fix: { type: 'boolean' }, verbose: { type: 'boolean' } } })
  const isVerbose = values.verbose === true
  const results = await runSteps([...generateSteps(), ...staticSteps(values.fix === true)], { isVerbose })
  const tests = sharedTests(ROOT).map((file) => ({
    name: `node  ${file}`,
    run: () => run(testCommand('node', file), { timeoutMs: 120_000 }),
  }))
  results.push(...(await runSteps(tests, { isVerbose, width: availableParallelism() })))
  printSummary(results)
}
