import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeUtf8 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'

/** ELF header facts (System V ABI, chapter 4), as numbers of the specification. */
export interface Elf {
  readonly bits: 32 | 64
  /** `e_machine`: 62 x86-64, 183 AArch64, 40 ARM, 3 i386, 243 RISC-V. */
  readonly machine: number
  /** `EI_OSABI`: 0 System V, 3 GNU/Linux, 9 FreeBSD, … */
  readonly osAbi: number
  /** `e_type`: 1 object, 2 executable, 3 shared or position-independent, 4 core. */
  readonly type: number
}

/** @param head first 64 bytes @throws FormatError, RangeError when cut off */
export function parseElfHeader(head: Uint8Array): Elf & { readonly littleEndian: boolean } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (view.getUint32(0) !== 0x7f454c46) throw new FormatError('Cannot read ELF: wrong magic', { offset: 0 })
  const bits = view.getUint8(4)
  const data = view.getUint8(5)
  if ((bits !== 1 && bits !== 2) || (data !== 1 && data !== 2))
    throw new FormatError('Cannot read ELF: its header is damaged', { offset: 4 })
  const littleEndian = data === 1
  return {
    bits: bits === 1 ? 32 : 64,
    osAbi: view.getUint8(7),
    type: view.getUint16(16, littleEndian),
    machine: view.getUint16(18, littleEndian),
    littleEndian,
  }
}

interface ProgramHeaders {
  readonly table: DataView
  readonly entryBytes: number
  readonly count: number
  readonly wide: boolean
  readonly littleEndian: boolean
}

/** Undefined when the file has none. @throws FormatError, RangeError when cut off */
async function readProgramHeaders(source: ByteSource): Promise<ProgramHeaders | undefined> {
  const head = await source.read(0, Math.min(64, source.sizeBytes))
  const { bits, littleEndian } = parseElfHeader(head)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const wide = bits === 64
  const tableOffset = wide ? Number(view.getBigUint64(32, littleEndian)) : view.getUint32(28, littleEndian)
  const entryBytes = view.getUint16(wide ? 54 : 42, littleEndian)
  const count = view.getUint16(wide ? 56 : 44, littleEndian)
  if (count === 0 || tableOffset === 0) return undefined
  if (entryBytes < (wide ? 56 : 32))
    throw new FormatError('Cannot read ELF: its program headers are damaged', { offset: tableOffset })
  const bytes = await source.read(tableOffset, entryBytes * count)
  return {
    table: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    entryBytes,
    count,
    wide,
    littleEndian,
  }
}

/**
 * Bytes to which every segment that is loaded is aligned (the smallest `p_align` of `PT_LOAD`), 0 when none is loaded: the
 * largest pages with which a system can map the file.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readElfAlignment(source: ByteSource): Promise<number> {
  const headers = await readProgramHeaders(source)
  if (headers === undefined) return 0
  const { table, entryBytes, count, wide, littleEndian } = headers
  let smallest = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const at = i * entryBytes
    if (table.getUint32(at, littleEndian) !== 1) continue
    const alignment = wide ? Number(table.getBigUint64(at + 48, littleEndian)) : table.getUint32(at + 28, littleEndian)
    smallest = Math.min(smallest, alignment)
  }
  return Number.isFinite(smallest) ? smallest : 0
}

/**
 * The path of the program interpreter (`PT_INTERP`), e.g. `/lib64/ld-linux-x86-64.so.2`; undefined for static programs.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readElfInterpreter(source: ByteSource): Promise<string | undefined> {
  const headers = await readProgramHeaders(source)
  if (headers === undefined) return undefined
  const { table, entryBytes, count, wide, littleEndian } = headers
  for (let i = 0; i < count; i++) {
    const at = i * entryBytes
    if (table.getUint32(at, littleEndian) !== 3) continue
    const offset = wide ? Number(table.getBigUint64(at + 8, littleEndian)) : table.getUint32(at + 4, littleEndian)
    const size = wide ? Number(table.getBigUint64(at + 32, littleEndian)) : table.getUint32(at + 16, littleEndian)
    // Debug information split from its program keeps the header alone.
    if (size === 0) return undefined
    if (size < 2 || size > 4096) throw new FormatError('Cannot read ELF: its interpreter is damaged', { offset })
    return decodeUtf8((await source.read(offset, size)).subarray(0, -1), 'ELF interpreter')
  }
  return undefined
}
