import type { ByteSource } from '../bytes/byte-source.ts'
import { FormatError } from './format-error.ts'

/** Windows PE header facts (Microsoft "PE Format"), as numbers of the specification. */
export interface Pe {
  /** 0x14c x86, 0x8664 x64, 0xaa64 ARM64, 0xa641 ARM64EC, 0x1c4 ARM. */
  readonly machine: number
  /** 2 graphical, 3 console, 10 to 13 EFI. */
  readonly subsystem: number
  readonly isLibrary: boolean
  readonly isDotNet: boolean
  /** .NET code that runs on any CPU. */
  readonly isAnyCpu: boolean
  /** Whether there is a certificate table; nothing is said about its validity. */
  readonly hasSignature: boolean
}

/** @throws FormatError, RangeError when cut off */
export async function readPe(source: ByteSource): Promise<Pe> {
  const dos = await source.read(0, 64)
  const dosView = new DataView(dos.buffer, dos.byteOffset, dos.byteLength)
  if (dosView.getUint16(0) !== 0x4d5a) throw new FormatError('Cannot read PE: wrong magic', { offset: 0 })
  const start = dosView.getUint32(60, true)
  const head = await source.read(start, 24)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (view.getUint32(0) !== 0x50450000) throw new FormatError('Cannot read PE: it has no PE header', { offset: start })
  const machine = view.getUint16(4, true)
  const sections = view.getUint16(6, true)
  const optionalBytes = view.getUint16(20, true)
  const characteristics = view.getUint16(22, true)
  const optional = await source.read(start + 24, optionalBytes)
  const fields = new DataView(optional.buffer, optional.byteOffset, optional.byteLength)
  const magic = fields.getUint16(0, true)
  if (magic !== 0x10b && magic !== 0x20b)
    throw new FormatError('Cannot read PE: its optional header is damaged', { offset: start + 24 })
  const directoriesAt = magic === 0x20b ? 112 : 96
  const directories = fields.getUint32(directoriesAt - 4, true)
  const directory = (index: number): { at: number; size: number } =>
    index < directories && directoriesAt + index * 8 + 8 <= optionalBytes
      ? {
          at: fields.getUint32(directoriesAt + index * 8, true),
          size: fields.getUint32(directoriesAt + index * 8 + 4, true),
        }
      : { at: 0, size: 0 }
  const signature = directory(4)
  // Unlike all others, this one is an offset in the file.
  if (signature.size > 0 && signature.at + signature.size > source.sizeBytes) {
    throw new FormatError('Cannot read PE: its certificate table lies outside the file', { offset: signature.at })
  }
  const clr = directory(14)
  return {
    machine,
    subsystem: fields.getUint16(68, true),
    isLibrary: (characteristics & 0x2000) !== 0,
    isDotNet: clr.size > 0,
    isAnyCpu:
      clr.size > 0 && machine === 0x14c && (await isAnyCpu(source, start + 24 + optionalBytes, sections, clr.at)),
    hasSignature: signature.size > 0,
  }
}

/** `IMAGE_COR20_HEADER.Flags`: only intermediate code (1), 32 bits not required (2) (ECMA-335 II.25.3.3.1). */
async function isAnyCpu(source: ByteSource, tableAt: number, sections: number, address: number): Promise<boolean> {
  const table = await source.read(tableAt, sections * 40)
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  for (let at = 0; at < table.byteLength; at += 40) {
    const virtual = view.getUint32(at + 12, true)
    const size = Math.max(view.getUint32(at + 8, true), view.getUint32(at + 16, true))
    if (address < virtual || address >= virtual + size) continue
    const header = await source.read(view.getUint32(at + 20, true) + address - virtual, 20)
    const flags = new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(16, true)
    return (flags & 1) !== 0 && (flags & 2) === 0
  }
  throw new FormatError('Cannot read PE: its .NET header lies outside of all sections')
}
