import { type BlobInfo, BlobNotFoundError, type BlobStore, type ByteRange } from '../blob/blob-store.ts'
import { digestHex, parseDigest, reprDigest } from '../bytes/digest.ts'
import { toHex } from '../bytes/encoding.ts'
import type { RandomBytes } from '../deps.ts'
import { DistError } from '../errors.ts'
import { mediaTypeOf } from '../model/platform.ts'
import type { ArtifactRecord } from '../store/releases.ts'
import { parseRange } from './range.ts'

/** Who may keep an answer, and for how long. */
export type CachePolicy = 'immutable' | 'revalidate' | 'private'

const CACHE_CONTROL: Readonly<Record<CachePolicy, string>> = {
  /** Permanent URLs of announced releases: the bytes can never change. */
  immutable: 'public, max-age=31536000, immutable',
  /** Pointers: kept, and asked again each time. */
  revalidate: 'no-cache',
  /** Drafts, private apps and everything that needs a credential. */
  private: 'private, no-store',
}

/** Headers of a cache policy; what is not for everyone is not for search engines either. */
export function cacheHeaders(policy: CachePolicy): Record<string, string> {
  return policy === 'private'
    ? { 'Cache-Control': CACHE_CONTROL.private, 'X-Robots-Tag': 'noindex' }
    : { 'Cache-Control': CACHE_CONTROL[policy] }
}

export interface BlobResponseOptions {
  readonly cache: CachePolicy
  /** Permanent URL of what a moving URL gave. */
  readonly contentLocation?: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * `attachment; filename*=UTF-8''…; filename="…"`: the plain form comes last and ends in the true extension, because
 * some clients take the text after the last dot of the header. A name is already free of separators and quotes.
 */
export function contentDisposition(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, '_')
  const extended = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename*=UTF-8''${extended}; filename="${ascii}"`
}

/**
 * The bytes of an artifact over HTTP: GET and HEAD, one and several ranges, conditional requests. The only place
 * where bytes meet HTTP. They are served inertly: as an attachment, unsniffed, in a sandbox.
 * @throws DistError request.precondition_failed, request.range
 */
export async function blobResponse(
  deps: { readonly blobs: BlobStore; readonly random: RandomBytes },
  request: Request,
  artifact: ArtifactRecord,
  options: BlobResponseOptions,
): Promise<Response> {
  const digest = parseDigest(artifact.digest)
  const etag = `"sha256-${digestHex(digest)}"`
  const size = artifact.sizeBytes
  const headers = new Headers({
    ...cacheHeaders(options.cache),
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Content-Type': mediaTypeOf(artifact.format),
    'Content-Disposition': contentDisposition(artifact.fileName),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'Repr-Digest': reprDigest(digest),
    ...options.headers,
  })
  if (options.contentLocation !== undefined) headers.set('Content-Location', options.contentLocation)
  const ifMatch = request.headers.get('if-match')
  if (ifMatch !== null && !matchesStrongly(ifMatch, etag)) {
    throw new DistError('request.precondition_failed', undefined, { headers: { ETag: etag } })
  }
  if (matchesEtag(request.headers.get('if-none-match'), etag)) {
    headers.delete('Content-Type')
    return new Response(null, { status: 304, headers })
  }

  const blob = { digest, sizeBytes: size }
  if (request.method === 'HEAD') {
    await checkStored(deps.blobs, blob)
    headers.set('Content-Length', String(size))
    return new Response(null, { status: 200, headers })
  }
  const ifRange = request.headers.get('if-range')
  // Only our strong ETag continues a download; a weak one or a date does not prove that the bytes are the same.
  const rangeHeader = ifRange === null || ifRange === etag ? request.headers.get('range') : null
  const answer = parseRange(rangeHeader, size)
  if (answer.kind === 'unsatisfiable') {
    throw new DistError('request.range', undefined, {
      headers: { ETag: etag, 'Accept-Ranges': 'bytes', 'Content-Range': `bytes */${size}` },
    })
  }
  if (answer.kind === 'whole') {
    headers.set('Content-Length', String(size))
    return new Response(await deps.blobs.body(blob), { status: 200, headers })
  }
  if (answer.ranges.length === 1) {
    const range = answer.ranges[0]!
    headers.set('Content-Length', String(range.length))
    headers.set('Content-Range', contentRange(range, size))
    return new Response(await deps.blobs.body(blob, range), { status: 206, headers })
  }
  const { ranges } = answer
  // Found out before the headers are sent: a missing blob must not become a broken body.
  await checkStored(deps.blobs, blob)
  const first = await deps.blobs.open(digest, ranges[0]!)
  const boundary = `distd-${toHex(deps.random(12))}`
  const type = headers.get('Content-Type')!
  const heads = ranges.map((range, index) =>
    new TextEncoder().encode(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
    ),
  )
  const tail = new TextEncoder().encode(`\r\n--${boundary}--\r\n`)
  const length = heads.reduce((sum, head) => sum + head.byteLength, tail.byteLength)
  headers.set('Content-Length', String(ranges.reduce((sum, range) => sum + range.length, length)))
  headers.set('Content-Type', `multipart/byteranges; boundary=${boundary}`)
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (const [index, range] of ranges.entries()) {
      yield heads[index]!
      const part = index === 0 ? first : await deps.blobs.open(digest, range)
      for await (const chunk of part as unknown as AsyncIterable<Uint8Array>) yield chunk
    }
    yield tail
  }
  return new Response(
    streamOf(parts(), () => first.cancel().catch(() => undefined)),
    { status: 206, headers },
  )
}

/** @throws BlobNotFoundError when the bytes are missing or have another size than was recorded */
async function checkStored(blobs: BlobStore, blob: BlobInfo): Promise<void> {
  if ((await blobs.stat(blob.digest))?.sizeBytes !== blob.sizeBytes) throw new BlobNotFoundError(blob.digest)
}

function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`
}

/** Whether a list of entity tags holds ours; weak comparison, as If-None-Match asks (RFC 9110 §13.1.2). */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (header === null) return false
  if (header.trim() === '*') return true
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/** As above, but a weak tag proves nothing, as If-Match asks (RFC 9110 §13.1.1). */
function matchesStrongly(header: string, etag: string): boolean {
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim() === etag)
}

/** A pulled stream over an async generator; cancelling it ends the generator. */
function streamOf(source: AsyncGenerator<Uint8Array>, onCancel: () => unknown): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      onCancel()
      await source.return(undefined)
    },
  })
}
