import type { Listing } from '../model/listing.ts'
import { type CachePolicy, cacheHeaders } from './cache-control.ts'
import type { RequestContext } from './context.ts'
import { REVALIDATED, textResponse } from './text-response.ts'

/** Pages load the stylesheet and pictures of this server and run nothing. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Headers of every HTML answer. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': PAGE_POLICY,
}

/** People get the page, programs the same facts. */
export const PAGE = { ...REVALIDATED, types: ['text/html', 'application/json'] } as const

/** Where a media type stands in Accept; -1 when it is not named. */
function rank(request: Request, type: string): number {
  return (request.headers.get('accept') ?? '').toLowerCase().indexOf(type)
}

/** HTML for people, JSON for programs: whoever names JSON before HTML gets JSON. */
export function wantsJson(request: Request): boolean {
  const json = rank(request, 'application/json')
  const html = rank(request, 'text/html')
  return json >= 0 && (html < 0 || json < html)
}

/** A browser: it names HTML. A program that says nothing does not want a page for an error. */
export function wantsHtml(request: Request): boolean {
  return rank(request, 'text/html') >= 0 && !wantsJson(request)
}

/** The same facts as a page or as JSON, by Accept; revalidated by an ETag of what is sent. */
export function pageResponse(
  context: Pick<RequestContext, 'request' | 'render' | 'deps'>,
  data: unknown,
  page: Listing,
  cache: CachePolicy,
  extra: Readonly<Record<string, string>> = {},
): Response {
  const asJson = wantsJson(context.request)
  const text = asJson ? JSON.stringify(data) : context.render(page)
  return textResponse(context, text, {
    ...PAGE_HEADERS,
    ...cacheHeaders(cache),
    ...extra,
    ...(asJson ? { 'Content-Type': 'application/json' } : {}),
    Vary: 'Accept, Authorization',
  })
}
