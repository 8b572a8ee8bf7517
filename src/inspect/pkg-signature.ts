import { parseSignedData, verifySignerOf } from '../formats/cms.ts'
import { FormatError } from '../formats/format-error.ts'
import { timestampOf } from '../formats/timestamp.ts'
import { type HashName, verifySignature } from '../formats/verify-signature.ts'
import { type Certificate, parseCertificate } from '../formats/x509.ts'
import { readXarPlace, type Xar, xarHash } from '../formats/xar.ts'
import type { Check, Signature } from '../model/inspection.ts'
import { signingKindOf } from './apple-signature.ts'
import { finding } from './finding.ts'
import type { ArtifactSource, InspectLimits } from './inspector.ts'
import { certificateFacts } from './signature-facts.ts'
import { validityChecks } from './validity.ts'

const MAX_SIGNATURE_BYTES = 1 << 20

/** Who signed a package. */
export interface PkgSigner {
  readonly certificate: Certificate | undefined
  readonly holds: boolean | undefined
  /** By the timestamp of the signature in CMS. */
  readonly signedAt: Date | undefined
}

/**
 * Packages have a signature in RSA and, since 2012, one of the same signer in CMS.
 *
 * @param tableHolds whether the table of contents has its checksum, which is what was signed
 * @throws RangeError; errors of `source` pass unchanged
 */
export async function signerOf(
  source: ArtifactSource,
  xar: Xar,
  tableHolds: boolean | undefined,
): Promise<PkgSigner | undefined> {
  if (xar.signatures.length === 0) return undefined
  const found: { certificate: Certificate | undefined; holds: boolean | undefined; signedAt?: Date | undefined }[] = []
  for (const signature of xar.signatures) {
    if (signature.sizeBytes > MAX_SIGNATURE_BYTES) continue
    const bytes = await readXarPlace(source, xar, signature, MAX_SIGNATURE_BYTES)
    const checksum = xar.checksum && (await readXarPlace(source, xar, xar.checksum, 64))
    if (signature.style === 'CMS') found.push(await readCms(bytes, checksum))
    else {
      const certificate = signature.certificates[0] && readable(signature.certificates[0])
      found.push({ certificate, holds: await isSignedInRsa(xar, certificate, bytes, checksum) })
    }
  }
  const verdicts = found.map((signature) => signature.holds)
  const holds = verdicts.includes(true) ? true : verdicts.includes(false) ? false : undefined
  return {
    certificate: found.find(({ certificate }) => certificate !== undefined)?.certificate,
    holds: tableHolds === false ? false : holds,
    signedAt: found.find(({ signedAt }) => signedAt !== undefined)?.signedAt,
  }
}

/**
 * Apple's tools sign the checksum as a digest, so the signature is one over what the checksum is of; other tools, whose
 * packages Macs install as well, sign it as data.
 */
async function isSignedInRsa(
  xar: Xar,
  certificate: Certificate | undefined,
  signature: Uint8Array,
  checksum: Uint8Array | undefined,
): Promise<boolean | undefined> {
  const hash = xar.checksum && xarHash(xar.checksum.style)
  if (hash === undefined || certificate === undefined || checksum === undefined) return undefined
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
    if (error instanceof FormatError || error instanceof RangeError) return undefined
    throw error
  }
}

/** Over the checksum as content; padding may follow. That it does not hold says nothing by itself. */
async function readCms(bytes: Uint8Array, checksum: Uint8Array | undefined) {
  try {
    const signer = parseSignedData(bytes).signers[0]
    if (signer === undefined || checksum === undefined) return { certificate: undefined, holds: undefined }
    const holds = (await verifySignerOf(signer, checksum)) === 'valid' ? true : undefined
    return { certificate: signer.certificate, holds, signedAt: holds ? await timestampOf(signer) : undefined }
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return { certificate: undefined, holds: undefined }
    throw error
  }
}

function readable(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return undefined
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

/** A stapled ticket stands behind the archive and ends with a trailer: `t8lr`, version 1, type 2, little-endian. */
export async function hasTicket(source: ArtifactSource): Promise<boolean> {
  const trailer = await source.read(source.sizeBytes - 16, 16)
  return [0x74, 0x38, 0x6c, 0x72, 1, 0, 2, 0].every((byte, i) => trailer[i] === byte)
}

export function signatureChecks(signer: PkgSigner | undefined, isStapled: boolean, limits: InspectLimits): Check[] {
  if (signer === undefined) {
    const words = 'The package is not signed: Macs refuse to open a downloaded copy'
    return [finding('warning', 'pkg.unsigned', words)]
  }
  const checks: Check[] = []
  const { certificate, holds, signedAt } = signer
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
