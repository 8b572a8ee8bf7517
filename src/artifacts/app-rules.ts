import { DistError } from '../errors.ts'
import type { Resolved } from '../inspect/declared.ts'
import type { Inspection } from '../model/inspection.ts'
import type { Format } from '../model/platform.ts'
import type { AppRecord } from '../store/apps.ts'

/**
 * Holds an artifact against its app's rules.
 * @throws DistError app.platform_not_allowed, identity.mismatch naming rule and value
 */
export function checkAppRules(
  app: Pick<AppRecord, 'slug' | 'platforms' | 'identityRules'>,
  fileName: string,
  resolved: Resolved,
  inspection: Inspection,
): void {
  if (app.platforms.length > 0 && resolved.platform !== 'any' && !app.platforms.includes(resolved.platform)) {
    throw new DistError(
      'app.platform_not_allowed',
      `Cannot accept "${fileName}": app "${app.slug}" does not allow platform "${resolved.platform}"`,
      { details: { fileName, platform: resolved.platform, allowed: app.platforms } },
    )
  }
  const rules = app.identityRules
  const identifierRules: Readonly<Partial<Record<Format, [string, string | undefined]>>> = {
    apk: ['androidPackage', rules.androidPackage],
    ipa: ['appleBundleId', rules.appleBundleId],
    deb: ['debPackage', rules.debPackage],
    rpm: ['rpmPackage', rules.rpmPackage],
  }
  const [rule, wanted] = identifierRules[inspection.format] ?? []
  if (wanted !== undefined && inspection.identifier !== wanted) {
    throw new DistError(
      'identity.mismatch',
      `Cannot accept "${fileName}": rule ${rule} of app "${app.slug}" is "${wanted}", the file says "${inspection.identifier ?? ''}"`,
      { details: { fileName, rule, expected: wanted, actual: inspection.identifier ?? null } },
    )
  }
}
