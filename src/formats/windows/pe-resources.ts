import type { ByteSource } from '../../bytes/byte-source.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { type Pe, peFileOffset } from './pe.ts'

/** `RT_RCDATA` and `RT_VERSION` (Microsoft "Resource Types"). */
export const RESOURCE_DATA = 10
export const RESOURCE_VERSION = 16

/** Of one level of the tree; programs with thousands of icons exist, and all types together are a few dozen. */
const MAX_ENTRIES = 4096

interface ResourceEntry {
  /** Undefined for entries with a name. */
  readonly id: number | undefined
  /** Of a name, counted from the root of the tree. */
  readonly nameOffset: number | undefined
  /** Counted from the root of the tree; of a directory or of data. */
  readonly offset: number
  readonly isDirectory: boolean
}

/**
 * The bytes of a resource, as {@link findPeResource} finds it.
 *
 * @param maxBytes a larger resource is refused
 * @throws as that, FormatLimitError
 */
export async function readPeResource(
  source: ByteSource,
  pe: Pe,
  type: number | string,
  name: number | undefined,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const found = await findPeResource(source, pe, type, name)
  if (found === undefined) return undefined
  if (found.sizeBytes > maxBytes)
    throw new FormatLimitError(`Cannot read PE: a resource is larger than ${maxBytes} bytes`)
  return source.read(found.offset, found.sizeBytes)
}

/**
 * Where a resource lies in the file, in its first language (Microsoft "PE Format", the .rsrc section): three levels of
 * directories for type, name and language.
 *
 * @param type a number of Microsoft's, or a name of the program's own
 * @param name the first one of the type when undefined
 * @returns undefined when there is none
 * @throws FormatError, FormatLimitError, RangeError when the tree points outside of the file
 */
export async function findPeResource(
  source: ByteSource,
  pe: Pe,
  type: number | string,
  name: number | undefined,
): Promise<{ readonly offset: number; readonly sizeBytes: number } | undefined> {
  if (pe.resourcesAddress === undefined) return undefined
  const root = peFileOffset(pe, pe.resourcesAddress)
  if (root === undefined) throw new FormatError('Cannot read PE: its resources lie outside of all sections')
  const types = await readDirectory(source, root, 0)
  const typeEntry =
    typeof type === 'number' ? types.find((entry) => entry.id === type) : await named(source, root, types, type)
  if (typeEntry === undefined) return undefined
  const names = await inside(source, root, typeEntry)
  const nameEntry = name === undefined ? names[0] : names.find((entry) => entry.id === name)
  if (nameEntry === undefined) return undefined
  const language = (await inside(source, root, nameEntry))[0]
  if (language === undefined) return undefined
  if (language.isDirectory) throw new FormatError('Cannot read PE: its resources are nested too deep')
  const header = await source.read(root + language.offset, 16)
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const dataOffset = peFileOffset(pe, view.getUint32(0, true))
  const sizeBytes = view.getUint32(4, true)
  if (dataOffset === undefined) throw new FormatError('Cannot read PE: a resource lies outside of all sections')
  return { offset: dataOffset, sizeBytes }
}

/** The entry of that name, which is stored behind its length in UTF-16. */
async function named(
  source: ByteSource,
  root: number,
  entries: readonly ResourceEntry[],
  name: string,
): Promise<ResourceEntry | undefined> {
  for (const entry of entries) {
    if (entry.nameOffset === undefined) continue
    const head = await source.read(root + entry.nameOffset, 2)
    const units = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint16(0, true)
    if (units !== name.length) continue
    const bytes = await source.read(root + entry.nameOffset + 2, units * 2)
    if (name.split('').every((unit, i) => bytes[i * 2]! + bytes[i * 2 + 1]! * 256 === unit.charCodeAt(0))) return entry
  }
  return undefined
}

function inside(source: ByteSource, root: number, entry: ResourceEntry): Promise<ResourceEntry[]> {
  if (!entry.isDirectory) throw new FormatError('Cannot read PE: its resources have no languages')
  return readDirectory(source, root, entry.offset)
}

async function readDirectory(source: ByteSource, root: number, offset: number): Promise<ResourceEntry[]> {
  const head = await source.read(root + offset, 16)
  const counts = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const count = counts.getUint16(12, true) + counts.getUint16(14, true)
  if (count > MAX_ENTRIES) throw new FormatLimitError('Cannot read PE: it has too many resources')
  const table = await source.read(root + offset + 16, count * 8)
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  return Array.from({ length: count }, (_, i) => {
    const name = view.getUint32(i * 8, true)
    const target = view.getUint32(i * 8 + 4, true)
    return {
      id: (name & 0x80000000) === 0 ? name : undefined,
      nameOffset: (name & 0x80000000) === 0 ? undefined : name & 0x7fffffff,
      offset: target & 0x7fffffff,
      isDirectory: (target & 0x80000000) !== 0,
    }
  })
}
