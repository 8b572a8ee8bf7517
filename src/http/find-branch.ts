import { z } from 'zod'
import { findLiveBranch } from '../branches/resolve.ts'
import { DistError } from '../errors.ts'
import { branchNameProblem } from '../model/branch.ts'
import type { BranchRecord } from '../store/branches.ts'
import type { RequestContext } from './context.ts'

/** Whoever asks for a version thinks of releases: which build they would get is not what they asked for. */
const NO_VERSION = z.never('a branch build has no versions to choose from: its name is all there is').optional()

/** What every request for a branch build may say in its query. */
export const BranchQuery = z.object({ version: NO_VERSION })

/** The branch build of a decoded name. @throws DistError branch.not_found */
export function getBranch({ deps, app }: RequestContext, name: string): BranchRecord {
  // What no branch build can be called is not repeated: it may hide what it says.
  if (branchNameProblem(name) !== undefined) throw new DistError('branch.not_found')
  const branch = findLiveBranch(deps.store, app.id, name, deps.clock.now())
  if (branch) return branch
  throw new DistError('branch.not_found', `There is no branch build ${JSON.stringify(name)} of "${app.slug}"`)
}
