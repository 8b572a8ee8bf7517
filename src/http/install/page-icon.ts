import { BlobNotFoundError } from '../../blob/blob-store.ts'
import { digestHex, parseDigest } from '../../bytes/digest.ts'
import { DistError } from '../../errors.ts'
import type { IconFacts } from '../../model/inspection.ts'
import type { ArtifactRecord } from '../../store/artifacts.ts'
import { type CachePolicy, cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { matchesEtag } from '../etag.ts'
import { etagOf } from '../representation.ts'

/** A file that may carry a picture: of a release, or in a slot of a branch build. */
export type PicturedFile = Pick<ArtifactRecord, 'fileName' | 'inspection'> & Partial<Pick<ArtifactRecord, 'kind'>>

/** A picture whose bytes are kept. */
export interface PageIcon extends Omit<IconFacts, 'digest'> {
  readonly digest: string
}

/** What is narrower looks blurred where pages show it. */
const MIN_WIDTH = 48
/** What is wider is sent for nothing. */
const MAX_WIDTH = 512

/** What a file looks like; undefined where its bytes carry no picture. */
function iconOf({ inspection }: Pick<PicturedFile, 'inspection'>): PageIcon | undefined {
  const { icon } = inspection
  return icon?.digest === undefined ? undefined : { ...icon, digest: icon.digest }
}

/** Negative where `a` is shown before `b`: one of a good width, a PNG, which iOS wants, and then the sharper one. */
function compareIcons(a: PageIcon, b: PageIcon): number {
  const order = (icon: PageIcon) => [
    icon.width >= MIN_WIDTH ? 0 : 1,
    icon.mediaType === 'image/png' ? 0 : 1,
    icon.width <= MAX_WIDTH ? 0 : 1,
    icon.width <= MAX_WIDTH ? -icon.width : icon.width,
  ]
  const [of, than] = [order(a), order(b)]
  for (const [i, value] of of.entries()) if (value !== than[i]) return value - than[i]!
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0
}

/** The picture that stands for all of these files: the same one, in whatever order they come. */
export function pageIcon(files: readonly PicturedFile[]): PageIcon | undefined {
  const [best] = files
    .filter(({ kind = 'app' }) => kind === 'app')
    .flatMap((file) => iconOf(file) ?? [])
    .sort(compareIcons)
  return best
}

/** Names the bytes in the address of a picture, which may be kept then. */
export function iconVersion(digest: string): string {
  return digestHex(parseDigest(digest)).slice(0, 16)
}

/** Path of the picture of a page; null where none of its files has one. @param folder path of the page */
export function iconUrlOf(folder: string, files: readonly PicturedFile[]): string | null {
  const icon = pageIcon(files)
  return icon === undefined ? null : `${folder}/icon.png?v=${iconVersion(icon.digest)}`
}

/** Path of the picture of one file, where it is not that of the page. */
export function ownIconUrlOf(
  folder: string,
  page: PageIcon | undefined,
  file: Pick<PicturedFile, 'fileName' | 'inspection'>,
): string | null {
  const icon = iconOf(file)
  if (icon === undefined || icon.digest === page?.digest) return null
  return `${folder}/icon.png?file=${encodeURIComponent(file.fileName)}&v=${iconVersion(icon.digest)}`
}

/** What the address of a picture may ask. */
export interface IconQuery {
  /** Name of the file whose picture it is. */
  readonly file?: string | undefined
  /** Begin of the digest that the page showed: that picture may be kept. */
  readonly v?: string | undefined
}

/** The bytes of a picture are of a publisher: shown, never run, and taken for nothing else. */
const INERT = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
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
