import { type BlobInfo, BlobNotFoundError, type BlobStore, type ByteRange } from '../blob/blob-store.ts'
import { toHex } from '../bytes/encoding.ts'
import type { Clock, RandomBytes } from '../deps.ts'
import { DistError } from '../errors.ts'
import { type CachePolicy, cacheHeaders } from './cache-control.ts'
import { matchesEtag, matchesStrongly } from './etag.ts'
import { isUnmodified, lastModified } from './last-modified.ts'
import { parseRange } from './range.ts'
import { representationOf, type ServedFile } from './representation.ts'

export interface BlobResponseOptions {
  readonly cache: CachePolicy
  /** Permanent URL of what a moving URL gave. */
  readonly contentLocation?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whole epoch seconds; see store/branches.ts. For URLs whose bytes change. */
  readonly modifiedAt?: number
  /**
   * Runs when bytes are about to be sent: not for HEAD, nor for 304 and 416. What it throws is the answer.
   * @param hasFirstByte whether the first byte of the file is among them
   */
  readonly beforeBytes?: ((hasFirstByte: boolean) => Promise<void>) | undefined
}

interface BlobDeps {
  readonly blobs: BlobStore
  readonly random: RandomBytes
  readonly clock: Pick<Clock, 'now'>
}

/**
 * The bytes of an artifact over HTTP: GET and HEAD, one and several ranges, conditional requests. The only place
 * where bytes meet HTTP.
 * @throws DistError request.precondition_failed, request.range
 * @throws BlobNotFoundError when the bytes are missing or have another size than was recorded
 */
export async function blobResponse(
  deps: BlobDeps,
  request: Request,
  artifact: ServedFile,
  options: BlobResponseOptions,
): Promise<Response> {
  const { digest, etag, headers: described } = representationOf(artifact)
  const size = artifact.sizeBytes
  // A plain object until the end: Headers are built once, by the Response.
  const headers: Record<string, string> = { ...described, ...cacheHeaders(options.cache), ...options.headers }
  if (options.contentLocation !== undefined) headers['Content-Location'] = options.contentLocation
  const { modifiedAt } = options
  const date = modifiedAt === undefined ? undefined : lastModified(modifiedAt, deps.clock.now())
  if (date !== undefined) headers['Last-Modified'] = date
  const asked = request.headers
  const ifMatch = asked.get('if-match')
  if (ifMatch !== null && !matchesStrongly(ifMatch, etag)) {
    throw new DistError('request.precondition_failed', undefined, { headers: { ETag: etag } })
  }
  const ifNoneMatch = asked.get('if-none-match')
  const isKnown =
    ifNoneMatch === null
      ? modifiedAt !== undefined && isUnmodified(asked.get('if-modified-since'), modifiedAt, deps.clock.now())
      : matchesEtag(ifNoneMatch, etag)
  if (isKnown) {
    delete headers['Content-Type']
    return new Response(null, { status: 304, headers })
  }

  const blob = { digest, sizeBytes: size }
  if (request.method === 'HEAD') {
    await checkStored(deps.blobs, blob)
    headers['Content-Length'] = String(size)
    return new Response(null, { status: 200, headers })
  }
  const ifRange = asked.get('if-range')
  // Only our strong ETag continues a download; a weak one or a date does not prove that the bytes are the same.
  const answer = parseRange(ifRange === null || ifRange === etag ? asked.get('range') : null, size)
  switch (answer.kind) {
    case 'unsatisfiable':
      throw new DistError('request.range', undefined, {
        headers: { ETag: etag, 'Accept-Ranges': 'bytes', 'Content-Range': `bytes */${size}` },
      })
    case 'whole':
      if (options.beforeBytes !== undefined) {
        await checkStored(deps.blobs, blob)
        await options.beforeBytes(true)
      }
      headers['Content-Length'] = String(size)
      return new Response(await deps.blobs.body(blob), { status: 200, headers })
    case 'ranges': {
      const { ranges } = answer
      if (options.beforeBytes !== undefined) {
        await checkStored(deps.blobs, blob)
        await options.beforeBytes(ranges[0]!.offset === 0)
      }
      if (ranges.length > 1) return multipartResponse(deps, blob, ranges, headers)
      const range = ranges[0]!
      headers['Content-Length'] = String(range.length)
      headers['Content-Range'] = contentRange(range, size)
      return new Response(await deps.blobs.body(blob, range), { status: 206, headers })
    }
  }
}

/** Several ranges as `multipart/byteranges` (RFC 9110 §14.6). */
async function multipartResponse(
  { blobs, random }: BlobDeps,
  blob: BlobInfo,
  ranges: readonly ByteRange[],
  headers: Record<string, string>,
): Promise<Response> {
  // Found out before the headers are sent: a missing blob must not become a broken body.
  await checkStored(blobs, blob)
  const first = await blobs.open(blob.digest, ranges[0]!)
  const boundary = `distd-${toHex(random(12))}`
  const heads = ranges.map((range, index) =>
    new TextEncoder().encode(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${headers['Content-Type']}\r\nContent-Range: ${contentRange(range, blob.sizeBytes)}\r\n\r\n`,
    ),
  )
  const tail = new TextEncoder().encode(`\r\n--${boundary}--\r\n`)
  const length = heads.reduce((sum, head) => sum + head.byteLength, tail.byteLength)
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (const [index, range] of ranges.entries()) {
      yield heads[index]!
      const part = index === 0 ? first : await blobs.open(blob.digest, range)
      for await (const chunk of part as unknown as AsyncIterable<Uint8Array>) yield chunk
    }
    yield tail
  }
  return new Response(
    streamOf(parts(), () => first.cancel().catch(() => undefined)),
    {
      status: 206,
      headers: {
        ...headers,
        'Content-Length': String(ranges.reduce((sum, range) => sum + range.length, length)),
        'Content-Type': `multipart/byteranges; boundary=${boundary}`,
      },
    },
  )
}

/** @throws BlobNotFoundError when the bytes are missing or have another size than was recorded */
async function checkStored(blobs: BlobStore, blob: BlobInfo): Promise<void> {
  if ((await blobs.stat(blob.digest))?.sizeBytes !== blob.sizeBytes) throw new BlobNotFoundError(blob.digest)
}

function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`
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
