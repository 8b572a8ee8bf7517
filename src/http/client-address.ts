import type { Config } from '../config.ts'
import type { Peer } from '../deps.ts'
import { type IpNetwork, isInNetworks, parseAddress, parseIpNetwork } from '../model/ip-network.ts'

/** The text of a configuration never changes while it is used. */
const networks = new WeakMap<Config['trustedProxies'], readonly IpNetwork[]>()

export function isTrustedProxy({ trustedProxies }: Pick<Config, 'trustedProxies'>, address: string): boolean {
  if (trustedProxies.length === 0) return false
  let blocks = networks.get(trustedProxies)
  if (blocks === undefined) {
    blocks = trustedProxies.map((text) => parseIpNetwork(text)!)
    networks.set(trustedProxies, blocks)
  }
  return isInNetworks(blocks, address)
}

/** The end of X-Forwarded-For that is looked at: more proxies of one's own nobody has. UTF-16 units. */
const MAX_FORWARDED = 1000

/** An address of X-Forwarded-For as text without port, brackets and zone; undefined when it is none. */
function forwardedAddress(text: string): string | undefined {
  const host = /^\s*(?:\[([^\]]{2,45})\](?::\d{1,5})?|([\d.]{7,15}):\d{1,5}|([^\s[\]]{2,45}))\s*$/.exec(text)
  const address = host?.[1] ?? host?.[2] ?? host?.[3]?.replace(/%.*$/, '')
  return address !== undefined && parseAddress(address) !== undefined ? address : undefined
}

/**
 * Who is at the other end: the peer, or what a chain of trusted proxies says. Each of them appends whom it got the request
 * from, so the list is read from its end as far as trusted ones wrote it; what stands before is anybody's claim.
 */
export function clientAddress(config: Pick<Config, 'trustedProxies'>, request: Request, peer: Peer): string {
  let address = peer.address
  if (!isTrustedProxy(config, address)) return address
  const forwarded = request.headers.get('x-forwarded-for')
  if (forwarded === null) return address
  const texts = forwarded.slice(-MAX_FORWARDED).split(',')
  // The first may be the rest of another address.
  if (forwarded.length > MAX_FORWARDED) texts.shift()
  for (const text of texts.reverse()) {
    const before = forwardedAddress(text)
    if (before === undefined) return address
    address = before
    if (!isTrustedProxy(config, address)) return address
  }
  return address
}
