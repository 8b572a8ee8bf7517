import { toHex } from '../../bytes/encoding.ts'
import { isAboutBytes } from '../format-error.ts'
import { parseSignedData, type Signer, verifySignerOf } from './cms.ts'
import { octetsOf, parseDer, partsOf, SEQUENCE, timeOf } from './der.ts'
import { hashAlgorithm } from './verify-signature.ts'

/** Unsigned attribute with a timestamp over the signature (RFC 3161 appendix A); Apple writes this one. */
export const TIMESTAMP_TOKEN = '1.2.840.113549.1.9.16.2.14'
/** The same token, as Authenticode keeps it. */
export const MICROSOFT_TIMESTAMP_TOKEN = '1.3.6.1.4.1.311.3.3.1'

const TST_INFO = '1.2.840.113549.1.9.16.1.4'

/**
 * When a timestamp (RFC 3161) says that the signature was there; undefined when there is none, or when it is over
 * another signature or was not made by the certificate that it names. Nothing is said about trust in that certificate.
 */
export async function timestampOf(signer: Signer, attribute: string = TIMESTAMP_TOKEN): Promise<Date | undefined> {
  const [token] = signer.unsignedAttributes.get(attribute) ?? []
  if (token === undefined) return undefined
  try {
    const { contentType, content, signers } = parseSignedData(token.encoded)
    if (contentType !== TST_INFO || content === undefined || signers[0] === undefined) return undefined
    // TSTInfo: version, policy, imprint, serial number, time
    const [, , imprint, , time] = partsOf(parseDer(content), SEQUENCE, 'timestamp')
    const [algorithm, hashed] = partsOf(imprint, SEQUENCE, 'timestamp')
    const hash = hashAlgorithm(algorithm)
    if (hash === undefined || hashed === undefined) return undefined
    const digest = new Uint8Array(await crypto.subtle.digest(hash, Uint8Array.from(signer.signature)))
    if (toHex(octetsOf(hashed)) !== toHex(digest)) return undefined
    return (await verifySignerOf(signers[0], content)) === 'valid' ? timeOf(time, 'timestamp') : undefined
  } catch (error) {
    // It is an addition to a signature that stands without it.
    if (isAboutBytes(error)) return undefined
    throw error
  }
}
