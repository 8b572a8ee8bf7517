import type { Actor } from '../access/actor.ts'
import { type AccessObject, appObject, bytesOf, can } from '../access/policy.ts'
import type { Deps } from '../deps.ts'
import type { App } from '../model/app.ts'
import type { Artifact } from '../model/artifact.ts'
import type { Channel } from '../model/channel.ts'
import type { Inspection } from '../model/inspection.ts'
import type { Preview } from '../model/preview.ts'
import type { Release } from '../model/release.ts'
import type { Upload } from '../model/upload.ts'
import type { AppRecord } from '../store/apps.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import type { ChannelRecord } from '../store/channels.ts'
import { findPreviewOfRelease, type PlacedPreview, type PreviewRecord } from '../store/previews.ts'
import type { ReleaseContents, ReleaseRecord } from '../store/releases.ts'
import type { UploadRecord } from '../store/uploads.ts'
import { isOpenPreview } from './find-release.ts'

/** Records become what the API says: with absolute URLs, and without what the asker may not know. */
interface View {
  readonly deps: Pick<Deps, 'store' | 'clock'>
  readonly baseUrl: string
  readonly bytesUrl: string
  readonly actor: Actor
  /** What was asked for. */
  readonly object: AccessObject
}

/** A ref as one path segment; `+` may stand as it is. */
function refSegment(ref: string): string {
  return encodeURIComponent(ref).replaceAll('%2B', '+')
}

export function releasePath(slug: string, release: Pick<ReleaseRecord, 'ref'>): string {
  return `/${slug}/releases/${refSegment(release.ref)}`
}

/**
 * Where a release and its files are found by whoever asks: at its own address, or, for who was given a link to a channel
 * and nothing else, in that channel.
 */
export function openPath(
  { actor, object }: Pick<View, 'actor' | 'object'>,
  app: Pick<AppRecord, 'slug' | 'visibility'>,
  release: Pick<ReleaseRecord, 'ref'>,
): string {
  const isOpen = object.kind !== 'channel' || can(actor, 'release.read', { ...appObject(app), ref: release.ref })
  return isOpen ? releasePath(app.slug, release) : `/${app.slug}/${object.channel}`
}

export function presentApp({ baseUrl }: Pick<View, 'baseUrl'>, app: AppRecord): App {
  const { createdBy: _by, ...facts } = app
  return { ...facts, url: `${baseUrl}/${app.slug}` }
}

export function presentArtifact(
  view: View,
  app: AppRecord,
  release: ReleaseRecord,
  artifact: ArtifactRecord,
): Artifact {
  const folder = release.state === 'draft' ? `/sets/${release.setId}` : openPath(view, app, release)
  const inspection = shownInspection(view, app, artifact)
  return { ...artifact, inspection, url: `${view.bytesUrl}${folder}/${encodeURIComponent(artifact.fileName)}` }
}

/** What bytes say, for a reader: whose devices a profile names is for those who may have the bytes, which tell it. */
export function shownInspection(
  { actor }: Pick<View, 'actor'>,
  app: AppRecord,
  { format, inspection }: Pick<ArtifactRecord, 'format' | 'inspection'>,
): Inspection {
  return can(actor, 'release.read', bytesOf(appObject(app), format)) ? inspection : withoutDevices(inspection)
}

function withoutDevices(inspection: Inspection): Inspection {
  if (inspection.profile?.devices === undefined) return inspection
  const { devices: _devices, ...profile } = inspection.profile
  return { ...inspection, profile }
}

export function presentRelease(view: View, app: AppRecord, { release, artifacts, links }: ReleaseContents): Release {
  const mayPublish = can(view.actor, 'release.draft', appObject(app))
  return {
    id: release.id,
    app: app.slug,
    ref: release.ref,
    version: release.version,
    build: release.build,
    tag: release.tag,
    prerelease: release.prerelease,
    state: release.state,
    notes: release.notes,
    source: release.source,
    createdAt: release.createdAt,
    publishedAt: release.publishedAt,
    announcedAt: release.announcedAt,
    yankedAt: release.yankedAt,
    yankReason: release.yankReason,
    reservedUntil: release.reservedUntil,
    url: view.baseUrl + openPath(view, app, release),
    setUrl: mayPublish ? `${view.baseUrl}/sets/${release.setId}` : null,
    previewUrl: mayPublish ? previewUrlOf(view, release) : null,
    artifacts: artifacts.map((artifact) => presentArtifact(view, app, release, artifact)),
    links,
  }
}

export function previewPath({ id }: Pick<PreviewRecord, 'id'>): string {
  return `/preview/${id}`
}

/** Null when the release has no preview, or has one no longer. */
function previewUrlOf({ deps, baseUrl }: View, release: ReleaseRecord): string | null {
  const preview = findPreviewOfRelease(deps.store, release.id)
  return preview !== undefined && isOpenPreview(deps, preview) ? baseUrl + previewPath(preview) : null
}

export function presentPreview({ baseUrl }: View, app: AppRecord, { preview, release }: PlacedPreview): Preview {
  const { id, createdAt, expiresAt } = preview
  const { id: releaseId, ref, state } = release
  return { id, app: app.slug, ref, releaseId, state, url: baseUrl + previewPath(preview), createdAt, expiresAt }
}

/** Names of tokens and people are for those who have a right on the app. */
export function seesNames(actor: Actor, app: AppRecord): boolean {
  return can(actor, 'app.read', appObject({ slug: app.slug, visibility: 'private' }))
}

export function presentChannel({ baseUrl, actor }: View, app: AppRecord, channel: ChannelRecord): Channel {
  const url = `${baseUrl}/${app.slug}/${channel.name}`
  return {
    app: app.slug,
    name: channel.name,
    current: channel.current,
    releaseId: channel.releaseId,
    policy: seesNames(actor, app) ? channel.policy : { ...channel.policy, movers: [] },
    updatedAt: channel.updatedAt,
    installUrl: url,
    qrUrl: `${url}/qr.svg`,
  }
}

export function presentUpload({ baseUrl }: View, upload: UploadRecord): Upload {
  const { tokenId: _owner, ...facts } = upload
  return { ...facts, url: `${baseUrl}/api/v1/uploads/${upload.id}` }
}
