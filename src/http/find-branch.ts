import { findLiveBranch } from '../branches/resolve.ts'
import { cutText } from '../bytes/cut-text.ts'
import { DistError } from '../errors.ts'
import { branchNameProblem } from '../model/branch.ts'
import type { BranchRecord } from '../store/branches.ts'
import type { RequestContext } from './context.ts'

/** The branch build of a decoded name. @throws DistError branch.not_found */
export function getBranch({ deps, app }: RequestContext, name: string): BranchRecord {
  const branch =
    branchNameProblem(name) === undefined ? findLiveBranch(deps.store, app.id, name, deps.clock.now()) : undefined
  if (branch) return branch
  const shown = JSON.stringify(cutText(name, 200))
  throw new DistError('branch.not_found', `There is no branch build ${shown} of "${app.slug}"`)
}
