import type { ShareId } from '../model/ids.ts'
import { DEVICE_DAYS } from '../people/devices.ts'
import type { SignInWay } from './people/sign-in-way.ts'

/** Cookies that a request may carry before the rest is not looked at: a browser sends some dozens at most. */
const MAX_COOKIES = 100

/** Values of the cookies of these names, in the order in which they were sent. RFC 6265 §5.4. */
export function cookieValues(request: Request, isWanted: (name: string) => boolean): string[] {
  const header = request.headers.get('cookie')
  if (header === null) return []
  const values: string[] = []
  for (const pair of header.split(';', MAX_COOKIES)) {
    // One space and no more: to browsers `__Host-` behind any other character that trimming takes away is no prefix.
    const [start, at] = [pair.startsWith(' ') ? 1 : 0, pair.indexOf('=')]
    if (at > start && isWanted(pair.slice(start, at))) values.push(pair.slice(at + 1))
  }
  return values
}

/** A cookie that scripts cannot read. `__Host-` keeps it from being set by any other host, also a sibling. */
interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly sameSite: 'Strict' | 'Lax'
  readonly isSecure: boolean
  /** Seconds; 0 removes it. Absent: until the browser is closed. */
  readonly maxAge?: number
}

export function setCookie({ name, value, path, sameSite, isSecure, maxAge }: Cookie): string {
  const parts = [`${name}=${value}`, `Path=${path}`, 'HttpOnly', `SameSite=${sameSite}`]
  if (isSecure) parts.push('Secure')
  if (maxAge !== undefined) parts.push(`Max-Age=${maxAge}`)
  return parts.join('; ')
}

/** The name of the session cookie: `dist` alone where browsers take no `__Host-` one. */
export function sessionCookieName(way: Exclude<SignInWay, 'refused'>): string {
  return way === 'secure' ? '__Host-dist' : 'dist'
}

/** The cookie by which a browser that signed in before is told from strangers who guess. */
function deviceCookieName(way: Exclude<SignInWay, 'refused'>): string {
  return `${sessionCookieName(way)}-device`
}

const DAY_SECONDS = 86_400

/**
 * The value of the session cookie that was set in this way, and only that: another host can toss a `dist` at us, but no
 * `__Host-dist`. Two of one name is one too many: nobody can tell whose each is.
 */
export function sessionCookie(request: Request, way: SignInWay): string | undefined {
  return way === 'refused' ? undefined : onlyValue(request, sessionCookieName(way))
}

/** The value of the device cookie, by the same rules. */
export function deviceCookie(request: Request, way: SignInWay): string | undefined {
  return way === 'refused' ? undefined : onlyValue(request, deviceCookieName(way))
}

function onlyValue(request: Request, name: string): string | undefined {
  const values = cookieValues(request, (sent) => sent === name)
  return values.length === 1 ? values[0] : undefined
}

/** What a browser keeps of signing in. @param device absent: it keeps the one that it has */
export function signedInCookies(
  way: Exclude<SignInWay, 'refused'>,
  { secret, device }: { readonly secret: string; readonly device?: string },
): string[] {
  const isSecure = way === 'secure'
  const common = { path: '/', sameSite: 'Strict', isSecure } as const
  const session = setCookie({ name: sessionCookieName(way), value: secret, ...common })
  if (device === undefined) return [session]
  return [
    session,
    setCookie({ name: deviceCookieName(way), value: device, maxAge: DEVICE_DAYS * DAY_SECONDS, ...common }),
  ]
}

/** Removes the session cookie of a browser; that it is known stays. */
export function signedOutCookies(way: SignInWay): string[] {
  if (way === 'refused') return []
  const isSecure = way === 'secure'
  return [setCookie({ name: sessionCookieName(way), value: '', path: '/', sameSite: 'Strict', isSecure, maxAge: 0 })]
}

/** Of share links there is one cookie each, for the paths of its app. */
const SHARE_COOKIE = /^(?:__Secure-)?dist-share-[0-9a-z]{26}$/

export function shareCookieName(id: ShareId, isSecure: boolean): string {
  return `${isSecure ? '__Secure-' : ''}dist-share-${id.slice(id.indexOf('_') + 1)}`
}

/**
 * Share links at once that are looked at, at 10 µs each for the signature. A browser keeps those of an app until they
 * expire, the revoked ones too, and one that is opened again stays in its place.
 */
const MAX_SHARES = 32

export function shareCookies(request: Request): string[] {
  // Browsers send the oldest first: a link that was just given is among the last.
  return cookieValues(request, (name) => SHARE_COOKIE.test(name)).slice(-MAX_SHARES)
}
