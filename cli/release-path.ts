import { segment } from './client.ts'

/** The two words that name a release on the command line. */
export const RELEASE_ARGS = {
  app: { help: 'slug of the app' },
  ref: { help: 'version, version+build or release id' },
} as const

/** The same for commands that only look. */
export const READ_RELEASE_ARGS = {
  app: RELEASE_ARGS.app,
  ref: { help: 'version, version+build, release id, or latest' },
} as const

/** The same for commands about a draft, which has no other name than its id. */
export const DRAFT_ARGS = {
  app: RELEASE_ARGS.app,
  ref: { help: 'id of the draft, which "dist release create" prints' },
} as const

/** API path of a release, e.g. `/apps/notes/releases/1.4.0%2B1040`. */
export function releasePath(args: { readonly app: string; readonly ref: string }): string {
  return `/apps/${segment(args.app)}/releases/${segment(args.ref)}`
}
