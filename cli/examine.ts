import type { Digest } from '../src/bytes/digest.ts'
import { DistError } from '../src/errors.ts'
import { resolveDeclared } from '../src/inspect/declared.ts'
import { inspectArtifact } from '../src/inspect/inspect.ts'
import type { Check } from '../src/model/inspection.ts'
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

/**
 * Digests and local checks of all files, before anything is sent: what the server would refuse for its bytes is found
 * here, where it costs nothing.
 * @throws DistError artifact.contradiction, artifact.platform_unknown, artifact.install_too_wide, release.check_failed,
 *   file.changed, file.unreadable
 */
export async function examineFiles(
  files: readonly PlannedFile[],
  progress: Progress,
  signal: AbortSignal,
): Promise<ExaminedFile[]> {
  return inParallel(files, PARALLEL_READS, async (file) => {
    await checkContents(file)
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
  })
}

async function checkContents(file: PlannedFile): Promise<void> {
  const kind = file.declared.kind ?? 'app'
  const { inspection, checks } = await withFileSource(file.path, (source) => inspectArtifact(source))
  resolveDeclared(file.fileName, kind, file.declared, inspection)
  const errors = checks.filter((check) => check.level === 'error')
  const [first] = errors
  if (first) throw checkFailure(file.fileName, first, errors)
}

function checkFailure(fileName: string, first: Check, errors: readonly Check[]): DistError {
  return new DistError('release.check_failed', `Cannot publish "${fileName}": ${first.message} (${first.code})`, {
    details: { checks: errors.map((check) => ({ fileName, ...check })) },
  })
}
