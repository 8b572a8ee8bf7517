import type { Config } from '../../src/config.ts'

/** Addresses that stand for all of the machine: listened on, but no place to go to. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Host and port of `listen`; brackets of an IPv6 address are not part of the host. */
export function parseListen(listen: string): { hostname: string; port: number } {
  const colon = listen.lastIndexOf(':')
  const hostname = listen.slice(0, colon).replace(/^\[|\]$/g, '')
  return { hostname: hostname === '' ? '0.0.0.0' : hostname, port: Number(listen.slice(colon + 1)) }
}

/**
 * Where a browser finds this server, as far as its settings tell; no slash at the end.
 * @param port that the server got, where it asked for any
 */
export function ownUrl(config: Pick<Config, 'publicUrl' | 'listen'>, port?: number): string {
  if (config.publicUrl !== undefined) return config.publicUrl
  const listen = parseListen(config.listen)
  const { hostname } = listen
  const host = EVERYWHERE.has(hostname) ? 'localhost' : hostname.includes(':') ? `[${hostname}]` : hostname
  return `http://${host}:${port ?? listen.port}`
}
