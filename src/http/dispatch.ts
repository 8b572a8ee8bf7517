import type { z } from 'zod'
import { type Actor, ANONYMOUS, principalOf, recordOf } from '../access/actor.ts'
import { type Limits, tooManyRequests } from '../access/limiter.ts'
import { type AccessObject, appObject, authorize, isStranger } from '../access/policy.ts'
import { hasSecret } from '../access/secret.ts'
import { authenticateSession, checkConfirmed } from '../access/sessions.ts'
import { authenticateShare, hasShareGrant } from '../access/shares.ts'
import { authenticate } from '../access/tokens.ts'
import { LoneSurrogateError, parseStrictJson } from '../bytes/strict-json.ts'
import { decodeUtf8 } from '../bytes/utf8.ts'
import type { Deps, Peer } from '../deps.ts'
import { DistError, type ErrorCode } from '../errors.ts'
import { branchNameProblem } from '../model/branch.ts'
import { isChannelName } from '../model/channel.ts'
import { createId } from '../model/ids.ts'
import { type AppRecord, findApp, findAppById } from '../store/apps.ts'
import { findPreview } from '../store/previews.ts'
import { findReleaseById, findReleaseBySetId, type ReleaseRecord } from '../store/releases.ts'
import { answersPages, baseUrlOf, checkHost } from './base-url.ts'
import { bodyTypeOf } from './body-type.ts'
import { clientAddress } from './client-address.ts'
import type { RenderPage, RequestContext } from './context.ts'
import { sessionCookie, shareCookies } from './cookies.ts'
import { errorPage } from './error-page.ts'
import { headResponse } from './head-response.ts'
import { readBody } from './json.ts'
import { loggedPath } from './logged-path.ts'
import { PAGE_HEADERS, wantsHtml } from './page-response.ts'
import { parseWith } from './parse-with.ts'
import { detourOf } from './people/sign-in-detour.ts'
import { signInWay } from './people/sign-in-way.ts'
import { knownError, problemResponse } from './problem.ts'
import type { Method, Route } from './route.ts'
import { checkSameSite } from './same-site.ts'
import { seeOther } from './see-other.ts'
import { shellOf } from './shell.ts'

/** JSON bodies above this are refused: release notes may have 256 KiB. */
const MAX_JSON_BYTES = 1 << 20
/** Credentials never travel in a query string: it ends up in logs and Referer headers. */
const SECRET_PARAMETERS = new Set(['token', 'access_token', 'auth', 'authorization', 'api_key', 'apikey'])

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

/** Nearly every path: nothing encoded, no empty or dot segment. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~@+-]+)+$/

/**
 * Refuses paths that different programs read differently, before anything is looked up.
 * @param nameAt which segment is the name of a branch build: only there `%2F` may stand
 */
function checkPath(pathname: string, nameAt: number, method: Method): void {
  if (PLAIN_PATH.test(pathname)) return
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    throw new DistError('request.invalid_utf8', 'The path is not valid percent-encoded UTF-8')
  }
  if (pathname === '/') return
  const segments = pathname.slice(1).split('/')
  for (const [i, segment] of segments.entries()) {
    const text = decodeURIComponent(segment)
    if (i === nameAt) {
      const problem = branchNameProblem(text)
      if (problem === undefined) continue
      if (method !== 'PUT') throw new DistError('branch.not_found')
      throw new DistError('branch.name', `Cannot push to a branch build of this name: ${problem}`)
    }
    if (text === '' || text === '.' || text === '..' || /[/\\;\u0000-\u001f\u007f]/.test(text)) {
      throw new DistError('route.not_found')
    }
  }
  if (!decoded.isWellFormed()) throw new DistError('request.invalid_utf8')
}

/** Refuses what `searchParams` would read as U+FFFD or leave as it is, and credentials. */
function checkQuery(url: URL): void {
  if (url.search === '') return
  try {
    // `&`, `=` and `+` are never inside of a character's bytes, so the whole is valid when its parts are.
    decodeURIComponent(url.search)
  } catch (cause) {
    throw new DistError('request.invalid_utf8', 'The query is not valid percent-encoded UTF-8', { cause })
  }
  for (const [name, value] of url.searchParams) {
    const isSecret = (text: string) => hasSecret(text) || hasShareGrant(text)
    if (SECRET_PARAMETERS.has(name.toLowerCase()) || isSecret(name) || isSecret(value)) {
      throw new DistError('request.token_in_query')
    }
  }
}

/** A request, and where it came from and went to. */
interface Asked {
  readonly request: Request
  readonly url: URL
  readonly baseUrl: string
  /** Of the client, see client-address.ts. */
  readonly address: string
}

interface Resolved {
  readonly object: AccessObject
  readonly app: AppRecord | undefined
}

/** Loads what the path names and asks the access decision. Absent and hidden end the same way. */
function resolveObject(route: Route, deps: Deps, params: Readonly<Record<string, string>>): Resolved {
  switch (route.object) {
    case 'server':
    case 'new-app':
      return { object: { kind: 'server' }, app: undefined }
    case 'set':
      return objectOf(deps, findReleaseBySetId(deps.store, params.set ?? ''))
    case 'preview': {
      const preview = findPreview(deps.store, params.preview ?? '')
      return objectOf(deps, findReleaseById(deps.store, preview?.releaseId ?? ''))
    }
    case 'app':
    case 'branch':
    case 'channel': {
      const app = findApp(deps.store, params.app ?? '')
      if (!app) return { object: { kind: 'absent' }, app: undefined }
      const { slug, visibility } = app
      if (route.object === 'app') {
        const { ref } = params
        return { object: ref === undefined ? appObject(app) : { ...appObject(app), ref }, app }
      }
      if (route.object === 'branch') {
        return { object: { kind: 'branch', slug, visibility, branch: params.branch ?? '' }, app }
      }
      return { object: { kind: 'channel', slug, visibility, channel: params.channel ?? '' }, app }
    }
  }
}

/**
 * Who asks. A token stands for itself: cookies beside it are not looked at. Without one, a session and share links, which
 * browsers send along by themselves, so that what changes something must come from a page of this server.
 * @throws DistError access.unauthenticated, access.too_many_requests, request.cross_site
 */
function actorOf(options: DispatchOptions, route: Route, { request, url, baseUrl, address }: Asked): Actor {
  const { deps } = options
  const authorization = request.headers.get('authorization')
  if (authorization !== null) {
    const actor = authenticateCounted(options, authorization, address)
    if (route.isForm === true) throw new DistError('access.denied', 'Forms are for people: a token signs in nowhere')
    return actor
  }
  if (route.isForm === true) checkSameSite(request, url, baseUrl)
  if (request.headers.get('cookie') === null) return ANONYMOUS
  const way = signInWay(deps.config, baseUrl)
  const cookie = sessionCookie(request, way)
  const session = cookie === undefined ? undefined : authenticateSession(deps, cookie)
  // Their cookies are for the paths of an app: whoever sends one elsewhere has no more by it.
  const grants = route.path.startsWith('/:app') ? shareCookies(request) : []
  const [share, ...more] = grants.flatMap((grant) => authenticateShare(deps, grant) ?? [])
  if (session !== undefined) {
    checkSameSite(request, url, baseUrl)
    return { kind: 'user', session, shares: share === undefined ? [] : [share, ...more] }
  }
  return share === undefined ? ANONYMOUS : { kind: 'share', shares: [share, ...more] }
}

/** What the path names, once the actor may do to it what the route does. @throws DistError what the decision means */
function allowed(
  { deps }: DispatchOptions,
  route: Route,
  actor: Actor,
  params: Readonly<Record<string, string>>,
): Resolved {
  const resolved = resolveObject(route, deps, params)
  authorize(actor, route.action, resolved.object, ABSENT[route.object])
  if (route.stepUp === true) checkConfirmed(actor, deps.clock.now())
  return resolved
}

/** A token that is valid is never held up; of others an address may try so many. */
function authenticateCounted({ deps, limits }: DispatchOptions, authorization: string, address: string): Actor {
  try {
    return authenticate(deps, authorization)
  } catch (error) {
    const waitMs = limits.bearers.take(address)
    throw waitMs > 0 ? tooManyRequests(waitMs) : error
  }
}

/** Requests to the API of who shows nothing are counted. @throws DistError access.too_many_requests */
function countStranger({ limits }: DispatchOptions, route: Route, actor: Actor, address: string): void {
  // By the route: `/%61pi/v1/apps` leads there as well.
  if (!isStranger(actor) || !route.path.startsWith('/api/')) return
  const waitMs = limits.anonymous.take(address)
  if (waitMs > 0) throw tooManyRequests(waitMs)
}

/** The app of a release that is addressed by something unguessable. Reads as much when there is none. */
function objectOf(deps: Deps, release: ReleaseRecord | undefined): Resolved {
  const app = findAppById(deps.store, release?.appId ?? '')
  if (!app) return { object: { kind: 'absent' }, app: undefined }
  return { object: appObject(app), app }
}

/** What a hidden object of a route is told as; the app of its path where it is not named here. */
const ABSENT: Readonly<Partial<Record<Route['object'], ErrorCode>>> = {
  set: 'release.not_found',
  preview: 'preview.not_found',
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
  const address = clientAddress(deps.config, request, peer)
  try {
    url = new URL(request.url)
    checkPath(url.pathname, route.path.split('/').indexOf(':branch') - 1, route.method)
    checkHost(deps.config, url, route.isBytes === true)
    checkQuery(url)
    const baseUrl = baseUrlOf(deps.config, request, url, peer)
    const asked = { request, url, baseUrl, address }
    actor = actorOf(options, route, asked)
    who = principalOf(actor)
    countStranger(options, route, actor, address)
    let { object, app } = allowed(options, route, actor, params)
    if (route.object === 'channel') checkChannelName(params.channel ?? '')
    let body: unknown
    if (route.body !== undefined && !isForHandler(route, request)) {
      body = await parseBody(route.body, request)
      // A body may take its time, and a credential, a role or the last confirmation may have ended in it.
      actor = actorOf(options, route, asked)
      ;({ object, app } = allowed(options, route, actor, params))
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
    response = errorResponse(error, options, { requestId, request, peer, actor, route })
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

interface FailedRequest {
  readonly requestId: string
  readonly request: Request
  readonly peer: Peer
  /** Nobody where the error came before it was known. */
  readonly actor: Actor
  readonly route?: Route
}

/**
 * The answer to any error; unforeseen ones are logged in full and told by request id only. A browser gets a page with
 * the same facts where there are pages, everybody else problem details.
 */
export function errorResponse(
  error: unknown,
  options: DispatchOptions,
  { requestId, request, peer, actor, route }: FailedRequest,
): Response {
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
  const view = { view: 'error', page: errorPage(told, response.status, requestId) } as const
  return new Response(options.render(view, shell), { status: response.status, headers })
}

/** Where a request went, as far as it can be read. */
function addressOf(deps: Deps, request: Request, peer: Peer): { url: URL; baseUrl: string } {
  const url = new URL(request.url)
  return { url, baseUrl: baseUrlOf(deps.config, request, url, peer) }
}
