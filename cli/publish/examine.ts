import type { Digest } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import { type Resolved, resolveDeclared } from '../../src/inspect/declared.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { nameChecks } from '../../src/inspect/name-checks.ts'
import type { Inspection } from '../../src/model/inspection.ts'
import type { Platform } from '../../src/model/platform.ts'
import { inParallel } from '../pool.ts'
import type { Progress, Stage } from '../progress.ts'
import { digestOfFile, type FileStamp, withFileSource } from '../upload/file-source.ts'
import type { PlannedFile } from './plan.ts'

/** A file that was read once from start to end and found fit to be sent. */
export interface ExaminedFile extends PlannedFile {
  readonly digest: Digest
  readonly stamp: FileStamp
  /** What the server will take it for. */
  readonly resolved: Resolved
  /** Package name or bundle id that the bytes tell. */
  readonly identifier: string | undefined
  readonly report: (stage: Stage, doneBytes?: number) => void
}

/** Two at a time keep a disk busy; more make a spinning one seek. */
const PARALLEL_READS = 2

/** Why a file cannot be published. */
interface Fault {
  readonly fileName: string
  readonly code: string
  readonly message: string
  /** What publishing this file alone would end with. */
  readonly error: DistError
}

/**
 * Digests and local checks of all files, before anything is sent: what the server would refuse for its bytes is found
 * here, where it costs nothing. All files are looked at, so that one run tells all that has to be mended.
 * @param fallback platform of files of which neither the bytes nor the publisher tell one; without it they are refused
 * @throws DistError artifact.contradiction, artifact.platform_unknown, artifact.install_too_wide, release.check_failed
 *   with `details.checks` of every file; file.changed, file.unreadable
 */
export async function examineFiles(
  files: readonly PlannedFile[],
  progress: Progress,
  signal: AbortSignal,
  fallback?: Platform,
): Promise<ExaminedFile[]> {
  const faults: Fault[][] = files.map(() => [])
  const examined = await inParallel(files, PARALLEL_READS, async (file, index) => {
    signal.throwIfAborted()
    const judged = await judge(file, fallback)
    faults[index] = judged.faults
    // Nothing will be sent: what is left is to look at the other files.
    if (judged.resolved === undefined || faults.some((ofFile) => ofFile.length > 0)) return []
    return [{ ...(await digested(file, progress, signal)), resolved: judged.resolved, identifier: judged.identifier }]
  })
  const [first, ...more] = faults.flat()
  if (first !== undefined) throw allOf(first, more)
  return examined.flat()
}

async function digested(
  file: PlannedFile,
  progress: Progress,
  signal: AbortSignal,
): Promise<Omit<ExaminedFile, 'resolved' | 'identifier'>> {
  const reports: ExaminedFile['report'][] = []
  const { digest, stamp } = await digestOfFile(file.path, {
    signal,
    onProgress(readBytes, sizeBytes) {
      reports[0] ??= progress.file(file.fileName, sizeBytes)
      reports[0]('reading', readBytes)
    },
  })
  const report = reports[0] ?? progress.file(file.fileName, stamp.sizeBytes)
  report('waiting')
  return { ...file, digest, stamp, report }
}

async function judge(
  file: PlannedFile,
  fallback: Platform | undefined,
): Promise<{ readonly faults: Fault[]; readonly resolved?: Resolved; readonly identifier?: string | undefined }> {
  const { fileName } = file
  const report = await withFileSource(file.path, (source) => inspectArtifact(source))
  const failed = [...report.checks, ...nameChecks(fileName, report)]
    .filter(({ level }) => level === 'error')
    .map(({ code, message }) => {
      const error = new DistError('release.check_failed', `Cannot publish "${fileName}": ${message} (${code})`)
      return { fileName, code, message, error }
    })
  const resolved = resolve(file, report.inspection, fallback)
  if (!(resolved instanceof DistError)) return { faults: failed, resolved, identifier: report.inspection.identifier }
  const fault = { fileName, code: resolved.code, message: resolved.message, error: resolved }
  // Bytes that cannot be read tell no platform either: to be asked for one would be the wrong advice.
  return { faults: resolved.code === 'artifact.platform_unknown' ? [...failed, fault] : [fault, ...failed] }
}

/** What the file is, or what is wrong with what was declared about it. */
function resolve(
  { fileName, declared }: PlannedFile,
  inspection: Inspection,
  fallback: Platform | undefined,
): Resolved | DistError {
  const isTold = declared.platform !== undefined || inspection.platform !== undefined
  try {
    return resolveDeclared(
      fileName,
      isTold || fallback === undefined ? declared : { ...declared, platform: fallback },
      inspection,
    )
  } catch (error) {
    if (error instanceof DistError) return error
    throw error
  }
}

/** The first fault in words, all of them in `details.checks`. */
function allOf({ error, ...first }: Fault, more: readonly Fault[]): DistError {
  const all = [first, ...more]
  const checks = all.map(({ fileName, code, message }) => ({ fileName, code, level: 'error', message }))
  const rest = more.length === 0 ? '' : `, and ${more.length} more`
  return new DistError(error.code, `${error.message}${rest}`, {
    details: { ...(error.details as object | undefined), checks },
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  })
}
