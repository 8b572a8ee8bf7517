/** Methods of the product. Others end at the adapter, where runtimes differ in what they make of them. */
export const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export const ALLOW = [...METHODS].join(', ')

/** `host [":" port]` of RFC 3986 without user information: a registered name, an IPv4 or a bracketed IPv6 address. */
const AUTHORITY = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/

export function isAuthority(text: string): boolean {
  // Ports above 65535 and numbers that are no IPv4 address have the shape, and no URL can be made of them.
  return text.length <= 261 && AUTHORITY.test(text) && URL.canParse(`http://${text}`)
}

/** Why a request is refused before the product sees it; the connection is closed after the answer. */
export interface Refusal {
  readonly status: 400 | 405 | 417 | 505
  readonly reason: string
}

/** The address of a socket's other end, with IPv4 in its own notation also on a dual-stack socket. */
export function peerAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/**
 * What can still be checked where the runtime has already built a Request (Bun, Deno).
 * Node checks more, and earlier: see adapters/node/request-head.ts.
 */
export function refusalOf(request: Request): Refusal | undefined {
  if (!METHODS.has(request.method)) return { status: 405, reason: 'method' }
  const { headers } = request
  const host = headers.get('host')
  if (host === null || !isAuthority(host)) return { status: 400, reason: 'host' }
  const transfer = headers.get('transfer-encoding')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead && (transfer !== null || (headers.get('content-length') ?? '0') !== '0'))
    return { status: 400, reason: 'body' }
  if (transfer !== null && transfer.toLowerCase() !== 'chunked') return { status: 400, reason: 'transfer-encoding' }
  const expect = headers.get('expect')
  if (expect !== null && expect.toLowerCase() !== '100-continue') return { status: 417, reason: 'expectation' }
  if (hasForeignUpgrade(headers.get('upgrade'))) return { status: 400, reason: 'upgrade' }
  return undefined
}

/** Clients that offer HTTP/2 in clear text (Java's, by default) are answered in HTTP/1.1; nothing else is spoken here. */
export function hasForeignUpgrade(upgrade: string | null | undefined): boolean {
  return upgrade != null && upgrade.trim().toLowerCase() !== 'h2c'
}

export function refuse(refusal: Refusal): Response {
  const headers = new Headers({ connection: 'close', 'content-length': '0' })
  if (refusal.status === 405) headers.set('allow', ALLOW)
  return new Response(null, { status: refusal.status, headers })
}
