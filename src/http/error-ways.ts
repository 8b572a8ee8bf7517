import { type Actor, sharesOf } from '../access/actor.ts'
import { type AccessObject, appObject, can, reaches } from '../access/policy.ts'
import type { Deps } from '../deps.ts'
import type { DistError, ErrorCode } from '../errors.ts'
import type { ErrorPage } from '../model/view.ts'
import type { AppRecord } from '../store/apps.ts'
import { listChannels } from '../store/channels.ts'
import { findLatestRelease } from '../store/releases.ts'
import { releasePath } from './present.ts'

/** What a request was about, once it was decided that the actor may know of it; never what is hidden. */
export interface Seen {
  readonly object: AccessObject
  readonly app: AppRecord | undefined
}

type Way = ErrorPage['ways'][number]

/** Channels that a page names where something else is missing. */
const MAX_CHANNELS = 5

/** Errors that say that one thing of an app is not there, while others are. */
const MISSING: ReadonlySet<ErrorCode> = new Set([
  'release.not_found',
  'release.purged',
  'channel.not_found',
  'artifact.not_found',
  'icon.not_found',
  'preview.not_found',
  'preview.expired',
  'branch.not_found',
  'announcement.not_found',
])

/** The page of what holds the files that were asked for. */
function folderOf({ slug }: AppRecord, object: AccessObject): Way | undefined {
  if (object.kind === 'channel')
    return { title: object.channel, text: 'all its files', url: `/${slug}/${object.channel}` }
  if (object.kind === 'branch')
    return {
      title: object.branch,
      text: 'all its files',
      url: `/${slug}/branches/${encodeURIComponent(object.branch)}`,
    }
  if (object.kind !== 'app' || object.ref === undefined) return undefined
  return { title: object.ref, text: 'all its files', url: releasePath(slug, { ref: object.ref }) }
}

/** What there is of the app instead. */
async function offeredWays(deps: Pick<Deps, 'store'>, { id, slug }: AppRecord): Promise<Way[]> {
  const latest = findLatestRelease(deps.store, id)
  const channels = await listChannels(deps.store.reads, id, { after: null, limit: 50 })
  const held = channels.filter(({ current }) => current !== null).slice(0, MAX_CHANNELS)
  return [
    ...(latest === undefined ? [] : [{ title: 'latest', text: latest.ref, url: `/${slug}/latest` }]),
    ...held.map(({ name, current }) => ({ title: name, text: current, url: `/${slug}/${name}` })),
  ]
}

/** Where to go on from an error: to what is there, and this actor may see. Without a page that stands for itself. */
export async function errorWays(
  deps: Pick<Deps, 'store'>,
  actor: Actor,
  error: DistError,
  { app, object }: Seen,
  path: string,
): Promise<Way[]> {
  if (app === undefined) return []
  const isMissing = MISSING.has(error.code)
  const folder =
    error.code === 'artifact.not_found' || error.code === 'icon.not_found' ? folderOf(app, object) : undefined
  const ways = folder === undefined ? [] : [folder]
  if (can(actor, 'app.read', appObject(app))) {
    if (isMissing) ways.push(...(await offeredWays(deps, app)))
    ways.push({ title: app.name, text: 'everything there is of it', url: `/${app.slug}` })
  } else {
    for (const { channel, release } of sharesOf(actor).filter((share) => reaches(share, object))) {
      const url = channel === null ? releasePath(app.slug, { ref: release! }) : `/${app.slug}/${channel}`
      ways.push({ title: app.name, text: 'what your link opens', url })
    }
  }
  const urls = new Set([path])
  return ways.filter(({ url }) => !urls.has(url) && urls.add(url))
}
