import { join } from 'node:path'
import { told } from '../tool.ts'

export interface KeyPair {
  /** PKCS #8 in DER, without password. */
  readonly key: string
  /** The same in PEM. */
  readonly pem: string
  /** X.509 in PEM. */
  readonly certificate: string
}

const ALGORITHMS = {
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:named_curve'],
  dsa: undefined,
} as const

/** A key with a certificate of its own that lasts. @param name start of the names of its files */
export async function keyPair(
  folder: string,
  name: string,
  kind: keyof typeof ALGORITHMS,
  subject = `/C=DE/O=Example, Inc. +/OU=Tests "of" \\/ ${kind}/CN=${name.replace('_', '')}`,
  extensions: readonly string[] = [],
): Promise<KeyPair> {
  const at = (end: string) => join(folder, `${name}${end}`)
  const pair = { key: at('.pk8'), pem: at('.pem'), certificate: at('.crt') }
  const algorithm = ALGORITHMS[kind]
  if (algorithm === undefined) {
    await told('openssl', ['dsaparam', '-out', at('.params'), '2048'])
    await told('openssl', ['genpkey', '-paramfile', at('.params'), '-out', pair.pem])
  } else await told('openssl', ['genpkey', ...algorithm, '-out', pair.pem])
  await told('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', pair.pem, '-outform', 'DER', '-out', pair.key])
  const extra = extensions.flatMap((extension) => ['-addext', extension])
  const request = ['req', '-new', '-x509', '-sha256', '-utf8', '-days', '9000', '-key', pair.pem, '-subj', subject]
  await told('openssl', [...request, ...extra, '-out', pair.certificate])
  return pair
}
