import type { ByteSource } from '../../bytes/byte-source.ts'
import { FormatError } from '../format-error.ts'
import { type Elf, parseElfHeader } from './elf.ts'

/** Numbers in the width and byte order of one ELF file. */
export interface ElfNumbers {
  readonly wide: boolean
  half(at: number): number
  int(at: number): number
  /** An address, offset or size: 4 or 8 bytes. */
  word(at: number): number
}

export function elfNumbers(bytes: Uint8Array, elf: Pick<Elf, 'bits'> & { readonly littleEndian: boolean }): ElfNumbers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { littleEndian } = elf
  const wide = elf.bits === 64
  return {
    wide,
    half: (at) => view.getUint16(at, littleEndian),
    int: (at) => view.getUint32(at, littleEndian),
    word: (at) => (wide ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian)),
  }
}

/** A table of headers that the file's own header points to (System V ABI, chapter 4). */
export interface ElfTable {
  readonly elf: Elf & { readonly littleEndian: boolean }
  readonly numbers: ElfNumbers
  /** Where each entry begins within the numbers; empty when the file has no such table. */
  readonly entries: readonly number[]
  /** Where the table ends in the file; 0 when there is none. */
  readonly endBytes: number
  /** Which section holds the names of sections. */
  readonly namesIndex: number
}

/** Where the header tells of a table, and the least bytes of an entry: for 64 bits, then for 32. */
const TABLES = {
  program: { offset: [32, 28], sizes: [54, 42], entryBytes: [56, 32] },
  section: { offset: [40, 32], sizes: [58, 46], entryBytes: [64, 40] },
} as const

/** @throws FormatError, RangeError when cut off */
export async function readElfTable(source: ByteSource, kind: keyof typeof TABLES): Promise<ElfTable> {
  const head = await source.read(0, Math.min(64, source.sizeBytes))
  const elf = parseElfHeader(head)
  const header = elfNumbers(head, elf)
  const place = TABLES[kind]
  const column = header.wide ? 0 : 1
  const offset = header.word(place.offset[column])
  const entryBytes = header.half(place.sizes[column])
  const count = header.half(place.sizes[column] + 2)
  const namesIndex = header.half(header.wide ? 62 : 50)
  if (count === 0 || offset === 0) return { elf, numbers: header, entries: [], endBytes: 0, namesIndex }
  if (entryBytes < place.entryBytes[column])
    throw new FormatError(`Cannot read ELF: its ${kind} headers are damaged`, { offset })
  const numbers = elfNumbers(await source.read(offset, entryBytes * count), elf)
  const entries = Array.from({ length: count }, (_, i) => i * entryBytes)
  return { elf, numbers, entries, endBytes: offset + entryBytes * count, namesIndex }
}
