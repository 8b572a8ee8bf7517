import type { ByteSource } from '../../bytes/byte-source.ts'
import { FormatError } from '../format-error.ts'

/** The trailer "koly" of a disk image of macOS (UDIF). */
export interface DmgTrailer {
  /** Of the data fork, which holds the packed blocks. */
  readonly dataBytes: number
  /** Code signature, from the start of the file; undefined without one. */
  readonly signature: { readonly offset: number; readonly sizeBytes: number } | undefined
  /** 512 bytes each, of the unpacked image. */
  readonly sectors: number
  /** The trailer as a code signature covers it: without the size of that signature. */
  readonly signedBytes: Uint8Array
}

const TRAILER_BYTES = 512
const KOLY = 0x6b6f6c79
/** "encrcdsa" */
const ENCRYPTED = [0x65, 0x6e, 0x63, 0x72, 0x63, 0x64, 0x73, 0x61]

/** Whether the bytes start an encrypted disk image (version 2), which has no readable trailer. */
export function isEncryptedDmg(head: Uint8Array): boolean {
  return ENCRYPTED.every((byte, i) => head[i] === byte)
}

/** Whether the file ends with a trailer of version 4. Errors of `source` pass unchanged. */
export async function isDmg(source: ByteSource): Promise<boolean> {
  if (source.sizeBytes < TRAILER_BYTES) return false
  const mark = await source.read(source.sizeBytes - TRAILER_BYTES, 8)
  return [0x6b, 0x6f, 0x6c, 0x79, 0, 0, 0, 4].every((byte, i) => mark[i] === byte)
}

/**
 * Reads the trailer; all numbers are big-endian.
 *
 * @throws FormatError when a part lies outside the file, RangeError when the file is shorter
 */
export async function readDmgTrailer(source: ByteSource): Promise<DmgTrailer> {
  const start = source.sizeBytes - TRAILER_BYTES
  const bytes = await source.read(start, TRAILER_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== KOLY || view.getUint32(8) !== TRAILER_BYTES)
    throw new FormatError('Cannot read disk image: its trailer is damaged', { offset: start })
  const part = (at: number): { offset: number; sizeBytes: number } => {
    const offset = Number(view.getBigUint64(at))
    const sizeBytes = Number(view.getBigUint64(at + 8))
    if (offset + sizeBytes > start)
      throw new FormatError('Cannot read disk image: its trailer points outside of it', { offset: start + at })
    return { offset, sizeBytes }
  }
  const data = part(24)
  part(216)
  const signature = part(296)
  const signedBytes = bytes.slice()
  signedBytes.fill(0, 304, 312)
  return {
    dataBytes: data.sizeBytes,
    signature: signature.sizeBytes === 0 ? undefined : signature,
    sectors: Number(view.getBigUint64(492)),
    signedBytes,
  }
}
