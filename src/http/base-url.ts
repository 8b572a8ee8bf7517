import { cutText } from '../bytes/cut-text.ts'
import type { Config } from '../config.ts'
import type { Peer } from '../deps.ts'
import { DistError } from '../errors.ts'
import { isTrustedProxy } from './client-address.ts'

/** Host of each URL of a configuration: a handful of texts, read for every request. */
const hosts = new Map<string, string>()

function hostOf(url: string): string {
  let host = hosts.get(url)
  if (host === undefined) {
    host = new URL(url).host
    hosts.set(url, host)
  }
  return host
}

/** Always answered, so that probes on the machine itself need no public name. */
const PROBES = new Set(['/healthz', '/readyz'])

function isOfBytes({ downloadUrl }: Config, host: string): boolean {
  return downloadUrl !== undefined && host === hostOf(downloadUrl)
}

/** Whether a page, which loads its stylesheet from its own host, can be shown there. */
export function answersPages(config: Config, host: string): boolean {
  if (isOfBytes(config, host)) return false
  return config.publicUrl === undefined || host === hostOf(config.publicUrl)
}

/**
 * With a public URL only its host is answered: links, scripts and feeds are made of it, and a request for another
 * host is a mistake or an attack. The host of the download URL answers bytes and nothing else.
 * @throws DistError request.misdirected
 */
export function checkHost(config: Config, url: URL, isBytes: boolean): void {
  if (PROBES.has(url.pathname)) return
  const host = url.host
  if (isOfBytes(config, host) ? isBytes : answersPages(config, host)) return
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
  if (isTrustedProxy(config, peer.address)) {
    const proto = request.headers.get('x-forwarded-proto')
    const host = request.headers.get('x-forwarded-host')
    if ((proto === 'http' || proto === 'https') && host !== null) {
      const origin = originOf(proto, host)
      if (origin !== undefined) return origin
    }
    if (proto === 'https') return `https://${url.host}`
  }
  return url.origin
}

/** Proxies that only add to the header pass on what anybody claims: a host that is none is as good as not named. */
function originOf(proto: 'http' | 'https', host: string): string | undefined {
  const text = `${proto}://${host}`
  return /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) && URL.canParse(text) ? new URL(text).origin : undefined
}

/** What links to files begin with on pages: nothing where they can be relative, right also behind a proxy that nobody told the server of. */
export function bytesPrefix({ bytesUrl, baseUrl }: { readonly bytesUrl: string; readonly baseUrl: string }): string {
  return bytesUrl === baseUrl ? '' : bytesUrl
}
