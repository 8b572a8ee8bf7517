import type { ByteSource } from '../../bytes/byte-source.ts'
import {
  CENTRAL_HEADER,
  END_RECORD,
  HAS_DESCRIPTOR,
  ZIP64_END_RECORD,
  type ZipDirectory,
  zipMemberDataOffset,
} from '../archive/zip.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { createHash, hashRange } from '../file-hash.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import type { HashName } from '../signatures/verify-signature.ts'
import { APPX_SIGNATURE } from './appx.ts'

/**
 * The digests that the signature of an application package names: `AXPC` over the members, `AXCD` over the directory,
 * `AXCT`, `AXBM` and `AXCI` over content types, block map and code integrity catalog, unpacked.
 */
export type AppxDigests = ReadonlyMap<string, Uint8Array>

const DIGEST_BYTES: Readonly<Record<HashName, number>> = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }

/** Directory and end records, which are held in memory. */
const MAX_END_BYTES = 65 << 20

/** Splits `APPX`, and then names of four letters with a digest each. @throws FormatError */
export function parseAppxDigests(bytes: Uint8Array, hash: HashName): AppxDigests {
  const size = 4 + DIGEST_BYTES[hash]
  if (decodeLatin1(bytes.subarray(0, 4)) !== 'APPX' || (bytes.byteLength - 4) % size !== 0)
    throw new FormatError('Cannot read package signature: its digests are damaged')
  const digests = new Map<string, Uint8Array>()
  for (let at = 4; at < bytes.byteLength; at += size) {
    const name = decodeLatin1(bytes.subarray(at, at + 4))
    if (digests.has(name)) throw new FormatError('Cannot read package signature: it has a digest twice')
    digests.set(name, bytes.subarray(at + 4, at + size))
  }
  return digests
}

/**
 * `AXPC` and `AXCD` by several hashes at once. Microsoft publishes no specification; this is what Windows, and after it
 * osslsigncode (`appx.c`), computes: the archive as it was before the signature was added as its last member.
 *
 * @param pass reads the members once, in order
 * @throws FormatError when the signature is not the last member, RangeError
 */
export async function appxArchiveDigests(
  source: ByteSource,
  pass: ByteSource,
  directory: ZipDirectory,
  names: readonly HashName[],
): Promise<ReadonlyMap<HashName, { readonly members: Uint8Array; readonly directory: Uint8Array }>> {
  const signature = directory.entries.find((entry) => entry.name === APPX_SIGNATURE)
  if (signature === undefined || directory.entries.some((entry) => entry.offset > signature.offset))
    throw new FormatError('Cannot read package signature: it is not the last member')
  const hashes = [...new Set(names)].map((name) => ({ name, members: createHash(name), directory: createHash(name) }))
  const all = {
    update(bytes: Uint8Array) {
      for (const { members } of hashes) members.update(bytes)
    },
  }
  const dataOffset = await zipMemberDataOffset(source, directory, signature)
  const hidden = directory.directoryOffset - dataOffset - signature.compressedBytes
  // Behind data of a size that was not known before stand its checksum and sizes (APPNOTE 4.3.9).
  if (hidden !== 0 && ((signature.flags & HAS_DESCRIPTOR) === 0 || ![12, 16, 20, 24].includes(hidden)))
    throw new FormatError('Cannot read package signature: bytes follow it')
  await hashRange(pass, 0, signature.offset, all)
  const parts = await directoryWithoutSignature(source, directory, signature.offset)
  for (const { directory: hash } of hashes) for (const part of parts) hash.update(part)
  return new Map(
    hashes.map(({ name, members, directory: hash }) => [name, { members: members.digest(), directory: hash.digest() }]),
  )
}

/** The directory and end records as they were before: fewer by one, and where the signature starts now. */
async function directoryWithoutSignature(
  source: ByteSource,
  { entries, directoryOffset }: ZipDirectory,
  offset: number,
): Promise<Uint8Array[]> {
  const sizeBytes = source.sizeBytes - directoryOffset
  if (sizeBytes > MAX_END_BYTES) throw new FormatLimitError('Cannot read package signature: the directory is too large')
  const bytes = Uint8Array.from(await source.read(directoryOffset, sizeBytes))
  const view = new DataView(bytes.buffer)
  const parts: Uint8Array[] = []
  let directoryBytes = 0
  let at = 0
  for (const entry of entries) {
    if (view.getUint32(at, true) !== CENTRAL_HEADER) throw new FormatError('Cannot read ZIP: the directory is damaged')
    const end = at + 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
    if (entry.name !== APPX_SIGNATURE) {
      parts.push(bytes.subarray(at, end))
      directoryBytes += end - at
    }
    at = end
  }
  const count = entries.filter((entry) => entry.name !== APPX_SIGNATURE).length
  if (view.getUint32(at, true) === ZIP64_END_RECORD) {
    const end = at + 12 + Number(view.getBigUint64(at + 4, true))
    for (const [field, value] of [count, count, directoryBytes, offset].entries())
      view.setBigUint64(at + 24 + field * 8, BigInt(value), true)
    // Its locator, which is 20 bytes.
    view.setBigUint64(end + 8, BigInt(offset + directoryBytes), true)
    parts.push(bytes.subarray(at, end + 20))
    at = end + 20
  }
  if (view.getUint32(at, true) !== END_RECORD) throw new FormatError('Cannot read ZIP: its end record is damaged')
  // Numbers of disks are zero; what is full stays so, since the other record has it.
  view.setUint32(at + 4, 0, true)
  for (const field of [at + 8, at + 10]) if (view.getUint16(field, true) !== 0xffff) view.setUint16(field, count, true)
  if (view.getUint32(at + 12, true) !== 0xffffffff) view.setUint32(at + 12, directoryBytes, true)
  if (view.getUint32(at + 16, true) !== 0xffffffff) view.setUint32(at + 16, offset, true)
  parts.push(bytes.subarray(at))
  return parts
}
