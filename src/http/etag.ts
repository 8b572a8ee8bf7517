/** Whether a list of entity tags holds ours; weak comparison, as If-None-Match asks (RFC 9110 §13.1.2). */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (header === null) return false
  if (header.trim() === '*') return true
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/** As above, but a weak tag proves nothing, as If-Match asks (RFC 9110 §13.1.1). */
export function matchesStrongly(header: string, etag: string): boolean {
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim() === etag)
}
