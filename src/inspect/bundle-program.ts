import { type ByteSource, bytesSource } from '../bytes/byte-source.ts'
import type { Budget } from '../formats/budget.ts'
import { FormatError, FormatLimitError } from '../formats/format-error.ts'
import { inflate } from '../formats/inflate.ts'
import { isMacho, type MachoSlice, machoCpuType, parseFatHeader, readMacho, readMachoSlice } from '../formats/macho.ts'
import {
  readZipMember,
  storedZipMember,
  type ZipDirectory,
  type ZipEntry,
  zipMemberDataOffset,
} from '../formats/zip.ts'

/** The main program of an application in a ZIP, as far as it is read. */
export interface BundleProgram {
  readonly cpuTypes: readonly number[]
  /** Of a packed program that is not unpacked only the first one, if its load commands can be read. */
  readonly slices: readonly MachoSlice[]
  /** Where code signatures are read; undefined when the program is not unpacked as far as that. */
  readonly code: ByteSource | undefined
  /** The whole program is in memory, so that hashing it costs no reads. */
  readonly isInMemory: boolean
}

/** Held in memory while it is read. */
const MAX_PROGRAM_BYTES = 64 << 20
/** Header and load commands, which have some 10 KiB; the first slice of a universal program starts within 16 KiB. */
const HEAD_BYTES = 64 << 10

/**
 * Undefined when the member cannot be read or is no Mach-O program.
 *
 * @param maxPackedBytes a code signature lies at the end of a program, and a packed program is read and unpacked from its
 *   start: of one that is larger than this only the head is read
 * @throws FormatLimitError
 */
export async function openBundleProgram(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  maxPackedBytes: number,
  budget: Budget,
): Promise<BundleProgram | undefined> {
  try {
    if (entry.compressedBytes <= maxPackedBytes && entry.sizeBytes <= MAX_PROGRAM_BYTES) {
      const bytes = await readZipMember(source, directory, entry, MAX_PROGRAM_BYTES, budget)
      return isMacho(bytes) ? await whole(bytesSource(bytes), true) : undefined
    }
    if (entry.method === 0) {
      const program = await storedZipMember(source, directory, entry)
      return isMacho(await program.read(0, 8)) ? await whole(program, false) : undefined
    }
    return await firstOf(await packedHead(source, directory, entry, budget), entry.sizeBytes)
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (error instanceof FormatError || error instanceof RangeError) return undefined
    throw error
  }
}

/** As `readZipMemberHead`, which reads ahead by some MiB. */
async function packedHead(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  budget: Budget,
): Promise<Uint8Array> {
  if (entry.method !== 8 || (entry.flags & 1) !== 0) throw new FormatError('Cannot read program: it is not deflated')
  const packed = await source.read(await zipMemberDataOffset(source, directory, entry), 2 * HEAD_BYTES)
  return inflate(packed, 'deflate-raw', HEAD_BYTES, budget, 'program')
}

async function whole(code: ByteSource, isInMemory: boolean): Promise<BundleProgram> {
  const slices = await readMacho(code)
  return { cpuTypes: slices.map((slice) => slice.cpuType), slices, code, isInMemory }
}

async function firstOf(head: Uint8Array, sizeBytes: number): Promise<BundleProgram | undefined> {
  const cpuType = machoCpuType(head)
  const fat = cpuType === undefined ? parseFatHeader(head) : undefined
  const cpuTypes = cpuType === undefined ? fat?.map((slice) => slice.cpuType) : [cpuType]
  if (cpuTypes === undefined) return undefined
  const source = { ...bytesSource(head), sizeBytes }
  const slices: MachoSlice[] = []
  try {
    slices.push(await readMachoSlice(source, fat?.[0]?.offset ?? 0, fat?.[0]?.sizeBytes ?? sizeBytes))
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof FormatError)) throw error
  }
  return { cpuTypes, slices, code: undefined, isInMemory: false }
}
