import type { ChannelMove } from '../../model/channel.ts'
import type { PageItem, PageSection } from '../../model/install-page.ts'
import { listMoves, type MoveRow } from '../../store/channels.ts'
import { type ListedRelease, listReleases, type ReleaseRecord } from '../../store/releases.ts'
import type { RequestContext } from '../context.ts'
import { releasePath, seesNames } from '../present.ts'
import { timeText } from '../time-text.ts'
import { seesApp } from '../visible.ts'

/** Lines of a history on a page; the API goes on. */
const MAX_SHOWN = 20

const KINDS: Readonly<Record<ChannelMove['kind'], string>> = {
  promote: 'promoted',
  rollback: 'rolled back',
  auto: 'automatic',
}

function moveItem({ app, actor }: RequestContext, move: MoveRow): PageItem {
  const isGone = move.toState === 'purged'
  // Who did it and why is for those who work on the app.
  const who = seesNames(actor, app) ? [`by ${move.actor}`, ...(move.reason === null ? [] : [move.reason])] : []
  return {
    title: move.to,
    url: isGone ? null : releasePath(app.slug, { ref: move.to }),
    chip: KINDS[move.kind],
    details: [timeText(move.at), ...(move.toState === 'announced' ? [] : [move.toState]), ...who],
  }
}

/** A release in a list of them. */
export function releaseItem(
  slug: string,
  release: Pick<ListedRelease, 'ref' | 'prerelease' | 'announcedAt'>,
): PageItem {
  return {
    title: release.ref,
    url: releasePath(slug, release),
    details: release.announcedAt === null ? [] : [timeText(release.announcedAt)],
    ...(release.prerelease && { chip: 'prerelease' }),
  }
}

/** What was at the address of a channel, or is older than the latest; for who may read all of the app. */
export async function historySections(
  context: RequestContext,
  channel: string,
  release: ReleaseRecord,
): Promise<PageSection[]> {
  if (!seesApp(context)) return []
  const { deps, app } = context
  if (channel !== 'latest') {
    const moves = await listMoves(deps.store.reads, app.id, channel, null, MAX_SHOWN)
    const items = moves.map((move) => moveItem(context, move))
    // The one move that led here is told by the page itself.
    return items.length < 2 ? [] : [{ id: 'history', title: 'History', items }]
  }
  const older = await listReleases(deps.store.reads, app.id, {
    states: ['announced'],
    after: release.id,
    limit: MAX_SHOWN,
  })
  if (older.length === 0) return []
  const items = older.map((listed) => releaseItem(app.slug, listed))
  return [{ id: 'history', title: 'Earlier releases', items }]
}
