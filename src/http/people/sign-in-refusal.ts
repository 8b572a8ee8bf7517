import { DistError } from '../../errors.ts'
import type { SignInPage, View } from '../../model/view.ts'
import type { RequestContext } from '../context.ts'
import { cookieValues, sessionCookieName } from '../cookies.ts'
import { type SignInWay, signInWay } from './sign-in-way.ts'

type Where = Pick<RequestContext, 'deps' | 'request' | 'baseUrl'>
type Refusal = NonNullable<SignInPage['refusal']>

export function wayOf({ deps, baseUrl }: Where): SignInWay {
  return signInWay(deps.config, baseUrl)
}

/** How the browser of a request can keep a session. @throws DistError access.insecure */
export function openWay(where: Where): Exclude<SignInWay, 'refused'> {
  const way = wayOf(where)
  if (way === 'refused') throw new DistError('access.insecure', undefined, { hint: insecureHint(where) })
  return way
}

/** What only a proxy adds: the browser may well have come over https, and only this server does not know. */
const OF_PROXIES = ['x-forwarded-proto', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via']

function insecureHint({ request }: Where): string {
  if (OF_PROXIES.some((name) => request.headers.has(name))) {
    return (
      'A proxy stands before this server, which was not told of it: set DISTD_PUBLIC_URL to the https address that ' +
      'people use, or DISTD_TRUSTED_PROXIES to the address of the proxy, and open the page over https'
    )
  }
  return (
    'Whoever runs this server puts a proxy with https before it and sets DISTD_PUBLIC_URL or DISTD_TRUSTED_PROXIES, ' +
    'or, in a network to be trusted, DISTD_INSECURE_HTTP=true. On the machine itself it works at http://localhost'
  )
}

/** The page of everything that is for people, where nobody can sign in. */
export function insecureView(where: Where): View {
  const refusal: Refusal = {
    title: 'Signing in is off over plain http',
    text: 'Everybody on the way between your browser and this server could read your password and act as you.',
    hint: insecureHint(where),
    canTryAgain: false,
  }
  return { view: 'sign-in', page: { form: { error: null, hint: null, name: '' }, next: '/', refusal } }
}

/**
 * Why a browser that has just signed in did not send its session back; null when it did. A session that has ended since
 * came back all the same.
 */
export function lostCookie(where: Where): Refusal | null {
  const way = wayOf(where)
  if (way === 'refused') return null
  const name = sessionCookieName(way)
  const sent = cookieValues(where.request, (cookie) => cookie === name).length
  if (sent === 1) return null
  if (sent > 1) {
    return {
      title: 'Your browser sent more than one session',
      text: `Another page of this host set a cookie "${name}" too, and nobody can tell which one is ours.`,
      hint: 'Delete the cookies of this site in your browser, then sign in again',
      canTryAgain: true,
    }
  }
  return {
    title: 'Your browser did not keep the cookie',
    text: 'Name and password were right, but without its cookie nobody stays signed in.',
    hint:
      way === 'secure' ? secureCookieHint(where) : 'Allow cookies for this site in your browser, then sign in again',
    canTryAgain: true,
  }
}

/** Browsers keep a Secure cookie only where they see https themselves; some make no exception for the machine itself. */
function secureCookieHint({ baseUrl }: Where): string {
  if (new URL(baseUrl).protocol === 'https:') {
    return `Open ${baseUrl}/login, with https in the address, and allow cookies for this site in your browser`
  }
  return (
    'Allow cookies for this site. Some browsers keep none over http on the machine itself either: use another one, ' +
    'or set DISTD_INSECURE_HTTP=true'
  )
}
