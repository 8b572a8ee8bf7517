import { DistError } from '../src/errors.ts'
import { branchNameProblem, parseSlot, type SlotKey, slotText } from '../src/model/branch.ts'
import { segment } from './client.ts'

/** The two words that name a branch build on the command line. */
export const BRANCH_ARGS = {
  app: { help: 'slug of the app' },
  branch: { help: 'its name, e.g. main, pr/123 or @acme/x@2' },
} as const

/**
 * Path of the branch builds below `/api/v1/apps` or of their pages: a name is one segment, its `/` is `%2F`.
 * @throws DistError branch.name for what is none, such as `..`, which would lead elsewhere
 */
export function branchSegments({ app, branch }: { readonly app: string; readonly branch: string }): string {
  const problem = branchNameProblem(branch)
  if (problem !== undefined)
    throw new DistError('branch.name', `Cannot use ${JSON.stringify(branch)} as name of a branch build: ${problem}`)
  return `/${segment(app)}/branches/${segment(branch)}`
}

/** API path of a branch build, e.g. `/apps/notes/branches/pr%2F123`. @throws DistError branch.name */
export function branchPath(args: { readonly app: string; readonly branch: string }): string {
  return `/apps${branchSegments(args)}`
}

/** @throws DistError branch.name */
export function slotPath(args: { readonly app: string; readonly branch: string }, slot: SlotKey): string {
  return `${branchPath(args)}/slots/${slotText(slot)}`
}

/** @throws DistError branch.slot */
export function slotOf(text: string): SlotKey {
  const slot = parseSlot(text)
  if (slot === undefined) throw new DistError('branch.slot', `Cannot read ${JSON.stringify(text)} as a slot`)
  return slot
}
