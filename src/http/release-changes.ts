import { cutText } from '../bytes/cut-text.ts'
import { changesBetween } from '../channels/changes.ts'
import { changeWords, filesThatDiffer } from '../model/change-text.ts'
import type { ReleaseChanges } from '../model/changes.ts'
import type { PageSection } from '../model/install-page.ts'
import { listArtifacts, listArtifactsOf } from '../store/artifacts.ts'
import { findHeldBefore, findReleaseBelow } from '../store/release-before.ts'
import { findReleaseById, type ReleaseContents, type ReleaseRecord } from '../store/releases.ts'
import type { RequestContext } from './context.ts'

/** What differs between two releases of the app; all of `to` when there is nothing before it. */
export async function loadChanges(
  { deps }: Pick<RequestContext, 'deps'>,
  from: ReleaseRecord | undefined,
  to: ReleaseRecord,
): Promise<ReleaseChanges> {
  const artifacts = await listArtifacts(deps.store.reads, from === undefined ? [to.id] : [from.id, to.id])
  const before = from && { release: from, artifacts: artifacts.get(from.id)! }
  return changesBetween(before ?? null, { release: to, artifacts: artifacts.get(to.id)! })
}

/** The highest announced release below another one. */
export async function loadReleaseBelow(
  { deps }: Pick<RequestContext, 'deps'>,
  release: ReleaseRecord,
  of: { readonly stable: boolean } = { stable: false },
): Promise<ReleaseRecord | undefined> {
  return load(deps, await findReleaseBelow(deps.store.reads, release, of))
}

/** A release that something else came after. */
export type PreviousRelease = Pick<ReleaseContents, 'release' | 'artifacts'>

/** The release that was at this URL before, with its files: in the history of a channel, or as the latest. */
export async function loadPrevious(
  context: RequestContext,
  channel: string,
  release: ReleaseRecord,
): Promise<PreviousRelease | null> {
  const { deps, app } = context
  const { reads } = deps.store
  const previous =
    channel === 'latest'
      ? await loadReleaseBelow(context, release, { stable: true })
      : load(deps, await findHeldBefore(reads, app.id, channel, release.id))
  return previous === undefined ? null : { release: previous, artifacts: await listArtifactsOf(reads, previous.id) }
}

function load(deps: RequestContext['deps'], id: string | undefined): ReleaseRecord | undefined {
  return id === undefined ? undefined : findReleaseById(deps.store, id)
}

/** Files of which a page says how they differ; JSON goes on. */
const MAX_CHANGES = 100
/** What a line says of one fact of a file, in UTF-16 units. */
const MAX_DETAIL = 1000

/** One quiet line for each file that is not the same. */
export function changesSection(changes: ReleaseChanges): PageSection {
  const files = filesThatDiffer(changes)
  const more = files.length - MAX_CHANGES
  return {
    id: 'changes',
    title: `Since ${changes.from}`,
    empty: 'The files are the same.',
    items: [
      ...files
        .slice(0, MAX_CHANGES)
        .map((file) => ({ title: file.fileName, url: null, details: changeWords(file).map(shownDetail) })),
      ...(more > 0 ? [{ title: `${more} more`, url: null, details: ['in the JSON of this page'] }] : []),
    ],
  }
}

function shownDetail(text: string): string {
  return text.length > MAX_DETAIL ? `${cutText(text, MAX_DETAIL)}…` : text
}
