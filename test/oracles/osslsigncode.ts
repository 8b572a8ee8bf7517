import { needPrograms } from '../helpers/debian.ts'
import { ask } from './tool.ts'

/** What osslsigncode says of one signature in a file. */
export interface AuthenticodeVerdict {
  /** Every digest that the signature names is the one computed over the file. */
  readonly digestsMatch: boolean
  /** It was made by the signer's key, and the signer is trusted. */
  readonly isVerified: boolean
  /** Parts of the signer's name in the order of the certificate, as `/C=DE/O=Example/CN=Example`. */
  readonly subject: string
  readonly validFrom: string
  readonly validTo: string
  readonly signedAt: string | undefined
}

export interface Authorities {
  readonly signers: string
  readonly timestampers: string
}

/** One verdict for each signature, in the order of the file; none when it has none. */
export async function osslsigncodeSays(
  file: string,
  trusted?: Authorities,
): Promise<{ readonly verdicts: AuthenticodeVerdict[]; readonly said: string }> {
  needPrograms({ osslsigncode: 'osslsigncode' })
  const trust = trusted === undefined ? [] : ['-CAfile', trusted.signers, '-TSA-CAfile', trusted.timestampers]
  const { stdout, stderr } = await ask('osslsigncode', ['verify', ...trust, file])
  const [, ...blocks] = stdout.split(/^Signature Index: /m)
  return { verdicts: blocks.map(verdictOf), said: `${stdout}\n${stderr}` }
}

function verdictOf(text: string): AuthenticodeVerdict {
  const current = [...text.matchAll(/^Current ([\w ]*?) *: ([0-9A-F]+)/gm)]
  const signer = text.slice(text.indexOf("Signer's certificate:"))
  const date = (pattern: RegExp, within: string) => {
    const found = pattern.exec(within)?.[1]
    return found === undefined || found === 'N/A' ? undefined : new Date(found).toISOString()
  }
  return {
    digestsMatch:
      current.length > 0 &&
      current.every(([, what, digest]) => new RegExp(`^Calculated ${what} *: ${digest} *$`, 'm').test(text)),
    isVerified: /^Signature verification: ok$/m.test(text),
    subject: /Subject: (.*)$/m.exec(signer)?.[1] ?? '',
    validFrom: date(/notBefore : (.*)$/m, signer) ?? '',
    validTo: date(/notAfter : (.*)$/m, signer) ?? '',
    signedAt: date(/^\tTimestamp time: (.*)$/m, text),
  }
}

/** Short names that OpenSSL has for parts of a name, where ours are others. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  E: 'emailAddress',
  SERIALNUMBER: 'serialNumber',
  STREET: 'street',
}

/** Our form of a name (RFC 4514) as OpenSSL's old one: `/C=DE/CN=Example`. */
export function oldForm(name: string): string {
  const parts = name.split(/(?<!\\), (?=[A-Za-z0-9.]+=)/).reverse()
  return parts
    .map((part) => {
      const [type, value] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]
      return `/${SHORT_NAMES[type] ?? type}=${value.replaceAll(/\\(.)/g, '$1')}`
    })
    .join('')
}
