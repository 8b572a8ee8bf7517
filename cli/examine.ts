import type { Digest } from '../src/bytes/digest.ts'
import { DistError } from '../src/errors.ts'
import { resolveDeclared } from '../src/inspect/declared.ts'
import { inspectArtifact } from '../src/inspect/inspect.ts'
import { nameChecks } from '../src/inspect/name-checks.ts'
import type { Inspection } from '../src/model/inspection.ts'
import { digestOfFile, type FileStamp, withFileSource } from './file-source.ts'
import { inParallel } from './pool.ts'
import type { Progress, Stage } from './progress.ts'
import type { PlannedFile } from './publish-plan.ts'

/** A file that was read once from start to end and found fit to be sent. */
export interface ExaminedFile extends PlannedFile {
  readonly digest: Digest
  readonly stamp: FileStamp
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
 * @throws DistError artifact.contradiction, artifact.platform_unknown, artifact.install_too_wide, release.check_failed
 *   with `details.checks` of every file; file.changed, file.unreadable
 */
export async function examineFiles(
  files: readonly PlannedFile[],
  progress: Progress,
  signal: AbortSignal,
): Promise<ExaminedFile[]> {
  const faults: Fault[][] = files.map(() => [])
  const examined = await inParallel(files, PARALLEL_READS, async (file, index) => {
    signal.throwIfAborted()
    faults[index] = await faultsOf(file)
    // Nothing will be sent: what is left is to look at the other files.
    if (faults.some((ofFile) => ofFile.length > 0)) return []
    return [await digested(file, progress, signal)]
  })
  const [first, ...more] = faults.flat()
  if (first !== undefined) throw allOf(first, more)
  return examined.flat()
}

async function digested(file: PlannedFile, progress: Progress, signal: AbortSignal): Promise<ExaminedFile> {
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

async function faultsOf(file: PlannedFile): Promise<Fault[]> {
  const { fileName } = file
  const report = await withFileSource(file.path, (source) => inspectArtifact(source))
  const failed = [...report.checks, ...nameChecks(fileName, report)]
    .filter(({ level }) => level === 'error')
    .map(({ code, message }) => {
      const error = new DistError('release.check_failed', `Cannot publish "${fileName}": ${message} (${code})`)
      return { fileName, code, message, error }
    })
  const refusal = refusalOf(file, report.inspection)
  if (refusal === undefined) return failed
  const fault = { fileName, code: refusal.code, message: refusal.message, error: refusal }
  // Bytes that cannot be read tell no platform either: to be asked for one would be the wrong advice.
  return refusal.code === 'artifact.platform_unknown' ? [...failed, fault] : [fault, ...failed]
}

/** What is wrong with what was declared about a file. */
function refusalOf({ fileName, declared }: PlannedFile, inspection: Inspection): DistError | undefined {
  try {
    resolveDeclared(fileName, declared, inspection)
    return undefined
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
