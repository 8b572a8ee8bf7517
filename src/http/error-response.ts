import type { Actor } from '../access/actor.ts'
import type { Deps, Peer } from '../deps.ts'
import { DistError } from '../errors.ts'
import { answersPages, baseUrlOf } from './base-url.ts'
import type { RenderPage } from './context.ts'
import { errorPage } from './error-page.ts'
import { errorWays, type Seen } from './error-ways.ts'
import { loggedPath } from './logged-path.ts'
import { PAGE_HEADERS, wantsHtml } from './page-response.ts'
import { detourOf } from './people/sign-in-detour.ts'
import { knownError, problemResponse } from './problem.ts'
import type { Route } from './route.ts'
import { seeOther } from './see-other.ts'
import { shellOf } from './shell.ts'

interface ErrorOptions {
  readonly deps: Deps
  readonly render: RenderPage
}

interface FailedRequest {
  readonly requestId: string
  readonly request: Request
  readonly peer: Peer
  /** Nobody where the error came before it was known. */
  readonly actor: Actor
  readonly route?: Route
  /** What it is about; only once the decision about it was made. */
  readonly seen?: Seen | undefined
}

/**
 * The answer to any error; unforeseen ones are logged in full and told by request id only. A browser gets a page with
 * the same facts where there are pages, everybody else problem details.
 */
export async function errorResponse(
  error: unknown,
  options: ErrorOptions,
  { requestId, request, peer, actor, route, seen }: FailedRequest,
): Promise<Response> {
  const known = knownError(error)
  const { pathname: path, host } = URL.canParse(request.url) ? new URL(request.url) : { pathname: '', host: '' }
  if (known === undefined || known.code === 'blob.unavailable' || known.code === 'storage.full') {
    const cause = known?.cause ?? error
    options.deps.log('error', 'request failed', {
      requestId,
      path: loggedPath(path, route),
      error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
    })
  }
  const told = known ?? new DistError('server.failed')
  const detour = detourOf(told, route, request)
  if (detour !== undefined) {
    const response = seeOther(detour)
    response.headers.set('X-Request-Id', requestId)
    return response
  }
  const response = problemResponse(told, requestId)
  const isApi = path.startsWith('/api/') || route?.path.startsWith('/api/') === true
  if (isApi || !wantsHtml(request) || !answersPages(options.deps.config, host)) return response
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(PAGE_HEADERS)) headers.set(name, value)
  headers.set('X-Robots-Tag', 'noindex')
  const shell = shellOf({ deps: options.deps, actor, ...addressOf(options.deps, request, peer) })
  const answer = { status: response.status, requestId, retryAfter: headers.get('retry-after') }
  const ways = seen === undefined ? [] : await waysOf(options.deps, actor, told, seen, path)
  const view = { view: 'error', page: errorPage(told, answer, ways) } as const
  return new Response(options.render(view, shell), { status: response.status, headers })
}

/** None where the machine fails that would have to look for them. */
async function waysOf(...asked: Parameters<typeof errorWays>): Promise<Awaited<ReturnType<typeof errorWays>>> {
  try {
    return await errorWays(...asked)
  } catch {
    return []
  }
}

/** Where a request went, as far as it can be read. */
function addressOf(deps: Deps, request: Request, peer: Peer): { url: URL; baseUrl: string } {
  const url = new URL(request.url)
  return { url, baseUrl: baseUrlOf(deps.config, request, url, peer) }
}
