import type { ByteSource } from '../../bytes/byte-source.ts'
import { createHash, hashRange } from '../file-hash.ts'
import { FormatError, FormatLimitError, isAboutBytes } from '../format-error.ts'
import { parseDer } from '../signatures/der.ts'
import type { HashName } from '../signatures/verify-signature.ts'
import { type Pe, peOverlayOffset } from './pe.ts'

/** What the certificate table of a program holds (Microsoft "PE Format", the attribute certificate table). */
export interface PeCertificates {
  /** PKCS #7 signatures, each to be read on its own. */
  readonly signatures: readonly Uint8Array[]
  /** Bytes in the table that are no PKCS #7 signature, beyond alignment: no signature covers them. */
  readonly hiddenBytes: number
  /** Bytes behind the table. */
  readonly trailingBytes: number
}

/** All signatures together; real ones have up to 20 KiB. */
const MAX_SIGNATURE_BYTES = 16 << 20
const MAX_CERTIFICATES = 16
/** `WIN_CERT_TYPE_PKCS_SIGNED_DATA` */
const PKCS_SIGNED_DATA = 2

/**
 * Empty when the program has no certificate table.
 *
 * @throws FormatError, FormatLimitError, RangeError when the table lies outside of the file
 */
export async function readPeCertificates(source: ByteSource, pe: Pe): Promise<PeCertificates> {
  const table = pe.certificateTable
  if (table === undefined) return { signatures: [], hiddenBytes: 0, trailingBytes: 0 }
  const end = table.offset + table.sizeBytes
  if (end > source.sizeBytes) throw new FormatError('Cannot read certificate table: it lies outside of the file')
  if (table.sizeBytes > MAX_SIGNATURE_BYTES)
    throw new FormatLimitError('Cannot read certificate table: it is too large')
  const signatures: Uint8Array[] = []
  let hiddenBytes = 0
  let at = table.offset
  for (let count = 0; at + 8 <= end; count++) {
    if (count === MAX_CERTIFICATES)
      throw new FormatLimitError('Cannot read certificate table: it has too many certificates')
    const head = await source.read(at, 8)
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const length = view.getUint32(0, true)
    if (length < 8 || at + length > end) throw new FormatError('Cannot read certificate table: it is damaged')
    if (view.getUint16(6, true) === PKCS_SIGNED_DATA) {
      const bytes = await source.read(at + 8, length - 8)
      signatures.push(bytes)
      hiddenBytes += hiddenIn(bytes)
    } else hiddenBytes += length
    // Up to seven bytes between entries, and behind the last one.
    const next = Math.min(at + Math.ceil(length / 8) * 8, end)
    hiddenBytes += await usedBytes(source, at + length, next)
    at = next
  }
  hiddenBytes += await usedBytes(source, at, end)
  return { signatures, hiddenBytes, trailingBytes: source.sizeBytes - end }
}

/** How many bytes lie there when they are not all zero. */
async function usedBytes(source: ByteSource, start: number, end: number): Promise<number> {
  const bytes = await source.read(start, end - start)
  return bytes.every((byte) => byte === 0) ? 0 : bytes.byteLength
}

/** A signature is padded with up to seven zero bytes. */
function hiddenIn(bytes: Uint8Array): number {
  let used: number
  try {
    used = parseDer(bytes).encoded.byteLength
  } catch (error) {
    if (isAboutBytes(error)) return 0
    throw error
  }
  const rest = bytes.subarray(used)
  return rest.byteLength < 8 && rest.every((byte) => byte === 0) ? 0 : rest.byteLength
}

/**
 * The Authenticode digests of a program by several hashes at once: over all bytes but the checksum, the directory entry
 * of the certificate table, and the table itself. Reads the file once, in order.
 *
 * @returns undefined when the table lies where no signature can leave it out: in what is loaded or outside of the file
 * @throws RangeError when cut off
 */
export async function peDigests(
  source: ByteSource,
  pe: Pe,
  names: readonly HashName[],
): Promise<ReadonlyMap<HashName, Uint8Array> | undefined> {
  const { certificateTable: table, certificateEntryOffset: entryOffset, checkSumOffset } = pe
  if (table === undefined || entryOffset === undefined) return undefined
  const tableEnd = table.offset + table.sizeBytes
  if (table.offset < Math.max(entryOffset + 8, peOverlayOffset(pe)) || tableEnd > source.sizeBytes) return undefined
  const hashes = new Map([...new Set(names)].map((name) => [name, createHash(name)]))
  const all = {
    update(bytes: Uint8Array) {
      for (const hash of hashes.values()) hash.update(bytes)
    },
  }
  await hashRange(source, 0, checkSumOffset, all)
  await hashRange(source, checkSumOffset + 4, entryOffset, all)
  await hashRange(source, entryOffset + 8, table.offset, all)
  // Windows hashes what follows the table as well, so that nothing can be appended.
  await hashRange(source, tableEnd, source.sizeBytes, all)
  return new Map([...hashes].map(([name, hash]) => [name, hash.digest()]))
}
