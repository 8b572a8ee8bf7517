import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../budget.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'
import type { ElfSections } from './elf-sections.ts'

const SHT_GNU_VERNEED = 0x6ffffffe
/** Programs need some dozens of versions. */
const MAX_TABLE_BYTES = 1 << 20
const MAX_VERSIONS = 4096
const MAX_NAME_BYTES = 64

/**
 * Versions that a program asks of its libraries, e.g. `GLIBC_2.34` (`.gnu.version_r`, Linux Standard Base, "Symbol
 * Versioning"); in the file's order, which may repeat some. Empty when it asks for none.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readElfNeededVersions(source: ByteSource, elf: ElfSections, budget: Budget): Promise<string[]> {
  const { littleEndian } = elf
  const section = elf.sections.find(({ type }) => type === SHT_GNU_VERNEED)
  const strings = section && elf.sections[section.link]
  if (section === undefined || strings === undefined) return []
  if (section.sizeBytes > MAX_TABLE_BYTES)
    throw new FormatError('Cannot read ELF: its needed versions are too many', { offset: section.offset })
  const bytes = await source.read(section.offset, section.sizeBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

  // Libraries, each with a chain of its versions; both chains lead forwards.
  const nameOffsets = new Set<number>()
  let library = 0
  let steps = 0
  for (let i = 0; i < section.info; i++) {
    if ((i & 0xfff) === 0) budget.tick()
    let version = library + view.getUint32(library + 8, littleEndian)
    const count = view.getUint16(library + 2, littleEndian)
    for (let j = 0; j < count; j++) {
      nameOffsets.add(view.getUint32(version + 8, littleEndian))
      if (++steps > MAX_VERSIONS)
        throw new FormatError('Cannot read ELF: its needed versions are too many', { offset: section.offset })
      const next = view.getUint32(version + 12, littleEndian)
      if (next === 0) break
      version += next
    }
    const next = view.getUint32(library + 12, littleEndian)
    if (next === 0) break
    library += next
  }

  const names: string[] = []
  for (const at of nameOffsets) {
    const length = Math.min(MAX_NAME_BYTES, strings.sizeBytes - at)
    if (length <= 0) throw new FormatError('Cannot read ELF: a version has no name', { offset: section.offset })
    const name = await source.read(strings.offset + at, length)
    const end = name.indexOf(0)
    if (end > 0) names.push(decodeLatin1(name.subarray(0, end)))
  }
  return names
}
