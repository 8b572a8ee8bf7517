import { Hono } from 'hono'
import { ANONYMOUS } from './access/actor.ts'
import { createLimits } from './access/limiter.ts'
import type { ChainBreak } from './audit/chain.ts'
import type { Deps, Peer } from './deps.ts'
import { DistError } from './errors.ts'
import { checkHost } from './http/base-url.ts'
import type { RenderPage } from './http/context.ts'
import { dispatch } from './http/dispatch.ts'
import { errorResponse } from './http/error-response.ts'
import { headResponse } from './http/head-response.ts'
import type { Route } from './http/route.ts'
import { allRoutes } from './http/routes.ts'
import { TableRouter } from './http/table-router.ts'
import type { Asset } from './model/asset.ts'
import { createId } from './model/ids.ts'
import { isReservedSlug } from './model/reserved.ts'

export interface AppOptions {
  readonly deps: Deps
  readonly version: string
  readonly render: RenderPage
  /** What pages load, by the paths that `render` names. */
  readonly assets: readonly Asset[]
  /** Where the audit log was found broken at the start; the server then serves and says so. */
  readonly auditBreak?: ChainBreak | undefined
}

export interface App {
  /** Answers a request; never throws. */
  fetch(request: Request, peer: Peer): Promise<Response>
  /** The one table of routes: what is not in it is not answered. */
  readonly routes: readonly Route[]
}

interface Env {
  Bindings: { peer: Peer }
}

/** Puts the route table behind one `fetch`. */
export function createApp(options: AppOptions): App {
  const { deps } = options
  const dispatching = { ...options, limits: createLimits(deps.clock) }
  const routes = allRoutes(options)
  const hono = new Hono<Env>({ strict: true, router: new TableRouter() })
  for (const row of routes) {
    hono.on(row.method, row.path, (c) =>
      dispatch(row, dispatching, {
        request: c.req.raw,
        peer: c.env.peer,
        params: c.req.param() as Record<string, string>,
      }),
    )
  }
  const methodsOf = new Map<string, string[]>()
  for (const row of routes) methodsOf.set(row.path, [...(methodsOf.get(row.path) ?? []), row.method])
  for (const [path, methods] of methodsOf) {
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
    const isOpen = path.startsWith('/:')
    hono.all(path, (c, next) => {
      // A path that only looks like an app's (`/api/nothing`) is nothing.
      const first = c.req.path.split('/')[1] ?? ''
      if (isOpen && isReservedSlug(first)) return next()
      return refuse(
        new DistError('request.method_not_allowed', undefined, { headers: { Allow: allow } }),
        c.req.raw,
        c.env.peer,
      )
    })
  }
  hono.notFound((c) => refuse(new DistError('route.not_found'), c.req.raw, c.env.peer))
  hono.onError((error, c) => fail(error, c.req.raw, c.env.peer))

  /** What no route answers: the host is looked at first, as it is for the routes. */
  function refuse(error: DistError, request: Request, peer: Peer): Response | Promise<Response> {
    try {
      checkHost(deps.config, new URL(request.url), false)
    } catch (misdirected) {
      return fail(misdirected, request, peer)
    }
    return fail(error, request, peer)
  }

  async function fail(error: unknown, request: Request, peer: Peer): Promise<Response> {
    const requestId = createId('request', deps.clock.now(), deps.random(10))
    const response = await errorResponse(error, dispatching, { requestId, request, peer, actor: ANONYMOUS })
    return request.method === 'HEAD' ? headResponse(response) : response
  }
  return {
    routes,
    fetch: async (request, peer) => hono.fetch(request, { peer }),
  }
}
