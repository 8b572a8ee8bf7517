import { type Held, loadHeld } from '../../channels/held.ts'
import { hasOrphans, successionsOf } from '../../channels/succession.ts'
import type { Continuity } from '../../install/offered.ts'
import type { InstallPage } from '../../model/install-page.ts'
import type { ArtifactRecord } from '../../store/artifacts.ts'
import { listMoves } from '../../store/channels.ts'
import type { ReleaseRecord } from '../../store/releases.ts'
import type { RequestContext } from '../context.ts'
import type { PreviousRelease } from '../release-changes.ts'

/** Moves into the past in which the last release that had a product is looked for, each time a page is shown. */
const DEPTH = 20

interface Place {
  readonly place: Pick<InstallPage['place'], 'kind' | 'name'>
  /** What was at the address before; none where nothing was, or it may not be told. */
  readonly previous?: PreviousRelease | null
  /** Where the page is none of a channel itself. */
  readonly channel?: string | null
}

/** What each file is to those who have what was at the address before, as the move of a channel finds it. */
export async function continuityOf(
  { deps, app }: Pick<RequestContext, 'deps' | 'app'>,
  { place, previous, channel = place.kind === 'channel' ? place.name : null }: Place,
  release: ReleaseRecord,
  files: readonly ArtifactRecord[],
): Promise<ReadonlyMap<string, Continuity>> {
  if (!previous) return new Map()
  const { reads } = deps.store
  const held: Held[] = [{ ref: previous.release.ref, files: previous.artifacts }]
  if (channel !== null && hasOrphans([previous.artifacts], files)) {
    const moves = await listMoves(reads, app.id, channel, null, DEPTH)
    // Up to the move that led to what is shown.
    const since = moves.findIndex(({ toReleaseId }) => toReleaseId === release.id) + 1
    held.push(...(await loadHeld(reads, moves.slice(since), previous.release.id)))
  }
  const successions = successionsOf(
    held.map((one) => one.files),
    files,
  )
  return new Map(
    successions.map(({ artifact, heldAt, signer, counter }) => [
      artifact.fileName,
      { from: held[heldAt]!.ref, signer, counter },
    ]),
  )
}
