import { toHex } from '../../bytes/encoding.ts'
import {
  bitsOf,
  childrenOf,
  type DerNode,
  integerOf,
  isContext,
  isUniversal,
  OCTET_STRING,
  objectIdentifier,
  octetsOf,
  parseDer,
  partsOf,
  SEQUENCE,
  SET,
  textOf,
  timeOf,
} from './der.ts'

/** One part of a distinguished name, e.g. `CN` and `Example Inc`. */
export interface NameAttribute {
  /** The short name of RFC 4514, or the dotted object identifier. */
  readonly type: string
  readonly value: string
}

/** An X.509 certificate (RFC 5280): what a reader of signatures needs. Its own signature is not judged. */
export interface Certificate {
  /** The whole certificate in DER: its SHA-256 is the fingerprint. */
  readonly der: Uint8Array
  /** As in RFC 4514, last part first, with a space after each comma: `CN=Example, O=Example Inc, C=DE`. */
  readonly subject: string
  readonly issuer: string
  /** In the order of the certificate: the country usually first. */
  readonly subjectAttributes: readonly NameAttribute[]
  /** Hex digits of the serial number as it is encoded. */
  readonly serialHex: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** `SubjectPublicKeyInfo` in DER. */
  readonly publicKey: Uint8Array
  /** Hex digits of the subject key identifier. */
  readonly keyIdHex: string | undefined
  /** Dotted object identifiers of the extended key usage; empty when there is none. */
  readonly extendedKeyUsage: readonly string[]
  /** `tbsCertificate`, which the issuer signs; with algorithm and signature. */
  readonly signed: Uint8Array
  readonly signatureAlgorithm: DerNode
  readonly signature: Uint8Array
}

const NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'E',
}

const RSA = '1.2.840.113549.1.1.1'
const SUBJECT_KEY_ID = '2.5.29.14'
const EXTENDED_KEY_USAGE = '2.5.29.37'

/** @throws FormatError, FormatLimitError, RangeError when cut off */
export function parseCertificate(bytes: Uint8Array): Certificate {
  return certificateOf(parseDer(bytes))
}

/** {@link parseCertificate} of one that lies in something else. @throws FormatError, FormatLimitError, RangeError */
export function certificateOf(certificate: DerNode): Certificate {
  const [tbs, signatureAlgorithm, signature] = partsOf(certificate, SEQUENCE, 'certificate')
  const all = partsOf(tbs, SEQUENCE, 'certificate')
  // [0] version comes first and may be absent.
  const parts = isContext(all[0], 0) ? all.slice(1) : all
  const [serial, , issuer, validity, subject, publicKey] = parts
  const [notBefore, notAfter] = partsOf(validity, SEQUENCE, 'validity of certificate')
  const issuerName = parseName(issuer)
  const subjectName = parseName(subject)
  partsOf(publicKey, SEQUENCE, 'public key of certificate')
  const extensions = parseExtensions(parts.find((part) => isContext(part, 3)))
  const keyId = extensions.get(SUBJECT_KEY_ID)
  const usage = extensions.get(EXTENDED_KEY_USAGE)
  partsOf(signatureAlgorithm, SEQUENCE, 'signature algorithm of certificate')
  return {
    der: certificate.encoded,
    subject: nameText(subjectName),
    issuer: nameText(issuerName),
    subjectAttributes: subjectName,
    serialHex: toHex(integerOf(serial, 'serial number of certificate')),
    notBefore: timeOf(notBefore, 'validity of certificate'),
    notAfter: timeOf(notAfter, 'validity of certificate'),
    publicKey: publicKey!.encoded,
    keyIdHex: keyId === undefined ? undefined : toHex(octetsOf(parseDer(keyId))),
    extendedKeyUsage:
      usage === undefined
        ? []
        : partsOf(parseDer(usage), SEQUENCE, 'key usage').map((node) => objectIdentifier(node, 'key usage')),
    signed: tbs!.encoded,
    signatureAlgorithm: signatureAlgorithm!,
    signature: bitsOf(signature, 'signature of certificate'),
  }
}

/** The first value of an attribute of the subject, such as `CN` or `OU`. */
export function subjectPart(certificate: Certificate, type: string): string | undefined {
  return certificate.subjectAttributes.find((attribute) => attribute.type === type)?.value
}

/** 64 lower-case hex digits. */
export async function fingerprintOf(certificate: Pick<Certificate, 'der'>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(certificate.der))))
}

/** Bits of the modulus of an RSA key; undefined for other keys. @throws FormatError, RangeError */
export function rsaBits(publicKey: Uint8Array): number | undefined {
  const [algorithm, key] = partsOf(parseDer(publicKey), SEQUENCE, 'public key')
  if (objectIdentifier(partsOf(algorithm, SEQUENCE, 'public key')[0], 'public key') !== RSA) return undefined
  const [modulus] = partsOf(parseDer(bitsOf(key, 'public key')), SEQUENCE, 'public key')
  const bytes = integerOf(modulus, 'public key')
  const start = bytes.findIndex((byte) => byte !== 0)
  return start < 0 ? 0 : (bytes.byteLength - start) * 8 - Math.clz32(bytes[start]!) + 24
}

function parseName(name: DerNode | undefined): NameAttribute[] {
  return partsOf(name, SEQUENCE, 'name in certificate').flatMap((part) =>
    partsOf(part, SET, 'name in certificate').map((attribute) => {
      const [type, value] = partsOf(attribute, SEQUENCE, 'name in certificate')
      const oid = objectIdentifier(type, 'name in certificate')
      return {
        type: NAMES[oid] ?? oid,
        value: value === undefined ? '' : (textOf(value) ?? `#${toHex(value.encoded)}`),
      }
    }),
  )
}

/** A `Name` as in RFC 4514, whatever string types it is made of. @throws FormatError, RangeError */
export function distinguishedName(name: DerNode | undefined): string {
  return nameText(parseName(name))
}

/** RFC 4514 §2.4 escapes; control characters and such are left to whoever shows the text. */
function nameText(attributes: readonly NameAttribute[]): string {
  return attributes
    .map(({ type, value }) => `${type}=${value.replaceAll(/[,+"\\<>;]|^[ #]| $/g, '\\$&')}`)
    .reverse()
    .join(', ')
}

/** Values by identifier; the first of several. */
function parseExtensions(node: DerNode | undefined): Map<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>()
  if (node === undefined) return extensions
  for (const extension of partsOf(childrenOf(node)[0], SEQUENCE, 'extensions of certificate')) {
    const parts = partsOf(extension, SEQUENCE, 'extension of certificate')
    const value = parts.at(-1)
    const oid = objectIdentifier(parts[0], 'extension of certificate')
    if (isUniversal(value, OCTET_STRING) && !extensions.has(oid)) extensions.set(oid, octetsOf(value))
  }
  return extensions
}
