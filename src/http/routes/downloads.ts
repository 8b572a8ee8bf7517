import { z } from 'zod'
import { DistError } from '../../errors.ts'
import { ArchInput, archFrom, Format, PlatformInput, platformFrom } from '../../model/platform.ts'
import { UpdateAnswer } from '../../model/update.ts'
import { compareVersions, formatRef, parseRef } from '../../model/version.ts'
import { selectArtifacts } from '../../releases/resolve.ts'
import { type ArtifactRecord, listArtifactsOf } from '../../store/artifacts.ts'
import type { ReleaseRecord } from '../../store/releases.ts'
import { cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { getChannelRelease, getReleaseByRef, getReleaseOfSet } from '../find-release.ts'
import { json } from '../json.ts'
import { openPath, presentArtifact, releasePath } from '../present.ts'
import { route } from '../route.ts'
import { BYTES, CHECKSUMS, cachePolicyOf, checksums, getArtifact, serveArtifact } from '../serve-artifact.ts'

/** Where the bytes of a moving URL stay, for whoever may ask there. */
function contentLocation(
  context: RequestContext,
  release: ReleaseRecord,
  artifact: ArtifactRecord,
): { contentLocation?: string } {
  const folder = releasePath(context.app.slug, release)
  if (openPath(context, context.app, release) !== folder) return {}
  return { contentLocation: `${folder}/${encodeURIComponent(artifact.fileName)}` }
}

const SelectorQuery = z.object({
  platform: PlatformInput.optional(),
  arch: ArchInput.optional(),
  format: Format.optional(),
})

/** Clients that check for updates add parameters of their own; unknown ones are ignored. */
const UpdateQuery = SelectorQuery.extend({
  version: z.string().max(64),
  build: z.string().max(32).optional(),
})

function selectorOf(query: z.output<typeof SelectorQuery>) {
  return {
    platform: query.platform === undefined ? undefined : platformFrom(query.platform),
    arch: query.arch === undefined ? undefined : archFrom(query.arch),
    format: query.format,
  }
}

/** Whether `release` is what a device with this version should install: higher, or of unknown order and different. */
function isUpdate(release: ReleaseRecord, query: z.output<typeof UpdateQuery>): boolean {
  let current: { version: string; build: string | null }
  try {
    // `+` in a query means a space, and neither can occur in a version: `version=1.4.0+7` is version and build.
    current = parseRef(formatRef(query.version.replace(' ', '+'), query.build ?? null))
  } catch (cause) {
    throw new DistError('update.version_invalid', undefined, { cause })
  }
  // A device that knows no build is compared by version alone.
  const offered = { version: release.version, build: current.build === null ? null : release.build }
  const order = compareVersions(offered, current)
  return order === undefined
    ? formatRef(offered.version, offered.build) !== formatRef(current.version, current.build)
    : order > 0
}

/** Who has a right on the app is told more of a file than others are. */
function updateCache(context: RequestContext, release: ReleaseRecord): Record<string, string> {
  const policy = context.actor.kind === 'anonymous' ? 'revalidate' : 'private'
  return { ...cacheHeaders(cachePolicyOf(context, release, policy)), Vary: 'Authorization, Cookie' }
}

const MOVING_BYTES = { ...BYTES, sends: [...BYTES.sends, 'Content-Location'] } as const

export const downloadRoutes = [
  route({
    method: 'GET',
    path: '/sets/:set/:file',
    action: 'release.read',
    object: 'set',
    summary: 'A file by the permanent, unguessable set URL',
    ...BYTES,
    async handle(context) {
      const release = getReleaseOfSet(context)
      const artifact = getArtifact(context, release, context.params.file!)
      return serveArtifact(context, release, artifact, { cache: 'immutable' })
    },
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref/sha256.sum',
    action: 'release.read',
    object: 'app',
    summary: 'SHA-256 of every file of a release, as sha256sum -c reads it',
    ...CHECKSUMS,
    async handle(context) {
      return checksums(context, getReleaseByRef(context, context.params.ref!), 'immutable')
    },
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref/:file',
    action: 'release.read',
    object: 'app',
    summary: 'A file by its permanent release URL',
    takesGrant: true,
    ...BYTES,
    async handle(context) {
      const release = getReleaseByRef(context, context.params.ref!)
      const artifact = getArtifact(context, release, context.params.file!)
      return serveArtifact(context, release, artifact, { cache: 'immutable' })
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/download',
    action: 'release.read',
    object: 'channel',
    summary: 'The current file of a channel by platform, arch and format; 300 lists several',
    query: SelectorQuery,
    ...MOVING_BYTES,
    answers: { ...BYTES.answers, 300: 'Several files match; `details.files` lists them' },
    async handle(context) {
      const release = getChannelRelease(context, context.params.channel!)
      const found = selectArtifacts(
        await listArtifactsOf(context.deps.store.reads, release.id),
        selectorOf(context.query),
      )
      if (found.length === 0) {
        throw new DistError(
          'artifact.not_found',
          `Release "${release.ref}" has no file for this platform, arch and format`,
        )
      }
      if (found.length > 1) {
        throw new DistError('artifact.ambiguous', `Release "${release.ref}" has ${found.length} files that match`, {
          details: { files: found.map((a) => presentArtifact(context, context.app, release, a)) },
        })
      }
      const artifact = found[0]!
      return serveArtifact(context, release, artifact, {
        cache: 'revalidate',
        ...contentLocation(context, release, artifact),
      })
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/update',
    action: 'release.read',
    object: 'channel',
    summary: 'In-app update check: 200 with the release to install, or 204',
    query: UpdateQuery,
    response: UpdateAnswer,
    answers: { 204: 'Nothing newer' },
    async handle(context) {
      const release = getChannelRelease(context, context.params.channel!)
      const cache = updateCache(context, release)
      const found = selectArtifacts(
        await listArtifactsOf(context.deps.store.reads, release.id),
        selectorOf(context.query),
      )
      if (!isUpdate(release, context.query) || found.length === 0)
        return new Response(null, { status: 204, headers: cache })
      return json(
        {
          app: context.app.slug,
          channel: context.params.channel!,
          ref: release.ref,
          version: release.version,
          build: release.build,
          notes: release.notes,
          announcedAt: release.announcedAt!,
          releaseUrl: context.baseUrl + openPath(context, context.app, release),
          artifacts: found.map((artifact) => presentArtifact(context, context.app, release, artifact)),
        },
        200,
        cache,
      )
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/sha256.sum',
    action: 'release.read',
    object: 'channel',
    summary: 'SHA-256 of every file that the channel holds now',
    ...CHECKSUMS,
    async handle(context) {
      return checksums(context, getChannelRelease(context, context.params.channel!), 'revalidate')
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/:file',
    action: 'release.read',
    object: 'channel',
    summary: 'The current file of a channel by name',
    ...MOVING_BYTES,
    async handle(context) {
      const release = getChannelRelease(context, context.params.channel!)
      const artifact = getArtifact(context, release, context.params.file!)
      return serveArtifact(context, release, artifact, {
        cache: 'revalidate',
        ...contentLocation(context, release, artifact),
      })
    },
  }),
]
