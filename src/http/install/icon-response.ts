import { BlobNotFoundError } from '../../blob/blob-store.ts'
import { parseDigest } from '../../bytes/digest.ts'
import { DistError } from '../../errors.ts'
import { iconVersion, type PicturedFile, pageIcon } from '../../install/icon.ts'
import { type CachePolicy, cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { matchesEtag } from '../etag.ts'
import { INERT } from '../inert.ts'
import { etagOf } from '../representation.ts'

/** What the address of a picture may ask. */
export interface IconQuery {
  /** Name of the file whose picture it is. */
  readonly file?: string | undefined
  /** Begin of the digest that the page showed: that picture may be kept. */
  readonly v?: string | undefined
}

/**
 * The picture of these files, or of one of them.
 * @param cache what the address allows for what can never change, at most
 * @throws DistError icon.not_found
 */
export async function iconResponse(
  { deps, request, query }: Pick<RequestContext<undefined, IconQuery>, 'deps' | 'request' | 'query'>,
  files: readonly PicturedFile[],
  cache: CachePolicy,
): Promise<Response> {
  const { file, v } = query
  const icon = pageIcon(file === undefined ? files : files.filter(({ fileName }) => fileName === file))
  if (icon === undefined) throw new DistError('icon.not_found')
  const isNamed = v === iconVersion(icon.digest)
  const etag = etagOf(icon.digest)
  const headers: Record<string, string> = {
    ...cacheHeaders(cache === 'immutable' && !isNamed ? 'revalidate' : cache),
    ...INERT,
    ETag: etag,
  }
  if (matchesEtag(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  headers['Content-Type'] = icon.mediaType
  headers['Content-Length'] = String(icon.sizeBytes)
  const blob = { digest: parseDigest(icon.digest), sizeBytes: icon.sizeBytes }
  if (request.method !== 'HEAD') return new Response(await deps.blobs.body(blob), { headers })
  if ((await deps.blobs.stat(blob.digest))?.sizeBytes !== blob.sizeBytes) throw new BlobNotFoundError(blob.digest)
  return new Response(null, { headers })
}
