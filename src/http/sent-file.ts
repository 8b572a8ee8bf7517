import type { SentFile } from '../artifacts/receive-file.ts'
import { type Digest, digestOfHash } from '../bytes/digest.ts'
import { fromBase64 } from '../bytes/encoding.ts'
import { DistError } from '../errors.ts'
import { bodyTypeOf } from './body-type.ts'

/** The media type of a body that is a file. */
export const FILE = 'application/octet-stream'

export function isFile(request: Request): boolean {
  return bodyTypeOf(request) === FILE
}

/**
 * The file that a request is made of.
 * @throws DistError request.length_required, request.unsupported_media_type, request.malformed
 */
export function sentFile(request: Request, fileName: string): SentFile {
  const coding = request.headers.get('content-encoding')
  if (coding !== null && coding.toLowerCase() !== 'identity')
    throw new DistError('request.unsupported_media_type', 'Cannot take a file with a Content-Encoding')
  const length = request.headers.get('content-length')
  if (length === null || !/^\d{1,15}$/.test(length)) throw new DistError('request.length_required')
  return {
    fileName,
    sizeBytes: Number(length),
    digest: declaredDigest(request.headers.get('repr-digest') ?? request.headers.get('content-digest')),
    body: request.body ?? new Blob([]).stream(),
  }
}

/** `sha-256=:<base64>:` among others that we do not know (RFC 9530 §2). */
function declaredDigest(header: string | null): Digest | undefined {
  const found = /(?:^|,)\s*sha-256\s*(?:=\s*([^,]*)|(?=[,;]|$))/i.exec(header ?? '')
  if (found === null) return undefined
  const [, base64] = /^:([A-Za-z0-9+/]{43}=):\s*$/.exec(found[1] ?? '') ?? []
  if (base64 === undefined) throw new DistError('request.malformed', 'The sha-256 of the digest field is not one')
  return digestOfHash(fromBase64(base64))
}
