import type { z } from 'zod'
import { type Actor, ANONYMOUS, principalOf, recordOf } from '../access/actor.ts'
import type { Limits } from '../access/limiter.ts'
import { authorize } from '../access/policy.ts'
import { LoneSurrogateError, parseStrictJson } from '../bytes/strict-json.ts'
import { decodeUtf8 } from '../bytes/utf8.ts'
import type { Deps, Peer } from '../deps.ts'
import { DistError } from '../errors.ts'
import { isChannelName } from '../model/channel.ts'
import { createId } from '../model/ids.ts'
import { actorOf, countStranger } from './asker.ts'
import { baseUrlOf, checkHost } from './base-url.ts'
import { bodyTypeOf } from './body-type.ts'
import { checkPath, checkQuery } from './check-url.ts'
import { clientAddress } from './client-address.ts'
import type { RenderPage, RequestContext } from './context.ts'
import { errorResponse } from './error-response.ts'
import type { Seen } from './error-ways.ts'
import { headResponse } from './head-response.ts'
import { readBody } from './json.ts'
import { loggedPath } from './logged-path.ts'
import { parseWith } from './parse-with.ts'
import { allowed } from './resolve-object.ts'
import type { Route } from './route.ts'

/** JSON bodies above this are refused: release notes may have 256 KiB. */
const MAX_JSON_BYTES = 1 << 20

export interface DispatchOptions {
  readonly deps: Deps
  readonly render: RenderPage
  readonly limits: Limits
}

interface Incoming {
  readonly request: Request
  readonly peer: Peer
  readonly params: Readonly<Record<string, string>>
}

/** Whether the handler reads the body itself, which may be as large as a file. */
function isForHandler({ bodyTypes = [] }: Route, request: Request): boolean {
  return bodyTypes.includes(bodyTypeOf(request) ?? '')
}

async function parseBody(schema: z.ZodType, request: Request): Promise<unknown> {
  const bytes = await readBody(request, MAX_JSON_BYTES)
  if (bytes.byteLength === 0) return parseWith(schema, {}, 'body')
  if (bodyTypeOf(request) !== 'application/json') throw new DistError('request.unsupported_media_type')
  let text: string
  try {
    text = decodeUtf8(bytes)
  } catch (cause) {
    throw new DistError('request.invalid_utf8', undefined, { cause })
  }
  let value: unknown
  try {
    value = parseStrictJson(text)
  } catch (cause) {
    const code = cause instanceof LoneSurrogateError ? 'request.invalid_utf8' : 'request.malformed'
    throw new DistError(code, (cause as Error).message, { cause })
  }
  return parseWith(schema, value, 'body')
}

function parseQuery(schema: z.ZodType | undefined, url: URL): unknown {
  if (schema === undefined) return undefined
  const values: Record<string, string> = {}
  for (const [name, value] of url.searchParams) {
    // Clients add parameters of their own (`noCache`); a known one given twice is ambiguous.
    if (Object.hasOwn(values, name)) throw new DistError('request.invalid', `Query parameter "${name}" was given twice`)
    values[name] = value
  }
  return parseWith(schema, values, 'query')
}

/**
 * Runs one route for one request. The order is the same for all: path and host, credential, object, decision, then
 * body and query, the decision once more where there was a body, then the handler.
 */
export async function dispatch(route: Route, options: DispatchOptions, incoming: Incoming): Promise<Response> {
  const { deps } = options
  const { request, peer, params } = incoming
  const requestId = createId('request', deps.clock.now(), deps.random(10))
  const startedAt = deps.clock.monotonic()
  let url: URL | undefined
  let response: Response
  let actor: Actor = ANONYMOUS
  let who: string | undefined
  let seen: Seen | undefined
  const address = clientAddress(deps.config, request, peer)
  try {
    url = new URL(request.url)
    checkPath(url.pathname, route.path.split('/').indexOf(':branch') - 1, route.method)
    checkHost(deps.config, url, route.isBytes === true)
    checkQuery(url)
    const baseUrl = baseUrlOf(deps.config, request, url, peer)
    const asked = { request, url, params, baseUrl, address }
    actor = actorOf(options, route, asked)
    who = principalOf(actor)
    countStranger(options, route, actor, address)
    let { object, app } = allowed(deps, route, actor, params)
    seen = { object, app }
    if (route.object === 'channel') checkChannelName(params.channel ?? '')
    let body: unknown
    if (route.body !== undefined && !isForHandler(route, request)) {
      body = await parseBody(route.body, request)
      // A body may take its time, and a credential, a role or the last confirmation may have ended in it.
      actor = actorOf(options, route, asked)
      ;({ object, app } = allowed(deps, route, actor, params))
    }
    if (route.object === 'new-app') {
      // The app of a creation is named in the body: a stranger is refused before it is read, the rest after.
      authorize(actor, route.action, { kind: 'new-app', slug: (body as { slug: string }).slug })
    }
    const context = {
      deps,
      render: options.render,
      limits: options.limits,
      request,
      url,
      peer,
      address,
      actor,
      object,
      cause: { actor: recordOf(actor), requestId },
      requestId,
      params,
      body,
      query: parseQuery(route.query, url),
      baseUrl,
      // Cookies do not travel to another host.
      bytesUrl: (byCookie(actor) ? undefined : deps.config.downloadUrl) ?? baseUrl,
      app,
    }
    response = await route.handle(context as unknown as RequestContext<never, never>)
    response.headers.set('X-Request-Id', requestId)
  } catch (error) {
    response = await errorResponse(error, options, { requestId, request, peer, actor, route, seen })
  }
  if (request.method === 'HEAD') response = await headResponse(response)
  // Reads are told at debug only: a store is read far more often than written.
  const level =
    response.status >= 500 ? 'error' : request.method === 'GET' || request.method === 'HEAD' ? 'debug' : 'info'
  // Not even put together when it is not told: it costs as much as the rest of a small read.
  if (level === 'debug' && deps.config.logLevel !== 'debug') return response
  deps.log(level, 'request', {
    requestId,
    method: request.method,
    path: url && loggedPath(url.pathname, route),
    status: response.status,
    actor: who,
    client: address,
    ms: Math.round((deps.clock.monotonic() - startedAt) * 10) / 10,
  })
  return response
}

function byCookie({ kind }: Actor): boolean {
  return kind === 'user' || kind === 'share'
}

function checkChannelName(name: string): void {
  if (name === 'latest') return
  if (!isChannelName(name)) throw new DistError('channel.not_found')
}
