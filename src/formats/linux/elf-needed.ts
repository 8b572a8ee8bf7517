import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'
import type { ElfSections } from './elf-sections.ts'
import { elfNumbers } from './elf-table.ts'

const SHT_DYNAMIC = 6
const DT_NULL = 0
const DT_NEEDED = 1
/** Programs have some dozens of entries, of which some are libraries. */
const MAX_TABLE_BYTES = 64 << 10
const MAX_NAME_BYTES = 256

/**
 * Libraries that a program or library is linked with, e.g. `libc.so.6` (`DT_NEEDED`, System V ABI, chapter 5, "Dynamic
 * Section"), in the file's order. Empty when it is linked with none.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readElfNeededLibraries(source: ByteSource, elf: ElfSections): Promise<string[]> {
  const section = elf.sections.find(({ type }) => type === SHT_DYNAMIC)
  const strings = section && elf.sections[section.link]
  if (section === undefined || strings === undefined) return []
  if (section.sizeBytes > MAX_TABLE_BYTES)
    throw new FormatError('Cannot read ELF: its dynamic section is too large', { offset: section.offset })
  const bytes = await source.read(section.offset, section.sizeBytes)
  const { word } = elfNumbers(bytes, elf)
  const wordBytes = elf.bits / 8
  const libraries: string[] = []
  for (let at = 0; at + 2 * wordBytes <= bytes.byteLength; at += 2 * wordBytes) {
    const tag = word(at)
    if (tag === DT_NULL) break
    if (tag !== DT_NEEDED) continue
    const nameAt = word(at + wordBytes)
    const length = Math.min(MAX_NAME_BYTES, strings.sizeBytes - nameAt)
    if (length <= 0) throw new FormatError('Cannot read ELF: a library has no name', { offset: section.offset + at })
    const name = await source.read(strings.offset + nameAt, length)
    const end = name.indexOf(0)
    if (end > 0) libraries.push(decodeLatin1(name.subarray(0, end)))
  }
  return libraries
}
