import { FormatError } from '../format-error.ts'

/** What an OpenPGP signature packet says about itself. Nothing of it is verified. */
export interface PgpSignature {
  /** 16 lower-case hex digits; undefined when it names none. */
  readonly keyId: string | undefined
  /** When the signer says that it was made; undefined when it does not. */
  readonly createdAt: Date | undefined
}

const SIGNATURE_PACKET = 2
/** More subpackets than any signature has. */
const MAX_SUBPACKETS = 256

/**
 * The first packet of `bytes`, when it is a signature of version 3, 4 or 6 (RFC 9580 §4.2, §5.2; lengths in the old
 * and the new format).
 *
 * @throws FormatError, RangeError when cut off
 */
export function parsePgpSignature(bytes: Uint8Array): PgpSignature {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = view.getUint8(0)
  const isNew = (header & 0x40) !== 0
  if ((header & 0x80) === 0 || (isNew ? header & 0x3f : (header >> 2) & 0xf) !== SIGNATURE_PACKET)
    throw new FormatError('Cannot read OpenPGP signature: it is another packet', { offset: 0 })
  const start = isNew ? 1 + lengthAt(view, 1).bytes : 1 + [1, 2, 4, 0][header & 3]!
  const version = view.getUint8(start)
  if (version === 3) {
    return { keyId: hex(view, start + 7, 8), createdAt: new Date(view.getUint32(start + 3) * 1000) }
  }
  if (version !== 4 && version !== 6)
    throw new FormatError(`Cannot read OpenPGP signature: its version is ${version}`, { offset: start })
  const wide = version === 6
  const size = (at: number) => (wide ? view.getUint32(at) : view.getUint16(at))
  const hashed = start + 4
  const found: { keyId?: string; createdAt?: Date } = {}
  const second = readSubpackets(view, hashed + (wide ? 4 : 2), size(hashed), found)
  readSubpackets(view, second + (wide ? 4 : 2), size(second), found)
  return { keyId: found.keyId, createdAt: found.createdAt }
}

/** @returns where the area ends */
function readSubpackets(
  view: DataView,
  start: number,
  sizeBytes: number,
  found: { keyId?: string; createdAt?: Date },
): number {
  const end = start + sizeBytes
  if (end > view.byteLength) throw new RangeError('Cannot read OpenPGP signature: it is cut off')
  let at = start
  for (let count = 0; at < end && count < MAX_SUBPACKETS; count++) {
    const { length, bytes } = lengthAt(view, at)
    at += bytes
    if (length === 0 || at + length > end) throw new FormatError('Cannot read OpenPGP signature: it is damaged')
    const type = view.getUint8(at) & 0x7f
    if (type === 2 && length === 5) found.createdAt ??= new Date(view.getUint32(at + 1) * 1000)
    if (type === 16 && length === 9) found.keyId ??= hex(view, at + 1, 8)
    // Issuer fingerprint: the key id is its end in version 4, its start later.
    if (type === 33 && length === 22) found.keyId ??= hex(view, at + 14, 8)
    if (type === 33 && length === 34) found.keyId ??= hex(view, at + 2, 8)
    at += length
  }
  return end
}

/** Lengths of one, two or five bytes (RFC 9580 §4.2.1 and §5.2.3.7). */
function lengthAt(view: DataView, at: number): { length: number; bytes: number } {
  const first = view.getUint8(at)
  if (first < 192) return { length: first, bytes: 1 }
  if (first < 255) return { length: ((first - 192) << 8) + view.getUint8(at + 1) + 192, bytes: 2 }
  return { length: view.getUint32(at + 1), bytes: 5 }
}

function hex(view: DataView, at: number, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++)
    text += view
      .getUint8(at + i)
      .toString(16)
      .padStart(2, '0')
  return text
}

/**
 * Bytes of base64, bare or as ASCII armour (RFC 9580 §6.2): the first block between its lines, without the checksum.
 *
 * @throws FormatError
 */
export function decodePgpText(text: string): Uint8Array {
  const armour = /-----BEGIN PGP [A-Z ]+-----[^\n]*\n(?:[^\n:]+:[^\n]*\n)*([A-Za-z0-9+/=\s]*)-----END PGP /.exec(
    text,
  )?.[1]
  const base64 = (armour ?? text).replace(/^=[A-Za-z0-9+/]{4}\s*$/m, '').replaceAll(/\s+/g, '')
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  } catch (cause) {
    throw new FormatError('Cannot read OpenPGP text: it is not base64', { cause })
  }
}
