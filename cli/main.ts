#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { VERSION } from '../src/version.ts'

/**
 * Entry of `dist`, and the only place that ends the process.
 *
 * `dist --version` is what scripts call most and must cost nothing: everything else is loaded only when it is needed.
 */
const argv = process.argv.slice(2)
const asksVersion = argv.length === 1 && ['--version', '-V', 'version'].includes(argv[0]!)
if (!asksVersion || !wrote(`dist ${VERSION}\n`)) {
  const [{ processHost }, { run }] = await Promise.all([import('./process-host.ts'), import('./run.ts')])
  const host = processHost()
  const code = await run(argv, host)
  await host.settle()
  process.exit(code)
}

/** Where it cannot be written at once, whoever waits for the stream or tells of its failure goes on. */
function wrote(text: string): boolean {
  try {
    return writeSync(1, text) === text.length
  } catch {
    return false
  }
}
