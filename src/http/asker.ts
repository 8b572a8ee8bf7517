import { type Actor, ANONYMOUS } from '../access/actor.ts'
import { type FileGrant, readGrant } from '../access/grants.ts'
import { type Limits, tooManyRequests } from '../access/limiter.ts'
import { isStranger } from '../access/policy.ts'
import { authenticateSession } from '../access/sessions.ts'
import { authenticateShare } from '../access/shares.ts'
import { authenticate } from '../access/tokens.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { sessionCookie, shareCookies } from './cookies.ts'
import { signInWay } from './people/sign-in-way.ts'
import { lastSegment } from './resolve-object.ts'
import type { Route } from './route.ts'
import { checkSameSite } from './same-site.ts'

interface AskerOptions {
  readonly deps: Deps
  readonly limits: Limits
}

/** A request, and where it came from and went to. */
export interface Asked {
  readonly request: Request
  readonly url: URL
  /** Decoded parameters of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly baseUrl: string
  /** Of the client, see client-address.ts. */
  readonly address: string
}

/**
 * Who asks. A token stands for itself: cookies beside it are not looked at. Without one, a session and share links, which
 * browsers send along by themselves, so that what changes something must come from a page of this server. A grant of the
 * file that is asked for stands for itself too; one that opens nothing here is as if it were not there.
 * @throws DistError access.unauthenticated, access.too_many_requests, request.cross_site
 */
export function actorOf(options: AskerOptions, route: Route, asked: Asked): Actor {
  const { deps } = options
  const { request, url, baseUrl, address } = asked
  const authorization = request.headers.get('authorization')
  if (authorization !== null) {
    const actor = authenticateCounted(options, authorization, address)
    if (route.isForm === true) throw new DistError('access.denied', 'Forms are for people: a token signs in nowhere')
    return actor
  }
  if (route.isForm === true) checkSameSite(request, url, baseUrl)
  const grant = grantOf(deps, route, asked)
  if (grant !== undefined) return { kind: 'grant', grant }
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

/** The grant that came in the address, when it is of this very file. */
function grantOf(deps: Deps, route: Route, { url, params }: Asked): FileGrant | undefined {
  if (route.takesGrant !== true || url.search === '') return undefined
  const [text, ...more] = url.searchParams.getAll('grant')
  if (text === undefined || more.length > 0) return undefined
  const grant = readGrant(deps, text, lastSegment(route, params), url.searchParams.get('file'))
  return grant?.slug === params.app && grant?.ref === params.ref ? grant : undefined
}

/** A token that is valid is never held up; of others an address may try so many. */
function authenticateCounted({ deps, limits }: AskerOptions, authorization: string, address: string): Actor {
  try {
    return authenticate(deps, authorization)
  } catch (error) {
    const waitMs = limits.bearers.take(address)
    throw waitMs > 0 ? tooManyRequests(waitMs) : error
  }
}

/** Requests to the API of who shows nothing are counted. @throws DistError access.too_many_requests */
export function countStranger({ limits }: AskerOptions, route: Route, actor: Actor, address: string): void {
  // By the route: `/%61pi/v1/apps` leads there as well.
  if (!isStranger(actor) || !route.path.startsWith('/api/')) return
  const waitMs = limits.anonymous.take(address)
  if (waitMs > 0) throw tooManyRequests(waitMs)
}
