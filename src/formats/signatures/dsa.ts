import { toHex } from '../../bytes/encoding.ts'
import { bitsOf, integerOf, parseDer, partsOf, SEQUENCE } from './der.ts'

/** Beyond these nobody has keys (FIPS 186-4 §4.2), and the arithmetic would take its time. */
const MAX_PRIME_BITS = 4096
const MAX_ORDER_BITS = 256

/**
 * Whether a DSA signature (FIPS 186-4 §4.7) is over this hash: old Android keys are DSA, which Web Crypto leaves out.
 * Only public numbers are handled, so time does not matter as a secret.
 *
 * @param publicKey `SubjectPublicKeyInfo` in DER
 * @param signature `r` and `s` in DER
 * @throws FormatError, RangeError when key or signature are not what they have to be
 */
export function verifyDsa(publicKey: Uint8Array, signature: Uint8Array, hash: Uint8Array): boolean {
  const [algorithm, key] = partsOf(parseDer(publicKey), SEQUENCE, 'DSA key')
  const parameters = partsOf(partsOf(algorithm, SEQUENCE, 'DSA key')[1], SEQUENCE, 'DSA key')
  const [p, q, g] = [0, 1, 2].map((i) => unsigned(integerOf(parameters[i], 'DSA key'))) as [bigint, bigint, bigint]
  const y = unsigned(integerOf(parseDer(bitsOf(key, 'DSA key')), 'DSA key'))
  const numbers = partsOf(parseDer(signature), SEQUENCE, 'DSA signature')
  const [r, s] = [0, 1].map((i) => unsigned(integerOf(numbers[i], 'DSA signature'))) as [bigint, bigint]
  const orderBits = bitLength(q)
  if (bitLength(p) > MAX_PRIME_BITS || orderBits > MAX_ORDER_BITS || q < 2n || p <= q) return false
  if (r <= 0n || r >= q || s <= 0n || s >= q || g <= 1n || g >= p || y <= 1n || y >= p) return false
  const z = unsigned(hash) >> BigInt(Math.max(hash.byteLength * 8 - orderBits, 0))
  // Fermat: q is prime in every real key, and a forged key only forges signatures of its own.
  const w = power(s, q - 2n, q)
  const v = (power(g, (z * w) % q, p) * power(y, (r * w) % q, p)) % p
  return v % q === r
}

function unsigned(bytes: Uint8Array): bigint {
  return bytes.byteLength === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}

function bitLength(value: bigint): number {
  return value.toString(2).length
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}
