#!/usr/bin/env node
import { VERSION } from '../src/version.ts'

/**
 * Entry of `dist`, and the only place that ends the process.
 *
 * `dist --version` is what scripts call most and must cost nothing: everything else is loaded only when it is needed.
 */
const argv = process.argv.slice(2)
if (argv.length === 1 && ['--version', '-V', 'version'].includes(argv[0]!)) {
  process.stdout.write(`dist ${VERSION}\n`)
} else {
  const [{ processHost }, { run }] = await Promise.all([import('./process-host.ts'), import('./run.ts')])
  const host = processHost()
  const code = await run(argv, host)
  await host.flush()
  process.exit(code)
}
