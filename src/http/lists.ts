import { z } from 'zod'
import { fromBase64, toBase64Url } from '../bytes/encoding.ts'
import { decodeUtf8 } from '../bytes/utf8.ts'
import { DistError } from '../errors.ts'
import type { Page } from '../model/page.ts'
import type { RequestContext } from './context.ts'
import { json } from './json.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

/** `?limit=&cursor=` of every list. */
export const ListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(500).optional(),
})

/** Cursors are opaque to clients: base64url of where the next page begins. */
export function encodeCursor(position: string | number): string {
  return toBase64Url(new TextEncoder().encode(String(position)))
}

/** What a cursor that this list never gave is answered with. */
export function badCursor(cause?: unknown): DistError {
  return new DistError('request.invalid', 'query.cursor: is not a cursor of this list', { cause })
}

/** @throws DistError request.invalid */
export function decodeCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  try {
    const padded = cursor.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (cursor.length % 4)) % 4)
    return decodeUtf8(fromBase64(padded))
  } catch (cause) {
    throw badCursor(cause)
  }
}

/** @throws DistError request.invalid */
export function decodeNumberCursor(cursor: string | undefined): number | null {
  const text = decodeCursor(cursor)
  if (text === null) return null
  if (!/^\d{1,15}$/.test(text)) throw badCursor()
  return Number(text)
}

/**
 * A page from one row more than asked for: the extra row only tells that there is a next page.
 * @param position of a row, for the cursor after it
 */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  position: (row: R) => string | number,
  show: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(show),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null,
  }
}

/** Bytes of the texts on one page, at most: many people ask at once, and some of them read slowly. */
const MAX_PAGE_BYTES = 4 << 20

/** The rows of a page of at most `limit`, fewer where they are long; one of them, however long it is. */
export function rowsThatFit<R extends { readonly sizeBytes: number }>(rows: readonly R[], limit: number): R[] {
  let bytes = 0
  return rows.slice(0, limit).filter(({ sizeBytes }, i) => {
    bytes += sizeBytes
    return i === 0 || bytes <= MAX_PAGE_BYTES
  })
}

/** `Link: <…>; rel="next"` (RFC 8288) for clients that follow headers. */
function linkHeader(url: URL, baseUrl: string, nextCursor: string | null): Record<string, string> {
  if (nextCursor === null) return {}
  const next = new URLSearchParams(url.searchParams)
  next.set('cursor', nextCursor)
  return { Link: `<${baseUrl}${url.pathname}?${next}>; rel="next"` }
}

/** A page as the API answers with it. */
export function pageJson({ url, baseUrl }: Pick<RequestContext, 'url' | 'baseUrl'>, page: Page<unknown>): Response {
  return json(page, 200, linkHeader(url, baseUrl, page.nextCursor))
}
