import type { OfferedFile } from '../../install/offered.ts'
import type { PageItem, PageSection } from '../../model/install-page.ts'
import type { Listing } from '../../model/listing.ts'
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
import { getBranch } from '../find-branch.ts'
import { decodeCursor, pageOf } from '../lists.ts'
import { pageResponse } from '../page-response.ts'
import { seesNames } from '../present.ts'
import { branchPath, presentBranch, slotPath } from '../present-branch.ts'
import { timeText } from '../time-text.ts'
import { installPageOf } from './install-page.ts'
import { installResponse } from './install-response.ts'
import { type InstallContext, sceneOf } from './scene.ts'

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
  return [{ id: 'branches', title: 'Branch builds', empty: '', items }]
}

function slotFile(context: RequestContext, { branch }: BranchContents, slot: SlotRecord): OfferedFile {
  const { app, actor } = context
  const by = seesNames(actor, app) ? [{ name: 'By', value: slot.uploadedBy }] : []
  return {
    ...slot,
    url: bytesPrefix(context) + slotPath(app.slug, branch, slot),
    facts: [{ name: 'Uploaded', value: timeText(slot.uploadedAt) }, ...by],
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
    title: 'Branch builds',
    subtitle: null,
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
export async function branchAnswer(context: InstallContext, name: string): Promise<Response> {
  const { app, deps } = context
  const branch = getBranch(context, name)
  const contents = { branch, slots: await listSlots(deps.store.reads, branch.id) }
  const page = installPageOf(context, {
    place: { kind: 'branch', name: branch.name },
    folder: branchPath(app.slug, branch),
    files: contents.slots.map((slot) => slotFile(context, contents, slot)),
    links: [],
    scene: sceneOf(context, { release: null, scripts: null, continuity: new Map() }),
    release: null,
    notices: [
      { level: 'info', title: 'This is a build, not a release', text: 'Its files are replaced without notice.' },
    ],
    installers: [],
    notes: null,
    facts: [
      { name: 'Kind', value: branch.kind },
      ...(branch.category === null ? [] : [{ name: 'Category', value: branch.category }]),
      { name: 'Updated', value: timeText(branch.updatedAt) },
      ...(branch.expiresAt === null ? [] : [{ name: 'Expires', value: timeText(branch.expiresAt) }]),
    ],
    sections: [],
    checksumsUrl: null,
    feed: null,
  })
  return installResponse(context, presentBranch(context, app, contents), page, cacheOfApp(app))
}
