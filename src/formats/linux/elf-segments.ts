import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeUtf8 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'
import { readElfTable } from './elf-table.ts'

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
  const { entries, numbers } = await readElfTable(source, 'program')
  const { wide, int, word } = numbers
  return entries.map((at) => ({
    type: int(at),
    offset: word(at + (wide ? 8 : 4)),
    sizeBytes: word(at + (wide ? 32 : 16)),
    alignment: word(at + (wide ? 48 : 28)),
  }))
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
