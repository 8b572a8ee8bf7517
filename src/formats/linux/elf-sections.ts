import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { readElfTable } from './elf-table.ts'

/** A section of an ELF file (System V ABI, chapter 4, "Sections"). */
export interface ElfSection {
  /** `.gnu.version_r`; empty when the file keeps no names. */
  readonly name: string
  /** `sh_type`: 3 string table, 8 takes no bytes of the file, 0x6ffffffe needed versions (GNU). */
  readonly type: number
  /** From the start of the file; it may lie beyond its end. */
  readonly offset: number
  readonly sizeBytes: number
  /** `sh_link` and `sh_info`, whose meaning depends on the type. */
  readonly link: number
  readonly info: number
}

export interface ElfSections {
  readonly sections: readonly ElfSection[]
  readonly bits: 32 | 64
  readonly littleEndian: boolean
  /**
   * Where the ELF file ends by its own account: behind the table of sections, or behind the last section. What follows
   * was appended. 0 when it has no table of sections.
   */
  readonly endBytes: number
}

const NO_BITS = 8
const MAX_NAMES_BYTES = 1 << 20
const MAX_NAME_BYTES = 256

/** @throws FormatError, RangeError when the table is cut off */
export async function readElfSections(source: ByteSource): Promise<ElfSections> {
  const { elf, entries, numbers, endBytes, namesIndex } = await readElfTable(source, 'section')
  const { bits, littleEndian } = elf
  if (entries.length === 0) return { sections: [], bits, littleEndian, endBytes }
  const { wide, int, word } = numbers
  const raw = entries.map((at) => ({
    nameAt: int(at),
    type: int(at + 4),
    offset: word(at + (wide ? 24 : 16)),
    sizeBytes: word(at + (wide ? 32 : 20)),
    link: int(at + (wide ? 40 : 24)),
    info: int(at + (wide ? 44 : 28)),
  }))
  const names = await namesOf(source, raw[namesIndex])
  const sections = raw.map(({ nameAt, ...section }) => ({ name: nameIn(names, nameAt), ...section }))
  const ends = sections.filter(({ type }) => type !== NO_BITS).map(({ offset, sizeBytes }) => offset + sizeBytes)
  return { sections, bits, littleEndian, endBytes: Math.max(endBytes, ...ends.slice(-1)) }
}

/** How many bytes of sections lie beyond the end of the file. */
export function elfSectionsMissing({ sections }: Pick<ElfSections, 'sections'>, sizeBytes: number): number {
  const ends = sections.filter(({ type }) => type !== NO_BITS).map(({ offset, sizeBytes }) => offset + sizeBytes)
  return ends.reduce((missing, end) => Math.max(missing, end - sizeBytes), 0)
}

/** Nothing when there are none, or not where the file says: sections work without names. */
async function namesOf(
  source: ByteSource,
  section: { readonly offset: number; readonly sizeBytes: number } | undefined,
): Promise<Uint8Array> {
  if (section === undefined || section.sizeBytes > MAX_NAMES_BYTES) return new Uint8Array(0)
  if (section.offset + section.sizeBytes > source.sizeBytes) return new Uint8Array(0)
  return source.read(section.offset, section.sizeBytes)
}

function nameIn(names: Uint8Array, at: number): string {
  const rest = names.subarray(at, at + MAX_NAME_BYTES)
  const end = rest.indexOf(0)
  return end < 0 ? '' : decodeLatin1(rest.subarray(0, end))
}
