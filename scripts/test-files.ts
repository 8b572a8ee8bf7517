import { sourceFiles } from './source-files.ts'

/** Suites that start whole servers or containers, or need tools and samples of others; each has its own command. */
const APART = /^test\/(?:e2e|long|image|oracles)\//

/** Tests that hold on every runtime, relative to `root`. */
export function sharedTests(root: string): string[] {
  return sourceFiles(root).filter(
    (file) => /^(?:src|cli|ui|adapters|scripts|test)\/.*\.test\.ts$/.test(file) && !APART.test(file),
  )
}

/** Tests of one of the suites apart; they read DISTD_TEST_RUNTIME to know which server to start. */
export function apartTests(root: string, suite: 'e2e' | 'long' | 'image' | 'oracles'): string[] {
  return sourceFiles(root).filter((file) => file.startsWith(`test/${suite}/`) && file.endsWith('.test.ts'))
}

/** The servers that the suites apart are run against: from source on each runtime, and the compiled `distd`. */
export const SERVERS = ['node', 'bun', 'deno', 'binary'] as const

/**
 * What takes long and to what the server's runtime is nothing: `dist` and who calls it, and what pages look like and do in
 * a browser, of which every byte is the same on each. That forms, cookies and redirects get through the server of each
 * runtime is shown by first-admin, setup-page and canary.
 */
const BINARY_ONLY: ReadonlySet<string> = new Set(
  [
    'artifact-xss',
    'ci-recipes',
    'client-hints',
    'hostile-sites',
    'install-crawl',
    'install-islands',
    'install-looks',
    'install-pages',
    'install-weight',
    'install-scripts',
    'large-text',
    'page-islands',
    'page-looks',
    'plain-http',
    'release-page',
    'share-link',
    'sign-in-page',
  ].map((name) => `test/e2e/${name}.test.ts`),
)

/** The end-to-end tests of a server. */
export function endToEndTests(root: string, server: (typeof SERVERS)[number]): string[] {
  return apartTests(root, 'e2e').filter((file) => server === 'binary' || !BINARY_ONLY.has(file))
}

/**
 * What measures time or memory, holds all of a machine's attention, or shares an installation with other files: no other file
 * runs beside it.
 */
const ALONE: ReadonlySet<string> = new Set(
  [
    'alone',
    'big-upload',
    'ci-recipes',
    'crash',
    'downloads-beside-inspections',
    'drain',
    'pipeline',
    'slow-clients',
  ].map((name) => `test/e2e/${name}.test.ts`),
)

/** Whether no other end-to-end test may run at the same time. */
export function runsAlone(file: string): boolean {
  return ALONE.has(file)
}

/** The command that runs one test file on a runtime. */
export function testCommand(runtime: 'node' | 'bun' | 'deno', file: string): string[] {
  if (runtime === 'node') return ['node', '--test', '--test-reporter=spec', file]
  // Without ./ Bun takes the path for a filter over all files.
  if (runtime === 'bun') return ['bun', 'test', '--timeout', '60000', `./${file}`]
  return ['deno', 'test', '-A', '--no-check', file]
}
