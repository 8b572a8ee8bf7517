/**
 * Dates of bytes that are replaced (RFC 9110 §8.8.2, §13.1.3), which have whole seconds: `modifiedAt` is the first one
 * that began with the present bytes, so that a file fetched in the second of a replacement is fetched again.
 */

/** RFC 9110 §5.6.7; what is written otherwise is no reason to leave the bytes out. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * `Last-Modified`; undefined before that second has begun. An earlier one would be wrong: curl holds it against the date
 * of its own file, and keeps that.
 */
export function lastModified(modifiedAt: number, nowMs: number): string | undefined {
  return modifiedAt * 1000 > nowMs ? undefined : new Date(modifiedAt * 1000).toUTCString()
}

/** Whether `If-Modified-Since` tells that the client has the present bytes. A date to come tells nothing. */
export function isUnmodified(header: string | null, modifiedAt: number, nowMs: number): boolean {
  if (header === null || !HTTP_DATE.test(header)) return false
  const since = Date.parse(header)
  return since <= nowMs && since >= modifiedAt * 1000
}
