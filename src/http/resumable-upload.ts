import { DistError } from '../errors.ts'

/**
 * The wire of resumable uploads: draft-ietf-httpbis-resumable-upload, whose newest revision we follow here and
 * nowhere else. An upload has a known length; PATCH appends at `Upload-Offset`, HEAD tells the durable offset.
 */
export const PARTIAL_UPLOAD = 'application/partial-upload'

/** A structured-field integer as the draft writes it: decimal digits, at most 15 of them (RFC 8941 §3.3.1). */
const INTEGER = /^(?:0|[1-9]\d{0,14})$/

/** @throws DistError upload.offset_invalid */
export function parseOffset(header: string | null): number {
  if (header === null || !INTEGER.test(header)) {
    throw new DistError('upload.offset_invalid', 'Upload-Offset must be one decimal number without sign or spaces')
  }
  return Number(header)
}

/** `?1` and `?0`; absent means that the client does not say. @throws DistError request.malformed */
export function parseComplete(header: string | null): boolean {
  if (header === null || header === '?0') return false
  if (header === '?1') return true
  throw new DistError('request.malformed', 'Upload-Complete must be ?0 or ?1')
}

export function uploadHeaders(upload: { offset: number; sizeBytes: number; state: string }): Record<string, string> {
  return {
    'Upload-Offset': String(upload.offset),
    'Upload-Complete': upload.state === 'complete' ? '?1' : '?0',
    'Upload-Length': String(upload.sizeBytes),
  }
}
