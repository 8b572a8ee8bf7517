import { fileFacts } from '../../install/file-facts.ts'
import type { PageItem, PageSection } from '../../model/install-page.ts'
import type { Listing, ListingItem } from '../../model/listing.ts'
import {
  type BranchContents,
  type BranchSummary,
  listBranchSummaries,
  listSlots,
  type SlotRecord,
} from '../../store/branches.ts'
import { bytesPrefix } from '../base-url.ts'
import { cacheOfApp } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { fileItem } from '../file-item.ts'
import { getBranch } from '../find-branch.ts'
import { decodeCursor, pageOf } from '../lists.ts'
import { pageResponse } from '../page-response.ts'
import { seesNames } from '../present.ts'
import { branchPath, presentBranch, slotPath } from '../present-branch.ts'
import { timeText } from '../time-text.ts'

/** A branch build as lists of them show it. */
function branchItem(slug: string, { branch, files }: BranchSummary): PageItem {
  const count = files === 1 ? '1 file' : `${files} files`
  const details = [branch.category, count, `updated ${timeText(branch.updatedAt)}`].filter((text) => text !== null)
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
  return [{ id: 'branches', title: 'Branch builds', empty: '', items }]
}

/** Nothing in it has a version of its own to be compared with. */
const NO_RELEASE = { version: '', ref: '' }

function slotItem(context: RequestContext, { branch }: BranchContents, slot: SlotRecord): ListingItem {
  const { app, actor } = context
  const url = bytesPrefix(context) + slotPath(app.slug, branch, slot)
  const { facts, findings } = fileFacts(slot, NO_RELEASE)
  const by = seesNames(actor, app) ? [{ name: 'By', value: slot.uploadedBy }] : []
  return {
    ...fileItem(slot, url),
    facts: [{ name: 'Uploaded', value: timeText(slot.uploadedAt) }, ...by, ...facts],
    findings,
  }
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
  const more = { title: 'More branch builds', url: `/${app.slug}/branches?cursor=${nextCursor}`, details: [] }
  const page: Listing = {
    title: app.name,
    subtitle: 'Branch builds',
    notice: null,
    text: null,
    facts: [],
    sections: [
      {
        title: null,
        empty: 'There are no branch builds.',
        items: [...items.map((summary) => branchItem(app.slug, summary)), ...(nextCursor === null ? [] : [more])],
      },
    ],
    qrUrl: null,
    up: { title: app.name, url: `/${app.slug}` },
  }
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

/** The page of one branch build: who asks for JSON gets what the API says. */
export async function branchAnswer(context: RequestContext, name: string): Promise<Response> {
  const { app, deps } = context
  const branch = getBranch(context, name)
  const contents = { branch, slots: await listSlots(deps.store.reads, branch.id) }
  const page: Listing = {
    title: app.name,
    subtitle: branch.name,
    notice: 'This is a build, not a release: its files are replaced without notice.',
    text: null,
    facts: [
      { name: 'Kind', value: branch.kind },
      ...(branch.category === null ? [] : [{ name: 'Category', value: branch.category }]),
      { name: 'Updated', value: timeText(branch.updatedAt) },
      ...(branch.expiresAt === null ? [] : [{ name: 'Expires', value: timeText(branch.expiresAt) }]),
    ],
    sections: [
      {
        title: 'Files',
        empty: 'This branch build has no files.',
        items: contents.slots.map((slot) => slotItem(context, contents, slot)),
      },
    ],
    qrUrl: null,
  }
  return pageResponse(
    context,
    presentBranch(context, app, contents),
    { view: 'listing', listing: page },
    cacheOfApp(context.app),
  )
}
