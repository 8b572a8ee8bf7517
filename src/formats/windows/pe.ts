import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'

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
  readonly sections: readonly PeSection[]
  /** The root of the resource tree, by its address in memory; absent without resources. */
  readonly resourcesAddress: number | undefined
  /** Where the `CheckSum` field lies: 4 bytes that no signature covers. */
  readonly checkSumOffset: number
  /** Where the directory entry of the certificate table lies: 8 bytes that no signature covers. Absent when there is none. */
  readonly certificateEntryOffset: number | undefined
  /** The certificate table; it may lie outside of the file. Nothing is said about its validity. */
  readonly certificateTable: { readonly offset: number; readonly sizeBytes: number } | undefined
}

export interface PeSection {
  readonly name: string
  readonly virtualAddress: number
  readonly virtualBytes: number
  readonly fileOffset: number
  readonly fileBytes: number
}

/**
 * Headers and section table, of a file that has the sections as well.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readPe(source: ByteSource): Promise<Pe> {
  const dos = await source.read(0, 64)
  const dosView = new DataView(dos.buffer, dos.byteOffset, dos.byteLength)
  if (dosView.getUint16(0) !== 0x4d5a) throw new FormatError('Cannot read PE: wrong magic', { offset: 0 })
  const start = dosView.getUint32(60, true)
  const head = await source.read(start, 24)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (view.getUint32(0) !== 0x50450000) throw new FormatError('Cannot read PE: it has no PE header', { offset: start })
  const machine = view.getUint16(4, true)
  const sectionCount = view.getUint16(6, true)
  const optionalBytes = view.getUint16(20, true)
  const characteristics = view.getUint16(22, true)
  const optional = await source.read(start + 24, optionalBytes)
  const fields = new DataView(optional.buffer, optional.byteOffset, optional.byteLength)
  const magic = fields.getUint16(0, true)
  if (magic !== 0x10b && magic !== 0x20b)
    throw new FormatError('Cannot read PE: its optional header is damaged', { offset: start + 24 })
  const directoriesAt = magic === 0x20b ? 112 : 96
  const directories = fields.getUint32(directoriesAt - 4, true)
  const directory = (index: number): { at: number; size: number } | undefined =>
    index < directories && directoriesAt + index * 8 + 8 <= optionalBytes
      ? {
          at: fields.getUint32(directoriesAt + index * 8, true),
          size: fields.getUint32(directoriesAt + index * 8 + 4, true),
        }
      : undefined
  const sections = await readSections(source, start + 24 + optionalBytes, sectionCount)
  const needed = neededBytes(sections, fields.getUint32(32, true))
  if (needed > source.sizeBytes) {
    const missing = Math.max(needed, peOverlayOffset({ sections })) - source.sizeBytes
    throw new FormatError(`Cannot read PE: the file is cut off, ${missing} bytes of its sections are missing`)
  }
  const resources = directory(2)
  const signature = directory(4)
  const clr = directory(14)
  const isDotNet = clr !== undefined && clr.size > 0
  return {
    machine,
    subsystem: fields.getUint16(68, true),
    isLibrary: (characteristics & 0x2000) !== 0,
    isDotNet,
    isAnyCpu: isDotNet && machine === 0x14c && (await isAnyCpu(source, sections, clr.at)),
    sections,
    resourcesAddress: resources !== undefined && resources.size > 0 ? resources.at : undefined,
    checkSumOffset: start + 24 + 64,
    certificateEntryOffset: signature === undefined ? undefined : start + 24 + directoriesAt + 4 * 8,
    // Unlike all others, this one is an offset in the file.
    certificateTable:
      signature !== undefined && signature.size > 0 ? { offset: signature.at, sizeBytes: signature.size } : undefined,
  }
}

async function readSections(source: ByteSource, tableAt: number, count: number): Promise<PeSection[]> {
  const table = await source.read(tableAt, count * 40)
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  const sections: PeSection[] = []
  for (let at = 0; at < table.byteLength; at += 40) {
    sections.push({
      name: decodeLatin1(table.subarray(at, at + 8)).replace(/\0.*$/s, ''),
      virtualBytes: view.getUint32(at + 8, true),
      virtualAddress: view.getUint32(at + 12, true),
      fileBytes: view.getUint32(at + 16, true),
      fileOffset: view.getUint32(at + 20, true),
    })
  }
  return sections
}

/** Windows maps section by section when they are aligned to pages at least, else the file as a whole. */
const PAGE_BYTES = 4096

/**
 * How long a file must be for its sections. Windows refuses it unless the last one of the table is whole, to which the
 * zeros belong that fill it up to `SizeOfRawData` (LIEF issue 192, RetDec `captureSectionHeaders`). Where others end
 * beyond the file, it fills with zeros, which is damage only where contents were.
 */
function neededBytes(sections: readonly PeSection[], alignment: number): number {
  const strict = alignment < PAGE_BYTES ? undefined : sections.at(-1)
  return sections.reduce((end, section) => {
    const { fileOffset, fileBytes, virtualBytes } = section
    if (fileOffset === 0 || fileBytes === 0) return end
    const needed = section === strict || virtualBytes === 0 ? fileBytes : Math.min(fileBytes, virtualBytes)
    return Math.max(end, fileOffset + needed)
  }, 0)
}

/** Where the byte at an address in memory lies in the file; undefined when no section has it. */
export function peFileOffset(pe: Pick<Pe, 'sections'>, address: number): number | undefined {
  for (const { virtualAddress, virtualBytes, fileOffset, fileBytes } of pe.sections) {
    if (address >= virtualAddress && address < virtualAddress + Math.max(virtualBytes, fileBytes))
      return fileOffset + address - virtualAddress
  }
  return undefined
}

/** Where the sections end: what follows is read by the program itself, or is the certificate table. */
export function peOverlayOffset(pe: Pick<Pe, 'sections'>): number {
  return pe.sections.reduce((end, { fileOffset, fileBytes }) => Math.max(end, fileBytes && fileOffset + fileBytes), 0)
}

/** `IMAGE_COR20_HEADER.Flags`: only intermediate code (1), 32 bits not required (2) (ECMA-335 II.25.3.3.1). */
async function isAnyCpu(source: ByteSource, sections: readonly PeSection[], address: number): Promise<boolean> {
  const offset = peFileOffset({ sections }, address)
  if (offset === undefined) throw new FormatError('Cannot read PE: its .NET header lies outside of all sections')
  const header = await source.read(offset, 20)
  const flags = new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(16, true)
  return (flags & 1) !== 0 && (flags & 2) === 0
}
