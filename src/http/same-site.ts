import { DistError } from '../errors.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what a page of another site makes a browser send with the cookies of this one. Browsers say where a request
 * comes from (Fetch Metadata); over plain http they do not, and then the host of Origin must be this one. A request that
 * says neither does not come from a browser of this decade, and needs a token instead of a cookie.
 * @throws DistError request.cross_site
 */
export function checkSameSite(request: Request, url: URL, baseUrl: string): void {
  if (SAFE.has(request.method)) return
  const site = request.headers.get('sec-fetch-site')
  if (site !== null) {
    if (site === 'same-origin' || site === 'none') return
    throw new DistError('request.cross_site')
  }
  const origin = request.headers.get('origin')
  if (origin !== null && URL.canParse(origin)) {
    const { host } = new URL(origin)
    if (host !== '' && (host === url.host || host === new URL(baseUrl).host)) return
  }
  throw new DistError('request.cross_site')
}
