import { DistError } from '../../src/errors.ts'
import type { Announcement } from '../../src/model/announcement.ts'
import type { PublishResult } from '../../src/model/publish-result.ts'
import { Release } from '../../src/model/release.ts'
import type { Client } from '../client.ts'
import { createAnnouncement } from '../create-announcement.ts'
import { idempotencyKeyFor } from '../idempotency-key.ts'
import { announceRelease } from '../publish/announce.ts'
import { promoteNewer } from '../publish/promote.ts'
import { publishResultOf } from '../publish/result.ts'
import { findSealed } from '../publish/seal.ts'
import { releasePath } from '../release-path.ts'
import { isPlannedAs, stateAfter } from './files.ts'
import { findPlanned, goneError, type OpenState, stageOf, writeState } from './state.ts'

/** What there is to say; the releases speak for themselves when there is nothing. */
export interface AnnouncementText {
  readonly title: string | undefined
  readonly body: string | undefined
}

export interface Announced {
  /** Null when nothing was left to announce, or when one release was announced without a text. */
  readonly announcement: Announcement | null
  readonly releases: readonly PublishResult[]
}

/**
 * Makes the releases of all states live together, or none of them, then moves the channel of each.
 * @throws DistError state.stage for a release that is not sealed, release.not_found for one that was discarded
 */
export async function announceStates(
  client: Client,
  opened: readonly OpenState[],
  text: AnnouncementText,
): Promise<Announced> {
  const releases = await Promise.all(opened.map((open) => findHosted(client, open)))
  const pending = releases.filter(({ state }) => state === 'published')
  const announcement = await announceTogether(client, opened.length === 1, pending, text)
  const results: PublishResult[] = []
  for (const [i, open] of opened.entries()) {
    const { app, channel } = open.state
    const before = releases[i]!
    const release =
      before.state === 'published' ? await client.get(Release, releasePath({ app: app.slug, ref: before.id })) : before
    await writeState(open.path, stateAfter(open.state, release, stageOf(release)))
    const moved = channel === null ? null : await promoteNewer(client, app.slug, channel, release.ref)
    results.push(
      publishResultOf({
        created: before.state === 'published',
        app: { id: app.id ?? '', slug: app.slug },
        release,
        sent: new Set(),
        channel: moved,
      }),
    )
  }
  return { announcement, releases: results }
}

async function announceTogether(
  client: Client,
  isAlone: boolean,
  pending: readonly Release[],
  { title, body }: AnnouncementText,
): Promise<Announcement | null> {
  const [first] = pending
  if (first === undefined) return null
  if (isAlone && title === undefined && body === undefined) {
    await announceRelease(client, first)
    return null
  }
  const input = { title, body, releases: pending.map(({ app, id }) => ({ app, release: id })) }
  // The same for every run of one pipeline: an answer that was lost is given again.
  const key = idempotencyKeyFor(['announce', input])
  return createAnnouncement(client, input, { idempotencyKey: key })
}

/** The sealed release of a state. @throws DistError state.stage, release.not_found */
async function findHosted(client: Client, open: OpenState): Promise<Release> {
  const { state } = open
  const app = state.app.slug
  const { ref } = state.release
  const planned = await findPlanned(client, open)
  if (planned !== undefined && planned.state !== 'draft') return planned
  // Another run may have sealed the same files under this ref; a state that saw them uploaded can tell.
  const sealed = await findSealed(client, app, ref)
  if (sealed !== undefined && isSame(open, sealed)) return sealed
  if (planned === undefined) throw goneError('announce', state)
  throw new DistError('state.stage', `Cannot announce release "${ref}" of "${app}": it is not sealed yet`, {
    hint: 'Run "dist ci host" first, without --partial',
  })
}

function isSame({ state }: OpenState, { artifacts }: Release): boolean {
  return (
    state.files.length === artifacts.length &&
    state.files.every(({ digest, ...file }) =>
      artifacts.some((one) => one.digest === digest && isPlannedAs({ ...file, digest }, one.fileName)),
    )
  )
}
