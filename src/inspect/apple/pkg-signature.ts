import { readXarPlace, type Xar, type XarSignature, xarHash } from '../../formats/archive/xar.ts'
import { isAboutBytes } from '../../formats/format-error.ts'
import { parseSignedData, verifySignerOf } from '../../formats/signatures/cms.ts'
import { timestampOf } from '../../formats/signatures/timestamp.ts'
import { type HashName, verifySignature } from '../../formats/signatures/verify-signature.ts'
import { type Certificate, parseCertificate } from '../../formats/signatures/x509.ts'
import type { Check, Signature } from '../../model/inspection.ts'
import { finding } from '../finding.ts'
import type { ArtifactSource, InspectLimits } from '../inspector.ts'
import { certificateFacts } from '../signature-facts.ts'
import { validityChecks } from '../validity.ts'
import { allOf, signingKindOf } from './apple-signature.ts'

const MAX_SIGNATURE_BYTES = 1 << 20
/** Of SHA-512. */
const MAX_CHECKSUM_BYTES = 64
const TICKET_MARK_BYTES = 16

/** Who signed a package. */
export interface PkgSigner {
  /** Of the signature that holds; of the first that has one when none does. */
  readonly certificate: Certificate | undefined
  /** Whether every signature is of this signer, over a table that was verified, and the files are those of the table. */
  readonly holds: boolean | undefined
  /** By the timestamp of the signature in CMS. */
  readonly signedAt: Date | undefined
  /** What could not be verified; undefined when all was, or something does not hold. */
  readonly unverified: 'table' | 'payload' | 'signature' | undefined
}

interface FoundSignature {
  readonly certificate: Certificate | undefined
  readonly holds: boolean | undefined
  readonly signedAt?: Date | undefined
}

/** What a signature covers: it signs the checksum of the table, and the table names the checksums of the files. */
export interface PkgContents {
  readonly table: boolean | undefined
  readonly payload: boolean | undefined
}

/**
 * Packages have a signature in RSA and, since 2012, one of the same signer in CMS. Systems choose one of them, so both
 * have to be of one signer, and none may be of other bytes.
 *
 * @param contents whether table and files have their checksums
 * @throws RangeError; errors of `source` pass unchanged
 */
export async function signerOf(
  source: ArtifactSource,
  xar: Xar,
  contents: PkgContents,
): Promise<PkgSigner | undefined> {
  if (xar.signatures.length === 0) return undefined
  const found: FoundSignature[] = []
  for (const signature of xar.signatures) found.push(await readSignature(source, xar, signature))
  const certificates = found.flatMap(({ certificate }) => certificate ?? [])
  const isOfOne = certificates.every(({ der }) => isSame(der, certificates[0]!.der))
  const verdicts = found.map((signature) => signature.holds)
  const holding = found.find((signature) => signature.holds === true)
  const signature = !isOfOne || verdicts.includes(false) ? false : holding?.holds
  const holds = allOf([contents.table, contents.payload, signature])
  return {
    certificate: holding?.certificate ?? certificates[0],
    holds,
    signedAt: found.find(({ signedAt }) => signedAt !== undefined)?.signedAt,
    unverified:
      holds !== undefined
        ? undefined
        : signature === undefined
          ? 'signature'
          : contents.table === undefined
            ? 'table'
            : 'payload',
  }
}

async function readSignature(source: ArtifactSource, xar: Xar, signature: XarSignature): Promise<FoundSignature> {
  const unknown = { certificate: undefined, holds: undefined }
  if (signature.sizeBytes > MAX_SIGNATURE_BYTES || xar.checksum === undefined) return unknown
  const bytes = await readXarPlace(source, xar, signature, MAX_SIGNATURE_BYTES)
  const checksum = await readXarPlace(source, xar, xar.checksum, MAX_CHECKSUM_BYTES)
  if (signature.style === 'CMS') return readCms(xar, bytes, checksum)
  const certificate = signature.certificates[0] && readable(signature.certificates[0])
  if (signature.style !== 'RSA') return { certificate, holds: undefined }
  return { certificate, holds: await isSignedInRsa(xar, certificate, bytes, checksum) }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}

/**
 * Apple's tools sign the checksum as a digest, so the signature is one over what the checksum is of; other tools, whose
 * packages Macs install as well, sign it as data.
 */
async function isSignedInRsa(
  xar: Xar,
  certificate: Certificate | undefined,
  signature: Uint8Array,
  checksum: Uint8Array,
): Promise<boolean | undefined> {
  const hash = xar.checksum && xarHash(xar.checksum.style)
  if (hash === undefined || certificate === undefined) return undefined
  const forms: readonly (readonly [HashName, Uint8Array])[] = [
    [hash, xar.packedTable],
    ['SHA-256', checksum],
    ['SHA-1', checksum],
  ]
  try {
    for (const [name, data] of forms) {
      const verdict = await verifySignature({ kind: 'rsa-pkcs1', hash: name }, certificate.publicKey, signature, data)
      if (verdict === 'unsupported') return undefined
      if (verdict === 'valid') return true
    }
    return false
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

/** Over the checksum as content, or as the digest of it; padding may follow. Undefined when it cannot be read. */
async function readCms(xar: Xar, bytes: Uint8Array, checksum: Uint8Array): Promise<FoundSignature> {
  let certificate: Certificate | undefined
  try {
    const signer = parseSignedData(bytes).signers[0]
    if (signer === undefined) return { certificate, holds: undefined }
    certificate = signer.certificate
    const overChecksum = await verifySignerOf(signer, checksum)
    const isOfTable = signer.hash !== undefined && signer.hash === (xar.checksum && xarHash(xar.checksum.style))
    const verdict =
      overChecksum === 'invalid' && isOfTable ? await verifySignerOf(signer, xar.packedTable) : overChecksum
    if (verdict !== 'valid') return { certificate, holds: verdict === 'invalid' ? false : undefined }
    return { certificate, holds: true, signedAt: await timestampOf(signer) }
  } catch (error) {
    if (isAboutBytes(error)) return { certificate, holds: undefined }
    throw error
  }
}

function readable(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

export async function signatureFacts({ certificate, holds, signedAt }: PkgSigner): Promise<Signature> {
  return {
    scheme: 'xar',
    state: holds === undefined ? 'unverified' : holds ? 'valid' : 'invalid',
    ...(await certificateFacts(certificate)),
    ...(signedAt === undefined ? {} : { signedAt: signedAt.toISOString() }),
  }
}

/**
 * How many bytes a stapled ticket takes behind the archive; 0 without one. Before and behind it stand marks: `t8lr`,
 * version 1, type 1 before it and 2 behind it, its length, four bytes of nothing, little-endian.
 */
export async function ticketBytes(source: ArtifactSource): Promise<number> {
  const mark = await source.read(source.sizeBytes - TICKET_MARK_BYTES, TICKET_MARK_BYTES)
  if (![0x74, 0x38, 0x6c, 0x72, 1, 0, 2, 0].every((byte, i) => mark[i] === byte)) return 0
  const length = new DataView(mark.buffer, mark.byteOffset, mark.byteLength).getUint32(8, true)
  return length + 2 * TICKET_MARK_BYTES
}

const UNVERIFIED = {
  table: 'its table of contents has no checksum of a known kind',
  payload: 'not every file has a place of its own and a checksum of a known kind',
  signature: 'it is made in a way that is not known here',
} as const

export function signatureChecks(signer: PkgSigner | undefined, isStapled: boolean, limits: InspectLimits): Check[] {
  if (signer === undefined) {
    const words = 'The package is not signed: Macs refuse to open a downloaded copy'
    return [finding('warning', 'pkg.unsigned', words)]
  }
  const checks: Check[] = []
  const { certificate, holds, signedAt, unverified } = signer
  if (unverified !== undefined) {
    const words = `Whether the signature covers the package could not be verified: ${UNVERIFIED[unverified]}`
    checks.push(finding('warning', 'pkg.signature_unverified', words))
  }
  if (holds === false) {
    const words = 'The package is not what was signed: its signature does not cover it, so Macs refuse it'
    checks.push(finding('error', 'pkg.signature_invalid', words))
  }
  if (certificate === undefined) return checks
  checks.push(
    ...validityChecks(
      {
        code: 'pkg.certificate',
        what: 'The certificate of the signer',
        validFrom: certificate.notBefore,
        validTo: certificate.notAfter,
        signedAt,
      },
      limits,
    ),
  )
  if (signingKindOf(certificate) === 'developer-id' && !isStapled) {
    const words = 'No notarization ticket is stapled to the package: Macs ask Apple for it when they open it first'
    checks.push(finding('info', 'pkg.not_notarized', words))
  }
  return checks
}
