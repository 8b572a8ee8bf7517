import { z } from 'zod'
import { installPs1 } from '../../feeds/install-ps1.ts'
import { installSh } from '../../feeds/install-sh.ts'
import { powerShellFiles, shellFiles } from '../../install/commands/script-files.ts'
import type { OfferedFile, OfferScene } from '../../install/offered.ts'
import type { InstallScript, ScriptFile } from '../../model/install-script.ts'
import { listArtifactsOf } from '../../store/artifacts.ts'
import type { ReleaseRecord } from '../../store/releases.ts'
import { cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { getChannelRelease, getReleaseByRef } from '../find-release.ts'
import { INERT } from '../inert.ts'
import { releasePath } from '../present.ts'
import { route } from '../route.ts'
import { cachePolicyOf, getArtifact, stateHeaders } from '../serve-artifact.ts'
import { REVALIDATED, textResponse } from '../text-response.ts'

const ScriptQuery = z.object({
  /** Name of the file that is to be installed; the machine decides otherwise. */
  file: z.string().max(200).optional(),
})
type ScriptContext = RequestContext<undefined, z.output<typeof ScriptQuery>>

type FilesOf = (
  files: readonly OfferedFile[],
  scene: Pick<OfferScene, 'app' | 'release' | 'baseUrl'>,
) => readonly ScriptFile[]

/** Pinned to one release: its files by their permanent addresses, with their digests. */
async function scriptAnswer(
  context: ScriptContext,
  release: ReleaseRecord,
  filesOf: FilesOf,
  render: (script: InstallScript) => string,
): Promise<Response> {
  const { app, deps, baseUrl, query } = context
  const wanted = query.file === undefined ? null : getArtifact(context, release, query.file).fileName
  const folder = releasePath(app.slug, release)
  const files = (await listArtifactsOf(deps.store.reads, release.id)).map(
    (file): OfferedFile => ({ ...file, url: `${folder}/${encodeURIComponent(file.fileName)}` }),
  )
  // Scripts have no cookies that would not travel to another host.
  const bytesUrl = deps.config.downloadUrl ?? baseUrl
  const text = render({
    app: { slug: app.slug, name: app.name },
    release: { ref: release.ref, yankReason: release.state === 'yanked' ? (release.yankReason ?? '') : null },
    pageUrl: baseUrl + folder,
    files: filesOf(files, { app, release, baseUrl: bytesUrl }),
    needsToken: app.visibility === 'private',
    fileName: wanted,
  })
  return textResponse(context, text, {
    ...cacheHeaders(cachePolicyOf(context, release, 'revalidate')),
    ...stateHeaders(release),
    // Not a type that a browser opens with a program; with its encoding, which Windows PowerShell 5.1 goes by.
    'Content-Type': 'text/plain; charset=utf-8',
    ...INERT,
    Vary: 'Authorization, Cookie',
  })
}

const SCRIPT = { query: ScriptQuery, ...REVALIDATED, types: ['text/plain'] } as const

const asSh = (context: ScriptContext, release: ReleaseRecord) => scriptAnswer(context, release, shellFiles, installSh)
const asPs1 = (context: ScriptContext, release: ReleaseRecord) =>
  scriptAnswer(context, release, powerShellFiles, installPs1)

export const installerRoutes = [
  route({
    method: 'GET',
    path: '/:app/:channel/install.sh',
    action: 'release.read',
    object: 'channel',
    summary: 'A POSIX shell script that installs the release that the channel, or latest, holds now',
    ...SCRIPT,
    handle: async (context) => asSh(context, getChannelRelease(context, context.params.channel!)),
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/install.ps1',
    action: 'release.read',
    object: 'channel',
    summary: 'A PowerShell script that installs the release that the channel, or latest, holds now',
    ...SCRIPT,
    handle: async (context) => asPs1(context, getChannelRelease(context, context.params.channel!)),
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref/install.sh',
    action: 'release.read',
    object: 'app',
    summary: 'A POSIX shell script that installs this release',
    ...SCRIPT,
    handle: async (context) => asSh(context, getReleaseByRef(context, context.params.ref!)),
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref/install.ps1',
    action: 'release.read',
    object: 'app',
    summary: 'A PowerShell script that installs this release',
    ...SCRIPT,
    handle: async (context) => asPs1(context, getReleaseByRef(context, context.params.ref!)),
  }),
]
