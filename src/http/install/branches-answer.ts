import type { PageItem, PageSection } from '../../model/install-page.ts'
import { type BranchSummary, listBranchSummaries } from '../../store/branches.ts'
import { cacheOfApp } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { decodeCursor, pageOf } from '../lists.ts'
import { pageResponse } from '../page-response.ts'
import { branchPath } from '../present-branch.ts'
import { timeText } from '../time-text.ts'
import { appListing } from './app-listing.ts'

/** A branch build as lists of them show it. */
function branchItem(slug: string, { branch, files }: BranchSummary): PageItem {
  const count = files === 1 ? '1 file' : `${files} files`
  const ends = branch.expiresAt === null ? null : `expires ${timeText(branch.expiresAt)}`
  const details = [branch.category, count, `updated ${timeText(branch.updatedAt)}`, ends].filter(
    (text) => text !== null,
  )
  return { title: branch.name, url: branchPath(slug, branch), chip: branch.kind, details }
}

/** Those that can be read now, in order of name. */
export function listLiveBranches(
  { deps, app }: RequestContext,
  after: string | null,
  limit: number,
): Promise<BranchSummary[]> {
  const now = new Date(deps.clock.now()).toISOString()
  return listBranchSummaries(deps.store.reads, app.id, { now, after, limit })
}

/** What the page of an app says of its branch builds: nothing where it has none. */
export function branchSections(slug: string, branches: readonly BranchSummary[]): PageSection[] {
  if (branches.length === 0) return []
  const all = { title: 'All branch builds', url: `/${slug}/branches`, details: [] }
  const items = [...branches.map((summary) => branchItem(slug, summary)), all]
  return [{ id: 'branches', title: 'Branch builds', items }]
}

/** Branch builds on one page of their list. */
const MAX_LISTED = 200

/** The page that lists the branch builds of an app after the one of the cursor. */
export async function branchesAnswer(context: RequestContext, cursor: string | undefined): Promise<Response> {
  const { app, baseUrl } = context
  const rows = await listLiveBranches(context, decodeCursor(cursor), MAX_LISTED + 1)
  const { items, nextCursor } = pageOf(
    rows,
    MAX_LISTED,
    ({ branch }) => branch.name,
    (summary) => summary,
  )
  const page = appListing(app, {
    title: 'Branch builds',
    segment: 'branches',
    items: items.map((summary) => branchItem(app.slug, summary)),
    empty: 'There are no branch builds.',
    more: 'More branch builds',
    nextCursor,
  })
  const data = {
    items: items.map(({ branch, files }) => ({
      name: branch.name,
      kind: branch.kind,
      category: branch.category,
      files,
      updatedAt: branch.updatedAt,
      expiresAt: branch.expiresAt,
      url: baseUrl + branchPath(app.slug, branch),
    })),
    nextCursor,
  }
  return pageResponse(context, data, { view: 'listing', listing: page }, cacheOfApp(app))
}
