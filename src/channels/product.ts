import { signerKind } from '../inspect/signers.ts'
import type { Format } from '../model/platform.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'

/** Formats in which a device takes one file as the successor of another: `apk` and `apks`, `tar.gz` and `tar.xz`. */
function familyOf(format: Format): string {
  return signerKind(format) ?? (format.startsWith('tar.') ? 'tar' : format)
}

/**
 * Equal for files of the same product for the same platform: by its identifier where the format has one. Undefined for
 * what is no app.
 */
export function productOf({ kind, platform, inspection }: ArtifactRecord): string | undefined {
  return kind === 'app' ? [platform, familyOf(inspection.format), inspection.identifier].join('\n') : undefined
}
