import { isAboutBytes } from '../../formats/format-error.ts'
import { decodePgpText, type PgpSignature, parsePgpSignature } from '../../formats/linux/openpgp.ts'
import type { Signature } from '../../model/inspection.ts'

export interface OpenPgpSignatures {
  /** All `unverified`: the key is the publisher's, and nothing here knows it. */
  readonly signatures: Signature[]
  /** 16 lower-case hex digits each, without repetitions. */
  readonly keyIds: string[]
}

/**
 * Signatures by what they say about themselves; several by the same key are told once.
 *
 * @param packets each one signature, as bytes or as base64 or armoured text; what cannot be read is there all the same
 */
export function openPgpSignatures(packets: readonly (Uint8Array | string)[]): OpenPgpSignatures {
  const keyIds = new Set<string>()
  const signatures: Signature[] = []
  for (const packet of packets) {
    const read = packetOf(packet)
    if (read?.keyId !== undefined) {
      if (keyIds.has(read.keyId)) continue
      keyIds.add(read.keyId)
    }
    const signedAt = read?.createdAt?.toISOString()
    signatures.push({ scheme: 'openpgp', state: 'unverified', ...(signedAt === undefined ? {} : { signedAt }) })
  }
  return { signatures, keyIds: [...keyIds] }
}

function packetOf(packet: Uint8Array | string): PgpSignature | undefined {
  try {
    return parsePgpSignature(typeof packet === 'string' ? decodePgpText(packet) : packet)
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
}
