import type { ByteSource } from '../../bytes/byte-source.ts'
import {
  ENCRYPTED,
  hasPlainMethod,
  readZipMemberHead,
  type ZipDirectory,
  type ZipEntry,
} from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { isDamage } from '../../formats/format-error.ts'
import type { Inspection } from '../../model/inspection.ts'
import { agreementOf, identifyProgram, type Program } from '../program.ts'

/** Each is a member to unpack, which takes a millisecond. */
const MAX_CANDIDATES = 200
/** As much of each as identifying a program needs. */
const HEAD_BYTES = 4096
/** Unpacking reads this much at once; Node's inflater is ahead of what it gave, and takes twice of it. */
const MEMBER_READ_BYTES = 64 << 10
const MAX_READ_BYTES = 4 << 20

/** What programs and libraries are called. Those of Unix have no ending; neither have LICENSE and README. */
const ENDING = /\.(?:exe|dll|node|dylib|so(?:\.[0-9]{1,9}){0,4})$/i
const PLAIN_NAME = /(?:^|\/)(?![A-Z_-]+$)[^/.]+$/

/**
 * Platform and arch that all programs in a ZIP share, by the first bytes of members that may be one; `isWhole` is false
 * when there were too many to look at, and then nothing is told.
 *
 * @throws FormatLimitError by `budget`; errors of the source pass unchanged
 */
export async function zipPrograms(
  source: ByteSource,
  directory: ZipDirectory,
  budget: Budget,
): Promise<{ readonly told: Pick<Inspection, 'platform' | 'arch'>; readonly isWhole: boolean }> {
  const programs: Program[] = []
  const candidates = directory.entries.filter(mayBeProgram)
  let readBytes = 0
  for (const [i, entry] of candidates.entries()) {
    budget.tick()
    readBytes += Math.min(entry.compressedBytes, entry.method === 0 ? HEAD_BYTES : MEMBER_READ_BYTES)
    if (i >= MAX_CANDIDATES || readBytes > MAX_READ_BYTES) return { told: {}, isWhole: false }
    const program = identifyProgram(await readHead(source, directory, entry, budget))
    if (program !== undefined) programs.push(program)
  }
  return { told: agreementOf(programs), isWhole: true }
}

function mayBeProgram(entry: ZipEntry): boolean {
  const { name, unixMode, sizeBytes } = entry
  if (sizeBytes === 0 || (entry.flags & ENCRYPTED) !== 0 || !hasPlainMethod(entry)) return false
  const type = unixMode & 0o170000
  if (type !== 0 && type !== 0o100000) return false
  return ENDING.test(name) || PLAIN_NAME.test(name) || (unixMode & 0o111) !== 0
}

/** Empty when it cannot be unpacked: a damaged member does not make a ZIP unreadable. */
async function readHead(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  budget: Budget,
): Promise<Uint8Array> {
  try {
    return await readZipMemberHead(source, directory, entry, HEAD_BYTES, budget)
  } catch (error) {
    if (!isDamage(error)) throw error
    return new Uint8Array(0)
  }
}
