import { FormatError, FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import type { HashName, Verdict } from '../../formats/signatures/verify-signature.ts'
import { fingerprintOf } from '../../formats/signatures/x509.ts'
import {
  type AuthenticodeSignature,
  authenticodeTimestamp,
  nestedSignatures,
  parseAuthenticode,
  verifyAuthenticode,
} from '../../formats/windows/authenticode.ts'
import type { Check, Signature } from '../../model/inspection.ts'
import { displayText, finding } from '../finding.ts'
import type { InspectLimits } from '../inspector.ts'
import { validityChecks } from '../validity.ts'

/** What a family of Windows files calls itself in codes and sentences. */
export interface SignedFamily {
  /** `pe`, `msi` or `msix`. */
  readonly code: string
  readonly scheme: 'authenticode' | 'msix'
  /** `program`, `installer` or `package`. */
  readonly noun: string
}

/** Signatures read from a file, before the file itself was hashed. */
export interface ReadSignatures {
  /** The first one and those nested in it, in the order of the file. */
  readonly readable: readonly AuthenticodeSignature[]
  /** Why one of them cannot be read. */
  readonly problem: string | undefined
}

/** What the model holds at most. */
const MAX_SIGNATURES = 16
/** Extended key usages for which Windows accepts a signer: code signing, and any (RFC 5280 §4.2.1.12). */
const CODE_SIGNING = ['1.3.6.1.5.5.7.3.3', '2.5.29.37.0']

/** Never throws for hostile bytes: a signature that cannot be read is a problem, and a finding later. */
export function readSignatures(encoded: readonly Uint8Array[]): ReadSignatures {
  const readable: AuthenticodeSignature[] = []
  let problem: string | undefined
  const parse = (bytes: Uint8Array): AuthenticodeSignature | undefined => {
    if (readable.length === MAX_SIGNATURES) return undefined
    try {
      const signature = parseAuthenticode(bytes)
      readable.push(signature)
      return signature
    } catch (error) {
      problem ??= problemOf(error)
      return undefined
    }
  }
  for (const bytes of encoded) {
    const outer = parse(bytes)
    for (const nested of outer === undefined ? [] : nestedSignatures(outer)) parse(nested)
  }
  return { readable, problem }
}

function problemOf(error: unknown): string {
  if (error instanceof FormatError) return error.message
  if (error instanceof RangeError) return 'It is cut off'
  throw error
}

/**
 * Verifies signatures and tells what they say: a fact for each, and findings.
 *
 * @param isFileDigest whether the digest that a signature names is that of the file; undefined when it was not computed
 */
export async function judgeSignatures(
  family: SignedFamily,
  { readable, problem }: ReadSignatures,
  isFileDigest: ((hash: HashName, digest: Uint8Array) => boolean) | undefined,
  limits: InspectLimits,
): Promise<{ readonly signatures: Signature[]; readonly checks: Check[] }> {
  const signatures: Signature[] = []
  const checks: Check[] = []
  if (problem !== undefined) {
    signatures.push({ scheme: family.scheme, state: 'invalid' })
    checks.push(
      finding(
        'error',
        `${family.code}.signature_invalid`,
        `A signature of the ${family.noun} cannot be read: ${problem}`,
      ),
    )
  }
  for (const signature of readable.slice(0, MAX_SIGNATURES - signatures.length)) {
    const verdict = await verdictOf(signature, isFileDigest)
    const timestamp = await authenticodeTimestamp(signature)
    const signedAt = verdict === 'invalid' ? undefined : timestamp.time
    const { certificate } = signature.signer
    signatures.push({
      scheme: family.scheme,
      state: verdict === 'unsupported' ? 'unverified' : verdict,
      ...(certificate === undefined
        ? {}
        : {
            ...(displayText(certificate.subject) === undefined ? {} : { signer: displayText(certificate.subject)! }),
            certificateSha256: await fingerprintOf(certificate),
            validFrom: certificate.notBefore.toISOString(),
            validTo: certificate.notAfter.toISOString(),
          }),
      ...(signedAt === undefined ? {} : { signedAt: signedAt.toISOString() }),
    })
    if (verdict === 'invalid') {
      const words = `A signature of the ${family.noun} does not fit its bytes: they were changed after signing`
      checks.push(finding('error', `${family.code}.signature_invalid`, words))
      continue
    }
    if (verdict === 'unsupported')
      checks.push(
        finding(
          'warning',
          `${family.code}.signature_unverified`,
          `A signature of the ${family.noun} was not verified: ${whyUnsupported(signature, isFileDigest)}`,
        ),
      )
    if (timestamp.isPresent && timestamp.time === undefined)
      checks.push(
        finding(
          'warning',
          `${family.code}.timestamp_unverified`,
          `A signature of the ${family.noun} has a timestamp that does not fit it or cannot be verified`,
        ),
      )
    if (certificate === undefined) continue
    const usages = certificate.extendedKeyUsage
    if (usages.length > 0 && !usages.some((usage) => CODE_SIGNING.includes(usage)))
      checks.push(
        finding(
          'warning',
          `${family.code}.certificate_usage`,
          'The certificate of the signer is not meant for signing software: Windows does not accept it',
        ),
      )
    checks.push(
      ...validityChecks(
        {
          code: `${family.code}.certificate`,
          what: 'The certificate of the signer',
          validFrom: certificate.notBefore,
          validTo: certificate.notAfter,
          signedAt,
        },
        limits,
      ),
    )
  }
  return { signatures, checks: distinct(checks) }
}

async function verdictOf(
  signature: AuthenticodeSignature,
  isFileDigest: ((hash: HashName, digest: Uint8Array) => boolean) | undefined,
): Promise<Verdict> {
  if (isFileDigest === undefined) return 'unsupported'
  try {
    return await verifyAuthenticode(signature, isFileDigest)
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (isAboutBytes(error)) return 'invalid'
    throw error
  }
}

function whyUnsupported(signature: AuthenticodeSignature, isFileDigest: unknown): string {
  if (isFileDigest === undefined) return 'the bytes that it covers are not known'
  if (signature.signer.certificate === undefined) return 'the certificate of its signer is not enclosed'
  return 'it uses algorithms that are not read here'
}

/** Two signatures by one signer have the same things to say. */
function distinct(checks: readonly Check[]): Check[] {
  return [...new Map(checks.map((check) => [`${check.level} ${check.code} ${check.message}`, check])).values()]
}
