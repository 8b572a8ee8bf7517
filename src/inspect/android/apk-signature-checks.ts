import { isAboutBytes } from '../../formats/format-error.ts'
import { type Certificate, rsaBits, subjectPart } from '../../formats/signatures/x509.ts'
import type { Check } from '../../model/inspection.ts'
import { finding } from '../finding.ts'
import type { InspectLimits } from '../inspector.ts'
import { validityChecks } from '../validity.ts'
import type { ApkSignature, ApkSignatures } from './apk-signatures.ts'

/** Certificates whose private keys everybody has (AOSP `build/target/product/security`): anyone can sign an update. */
const PUBLIC_KEYS: ReadonlyMap<string, string> = new Map([
  ['a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc', 'the public test key of Android (testkey)'],
])

const MIN_RSA_BITS = 2048
/** Android 11 installs what is built for it only with scheme v2 or later. */
const V2_FROM_TARGET = 30
/** Systems before Android 7 know scheme v1 alone. */
const V2_FROM_SDK = 24
/** Systems before Android 9 know no scheme after v2. */
const V3_FROM_SDK = 28

/** API levels as the manifest says them; undefined when they are code names or unknown. */
export interface ApkLevels {
  readonly minLevel: number | undefined
  readonly targetLevel: number | undefined
}

export function apkSignatureChecks(
  { signatures, stripped }: ApkSignatures,
  levels: ApkLevels,
  limits: InspectLimits,
): Check[] {
  const checks: Check[] = []
  if (signatures.length === 0 && stripped.length === 0) {
    return [finding('warning', 'apk.unsigned', 'The package is not signed: no device installs it')]
  }
  for (const scheme of stripped) {
    checks.push(
      finding(
        'error',
        'apk.signature_stripped',
        `The package was signed with scheme ${scheme}, and that signature is gone`,
      ),
    )
  }
  for (const { facts, reason } of signatures) {
    const scheme = facts.scheme.replace('apk-', '')
    if (facts.state === 'invalid')
      checks.push(
        finding(
          'error',
          'apk.signature_invalid',
          `The ${scheme} signature does not cover these bytes: ${reason ?? ''}`,
        ),
      )
    else if (facts.state === 'unverified' && facts.scheme !== 'apk-v1')
      checks.push(
        finding('warning', 'apk.signature_unverified', `The ${scheme} signature was not verified: ${reason ?? ''}`),
      )
  }
  checks.push(...schemeChecks(signatures, levels), ...certificateChecks(signatures, limits))
  return checks
}

/** Systems that the package is for, and that know none of its schemes. */
function schemeChecks(signatures: readonly ApkSignature[], { minLevel, targetLevel }: ApkLevels): Check[] {
  if (signatures.length === 0) return []
  const checks: Check[] = []
  const schemes = new Set(signatures.map(({ facts }) => facts.scheme))
  const hasOnlyV1 = schemes.size === 1 && schemes.has('apk-v1')
  if (hasOnlyV1 && targetLevel !== undefined && targetLevel >= V2_FROM_TARGET) {
    const words = `The package targets SDK ${targetLevel} and has only a v1 signature: Android 11 and later refuse it`
    checks.push(finding('warning', 'apk.needs_v2_signature', words))
  }
  if (schemes.has('apk-v1') || minLevel === undefined) return checks
  if (minLevel < V2_FROM_SDK) {
    const words = `The package is for SDK ${minLevel} and later and has no v1 signature: Android 6 and older refuse it`
    checks.push(finding('warning', 'apk.needs_v1_signature', words))
  }
  if (minLevel < V3_FROM_SDK && !schemes.has('apk-v2')) {
    const words = `The package is for SDK ${minLevel} and later and has only a v3 signature: Android 7 and 8 refuse it`
    checks.push(finding('warning', 'apk.needs_v2_signature', words))
  }
  return checks
}

/** Each certificate once, whatever number of schemes it signed with. */
function certificateChecks(signatures: readonly ApkSignature[], limits: InspectLimits): Check[] {
  const checks: Check[] = []
  const seen = new Set<string>()
  for (const { facts, certificate } of signatures) {
    const fingerprint = facts.certificateSha256
    if (certificate === undefined || fingerprint === undefined || seen.has(fingerprint)) continue
    seen.add(fingerprint)
    const known = PUBLIC_KEYS.get(fingerprint)
    if (known !== undefined)
      checks.push(
        finding('warning', 'apk.test_key', `The package is signed with ${known}: anyone can sign an update to it`),
      )
    else if (subjectPart(certificate, 'CN') === 'Android Debug')
      checks.push(finding('warning', 'apk.debug_key', 'The package is signed with a debug key of a developer tool'))
    if (isWeak(certificate))
      checks.push(finding('warning', 'apk.weak_key', `The key of the signer has less than ${MIN_RSA_BITS} bits`))
    const dates = { validFrom: certificate.notBefore, validTo: certificate.notAfter }
    checks.push(...validityChecks({ code: 'apk.certificate', what: 'The certificate of the signer', ...dates }, limits))
  }
  return checks
}

function isWeak(certificate: Certificate): boolean {
  try {
    return (rsaBits(certificate.publicKey) ?? MIN_RSA_BITS) < MIN_RSA_BITS
  } catch (error) {
    if (isAboutBytes(error)) return false
    throw error
  }
}
