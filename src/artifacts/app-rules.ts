import { DistError } from '../errors.ts'
import type { Resolved } from '../inspect/declared.ts'
import type { IdentityRules } from '../model/app.ts'
import type { Inspection } from '../model/inspection.ts'
import type { Format } from '../model/platform.ts'
import type { AppRecord } from '../store/apps.ts'

/** Which formats carry the identifier that a rule is about. */
const RULES: readonly { readonly name: keyof IdentityRules; readonly formats: readonly Format[] }[] = [
  { name: 'androidPackage', formats: ['apk', 'aab', 'apks', 'xapk'] },
  { name: 'appleBundleId', formats: ['ipa', 'app-zip'] },
  { name: 'debPackage', formats: ['deb'] },
  { name: 'rpmPackage', formats: ['rpm'] },
]

/** Formats whose identifier no inspector reads yet. A file of them is refused where a rule asks for it. */
const UNREAD_FORMATS: ReadonlySet<Format> = new Set(['aab', 'apks', 'xapk'])

/** Rules about what no inspector reads yet, and what that is. */
const UNREAD_RULES = {
  androidSignerSha256: 'signers',
  appleTeamId: 'signers',
  windowsPublisher: 'signers',
} as const

/** A rule that nothing enforces would be a false promise. @throws DistError feature.later naming the rule */
export function checkRulesReadable(rules: IdentityRules): void {
  for (const [rule, what] of Object.entries(UNREAD_RULES)) {
    if (rules[rule as keyof typeof UNREAD_RULES] !== undefined)
      throw new DistError('feature.later', `Cannot use rule ${rule}: this server does not read ${what} yet`)
  }
}

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
  // The declared format where it is finer than the bytes tell: calling a ZIP an "apks" does not lead past the rule.
  const rule = RULES.find(({ formats }) => formats.includes(resolved.format))
  if (rule === undefined) return
  const wanted = app.identityRules[rule.name]
  // A file that does not tell who it is breaks the rule too.
  if (wanted !== undefined && inspection.identifier !== wanted) {
    throw new DistError(
      'identity.mismatch',
      `Cannot accept "${fileName}": rule ${rule.name} of app "${app.slug}" is "${wanted}", ${saying(resolved.format, inspection.identifier)}`,
      { details: { fileName, rule: rule.name, expected: wanted, actual: inspection.identifier ?? null } },
    )
  }
}

function saying(format: Format, identifier: string | undefined): string {
  if (identifier !== undefined) return `the file says "${identifier}"`
  if (UNREAD_FORMATS.has(format)) return `and this server does not read the package name of an ${format} yet`
  return 'and its bytes tell no identifier'
}
