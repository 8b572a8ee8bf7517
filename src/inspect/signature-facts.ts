import { type Certificate, fingerprintOf } from '../formats/signatures/x509.ts'
import type { Signature } from '../model/inspection.ts'
import { displayText } from './finding.ts'

/** What a signature tells of its certificate, in the words of the model; nothing without one. */
export async function certificateFacts(
  certificate: Certificate | undefined,
): Promise<Pick<Signature, 'signer' | 'certificateSha256' | 'validFrom' | 'validTo'>> {
  if (certificate === undefined) return {}
  const signer = displayText(certificate.subject)
  return {
    ...(signer === undefined ? {} : { signer }),
    certificateSha256: await fingerprintOf(certificate),
    validFrom: certificate.notBefore.toISOString(),
    validTo: certificate.notAfter.toISOString(),
  }
}
