import { bytesOf, can, isStranger, unauthenticated } from '../access/policy.ts'
import { cutText } from '../bytes/cut-text.ts'
import { digestHex, parseDigest } from '../bytes/digest.ts'
import { DistError } from '../errors.ts'
import { type ArtifactRecord, findArtifact, listArtifactsOf } from '../store/artifacts.ts'
import type { ReleaseRecord } from '../store/releases.ts'
import { blobResponse } from './blob-response.ts'
import { type CachePolicy, cacheHeaders } from './cache-control.ts'
import type { RequestContext } from './context.ts'
import { countingOf, isShared } from './shared-download.ts'
import { REVALIDATED, textResponse } from './text-response.ts'

/** The wire of bytes, see blob-response.ts. */
export const BYTES = {
  isBytes: true,
  reads: ['Range', 'If-Range', 'If-Match', 'If-None-Match'],
  sends: ['ETag', 'Content-Range', 'Repr-Digest'],
  types: ['*/*'],
  answers: { 206: 'The ranges that were asked for', 304: 'As the client has it' },
} as const

export const CHECKSUMS = { ...REVALIDATED, types: ['text/plain'] } as const

/**
 * What may be kept by caches: announced content of apps that need no credential.
 * @param announced what the URL allows for that, at most
 */
export function cachePolicyOf(context: RequestContext, release: ReleaseRecord, announced: CachePolicy): CachePolicy {
  if (context.app.visibility === 'private' || announced === 'private') return 'private'
  // What came by a grant goes with it. A download that a cache answers is not counted.
  if (context.actor.kind === 'grant' || isShared(context)) return 'private'
  if (release.state === 'announced') return announced
  return release.state === 'yanked' ? 'revalidate' : 'private'
}

/** Exact URLs of a yanked release still serve, with a warning that programs can read (the obsolete form of RFC 7234 §5.5, which old clients know). */
export function stateHeaders(release: ReleaseRecord): Record<string, string> {
  return release.state === 'yanked' ? { Warning: '299 distd "This release was yanked"' } : {}
}

/**
 * The page of the app may be visible where the bytes are not (see {@link bytesOf}): that is told, since it is known.
 * @throws DistError access.unauthenticated, access.denied
 */
export function checkBytes(context: RequestContext, artifact: Pick<ArtifactRecord, 'format'>): void {
  if (can(context.actor, 'release.read', bytesOf(context.object, artifact.format))) return
  if (isStranger(context.actor)) {
    throw unauthenticated('IPA files are for signed-in people, tokens and those who were given a link')
  }
  throw new DistError('access.denied', 'IPA files are for credentials of this app')
}

interface Served {
  readonly cache: CachePolicy
  /** Set for moving URLs: where these very bytes stay. */
  readonly contentLocation?: string
}

export function serveArtifact(
  context: RequestContext,
  release: ReleaseRecord,
  artifact: ArtifactRecord,
  served: Served,
): Promise<Response> {
  checkBytes(context, artifact)
  const cache = artifact.format === 'ipa' ? 'private' : cachePolicyOf(context, release, served.cache)
  return blobResponse(context.deps, context.request, artifact, {
    cache,
    beforeBytes: countingOf(context, release, artifact),
    headers: stateHeaders(release),
    ...(served.contentLocation === undefined ? {} : { contentLocation: served.contentLocation }),
  })
}

/** @throws DistError artifact.not_found */
export function getArtifact(context: RequestContext, release: ReleaseRecord, fileName: string): ArtifactRecord {
  const artifact = findArtifact(context.deps.store, release.id, fileName)
  if (!artifact) {
    throw new DistError(
      'artifact.not_found',
      `Release "${release.ref}" has no file ${JSON.stringify(cutText(fileName, 200))}`,
    )
  }
  return artifact
}

/** Lines that `sha256sum -c` accepts; names with a backslash or line feed cannot occur. */
function checksumList(artifacts: readonly ArtifactRecord[]): string {
  return artifacts.map((artifact) => `${digestHex(parseDigest(artifact.digest))}  ${artifact.fileName}\n`).join('')
}

export async function checksums(
  context: RequestContext,
  release: ReleaseRecord,
  cache: CachePolicy,
): Promise<Response> {
  const text = checksumList(await listArtifactsOf(context.deps.store.reads, release.id))
  return textResponse(context, text, {
    ...cacheHeaders(cachePolicyOf(context, release, cache)),
    ...stateHeaders(release),
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  })
}
