import { cutText } from '../bytes/cut-text.ts'
import type { Config } from '../config.ts'
import type { Peer } from '../deps.ts'
import { DistError } from '../errors.ts'

/** Always answered, so that probes on the machine itself need no public name. */
const PROBES = new Set(['/healthz', '/readyz'])

/**
 * With a public URL only its host is answered: links, scripts and feeds are made of it, and a request for another
 * host is a mistake or an attack. @throws DistError request.misdirected
 */
export function checkHost(config: Config, url: URL): void {
  if (config.publicUrl === undefined || PROBES.has(url.pathname)) return
  const host = url.host
  if (host === new URL(config.publicUrl).host) return
  if (config.downloadUrl !== undefined && host === new URL(config.downloadUrl).host) return
  throw new DistError(
    'request.misdirected',
    `This server does not answer for host ${JSON.stringify(cutText(host, 255))}`,
  )
}

/**
 * Start of absolute URLs in answers: the public URL when there is one; else what the client asked, as told by a
 * trusted proxy or by the request itself.
 */
export function baseUrlOf(config: Config, request: Request, url: URL, peer: Peer): string {
  if (config.publicUrl !== undefined) return config.publicUrl
  if (config.trustedProxies.length > 0 && config.trustedProxies.includes(peer.address)) {
    const proto = request.headers.get('x-forwarded-proto')
    const host = request.headers.get('x-forwarded-host')
    if ((proto === 'http' || proto === 'https') && host !== null && /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host)) {
      return `${proto}://${host}`
    }
    if (proto === 'https') return `https://${url.host}`
  }
  return url.origin
}
