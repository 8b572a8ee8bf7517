import type { Config } from '../../config.ts'
import { isLoopbackHost } from '../../model/loopback.ts'

/**
 * How people can sign in over the connection of a request: `secure` over https and on this machine, where browsers keep
 * cookies to themselves; `insecure` over plain http where the operator allowed it; else `refused`.
 */
export type SignInWay = 'secure' | 'insecure' | 'refused'

/** @param baseUrl as the browser has it, see base-url.ts */
export function signInWay(config: Pick<Config, 'insecureHttp'>, baseUrl: string): SignInWay {
  const { protocol, hostname } = new URL(baseUrl)
  if (protocol === 'https:') return 'secure'
  if (config.insecureHttp) return 'insecure'
  // Browsers trust these like https, because nothing leaves the machine (W3C Secure Contexts §3.1).
  return isLoopbackHost(hostname) ? 'secure' : 'refused'
}
