import { type Digest, digestHex, parseDigest, reprDigest } from '../bytes/digest.ts'
import { mediaTypeOf } from '../model/platform.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import { INERT } from './inert.ts'

/** A stored file of whatever it is a part. */
export type ServedFile = Pick<ArtifactRecord, 'fileName' | 'format' | 'digest' | 'sizeBytes'>

/** What HTTP says about the bytes of an artifact, whoever asks and at whatever URL. */
export interface Representation {
  readonly digest: Digest
  /** Strong (RFC 9110 §8.8.1). */
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
}

/** Strong: one for the same bytes wherever they are. */
export function etagOf(digest: string): string {
  return `"sha256-${digestHex(parseDigest(digest))}"`
}

/** Records are shared and frozen while nobody writes (store/hot.ts), so that a file asked for often is described once. */
const known = new WeakMap<ServedFile, Representation>()

/** The bytes are served inertly: as an attachment, unsniffed, in a sandbox. */
export function representationOf(artifact: ServedFile): Representation {
  const before = known.get(artifact)
  if (before !== undefined) return before
  const digest = parseDigest(artifact.digest)
  const etag = etagOf(digest)
  const representation = {
    digest,
    etag,
    headers: {
      ETag: etag,
      'Accept-Ranges': 'bytes',
      'Content-Type': mediaTypeOf(artifact.format),
      'Content-Disposition': contentDisposition(artifact.fileName),
      ...INERT,
      'Repr-Digest': reprDigest(digest),
    },
  }
  known.set(artifact, representation)
  return representation
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
