import { FormatError, isAboutBytes } from '../format-error.ts'
import {
  bitsOf,
  childrenOf,
  type DerNode,
  integerOf,
  isContext,
  objectIdentifier,
  parseDer,
  partsOf,
  SEQUENCE,
} from './der.ts'
import { verifyDsa } from './dsa.ts'

/** Hash names of Web Crypto. */
export type HashName = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'

/** How a signature was made. */
export interface SignatureAlgorithm {
  readonly kind: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'dsa' | 'ed25519'
  /** Absent for Ed25519, which has its own. */
  readonly hash?: HashName
  /** Bytes of salt, for `rsa-pss`. */
  readonly saltBytes?: number
}

/** `unsupported`: the runtime or we know no way to tell, as with MD5, SHA-224 and rare curves. */
export type Verdict = 'valid' | 'invalid' | 'unsupported'

const HASHES: Readonly<Record<string, HashName>> = {
  '1.3.14.3.2.26': 'SHA-1',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}

const RSA = '1.2.840.113549.1.1.1'
const RSA_PSS = '1.2.840.113549.1.1.10'
const EC_KEY = '1.2.840.10045.2.1'
const DSA = '1.2.840.10040.4.1'
const ED25519 = '1.3.101.112'

const RSA_WITH: Readonly<Record<string, HashName>> = {
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.3.14.3.2.29': 'SHA-1',
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
}
const ECDSA_WITH: Readonly<Record<string, HashName>> = {
  '1.2.840.10045.4.1': 'SHA-1',
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
}

const DSA_WITH: Readonly<Record<string, HashName>> = {
  '1.2.840.10040.4.3': 'SHA-1',
  '2.16.840.1.101.3.4.3.2': 'SHA-256',
}

/** Curve names of Web Crypto with the bytes of one coordinate. */
const CURVES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', bytes: 32 },
  '1.3.132.0.34': { name: 'P-384', bytes: 48 },
  '1.3.132.0.35': { name: 'P-521', bytes: 66 },
}

/** The hash that an `AlgorithmIdentifier` names; undefined for one that Web Crypto does not have. @throws FormatError */
export function hashAlgorithm(node: DerNode | undefined): HashName | undefined {
  return HASHES[objectIdentifier(partsOf(node, SEQUENCE, 'hash algorithm')[0], 'hash algorithm')]
}

/**
 * The algorithm that an `AlgorithmIdentifier` names. Names of a bare key type, as signatures in CMS have them, take
 * `hash`. Undefined for what cannot be verified here. @throws FormatError
 */
export function signatureAlgorithm(node: DerNode | undefined, hash?: HashName): SignatureAlgorithm | undefined {
  const [identifier, parameters] = partsOf(node, SEQUENCE, 'signature algorithm')
  const oid = objectIdentifier(identifier, 'signature algorithm')
  const rsa = RSA_WITH[oid] ?? (oid === RSA ? hash : undefined)
  if (rsa !== undefined) return { kind: 'rsa-pkcs1', hash: rsa }
  const ecdsa = ECDSA_WITH[oid] ?? (oid === EC_KEY ? hash : undefined)
  if (ecdsa !== undefined) return { kind: 'ecdsa', hash: ecdsa }
  const dsa = DSA_WITH[oid] ?? (oid === DSA ? hash : undefined)
  if (dsa !== undefined) return { kind: 'dsa', hash: dsa }
  if (oid === ED25519) return { kind: 'ed25519' }
  return oid === RSA_PSS ? pssAlgorithm(parameters) : undefined
}

/** `RSASSA-PSS-params` (RFC 4055 §3.1): [0] hash, SHA-1 when absent; [2] bytes of salt, 20 when absent. */
function pssAlgorithm(parameters: DerNode | undefined): SignatureAlgorithm | undefined {
  const fields = parameters === undefined ? [] : partsOf(parameters, SEQUENCE, 'signature algorithm')
  const hashField = fields.find((field) => isContext(field, 0))
  const saltField = fields.find((field) => isContext(field, 2))
  const hash = hashField === undefined ? 'SHA-1' : hashAlgorithm(childrenOf(hashField)[0])
  if (hash === undefined) return undefined
  const salt = saltField === undefined ? [20] : integerOf(childrenOf(saltField)[0], 'signature algorithm')
  if (salt.length > 2) throw new FormatError('Cannot read signature algorithm: its salt is too long')
  return { kind: 'rsa-pss', hash, saltBytes: [...salt].reduce((sum, byte) => sum * 256 + byte, 0) }
}

/**
 * Whether the owner of a key made this signature over `data`.
 *
 * @param publicKey `SubjectPublicKeyInfo` in DER
 * @param signature of ECDSA and DSA in DER, of the others as it is
 * @throws FormatError, RangeError when the key is not what it has to be
 */
export async function verifySignature(
  algorithm: SignatureAlgorithm | undefined,
  publicKey: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<Verdict> {
  if (algorithm === undefined) return 'unsupported'
  const key = keyOf(publicKey)
  if (algorithm.kind.startsWith('rsa') !== key.isRsa && !(algorithm.kind === 'rsa-pss' && key.oid === RSA_PSS))
    return 'invalid'
  const hash = algorithm.hash ?? 'SHA-512'
  if (algorithm.kind === 'rsa-pkcs1')
    return check({ name: 'RSASSA-PKCS1-v1_5', hash }, { name: 'RSASSA-PKCS1-v1_5' }, publicKey, signature, data)
  if (algorithm.kind === 'rsa-pss')
    return check(
      { name: 'RSA-PSS', hash },
      { name: 'RSA-PSS', saltLength: algorithm.saltBytes ?? 20 },
      publicKey,
      signature,
      data,
    )
  if (algorithm.kind === 'ed25519')
    return key.oid === ED25519 ? check({ name: 'Ed25519' }, { name: 'Ed25519' }, publicKey, signature, data) : 'invalid'
  if (algorithm.kind === 'dsa') {
    if (key.oid !== DSA) return 'invalid'
    const digest = await crypto.subtle.digest(hash, Uint8Array.from(data))
    return verifyDsa(publicKey, signature, new Uint8Array(digest)) ? 'valid' : 'invalid'
  }
  if (key.oid !== EC_KEY) return 'invalid'
  const curve = CURVES[key.curve ?? '']
  if (curve === undefined) return 'unsupported'
  const raw = rawEcdsa(signature, curve.bytes)
  if (raw === undefined) return 'invalid'
  return check({ name: 'ECDSA', namedCurve: curve.name }, { name: 'ECDSA', hash }, publicKey, raw, data)
}

async function check(
  keyAlgorithm: RsaHashedImportParams | EcKeyImportParams | Algorithm,
  algorithm: AlgorithmIdentifier | RsaPssParams | EcdsaParams,
  publicKey: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<Verdict> {
  try {
    const key = await crypto.subtle.importKey('spki', Uint8Array.from(publicKey), keyAlgorithm, false, ['verify'])
    const isValid = await crypto.subtle.verify(algorithm, key, Uint8Array.from(signature), Uint8Array.from(data))
    return isValid ? 'valid' : 'invalid'
  } catch {
    // The key was read before: what is left are curves and sizes that this runtime does not take, or points off the
    // curve. Deno finds them only when the key is used, and for a malformed RSA key throws an Error of no kind.
    return 'unsupported'
  }
}

function keyOf(publicKey: Uint8Array): { oid: string; curve: string | undefined; isRsa: boolean } {
  const [algorithm, bits] = partsOf(parseDer(publicKey), SEQUENCE, 'public key')
  bitsOf(bits, 'public key')
  const [identifier, parameters] = partsOf(algorithm, SEQUENCE, 'public key')
  const oid = objectIdentifier(identifier, 'public key')
  // A curve given by its numbers instead of its name is not taken by anybody.
  const curve = oid === EC_KEY && parameters?.tag === 6 ? objectIdentifier(parameters, 'public key') : undefined
  return { oid, curve, isRsa: oid === RSA }
}

/** `r` and `s` side by side, as Web Crypto wants them; undefined when they are no numbers of the curve. */
function rawEcdsa(signature: Uint8Array, bytes: number): Uint8Array | undefined {
  const raw = new Uint8Array(bytes * 2)
  try {
    const numbers = partsOf(parseDer(signature), SEQUENCE, 'signature')
    if (numbers.length !== 2) return undefined
    for (const [i, number] of numbers.entries()) {
      const value = integerOf(number, 'signature')
      const start = value.findIndex((byte) => byte !== 0)
      const significant = start < 0 ? new Uint8Array(0) : value.subarray(start)
      if (significant.byteLength > bytes || (value[0]! & 0x80) !== 0) return undefined
      raw.set(significant, bytes * (i + 1) - significant.byteLength)
    }
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
  return raw
}
