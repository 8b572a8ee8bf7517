/** A block of IP addresses: those whose first `bits` bits are those of `bytes` (RFC 4632, RFC 4291 §2.3). */
export interface IpNetwork {
  /** 4 of IPv4, 16 of IPv6. */
  readonly bytes: Uint8Array
  readonly bits: number
}

/** First bytes of an IPv4 address in the notation of IPv6, as sockets for both tell it (RFC 4291 §2.5.5.2). */
const MAPPED_BYTES = 12

/** No leading zero: some programs read `010` as 8. */
function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return
  return Uint8Array.from(parts, Number)
}

/** Groups between colons; undefined when one is none. */
function groupBytes(text: string, mayEndInIPv4: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const embedded = mayEndInIPv4 && index === groups.length - 1 ? parseIPv4(group) : undefined
    const number = Number.parseInt(group, 16)
    if (embedded !== undefined) bytes.push(...embedded)
    else if (/^[0-9a-f]{1,4}$/i.test(group)) bytes.push(number >> 8, number & 255)
    else return undefined
  }
  return bytes
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const isShort = halves.length === 2
  const head = groupBytes(halves[0]!, !isShort)
  const tail = groupBytes(halves[1] ?? '', true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  if (isShort ? missing < 2 : missing !== 0) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

/** An address as 4 or 16 bytes, an IPv4 one always as 4; a zone (`%eth0`) says nothing about it. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bytes = parseIPv4(text) ?? parseIPv6(text.replace(/%[^/]*$/, ''))
  if (bytes?.length !== 16) return bytes
  const isMapped = bytes.every((byte, at) => at >= MAPPED_BYTES || byte === (at < 10 ? 0 : 255))
  return isMapped ? bytes.subarray(MAPPED_BYTES) : bytes
}

/** Whether a byte string is the same as another for so many bits. */
function agree(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let at = 0; at * 8 < bits; at++) {
    const kept = Math.min(8, bits - at * 8)
    if ((a[at]! ^ b[at]!) >> (8 - kept) !== 0) return false
  }
  return true
}

/**
 * `10.0.0.0/8`, `fd00::/8`, or one address. Undefined for anything else, also for a block whose address has bits beyond
 * its length: `10.1.2.3/8` may be meant as one address or as sixteen million.
 */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [address = '', length, more] = text.split('/')
  const bytes = parseAddress(address)
  if (bytes === undefined || more !== undefined) return undefined
  const all = bytes.length * 8
  if (length === undefined) return { bytes, bits: all }
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > all) return undefined
  const bits = Number(length)
  const first = Uint8Array.from(bytes, (byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - at * 8))))
  return agree(bytes, first, all) ? { bytes, bits } : undefined
}

/** Whether one of the blocks holds the address; text that is no address is in none. */
export function isInNetworks(networks: readonly IpNetwork[], address: string): boolean {
  const bytes = parseAddress(address)
  if (bytes === undefined) return false
  return networks.some((network) => network.bytes.length === bytes.length && agree(network.bytes, bytes, network.bits))
}

/** 127.0.0.0/8 and ::1. */
function isLoopback(bytes: Uint8Array): boolean {
  if (bytes.length === 4) return bytes[0] === 127
  return bytes.every((byte, at) => byte === (at === 15 ? 1 : 0))
}

/**
 * What one customer of the network counts as: an IPv4 address, or the first 64 bits of an IPv6 one, in which everybody has
 * as many addresses as they like. Undefined for this machine itself; text that is no address counts as one.
 */
export function addressKey(address: string): string | undefined {
  const bytes = parseAddress(address)
  if (bytes === undefined) return '?'
  if (isLoopback(bytes)) return undefined
  return bytes.length === 4 ? bytes.join('.') : bytes.subarray(0, 8).join(':')
}
