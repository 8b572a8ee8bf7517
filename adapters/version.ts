import { readFileSync } from 'node:fs'

/** Put in place by the build (`--define DIST_VERSION='"1.2.3"'`); absent when run from source. */
declare const DIST_VERSION: string | undefined

/** Version of `distd`. */
export const VERSION: string = typeof DIST_VERSION === 'string' ? DIST_VERSION : sourceVersion()

function sourceVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}
