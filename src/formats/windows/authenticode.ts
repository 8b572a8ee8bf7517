import { toHex } from '../../bytes/encoding.ts'
import { FormatError, isAboutBytes } from '../format-error.ts'
import {
  CONTENT_TYPE,
  parseSignedData,
  parseSigner,
  type SignedData,
  type Signer,
  signingTime,
  verifySignerOf,
} from '../signatures/cms.ts'
import { childrenOf, objectIdentifier, octetsOf, partsOf, SEQUENCE } from '../signatures/der.ts'
import { MICROSOFT_TIMESTAMP_TOKEN, timestampOf } from '../signatures/timestamp.ts'
import { type HashName, hashAlgorithm, type Verdict } from '../signatures/verify-signature.ts'

/**
 * Signatures of programs, installers and packages for Windows (Microsoft "Windows Authenticode Portable Executable
 * Signature Format"): PKCS #7 over a small structure with the digest of the file.
 */
export interface AuthenticodeSignature {
  readonly signer: Signer
  readonly signed: SignedData
  /** Undefined for hashes that are not verified here, such as MD5. */
  readonly hash: HashName | undefined
  /** What the file's digest has to be; for MSIX packages a list of digests. */
  readonly digest: Uint8Array
}

/** `SPC_INDIRECT_DATA_OBJID` */
const INDIRECT_DATA = '1.3.6.1.4.1.311.2.1.4'
/** Another signature within the unsigned attributes, with a newer hash for newer systems. */
const NESTED_SIGNATURE = '1.3.6.1.4.1.311.2.4.1'
/** A signature over the signature with the time (PKCS #9): how timestamps were made before RFC 3161. */
const COUNTER_SIGNATURE = '1.2.840.113549.1.9.6'
/** Real files have one or two. */
const MAX_SIGNATURES = 16

/**
 * One PKCS #7 signature. Signatures nested in it are found with {@link nestedSignatures}.
 *
 * @throws FormatError, FormatLimitError, RangeError when cut off
 */
export function parseAuthenticode(bytes: Uint8Array): AuthenticodeSignature {
  const signed = parseSignedData(bytes)
  const { contentType, content, signers } = signed
  if (contentType !== INDIRECT_DATA || content === undefined)
    throw new FormatError('Cannot read Authenticode signature: it is not about a file')
  if (signers.length !== 1) throw new FormatError('Cannot read Authenticode signature: it needs exactly one signer')
  const [, digestInfo] = childrenOf({ tagClass: 0, tag: SEQUENCE, constructed: true, content, encoded: content })
  const [algorithm, digest] = partsOf(digestInfo, SEQUENCE, 'Authenticode signature')
  if (digest === undefined) throw new FormatError('Cannot read Authenticode signature: it has no digest')
  return { signer: signers[0]!, signed, hash: hashAlgorithm(algorithm), digest: octetsOf(digest) }
}

/** Encodings of the signatures that are nested in this one; those in them are not looked at. */
export function nestedSignatures(signature: AuthenticodeSignature): Uint8Array[] {
  const values = signature.signer.unsignedAttributes.get(NESTED_SIGNATURE) ?? []
  return values.slice(0, MAX_SIGNATURES).map((value) => value.encoded)
}

/**
 * Whether the signer signed a file of this digest.
 *
 * @param isFileDigest whether the digest is that of the file
 * @throws FormatError, RangeError when key or attributes are not what they have to be
 */
export async function verifyAuthenticode(
  signature: AuthenticodeSignature,
  isFileDigest: (hash: HashName, digest: Uint8Array) => boolean,
): Promise<Verdict> {
  const { signer, signed, hash, digest } = signature
  const type = signer.signedAttributes?.get(CONTENT_TYPE)
  // Without this, the signature of something else could be passed off as one of a file.
  if (signer.signedAttributes !== undefined && (type === undefined || objectIdentifier(type, 'CMS') !== INDIRECT_DATA))
    return 'invalid'
  if (hash === undefined || signed.content === undefined) return 'unsupported'
  if (!isFileDigest(hash, digest)) return 'invalid'
  return verifySignerOf(signer, signed.content)
}

/** What a signature tells about when it was made. */
export interface AuthenticodeTimestamp {
  /** Whether there is any, in a form that is known. */
  readonly isPresent: boolean
  /** Absent when the timestamp is over something else, or cannot be verified. Nothing is said about trust in it. */
  readonly time: Date | undefined
}

/** The timestamp by RFC 3161, else the older one by PKCS #9. */
export async function authenticodeTimestamp(signature: AuthenticodeSignature): Promise<AuthenticodeTimestamp> {
  const { signer } = signature
  const isPresent =
    signer.unsignedAttributes.has(MICROSOFT_TIMESTAMP_TOKEN) || signer.unsignedAttributes.has(COUNTER_SIGNATURE)
  const time = (await timestampOf(signer, MICROSOFT_TIMESTAMP_TOKEN)) ?? (await counterSignatureTime(signature))
  return { isPresent, time }
}

async function counterSignatureTime({ signer, signed }: AuthenticodeSignature): Promise<Date | undefined> {
  const [node] = signer.unsignedAttributes.get(COUNTER_SIGNATURE) ?? []
  if (node === undefined) return undefined
  try {
    const counter = parseSigner(node, signed.certificates)
    return (await verifySignerOf(counter, signer.signature)) === 'valid' ? signingTime(counter) : undefined
  } catch (error) {
    // It is an addition to a signature that stands without it.
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

export function isSameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return toHex(a) === toHex(b)
}
