import { withFileSource } from '../../cli/upload/file-source.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import type { Check, InspectionReport } from '../../src/model/inspection.ts'

/** What the product says of a file. */
export function inspectFile(path: string): Promise<InspectionReport> {
  return withFileSource(path, (source) => inspectArtifact(source))
}

/** Codes of the findings of a level, sorted. */
export function codesOf(report: InspectionReport, level: Check['level']): string[] {
  return report.checks
    .filter((check) => check.level === level)
    .map((check) => check.code)
    .sort()
}
