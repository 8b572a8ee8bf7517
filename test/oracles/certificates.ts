import type { Signature } from '../../src/model/inspection.ts'
import { told } from './tool.ts'

/** What openssl says of a certificate, in the words of a signature's facts. */
export async function certificateOf(
  file: string,
  form: 'PEM' | 'DER' = 'PEM',
): Promise<Pick<Signature, 'signer' | 'certificateSha256' | 'validFrom' | 'validTo'>> {
  const show = ['-noout', '-fingerprint', '-sha256', '-subject', '-nameopt', NAME_FORM, '-dates']
  const text = String(await told('openssl', ['x509', '-in', file, '-inform', form, ...show]))
  const line = (key: string) => new RegExp(`^${key}=(.*)$`, 'mi').exec(text)?.[1] ?? ''
  return {
    signer: line('subject'),
    certificateSha256: line('sha256 Fingerprint').replaceAll(':', '').toLowerCase(),
    validFrom: new Date(line('notBefore')).toISOString(),
    validTo: new Date(line('notAfter')).toISOString(),
  }
}

/** RFC 4514 in UTF-8, with a space after each comma. */
const NAME_FORM = 'RFC2253,sep_comma_plus_space,-esc_msb,utf8'
