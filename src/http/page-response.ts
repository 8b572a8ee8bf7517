import type { View } from '../model/view.ts'
import { type CachePolicy, cacheHeaders } from './cache-control.ts'
import type { RequestContext } from './context.ts'
import { packedFor } from './gzip.ts'
import { shellOf } from './shell.ts'
import { REVALIDATED, textResponse } from './text-response.ts'

/** Pages load style, scripts and pictures of this server, run nothing that stands in them, and are framed by nobody. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** Headers of every HTML answer. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  // Not no-referrer: a form would then come from nowhere, by its Origin.
  'Referrer-Policy': 'same-origin',
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

/** A page for whoever asks, with what stands around it. */
export function renderFor(
  context: Pick<RequestContext, 'render' | 'deps' | 'actor' | 'url' | 'baseUrl'>,
  view: View,
): string {
  return context.render(view, shellOf(context))
}

/** How a page may be kept on which stands who is signed in. */
export function pageCache({ actor }: Pick<RequestContext, 'actor'>, cache: CachePolicy): Record<string, string> {
  const isForAll = actor.kind === 'anonymous' || actor.kind === 'token'
  return { ...cacheHeaders(isForAll ? cache : 'private'), Vary: 'Accept, Authorization, Cookie' }
}

/** The same facts as a page, packed where that is safe, or as JSON, by Accept; revalidated by an ETag of what is sent. */
export async function pageResponse(
  context: Pick<RequestContext, 'request' | 'render' | 'deps' | 'actor' | 'url' | 'baseUrl'>,
  data: unknown,
  view: View,
  cache: CachePolicy,
  extra: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const asJson = wantsJson(context.request)
  const text = asJson ? JSON.stringify(data) : renderFor(context, view)
  const response = textResponse(context, text, {
    ...PAGE_HEADERS,
    ...pageCache(context, cache),
    ...extra,
    ...(asJson ? { 'Content-Type': 'application/json' } : {}),
  })
  return packedFor(context.request, context.url, response)
}
