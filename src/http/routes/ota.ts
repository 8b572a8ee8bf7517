import { z } from 'zod'
import { createGrant } from '../../access/grants.ts'
import { cutText } from '../../bytes/cut-text.ts'
import { DistError } from '../../errors.ts'
import { renderOtaManifest } from '../../feeds/ota-manifest.ts'
import { pageIcon } from '../../install/icon.ts'
import { overTheAirRefusal } from '../../install/platforms/over-the-air.ts'
import { type ArtifactRecord, listArtifactsOf } from '../../store/artifacts.ts'
import type { ReleaseRecord } from '../../store/releases.ts'
import { cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { getChannelRelease, getReleaseByRef } from '../find-release.ts'
import { INERT } from '../inert.ts'
import { grantBasis } from '../install/grant-basis.ts'
import { installUrl, NO_HTTPS } from '../install/manifest-link.ts'
import { presentArtifact, releasePath } from '../present.ts'
import { route } from '../route.ts'
import { stateHeaders } from '../serve-artifact.ts'

const ManifestQuery = z.object({
  /** Name of the IPA, where a release has several. */
  file: z.string().max(200).optional(),
})

type Context = RequestContext<undefined, z.output<typeof ManifestQuery>>

/** @throws DistError artifact.not_found, artifact.ambiguous */
function chooseIpa(
  { query, app, ...context }: Context,
  release: ReleaseRecord,
  files: ArtifactRecord[],
): ArtifactRecord {
  const ipas = files.filter(({ kind, format }) => kind === 'app' && format === 'ipa')
  const found = query.file === undefined ? ipas : ipas.filter(({ fileName }) => fileName === query.file)
  if (found.length > 1) {
    throw new DistError('artifact.ambiguous', `Release "${release.ref}" has ${found.length} IPA files`, {
      details: { files: found.map((file) => presentArtifact(context, app, release, file)) },
    })
  }
  if (found[0] !== undefined) return found[0]
  const what = query.file === undefined ? 'no IPA file' : `no IPA file ${JSON.stringify(cutText(query.file, 200))}`
  throw new DistError('artifact.not_found', `Release "${release.ref}" has ${what}`)
}

/** @throws DistError ota.not_offered */
async function manifest(context: Context, release: ReleaseRecord): Promise<Response> {
  const { deps, app } = context
  const { config } = deps
  const file = chooseIpa(context, release, await listArtifactsOf(deps.store.reads, release.id))
  const { identifier, buildNumber, version, name } = file.inspection
  const base = installUrl(config)
  const refusal =
    overTheAirRefusal(file, deps.clock.now()) ??
    (base === undefined ? NO_HTTPS : identifier === undefined ? 'It does not tell its bundle id.' : null)
  if (refusal !== null) {
    throw new DistError('ota.not_offered', `Cannot offer "${file.fileName}" to devices: ${refusal.replace(/\.$/, '')}`)
  }
  const basis = grantBasis(context)
  const urlOf = (origin: string, segment: string, of: string | null) => {
    const grant = createGrant(deps, { releaseId: release.id, file: segment, of, basis })
    const query = of === null ? '' : `file=${encodeURIComponent(of)}&`
    return `${origin}${releasePath(app.slug, release)}/${encodeURIComponent(segment)}?${query}grant=${grant}`
  }
  const { downloadUrl } = config
  const icon = pageIcon([file])
  const text = renderOtaManifest({
    packageUrl: urlOf(downloadUrl?.startsWith('https://') ? downloadUrl : base!, file.fileName, null),
    iconUrl: icon?.mediaType === 'image/png' ? urlOf(base!, 'icon.png', file.fileName) : null,
    bundleId: identifier!,
    bundleVersion: buildNumber ?? version ?? release.version,
    title: name ?? app.name,
  })
  return new Response(text, {
    headers: {
      // As Apple asks web servers to name it; application/x-plist has no registration.
      'Content-Type': 'text/xml; charset=utf-8',
      ...INERT,
      ...cacheHeaders('private'),
      ...stateHeaders(release),
    },
  })
}

const MANIFEST = {
  query: ManifestQuery,
  types: ['text/xml'],
  answers: { 300: 'Several files match; `details.files` lists them' },
} as const

export const otaRoutes = [
  route({
    method: 'GET',
    path: '/:app/releases/:ref/manifest.plist',
    action: 'release.read',
    object: 'app',
    summary: 'What iPhones and iPads install an enterprise or ad hoc IPA of a release from',
    takesGrant: true,
    ...MANIFEST,
    handle: async (context) => manifest(context, getReleaseByRef(context, context.params.ref!)),
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/manifest.plist',
    action: 'release.read',
    object: 'channel',
    summary: 'What iPhones and iPads install the IPA from that a channel, or latest, holds now',
    ...MANIFEST,
    handle: async (context) => manifest(context, getChannelRelease(context, context.params.channel!)),
  }),
]
