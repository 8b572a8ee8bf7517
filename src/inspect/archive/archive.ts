import type { ByteSource } from '../../bytes/byte-source.ts'
import { bunzip2 } from '../../formats/archive/bz2.ts'
import { gunzip } from '../../formats/archive/gz.ts'
import { type OddEnd, readTar } from '../../formats/archive/tar.ts'
import { unxz } from '../../formats/archive/xz.ts'
import { unzstd } from '../../formats/archive/zst.ts'
import type { Budget } from '../../formats/budget.ts'
import { FormatError, FormatLimitError } from '../../formats/format-error.ts'
import type { Check, InspectionReport } from '../../model/inspection.ts'
import { finding } from '../finding.ts'
import { InspectionLimitError, type InspectLimits, type Inspector } from '../inspector.ts'
import { agreementOf, identifyProgram, type Program } from '../program.ts'
import { reading } from '../reading.ts'
import { becomesManifest, NpmMembers } from './npm-members.ts'
import { isMadeForNpm, MAX_PACKAGE_JSON_BYTES, readNpmPackage } from './npm-package.ts'
import { TarChecks } from './tar-checks.ts'

type Tarball = 'tar.gz' | 'tar.xz' | 'tar.zst' | 'tar.bz2'

/**
 * How far we look into an archive; this many bytes take half a second. Beyond it nothing is wrong, and the bytes just do
 * not tell what all of it is for: unless what was unpacked so far is a bomb, see {@link MAX_RATIO}.
 */
const PEEK_PACKED_BYTES: Readonly<Record<Tarball, number>> = {
  'tar.gz': 128 << 20,
  // Held in memory.
  'tar.xz': 16 << 20,
  'tar.zst': 16 << 20,
  // Our own decoder, which unpacks some 5 MB a second on a slow machine.
  'tar.bz2': 2 << 20,
}
const PEEK_INFLATED_BYTES: Readonly<Record<Tarball, number>> = {
  // Engines may keep all of it until the end.
  'tar.gz': 96 << 20,
  // Beside a dictionary of up to 64 MiB.
  'tar.xz': 32 << 20,
  'tar.zst': 64 << 20,
  'tar.bz2': 8 << 20,
}

/**
 * Share of all that an inspection may unpack, for what may be an npm package: of that nothing may stay unseen. Those with
 * programs for several systems have 200 MiB.
 */
const NPM_SHARE = 7 / 8

/**
 * An archive of which not all was looked at is a bomb when what was unpacked is this many times what it was unpacked from.
 * Zeros shrink to a thousandth in gzip and to less in others; programs and texts to a tenth or thirtieth.
 */
const MAX_RATIO = 200
/** Fewer bytes are no bomb. */
const MIN_BOMB_BYTES = 8 << 20

/** Of a tarball; one with more is refused. */
const MAX_MEMBERS = 100_000

/** Packed bytes of gzip at a time: Deno unpacks a piece at once, and does not collect many pieces of 16 MiB in time. */
const PIECE_BYTES = 8 << 10

const HEAD_BYTES = 4096

/**
 * Compressed tar archives. Platform and arch are told only when the whole archive was looked through and all its
 * programs are for the same; npm packages are recognised by `package.json` in their one folder.
 */
export const archiveInspector: Inspector = {
  name: 'archive',
  format: 'file',
  async sniff(head) {
    return tarballOf(head) !== undefined
  },
  async inspect(source, limits) {
    const format = tarballOf(await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes)))
    if (format === undefined) throw new TypeError('Cannot inspect: the source is not a compressed file')
    return reading(format, limits, (budget) => inspectTarball(source, format, limits, budget))
  },
}

function tarballOf(head: Uint8Array): Tarball | undefined {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte)
  if (starts(0x1f, 0x8b, 0x08)) return 'tar.gz'
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'tar.xz'
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'tar.zst'
  if (starts(0x42, 0x5a, 0x68) && head[3]! >= 0x31 && head[3]! <= 0x39 && head[4] === 0x31 && head[5] === 0x41)
    return 'tar.bz2'
  return undefined
}

class Look {
  readonly programs: Program[] = []
  readonly checks = new TarChecks()
  readonly npm = new NpmMembers()
  members = 0
  inflatedBytes = 0
  /** A bound of unpacked bytes ended the look. */
  isFull = false
}

async function inspectTarball(
  source: ByteSource,
  format: Tarball,
  limits: InspectLimits,
  budget: Budget,
): Promise<InspectionReport> {
  const seen = new Look()
  const ended = await look(source, format, limits, budget, seen)
  if (ended === 'not a tar') {
    // A single compressed file: the formats do not name it, and its bytes are fine.
    return { inspection: { format: 'file', install: 'file' }, checks: [] }
  }
  const { checks } = seen.checks
  if (ended === 'in part') {
    const bomb = seen.isFull ? await findBomb(source, format, seen.inflatedBytes, budget) : undefined
    // What was not seen could be another package.
    const words = mayBeNpm(seen, format) ? ', and it is not taken for an npm package' : ''
    checks.push(
      bomb ?? finding('info', 'archive.partly_read', `The archive is large: only its first part was looked at${words}`),
    )
    return { inspection: { format, install: 'file' }, checks }
  }
  const npm = format === 'tar.gz' ? npmPackage(seen) : undefined
  if (npm !== undefined) return { inspection: npm.inspection, checks: [...checks, ...npm.checks] }
  return { inspection: { format, install: 'file', ...agreementOf(seen.programs) }, checks }
}

/**
 * The finding about an archive whose look ended after so many unpacked bytes, when they come from too few packed ones.
 * Decoders do not tell how many they took: as many as would be too few are unpacked again, to no more than before.
 */
async function findBomb(
  source: ByteSource,
  format: Tarball,
  inflatedBytes: number,
  budget: Budget,
): Promise<Check | undefined> {
  if (inflatedBytes < MIN_BOMB_BYTES) return undefined
  const fewBytes = Math.min(Math.floor(inflatedBytes / MAX_RATIO), source.sizeBytes)
  if (fewBytes < source.sizeBytes) {
    let again = 0
    const clock: Budget = { ...budget, inflated: budget.tick }
    for await (const chunk of unpack(source, format, fewBytes, clock, true)) {
      again += chunk.byteLength
      if (again >= inflatedBytes) break
    }
    if (again < inflatedBytes) return undefined
  }
  return finding(
    'error',
    'archive.expands_too_far',
    `The archive unpacks to more than ${MAX_RATIO} times its size: its first ${fewBytes} bytes give more than ${inflatedBytes}`,
  )
}

/** Whether what was seen so far is, or could be, the beginning of an npm package. */
function mayBeNpm({ npm, programs }: Look, format: Tarball): boolean {
  if (format !== 'tar.gz') return false
  const { candidate, onlyFolder } = npm
  return onlyFolder === 'package' || (candidate !== undefined && isMadeForNpm(candidate, programs.length > 0))
}

/** The report of an npm package that was looked through whole; undefined when the tarball is none. */
function npmPackage(seen: Look): InspectionReport | undefined {
  const { candidate, confusion, onlyFolder } = seen.npm
  if (candidate === undefined || !isMadeForNpm(candidate, seen.programs.length > 0)) return undefined
  // Other folders than npm's own only when everything lies in it.
  if (candidate.folder !== 'package' && candidate.folder !== onlyFolder) return undefined
  if (candidate.packageJson.byteLength > MAX_PACKAGE_JSON_BYTES)
    throw new InspectionLimitError('npm', `package.json is larger than ${MAX_PACKAGE_JSON_BYTES} bytes`)
  const report = readNpmPackage(candidate.packageJson)
  if (confusion === undefined) return report
  const words = `Two readers could see different packages: ${confusion}`
  return { ...report, checks: [...report.checks, finding('error', 'npm.confusion', words)] }
}

/** `in part` when a bound of the look came before the end of the archive. */
async function look(
  source: ByteSource,
  format: Tarball,
  limits: InspectLimits,
  budget: Budget,
  seen: Look,
): Promise<'whole' | 'in part' | 'not a tar'> {
  const packedBytes = Math.min(source.sizeBytes, PEEK_PACKED_BYTES[format], Math.floor(limits.maxReadBytes / 2))
  const isCut = packedBytes < source.sizeBytes
  let boundBytes = Math.min(PEEK_INFLATED_BYTES[format], Math.floor(limits.maxInflatedBytes / 2))
  const npmBytes = Math.floor(limits.maxInflatedBytes * NPM_SHARE)
  const unpacked = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of unpack(source, format, packedBytes, budget, isCut)) {
      seen.inflatedBytes += chunk.byteLength
      yield chunk
      if (seen.inflatedBytes <= boundBytes) continue
      if (
        boundBytes < npmBytes &&
        mayBeNpm(seen, format) &&
        // Only a gzip is unpacked a second time meanwhile: other decoders are one at a time, and this would wait for itself.
        (await findBomb(source, format, seen.inflatedBytes, budget)) === undefined
      ) {
        boundBytes = npmBytes
        continue
      }
      seen.isFull = true
      return
    }
  }
  let oddEnd: OddEnd | undefined
  try {
    const wants = (member: { name: string; kind: string }) =>
      member.kind !== 'file' ? 0 : becomesManifest(member.name) ? MAX_PACKAGE_JSON_BYTES + 1 : HEAD_BYTES
    const atEnd = (odd: OddEnd) => {
      oddEnd = odd
      seen.checks.seeEnd(odd)
      seen.npm.seeEnd(odd)
    }
    for await (const member of readTar(unpacked(), budget, wants, atEnd)) {
      seen.members++
      if (seen.members > MAX_MEMBERS)
        throw new InspectionLimitError(format, `The archive has more than ${MAX_MEMBERS} members`)
      seen.checks.see(member)
      seen.npm.see(member)
      const program = member.kind === 'file' ? identifyProgram(member.head) : undefined
      if (program !== undefined && seen.programs.length < 10_000) seen.programs.push(program)
    }
  } catch (error) {
    if (error instanceof RangeError && (isCut || seen.isFull)) return 'in part'
    if (
      error instanceof FormatError &&
      // A record that is too large stands behind a header with a good checksum.
      !(error instanceof FormatLimitError) &&
      seen.members === 0 &&
      seen.inflatedBytes > 0 &&
      error.message.startsWith('Cannot read tar')
    )
      return 'not a tar'
    if (error instanceof RangeError && seen.members === 0 && seen.inflatedBytes < 512) return 'not a tar'
    throw error
  }
  // Images of disks begin with zeros.
  if (seen.members === 0 && oddEnd !== undefined && oddEnd !== 'doubtful header') return 'not a tar'
  return isCut || seen.isFull ? 'in part' : 'whole'
}

async function* unpack(
  source: ByteSource,
  format: Tarball,
  packedBytes: number,
  budget: Budget,
  partial: boolean,
): AsyncGenerator<Uint8Array> {
  if (format === 'tar.gz') {
    const input = async function* () {
      for (let at = 0; at < packedBytes; ) {
        const length = Math.min(256 << 10, packedBytes - at)
        const chunk = await source.read(at, length)
        at += length
        for (let i = 0; i < length; i += PIECE_BYTES) yield chunk.subarray(i, i + PIECE_BYTES)
      }
    }
    yield* gunzip(input(), budget, partial)
    return
  }
  const packed = await source.read(0, packedBytes)
  if (format === 'tar.xz') yield* unxz(packed, budget, partial)
  else if (format === 'tar.bz2') yield* bunzip2(packed, budget, partial)
  else yield* unzstd(packed, budget, partial)
}
