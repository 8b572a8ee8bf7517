import { nameChecks } from '../inspect/name-checks.ts'
import type { Check, Inspection, InspectionReport } from '../model/inspection.ts'
import type { ReleaseRecord } from '../store/releases.ts'

/** All that is found about a file in its release: in its bytes, beside its name, and beside the release's version. */
export function fileChecks(
  fileName: string,
  release: Pick<ReleaseRecord, 'version' | 'build'>,
  report: InspectionReport,
): Check[] {
  return [...ownChecks(fileName, report), ...versionChecks(release, report.inspection)]
}

/** What is found about a file that is in no release: in its bytes, and beside its name. */
export function ownChecks(fileName: string, report: InspectionReport): Check[] {
  return [...report.checks, ...nameChecks(fileName, report)]
}

/** Bytes may carry another version than the release: one release may hold several products' files. */
function versionChecks(release: Pick<ReleaseRecord, 'version' | 'build'>, inspection: Inspection): Check[] {
  const checks: Check[] = []
  if (inspection.version !== undefined && inspection.version !== release.version) {
    checks.push({
      code: 'artifact.version_differs',
      level: 'info',
      message: `The file says version ${inspection.version}, the release is ${release.version}`,
    })
  }
  if (inspection.buildNumber !== undefined && release.build !== null && inspection.buildNumber !== release.build) {
    checks.push({
      code: 'artifact.build_differs',
      level: 'info',
      message: `The file says build ${inspection.buildNumber}, the release is build ${release.build}`,
    })
  }
  return checks
}
