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

/** A program header (System V ABI, chapter 5). */
interface Segment {
  /** `p_type`: 1 loaded, 3 interpreter. */
  readonly type: number
  /** From the start of the file; it may lie beyond its end. */
  readonly offset: number
  /** `p_filesz` */
  readonly sizeBytes: number
  readonly alignment: number
}

const LOADED = 1
const INTERPRETER = 3

/** None when the file has none. @throws FormatError, RangeError when cut off */
async function readSegments(source: ByteSource): Promise<Segment[]> {
  const head = await source.read(0, Math.min(64, source.sizeBytes))
  const { bits, littleEndian } = parseElfHeader(head)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const wide = bits === 64
  const tableOffset = wide ? Number(view.getBigUint64(32, littleEndian)) : view.getUint32(28, littleEndian)
  const entryBytes = view.getUint16(wide ? 54 : 42, littleEndian)
  const count = view.getUint16(wide ? 56 : 44, littleEndian)
  if (count === 0 || tableOffset === 0) return []
  if (entryBytes < (wide ? 56 : 32))
    throw new FormatError('Cannot read ELF: its program headers are damaged', { offset: tableOffset })
  const bytes = await source.read(tableOffset, entryBytes * count)
  const table = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number) => (wide ? Number(table.getBigUint64(at, littleEndian)) : table.getUint32(at, littleEndian))
  return Array.from({ length: count }, (_, i) => {
    const at = i * entryBytes
    return {
      type: table.getUint32(at, littleEndian),
      offset: word(at + (wide ? 8 : 4)),
      sizeBytes: word(at + (wide ? 32 : 16)),
      alignment: word(at + (wide ? 48 : 28)),
    }
  })
}

/**
 * Bytes to which every segment that is loaded is aligned (the smallest `p_align` of `PT_LOAD`), 0 when none is loaded: the
 * largest pages with which a system can map the file.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readElfAlignment(source: ByteSource): Promise<number> {
  const loaded = (await readSegments(source)).filter(({ type }) => type === LOADED)
  return loaded.length === 0 ? 0 : loaded.reduce((least, { alignment }) => Math.min(least, alignment), Infinity)
}

/**
 * Where the last segment that is loaded (`PT_LOAD`) ends in the file, 0 when none is: systems map what is missing, and a
 * program faults where it touches that.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readElfLoadedEnd(source: ByteSource): Promise<number> {
  const loaded = (await readSegments(source)).filter(({ type, sizeBytes }) => type === LOADED && sizeBytes > 0)
  return loaded.reduce((end, { offset, sizeBytes }) => Math.max(end, offset + sizeBytes), 0)
}

/**
 * The path of the program interpreter (`PT_INTERP`), e.g. `/lib64/ld-linux-x86-64.so.2`; undefined for static programs.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readElfInterpreter(source: ByteSource): Promise<string | undefined> {
  const segment = (await readSegments(source)).find(({ type }) => type === INTERPRETER)
  // Debug information split from its program keeps the header alone.
  if (segment === undefined || segment.sizeBytes === 0) return undefined
  const { offset, sizeBytes } = segment
  if (sizeBytes < 2 || sizeBytes > 4096)
    throw new FormatError('Cannot read ELF: its interpreter is damaged', { offset })
  return decodeUtf8((await source.read(offset, sizeBytes)).subarray(0, -1), 'ELF interpreter')
}
