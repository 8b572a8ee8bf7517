import { segment } from './client.ts'

/** The two words that name a release on the command line. */
export const RELEASE_ARGS = {
  app: { help: 'slug of the app' },
  ref: { help: 'version, version+build, release id, or latest' },
} as const

/** API path of a release, e.g. `/apps/notes/releases/1.4.0%2B1040`. */
export function releasePath(args: { readonly app: string; readonly ref: string }): string {
  return `/apps/${segment(args.app)}/releases/${segment(args.ref)}`
}
