import type { ByteSource } from '../../bytes/byte-source.ts'
import { bunzip2 } from '../../formats/archive/bz2.ts'
import { gunzip } from '../../formats/archive/gz.ts'
import { readTar, type TarMember } from '../../formats/archive/tar.ts'
import { unxz } from '../../formats/archive/xz.ts'
import { unzstd } from '../../formats/archive/zst.ts'
import type { Budget } from '../../formats/budget.ts'
import { FormatError, FormatLimitError } from '../../formats/format-error.ts'
import type { InspectionReport } from '../../model/inspection.ts'
import { finding } from '../finding.ts'
import { InspectionLimitError, type InspectLimits, type Inspector } from '../inspector.ts'
import { agreementOf, identifyProgram, type Program } from '../program.ts'
import { reading } from '../reading.ts'
import { isMadeForNpm, MAX_PACKAGE_JSON_BYTES, type PackageCandidate, readNpmPackage } from './npm-package.ts'
import { TarChecks } from './tar-checks.ts'

type Tarball = 'tar.gz' | 'tar.xz' | 'tar.zst' | 'tar.bz2'

/**
 * How far we look into an archive. Beyond it nothing is wrong; the bytes just do not tell what all of it is for. A bomb is
 * one that is large, too: a log that repeats itself shrinks as well as zeros do, and this many take half a second.
 */
const PEEK_PACKED_BYTES: Readonly<Record<Tarball, number>> = {
  'tar.gz': 64 << 20,
  // Held in memory.
  'tar.xz': 16 << 20,
  'tar.zst': 16 << 20,
  // Our own decoder, which unpacks some 5 MB a second on a slow machine.
  'tar.bz2': 2 << 20,
}
const PEEK_INFLATED_BYTES: Readonly<Record<Tarball, number>> = {
  'tar.gz': 128 << 20,
  // Beside a dictionary of up to 64 MiB.
  'tar.xz': 32 << 20,
  'tar.zst': 64 << 20,
  'tar.bz2': 8 << 20,
}

const HEAD_BYTES = 4096
const PACKAGE_JSON = /^[^/]+\/package\.json$/

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

interface Seen {
  readonly programs: Program[]
  readonly checks: TarChecks
  /** `package/package.json`, or else the first `<folder>/package.json`; of several in one folder the last. */
  candidate: PackageCandidate | undefined
  /** That one folder held two that differ. */
  candidateDiffers: boolean
  /** First components of all paths, while there is only one. */
  folders: Set<string>
  members: number
}

async function inspectTarball(
  source: ByteSource,
  format: Tarball,
  limits: InspectLimits,
  budget: Budget,
): Promise<InspectionReport> {
  const packedBytes = Math.min(source.sizeBytes, PEEK_PACKED_BYTES[format], Math.floor(limits.maxReadBytes / 2))
  const seen: Seen = {
    programs: [],
    checks: new TarChecks(),
    candidate: undefined,
    candidateDiffers: false,
    folders: new Set(),
    members: 0,
  }
  const whole = await look(
    source,
    format,
    packedBytes,
    Math.min(PEEK_INFLATED_BYTES[format], Math.floor(limits.maxInflatedBytes / 2)),
    budget,
    seen,
  )
  if (whole === 'not a tar') {
    // A single compressed file: the formats do not name it, and its bytes are fine.
    return { inspection: { format: 'file', install: 'file' }, checks: [] }
  }
  const { checks } = seen.checks
  const npm = format === 'tar.gz' ? npmPackage(seen, whole) : undefined
  if (npm !== undefined) return { inspection: npm.inspection, checks: [...checks, ...npm.checks] }
  if (!whole) {
    checks.push(finding('info', 'archive.partly_read', 'The archive is large: only its first part was looked at'))
    return { inspection: { format, install: 'file' }, checks }
  }
  return { inspection: { format, install: 'file', ...agreementOf(seen.programs) }, checks }
}

/** The report of an npm package; undefined when the tarball is none. */
function npmPackage(seen: Seen, whole: boolean): InspectionReport | undefined {
  const { candidate, folders, programs } = seen
  if (candidate === undefined || !isMadeForNpm(candidate, programs.length > 0)) return undefined
  // Other folders than npm's own only when everything was seen and lies in it.
  if (candidate.folder !== 'package' && (!whole || folders.size > 1)) return undefined
  if (candidate.packageJson.byteLength > MAX_PACKAGE_JSON_BYTES)
    throw new InspectionLimitError('npm', `package.json is larger than ${MAX_PACKAGE_JSON_BYTES} bytes`)
  const report = readNpmPackage(candidate.packageJson)
  if (!seen.candidateDiffers) return report
  const words = 'Two readers could see different packages: package.json occurs twice, with different contents'
  return { ...report, checks: [...report.checks, finding('error', 'npm.confusion', words)] }
}

function seeForNpm(seen: Seen, member: TarMember): void {
  const [folder, name, ...more] = member.name.split('/', 3)
  if (seen.folders.size < 2) seen.folders.add(folder!)
  if (member.kind !== 'file' || name !== 'package.json' || more.length > 0) return
  const { candidate } = seen
  if (candidate === undefined || (folder === 'package' && candidate.folder !== 'package')) {
    seen.candidate = { folder: folder!, packageJson: member.head.slice() }
    seen.candidateDiffers = false
  } else if (folder === candidate.folder) {
    const isSame =
      candidate.packageJson.byteLength === member.head.byteLength &&
      candidate.packageJson.every((byte, i) => byte === member.head[i])
    seen.candidateDiffers ||= !isSame
    // Unpacking writes the later one over the first.
    seen.candidate = { folder, packageJson: member.head.slice() }
  }
}

/** True when the archive ended, false when a bound of the look came first. */
async function look(
  source: ByteSource,
  format: Tarball,
  packedBytes: number,
  inflatedBytes: number,
  budget: Budget,
  seen: Seen,
): Promise<boolean | 'not a tar'> {
  const partial = packedBytes < source.sizeBytes
  const progress = { inflated: 0, full: false }
  const unpacked = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of unpack(source, format, packedBytes, budget, partial)) {
      progress.inflated += chunk.byteLength
      yield chunk
      if (progress.inflated > inflatedBytes) {
        progress.full = true
        return
      }
    }
  }
  try {
    const wants = (member: { name: string; kind: string }) =>
      member.kind !== 'file' ? 0 : PACKAGE_JSON.test(member.name) ? MAX_PACKAGE_JSON_BYTES + 1 : HEAD_BYTES
    for await (const member of readTar(unpacked(), budget, wants)) {
      seen.members++
      seen.checks.see(member)
      seeForNpm(seen, member)
      const program = member.kind === 'file' ? identifyProgram(member.head) : undefined
      if (program !== undefined && seen.programs.length < 10_000) seen.programs.push(program)
    }
  } catch (error) {
    if (error instanceof RangeError && (partial || progress.full)) return false
    if (
      error instanceof FormatError &&
      // A record that is too large stands behind a header with a good checksum.
      !(error instanceof FormatLimitError) &&
      seen.members === 0 &&
      progress.inflated > 0 &&
      error.message.startsWith('Cannot read tar')
    )
      return 'not a tar'
    if (error instanceof RangeError && seen.members === 0 && progress.inflated < 512) return 'not a tar'
    throw error
  }
  return !partial && !progress.full
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
        yield chunk
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
