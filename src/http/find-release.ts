import { cutText } from '../bytes/cut-text.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { isId } from '../model/ids.ts'
import { parseRef, type Ref } from '../model/version.ts'
import { findPreview, type PreviewRecord } from '../store/previews.ts'
import {
  findChannelRelease,
  findLatestRelease,
  findReleaseById,
  findReleaseByRef,
  findReleaseBySetId,
  listBuildRefs,
  type ReleaseRecord,
} from '../store/releases.ts'
import type { RequestContext } from './context.ts'
import { seesUnannounced } from './visible.ts'

/** Builds that an error names, at most. */
const MAX_BUILDS = 100

function notFound(slug: string, ref: string): DistError {
  return new DistError('release.not_found', `There is no release ${JSON.stringify(cutText(ref, 100))} of "${slug}"`)
}

/** What is left of a purged release answers every URL of it. @throws DistError release.purged */
function checkNotPurged(slug: string, release: ReleaseRecord): ReleaseRecord {
  if (release.state !== 'purged') return release
  const { ref, purgedAt, purgeReason } = release
  throw new DistError('release.purged', `Release "${ref}" of "${slug}" was purged: ${purgeReason}`, {
    details: { ref, purgedAt, reason: purgeReason },
  })
}

function findByRef({ deps, app }: RequestContext, ref: string): ReleaseRecord {
  const release = readRef(ref) && findReleaseByRef(deps.store, app.id, ref)
  if (!release) throw notFound(app.slug, ref)
  return release
}

/**
 * The release that holds a ref: what pages and downloads are addressed by.
 * @throws DistError release.not_found, release.purged
 */
export function getReleaseByRef(context: RequestContext, ref: string): ReleaseRecord {
  return checkNotPurged(context.app.slug, findByRef(context, ref))
}

/** The release of the set URL that was asked for. @throws DistError release.not_found, release.purged */
export function getReleaseOfSet({ deps, app, params }: RequestContext): ReleaseRecord {
  const release = findReleaseBySetId(deps.store, params.set!)
  if (!release) throw new DistError('release.not_found')
  return checkNotPurged(app.slug, release)
}

/**
 * What the preview URL that was asked for shows. At the instant of its end it is over, whatever became of the release.
 * @throws DistError preview.not_found, preview.expired, release.purged
 */
export function getPreview({ deps, app, params }: RequestContext): { preview: PreviewRecord; release: ReleaseRecord } {
  const preview = findPreview(deps.store, params.preview!)
  const release = preview && findReleaseById(deps.store, preview.releaseId)
  if (!preview || !release) throw new DistError('preview.not_found')
  checkNotPurged(app.slug, release)
  if (!isOpenPreview(deps, preview)) {
    throw new DistError('preview.expired', `The preview of "${app.slug}" ended on ${preview.expiresAt.slice(0, 10)}`)
  }
  return { preview, release }
}

/** Whether a preview can be looked at now. */
export function isOpenPreview({ clock }: Pick<Deps, 'clock'>, { expiresAt }: PreviewRecord): boolean {
  return Date.parse(expiresAt) > clock.now()
}

/** Undefined for text that is no ref, and so names no release. */
function readRef(text: string): Ref | undefined {
  try {
    return parseRef(text)
  } catch {
    return undefined
  }
}

/** Refs of the announced builds of a bare version, highest first; none of anything else. */
export async function findBuilds({ deps, app }: RequestContext, version: string, limit: number): Promise<string[]> {
  if (readRef(version)?.build !== null) return []
  return listBuildRefs(deps.store.reads, app.id, version, limit)
}

/**
 * As {@link getReleaseByRef}, or by its id, the only name of a draft: what the API is addressed by.
 * @throws DistError release.not_found, release.purged
 */
export function getRelease(context: RequestContext, ref: string): ReleaseRecord {
  return checkNotPurged(context.app.slug, getReleaseOrTombstone(context, ref))
}

/** As {@link getRelease}, and what is left of a purged one too. @throws DistError release.not_found */
export function getReleaseOrTombstone(context: RequestContext, ref: string): ReleaseRecord {
  if (!isId('release', ref)) return findByRef(context, ref)
  const { deps, app } = context
  const release = findReleaseById(deps.store, ref)
  if (!release || release.appId !== app.id || release.state === 'discarded') throw notFound(app.slug, ref)
  if (release.state === 'draft' && !seesUnannounced(context)) throw notFound(app.slug, ref)
  return release
}

/**
 * As {@link getRelease}. The bare version of a built release is none: what reads it in order to publish that version
 * must not be given another; but the error names its announced builds, highest first.
 * @throws DistError release.not_found
 */
export async function getReleaseOrBuilds(context: RequestContext, ref: string): Promise<ReleaseRecord> {
  try {
    return getRelease(context, ref)
  } catch (error) {
    if (!(error instanceof DistError) || error.code !== 'release.not_found') throw error
    const builds = await findBuilds(context, ref, MAX_BUILDS)
    if (builds.length === 0) throw error
    throw new DistError(error.code, error.message, {
      hint: `Name the build: ${builds.slice(0, 5).join(', ')}`,
      details: { builds },
      cause: error,
    })
  }
}

/** @throws DistError release.not_found when nothing is the latest */
export function getLatestRelease(context: RequestContext): ReleaseRecord {
  const release = findLatestRelease(context.deps.store, context.app.id)
  if (!release) throw notFound(context.app.slug, 'latest')
  return release
}

/** The release that a channel holds now; `latest` stands wherever a channel does. @throws DistError channel.not_found */
export function getChannelRelease(context: RequestContext, channel: string): ReleaseRecord {
  const { deps, app } = context
  const release =
    channel === 'latest' ? findLatestRelease(deps.store, app.id) : findChannelRelease(deps.store, app.id, channel)
  if (!release) {
    throw new DistError(
      'channel.not_found',
      `Channel ${JSON.stringify(cutText(channel, 40))} of "${app.slug}" holds no release`,
    )
  }
  return release
}
