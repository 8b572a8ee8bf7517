import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384 } from '@noble/hashes/sha2.js'
import { decodeUtf8 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'

/**
 * Apple's embedded code signature: a "super blob", an index of blobs by slot (xnu `osfmk/kern/cs_blobs.h`, Security
 * `codedirectory.h`). All numbers are big-endian.
 */
export interface CodeSignature {
  /** The directory of slot 0, which a signature covers, then the alternates for other hash types. */
  readonly directories: readonly CodeDirectory[]
  /** Contents of slot 5, an XML property list, without its header. */
  readonly entitlementsXml: Uint8Array | undefined
  /** Slot 7 is there: the same entitlements as DER. */
  readonly hasEntitlementsDer: boolean
  /** CMS SignedData over the directory of slot 0, without a content of its own; undefined when signed ad hoc. */
  readonly cms: Uint8Array | undefined
  /** Slot 0x10002 is there: the ticket that notarization gave, stapled. */
  readonly hasTicket: boolean
  /** Blobs with header by slot, as the special hashes of a directory cover them. */
  readonly blobs: ReadonlyMap<number, Uint8Array>
}

export interface CodeDirectory {
  /** The blob: what is hashed and signed. */
  readonly bytes: Uint8Array
  readonly flags: number
  readonly identifier: string
  readonly teamId: string | undefined
  /** 1 SHA-1, 2 SHA-256, 3 SHA-256 cut to 20 bytes, 4 SHA-384. */
  readonly hashType: number
  readonly hashBytes: number
  /** Bytes that one code hash covers; 0 when a single one covers everything. */
  readonly pageBytes: number
  /** Code hashes cover the bytes from the start of the program to here. */
  readonly codeLimit: number
  readonly codeSlots: number
  readonly specialSlots: number
  /** Of the first code hash within {@link bytes}; special hashes lie before it, the first one nearest. */
  readonly hashOffset: number
  /** The name of the code: the first 20 bytes of the directory's own hash; undefined for an unknown hash type. */
  readonly cdHash: Uint8Array | undefined
}

export const CS_ADHOC = 0x2
export const CS_RUNTIME = 0x10000
export const CS_LINKER_SIGNED = 0x20000

/** Held in memory while it is read; hashes of a program of 1 GiB take 8 MiB. */
export const MAX_CODE_SIGNATURE_BYTES = 16 << 20

const SUPER_BLOB = 0xfade0cc0
const CODE_DIRECTORY = 0xfade0c02
const SLOT_ENTITLEMENTS = 5
const SLOT_ENTITLEMENTS_DER = 7
const SLOT_ALTERNATES = 0x1000
const MAX_ALTERNATES = 5
const SLOT_CMS = 0x10000
const SLOT_TICKET = 0x10002
/** A dozen slots have a meaning. */
const MAX_BLOBS = 64

/** An incremental hash; `digest` is called once, last. */
interface PageHash {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

const HASHES: Readonly<Record<number, { readonly create: () => PageHash; readonly bytes: number }>> = {
  1: { create: () => sha1.create(), bytes: 20 },
  2: { create: () => sha256.create(), bytes: 32 },
  3: { create: () => sha256.create(), bytes: 20 },
  4: { create: () => sha384.create(), bytes: 48 },
}

/** A new hash of a directory's `hashType`; undefined for an unknown one. */
export function createCodeHash(hashType: number): PageHash | undefined {
  return HASHES[hashType]?.create()
}

/**
 * Reads a code signature.
 *
 * @param bytes from the start of the super blob; padding may follow
 * @throws FormatError, RangeError when cut off
 */
export function parseCodeSignature(bytes: Uint8Array): CodeSignature {
  const view = viewOf(bytes)
  const length = view.getUint32(4)
  const count = view.getUint32(8)
  if (view.getUint32(0) !== SUPER_BLOB || length > bytes.byteLength || count > MAX_BLOBS || 12 + count * 8 > length) {
    throw new FormatError('Cannot read code signature: it is damaged')
  }
  const blobs = new Map<number, Uint8Array>()
  let total = 0
  for (let i = 0; i < count; i++) {
    const slot = view.getUint32(12 + i * 8)
    const offset = view.getUint32(16 + i * 8)
    const end = offset + (offset + 8 <= length ? view.getUint32(offset + 4) : 0)
    if (offset + 8 > end || end > length)
      throw new FormatError('Cannot read code signature: a part is damaged', { offset })
    // Real parts lie side by side; many that are the same bytes would be hashed many times.
    total += end - offset
    if (total > length) throw new FormatError('Cannot read code signature: its parts overlap', { offset })
    // Systems take the first of a kind (`csblob_find_blob_bytes`).
    if (!blobs.has(slot)) blobs.set(slot, bytes.subarray(offset, end))
  }
  const directories: CodeDirectory[] = []
  for (const slot of [0, ...Array.from({ length: MAX_ALTERNATES }, (_, i) => SLOT_ALTERNATES + i)]) {
    const blob = blobs.get(slot)
    if (blob !== undefined) directories.push(parseCodeDirectory(blob))
    else if (slot === 0) throw new FormatError('Cannot read code signature: it has no code directory')
  }
  const cms = blobs.get(SLOT_CMS)?.subarray(8)
  return {
    directories,
    entitlementsXml: blobs.get(SLOT_ENTITLEMENTS)?.subarray(8),
    hasEntitlementsDer: blobs.has(SLOT_ENTITLEMENTS_DER),
    // codesign writes an empty one when it signs ad hoc.
    cms: cms === undefined || cms.byteLength === 0 ? undefined : cms,
    hasTicket: blobs.has(SLOT_TICKET),
    blobs,
  }
}

function parseCodeDirectory(bytes: Uint8Array): CodeDirectory {
  const view = viewOf(bytes)
  const version = view.getUint32(8)
  const hashOffset = view.getUint32(16)
  const specialSlots = view.getUint32(24)
  const codeSlots = view.getUint32(28)
  const hashBytes = view.getUint8(36)
  const hashType = view.getUint8(37)
  const pageShift = view.getUint8(39)
  const wideLimit = version >= 0x20300 ? Number(view.getBigUint64(56)) : 0
  const known = HASHES[hashType]
  const isDamaged =
    view.getUint32(0) !== CODE_DIRECTORY ||
    specialSlots * hashBytes > hashOffset ||
    hashOffset + codeSlots * hashBytes > bytes.byteLength ||
    (known !== undefined && known.bytes !== hashBytes) ||
    pageShift > 30
  if (isDamaged) throw new FormatError('Cannot read code signature: its code directory is damaged')
  const hash = known?.create()
  hash?.update(bytes)
  return {
    bytes,
    flags: view.getUint32(12),
    identifier: textAt(bytes, view.getUint32(20)),
    teamId: version >= 0x20200 && view.getUint32(48) !== 0 ? textAt(bytes, view.getUint32(48)) : undefined,
    hashType,
    hashBytes,
    pageBytes: pageShift === 0 ? 0 : 2 ** pageShift,
    codeLimit: wideLimit === 0 ? view.getUint32(32) : wideLimit,
    codeSlots,
    specialSlots,
    hashOffset,
    cdHash: hash?.digest().slice(0, 20),
  }
}

/** A text that ends with a zero byte. */
function textAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset)
  if (end < 0 || offset >= bytes.byteLength) throw new FormatError('Cannot read code signature: a text is cut off')
  return decodeUtf8(bytes.subarray(offset, end), 'code signature')
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
