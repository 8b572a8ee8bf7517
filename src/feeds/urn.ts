/** Crockford's base32, as `model/ids.ts` writes it. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * An id of ours, a prefix and 128 bits, as the IRI of a feed: `ann_01jd3v…` → `urn:uuid:0193463c-…`. It depends on no
 * address, so that an entry stays the same one when the server moves.
 */
export function urnOf(id: string): string {
  let bits = 0n
  for (const digit of id.slice(id.indexOf('_') + 1)) bits = (bits << 5n) | BigInt(DIGITS.indexOf(digit))
  const hex = bits.toString(16).padStart(32, '0')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return `urn:uuid:${parts.join('-')}`
}
