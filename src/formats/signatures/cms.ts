import { concat } from '../../bytes/concat.ts'
import { toHex } from '../../bytes/encoding.ts'
import { FormatError, isAboutBytes } from '../format-error.ts'
import {
  childrenOf,
  type DerNode,
  isContext,
  isUniversal,
  OCTET_STRING,
  objectIdentifier,
  octetsOf,
  parseDer,
  partsOf,
  SEQUENCE,
  SET,
  timeOf,
} from './der.ts'
import { type HashName, hashAlgorithm, signatureAlgorithm, type Verdict, verifySignature } from './verify-signature.ts'
import { type Certificate, certificateOf, distinguishedName } from './x509.ts'

/** Signed data of the Cryptographic Message Syntax (RFC 5652, and PKCS #7 before it), in BER or DER. */
export interface SignedData {
  /** Object identifier of the content, e.g. `1.2.840.113549.1.7.1` for plain data. */
  readonly contentType: string
  /** The octets that are signed; undefined when they lie elsewhere ("detached"). */
  readonly content: Uint8Array | undefined
  /** Those that can be read, in the order of the file, which means nothing. */
  readonly certificates: readonly Certificate[]
  readonly signers: readonly Signer[]
}

export interface Signer {
  /** The one that the signer names by issuer and serial number or by key; undefined when it is not enclosed. */
  readonly certificate: Certificate | undefined
  /** Undefined for hashes that are not verified here, such as MD5. */
  readonly hash: HashName | undefined
  readonly signatureAlgorithm: DerNode
  readonly signature: Uint8Array
  /** First value by object identifier; undefined when the signature is over the content itself. */
  readonly signedAttributes: ReadonlyMap<string, DerNode> | undefined
  /** Values by object identifier. */
  readonly unsignedAttributes: ReadonlyMap<string, readonly DerNode[]>
  /** What the signature is over when there are signed attributes: their encoding as a SET. */
  readonly signedAttributesDer: Uint8Array | undefined
}

export const CONTENT_TYPE = '1.2.840.113549.1.9.3'
export const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
export const SIGNING_TIME = '1.2.840.113549.1.9.5'
const SIGNED_DATA = '1.2.840.113549.1.7.2'
const MAX_SIGNERS = 16
const MAX_CERTIFICATES = 64

/** @throws FormatError, FormatLimitError, RangeError when cut off */
export function parseSignedData(bytes: Uint8Array): SignedData {
  const [type, wrapped] = partsOf(parseDer(bytes), SEQUENCE, 'CMS')
  if (objectIdentifier(type, 'CMS') !== SIGNED_DATA || !isContext(wrapped, 0))
    throw new FormatError('Cannot read CMS: it holds no signed data')
  const parts = partsOf(childrenOf(wrapped)[0], SEQUENCE, 'CMS')
  const encapsulated = partsOf(parts[2], SEQUENCE, 'CMS')
  const contentNode = isContext(encapsulated[1], 0) ? childrenOf(encapsulated[1])[0] : undefined
  const certificateSet = parts.slice(3).find((part) => isContext(part, 0))
  const certificates = certificateSet === undefined ? [] : readableCertificates(childrenOf(certificateSet))
  const signerNodes = partsOf(parts.at(-1), SET, 'signers of CMS')
  if (signerNodes.length > MAX_SIGNERS) throw new FormatError('Cannot read CMS: it has too many signers')
  return {
    contentType: objectIdentifier(encapsulated[0], 'CMS'),
    // PKCS #7 wraps other types as they are: signed is what lies in them, without tag and length.
    content: contentNode && (isOctets(contentNode) ? octetsOf(contentNode) : contentNode.content),
    certificates,
    signers: signerNodes.map((node) => parseSigner(node, certificates)),
  }
}

function isOctets(node: DerNode): boolean {
  return isUniversal(node, OCTET_STRING)
}

/** One unreadable certificate of a chain does not make the signature unreadable. */
function readableCertificates(nodes: readonly DerNode[]): Certificate[] {
  return nodes.slice(0, MAX_CERTIFICATES).flatMap((node) => {
    if (!isUniversal(node, SEQUENCE)) return []
    try {
      return [certificateOf(node)]
    } catch (error) {
      if (isAboutBytes(error)) return []
      throw error
    }
  })
}

/** `SignerInfo` (RFC 5652 §5.3). @throws FormatError, RangeError */
export function parseSigner(node: DerNode, certificates: readonly Certificate[]): Signer {
  const parts = partsOf(node, SEQUENCE, 'signer of CMS')
  const [, identifier, digestAlgorithm] = parts
  const signed = isContext(parts[3], 0) ? parts[3] : undefined
  const [algorithm, signature, unsigned] = parts.slice(signed === undefined ? 3 : 4)
  if (algorithm === undefined || !isUniversal(signature, OCTET_STRING))
    throw new FormatError('Cannot read signer of CMS: it has no signature')
  return {
    certificate: certificates.find(isNamedBy(identifier)),
    hash: hashAlgorithm(digestAlgorithm),
    signatureAlgorithm: algorithm,
    signature: octetsOf(signature),
    signedAttributes:
      signed &&
      new Map([...attributesOf(signed)].flatMap(([oid, [first]]) => (first === undefined ? [] : [[oid, first]]))),
    unsignedAttributes: isContext(unsigned, 1) ? attributesOf(unsigned) : new Map(),
    signedAttributesDer: signed && setOf(signed.content),
  }
}

function isNamedBy(identifier: DerNode | undefined): (certificate: Certificate) => boolean {
  if (isContext(identifier, 0)) {
    const keyId = toHex(octetsOf(identifier))
    return (certificate) => certificate.keyIdHex === keyId
  }
  const [issuer, serial] = partsOf(identifier, SEQUENCE, 'signer of CMS')
  if (issuer === undefined || serial === undefined)
    throw new FormatError('Cannot read signer of CMS: it names no certificate')
  // By its text: some tools write the same name with other string types than the certificate has.
  const name = distinguishedName(issuer)
  const serialHex = toHex(serial.content)
  return (certificate) => certificate.serialHex === serialHex && certificate.issuer === name
}

function attributesOf(set: DerNode): Map<string, readonly DerNode[]> {
  const attributes = new Map<string, readonly DerNode[]>()
  for (const node of childrenOf(set)) {
    const [type, values] = partsOf(node, SEQUENCE, 'attribute of CMS')
    const oid = objectIdentifier(type, 'attribute of CMS')
    if (!attributes.has(oid)) attributes.set(oid, partsOf(values, SET, 'attribute of CMS'))
  }
  return attributes
}

/** The attributes are stored under another tag than the one that is signed (RFC 5652 §5.4). */
function setOf(content: Uint8Array): Uint8Array {
  const length = content.byteLength
  const size =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
  return concat([Uint8Array.of(0x31, ...size), content])
}

/**
 * Whether the signer's certificate made the signature, and over this content. Says nothing about trust in it.
 *
 * @param contentDigest hash of the signed octets by the name that is asked for
 * @throws FormatError, RangeError when key or attributes are not what they have to be
 */
export async function verifySigner(
  signer: Signer,
  contentDigest: (hash: HashName) => Promise<Uint8Array>,
  content?: Uint8Array,
): Promise<Verdict> {
  const { certificate, hash, signedAttributes, signedAttributesDer } = signer
  if (certificate === undefined || hash === undefined) return 'unsupported'
  const algorithm = signatureAlgorithm(signer.signatureAlgorithm, hash)
  if (signedAttributes === undefined || signedAttributesDer === undefined) {
    return content === undefined
      ? 'unsupported'
      : verifySignature(algorithm, certificate.publicKey, signer.signature, content)
  }
  const declared = signedAttributes.get(MESSAGE_DIGEST)
  if (!isUniversal(declared, OCTET_STRING)) return 'invalid'
  if (toHex(octetsOf(declared)) !== toHex(await contentDigest(hash))) return 'invalid'
  return verifySignature(algorithm, certificate.publicKey, signer.signature, signedAttributesDer)
}

/** {@link verifySigner} for content that is held in memory. @throws FormatError, RangeError */
export function verifySignerOf(signer: Signer, content: Uint8Array): Promise<Verdict> {
  const octets = Uint8Array.from(content)
  return verifySigner(signer, async (hash) => new Uint8Array(await crypto.subtle.digest(hash, octets)), octets)
}

/** When the signer says that it signed; nobody else vouches for it. @throws FormatError */
export function signingTime(signer: Signer): Date | undefined {
  const node = signer.signedAttributes?.get(SIGNING_TIME)
  return node === undefined ? undefined : timeOf(node, 'signing time')
}
