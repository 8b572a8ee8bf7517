import type { DistError } from '../../errors.ts'
import { wantsHtml } from '../page-response.ts'
import type { Route } from '../route.ts'
import { ownPath, signInPath } from './next-path.ts'

/**
 * Where a browser goes instead of being told that it is not signed in, or that the password is wanted once more: there,
 * and back to the page. Undefined for everything else, which is told as it is.
 */
export function detourOf(error: DistError, route: Route | undefined, request: Request): string | undefined {
  if (route === undefined || route.path.startsWith('/api/') || !wantsHtml(request)) return undefined
  const url = new URL(request.url)
  const isPage = route.method === 'GET'
  if (error.code === 'access.unauthenticated' && route.isPersonal === true) {
    return signInPath(isPage ? url.pathname + url.search : formPage(request, url))
  }
  if (error.code === 'access.reauthentication_required' && isPage) {
    const next = ownPath(url.pathname + url.search)
    return `/account/confirm${next === undefined ? '' : `?next=${encodeURIComponent(next)}`}`
  }
  return undefined
}

/** The page that a form was sent from, as far as the browser tells it: what was sent is not there to be asked for again. */
function formPage(request: Request, url: URL): string {
  const referrer = request.headers.get('referer')
  if (referrer === null || !URL.canParse(referrer)) return '/account'
  const from = new URL(referrer)
  return from.host === url.host ? from.pathname + from.search : '/account'
}
