import type { Outcome } from './process.ts'

export interface Step {
  readonly name: string
  readonly run: () => Promise<Outcome>
}

export interface StepResult {
  readonly name: string
  readonly outcome: Outcome
}

export interface StepOptions {
  /** Prints what each step said also when it passed. */
  readonly isVerbose: boolean
  /** Steps under way at once. */
  readonly width?: number
}

/** Runs all steps, whatever becomes of each; one line per step, and its output when it failed. */
export async function runSteps(steps: readonly Step[], options: StepOptions): Promise<StepResult[]> {
  const results: StepResult[] = []
  const queue = [...steps]
  const worker = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const outcome = await outcomeOf(step)
      results.push({ name: step.name, outcome })
      console.log(lineOf(step.name, outcome))
      if (outcome.code !== 0 || options.isVerbose) printIndented(outcome.output)
    }
  }
  await Promise.all(Array.from({ length: options.width ?? 1 }, worker))
  return results
}

async function outcomeOf(step: Step): Promise<Outcome> {
  const start = performance.now()
  try {
    return await step.run()
  } catch (error) {
    const output = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { code: 1, output, ms: performance.now() - start }
  }
}

function lineOf(name: string, { code, ms }: Outcome): string {
  const seconds = `${(ms / 1000).toFixed(1)} s`.padStart(8)
  return `${code === 0 ? 'ok    ' : 'FAILED'} ${seconds}  ${name}${code === 0 ? '' : ` (exit ${code})`}`
}

function printIndented(output: string): void {
  const text = output.trimEnd()
  if (text !== '') console.log(text.replace(/^/gm, '    '))
}

/** The failed steps again, then the closing line; sets the exit code. */
export function printSummary(results: readonly StepResult[]): void {
  const failed = results.filter(({ outcome }) => outcome.code !== 0)
  if (failed.length > 0) {
    console.log('\nfailed:')
    for (const { name } of failed) console.log(`  ${name}`)
    process.exitCode = 1
  }
  console.log(`\n${results.length - failed.length} passed, ${failed.length} failed`)
}
