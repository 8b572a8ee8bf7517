import { type ByteSource, bytesSource } from '../../bytes/byte-source.ts'
import { sliceOf } from '../../bytes/source-slice.ts'
import { MAX_CODE_SIGNATURE_BYTES } from '../../formats/apple/code-signature.ts'
import { KeptParts } from '../../formats/apple/kept-parts.ts'
import {
  isMacho,
  type MachoSlice,
  machoCpuType,
  parseFatHeader,
  readMacho,
  readMachoSlice,
} from '../../formats/apple/macho.ts'
import { ForwardSource } from '../../formats/archive/forward-source.ts'
import { inflate } from '../../formats/archive/inflate.ts'
import {
  storedZipMember,
  streamZipMember,
  type ZipDirectory,
  type ZipEntry,
  zipMemberDataOffset,
} from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { FormatError, FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import type { ArtifactSource } from '../inspector.ts'
import { wholePass } from '../whole-pass.ts'
import type { UnpackAllowance } from './unpack-allowance.ts'

/** A program of an application in a ZIP, as far as it is read. */
export interface BundleProgram {
  readonly cpuTypes: readonly number[]
  /** Of a program that is not unpacked only the first one, if its load commands can be read. */
  readonly slices: readonly MachoSlice[]
  /** Where load commands and code signatures are read; undefined when the program is too large to be unpacked. */
  readonly code: ByteSource | undefined
  /** Runs a pass over the code, which is read in order. */
  overCode<T>(run: (code: ByteSource) => Promise<T>): Promise<T>
}

/** The archive that a program is in. */
export interface ProgramArchive {
  readonly source: ArtifactSource
  readonly directory: ZipDirectory
  readonly budget: Budget
  readonly allowance: UnpackAllowance
}

/** Unpacked twice, a piece at a time; the largest real ones have some 300 MiB. */
const MAX_PROGRAM_BYTES = 512 << 20
/** Header and load commands, which have some 10 KiB; the first slice of a universal program starts within 16 KiB. */
const HEAD_BYTES = 64 << 10
/** What load commands may have. */
const MAX_HEAD_BYTES = (1 << 20) + 32
const FAT_HEAD_BYTES = 4096

/**
 * Undefined when the member cannot be read or is no Mach-O program.
 *
 * A code signature lies at the end of a program, and a packed program is unpacked from its start: that is a pass of its
 * own, which keeps the signatures alone. A second one holds the code against them.
 *
 * @throws FormatLimitError
 */
export async function openBundleProgram(archive: ProgramArchive, entry: ZipEntry): Promise<BundleProgram | undefined> {
  const { source, directory, budget, allowance } = archive
  try {
    if (entry.method === 0) return await storedProgram(archive, entry)
    if (entry.sizeBytes > MAX_PROGRAM_BYTES || !allowance.take(2 * entry.sizeBytes))
      return await firstOf(await packedHead(source, directory, entry, budget), entry.sizeBytes)
    const overCode = <T>(run: (code: ForwardSource) => Promise<T>) =>
      wholePass(source, budget, (bytes) => unpacking(bytes, directory, entry, run))
    const code = await overCode(keepSignatures)
    if (code === undefined) return undefined
    const slices = await readMacho(code)
    return { cpuTypes: slices.map((slice) => slice.cpuType), slices, code, overCode }
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

async function storedProgram(
  { source, directory, budget, allowance }: ProgramArchive,
  entry: ZipEntry,
): Promise<BundleProgram | undefined> {
  const code = await storedZipMember(source, directory, entry)
  if (!isMacho(await code.read(0, Math.min(8, code.sizeBytes)))) return undefined
  if (!allowance.take(entry.sizeBytes))
    return firstOf(await code.read(0, Math.min(HEAD_BYTES, code.sizeBytes)), code.sizeBytes)
  const slices = await readMacho(code)
  const start = await zipMemberDataOffset(source, directory, entry)
  return {
    cpuTypes: slices.map((slice) => slice.cpuType),
    slices,
    code,
    overCode: (run) => wholePass(source, budget, (bytes) => run(sliceOf(bytes, start, entry.sizeBytes))),
  }
}

async function unpacking<T>(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  run: (code: ForwardSource) => Promise<T>,
): Promise<T> {
  const code = new ForwardSource(streamZipMember(source, directory, entry), entry.sizeBytes)
  try {
    return await run(code)
  } finally {
    await code.close()
  }
}

/** Heads and code signatures of all slices, each as far as it can be found; undefined when it is no Mach-O program. */
async function keepSignatures(code: ForwardSource): Promise<ByteSource | undefined> {
  const kept = new KeptParts(code)
  const headBytes = Math.min(FAT_HEAD_BYTES, code.sizeBytes)
  await kept.keep(0, headBytes)
  const head = await kept.read(0, headBytes)
  if (!isMacho(head)) return undefined
  const slices = parseFatHeader(head) ?? [{ offset: 0, sizeBytes: code.sizeBytes }]
  for (const { offset, sizeBytes } of slices.toSorted((a, b) => a.offset - b.offset)) {
    const slice = await keepHead(kept, offset, sizeBytes)
    const signature = slice.signature
    if (signature === undefined || signature.sizeBytes > MAX_CODE_SIGNATURE_BYTES) continue
    const start = offset + signature.offset
    if (signature.offset + signature.sizeBytes <= sizeBytes) await kept.keep(start, start + signature.sizeBytes)
  }
  await code.finish()
  return kept
}

async function keepHead(kept: KeptParts, offset: number, sizeBytes: number): Promise<MachoSlice> {
  const end = Math.min(offset + sizeBytes, kept.sizeBytes)
  await kept.keep(offset, Math.min(offset + HEAD_BYTES, end))
  try {
    return await readMachoSlice(kept, offset, sizeBytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    await kept.keep(offset, Math.min(offset + MAX_HEAD_BYTES, end))
    return readMachoSlice(kept, offset, sizeBytes)
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
  const start = await zipMemberDataOffset(source, directory, entry)
  const packed = await source.read(start, Math.min(2 * HEAD_BYTES, entry.compressedBytes))
  return inflate(packed, 'deflate-raw', HEAD_BYTES, budget, 'program')
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
    if (!isAboutBytes(error)) throw error
  }
  return {
    cpuTypes,
    slices,
    code: undefined,
    overCode: () => {
      throw new TypeError('Cannot read code: the program is not unpacked')
    },
  }
}
