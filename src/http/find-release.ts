import { DistError } from '../errors.ts'
import { isId } from '../model/ids.ts'
import { parseRef } from '../model/version.ts'
import {
  findChannelRelease,
  findLatestRelease,
  findReleaseById,
  findReleaseByRef,
  type ReleaseRecord,
} from '../store/releases.ts'
import type { RequestContext } from './context.ts'
import { seesUnannounced } from './visible.ts'

function notFound(slug: string, ref: string): DistError {
  return new DistError('release.not_found', `There is no release ${JSON.stringify(ref.slice(0, 100))} of "${slug}"`)
}

/**
 * The release that a path names: a ref, an id (the only name of a draft), or `latest`.
 * @throws DistError release.not_found
 */
export async function getRelease(context: RequestContext, ref: string): Promise<ReleaseRecord> {
  const { deps, app } = context
  let release: ReleaseRecord | undefined
  if (ref === 'latest') {
    release = await findLatestRelease(deps.store, app.id)
  } else if (isId('release', ref)) {
    release = await findReleaseById(deps.store, ref)
    const isHidden = release?.state === 'discarded' || (release?.state === 'draft' && !seesUnannounced(context))
    if (release?.appId !== app.id || isHidden) release = undefined
  } else {
    try {
      parseRef(ref)
    } catch {
      throw notFound(app.slug, ref)
    }
    release = await findReleaseByRef(deps.store, app.id, ref)
  }
  if (!release || release.state === 'purged') throw notFound(app.slug, ref)
  return release
}

/** The release that a channel holds now; `latest` stands wherever a channel does. @throws DistError channel.not_found */
export async function getChannelRelease(context: RequestContext, channel: string): Promise<ReleaseRecord> {
  const { deps, app } = context
  const release =
    channel === 'latest'
      ? await findLatestRelease(deps.store, app.id)
      : await findChannelRelease(deps.store, app.id, channel)
  if (!release) {
    throw new DistError(
      'channel.not_found',
      `Channel ${JSON.stringify(channel.slice(0, 40))} of "${app.slug}" holds no release`,
    )
  }
  return release
}
