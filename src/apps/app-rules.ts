import { DistError } from '../errors.ts'
import { FormatError } from '../formats/format-error.ts'
import { parseWindowsName } from '../formats/signatures/distinguished-name.ts'
import type { NameAttribute } from '../formats/signatures/x509.ts'
import type { Resolved } from '../inspect/declared.ts'
import { nameParts, type Signer, signerKind, signersOf } from '../inspect/signers.ts'
import type { IdentityRules } from '../model/app.ts'
import type { Inspection } from '../model/inspection.ts'
import type { Format } from '../model/platform.ts'
import type { AppRecord } from '../store/apps.ts'

/** Which formats carry the identifier that a rule is about. */
const IDENTIFIER_RULES: readonly { readonly name: keyof IdentityRules; readonly formats: readonly Format[] }[] = [
  { name: 'androidPackage', formats: ['apk', 'aab', 'apks', 'xapk'] },
  { name: 'appleBundleId', formats: ['ipa', 'app-zip'] },
  { name: 'debPackage', formats: ['deb'] },
  { name: 'rpmPackage', formats: ['rpm'] },
]

/** Which rule is about the signers of a platform. */
const SIGNER_RULES = {
  android: 'androidSignerSha256',
  apple: 'appleTeamId',
  windows: 'windowsPublisher',
} as const satisfies Record<Signer['kind'], keyof IdentityRules>

type Declared = Pick<Resolved, 'platform' | 'format'>

/**
 * Holds an artifact against its app's rules.
 * @throws DistError app.platform_not_allowed, identity.mismatch naming rule and value
 */
export function checkAppRules(
  app: Pick<AppRecord, 'slug' | 'platforms' | 'identityRules'>,
  fileName: string,
  resolved: Declared,
  inspection: Inspection,
): void {
  if (app.platforms.length > 0 && resolved.platform !== 'any' && !app.platforms.includes(resolved.platform)) {
    throw new DistError(
      'app.platform_not_allowed',
      `Cannot accept "${fileName}": app "${app.slug}" does not allow platform "${resolved.platform}"`,
      { details: { fileName, platform: resolved.platform, allowed: app.platforms } },
    )
  }
  checkIdentifier(app, fileName, resolved, inspection)
  checkSigner(app, fileName, resolved, inspection)
}

type RuledApp = Pick<AppRecord, 'slug' | 'identityRules'>

function checkIdentifier(app: RuledApp, fileName: string, resolved: Declared, inspection: Inspection): void {
  // By what the bytes are as well: calling a Mac application a plain ZIP does not lead past the rule.
  const rule = IDENTIFIER_RULES.find(
    ({ formats }) => formats.includes(inspection.format) || formats.includes(resolved.format),
  )
  const wanted = rule && app.identityRules[rule.name]
  // A file that does not tell who it is breaks the rule too.
  if (wanted === undefined || inspection.identifier === wanted) return
  const saying =
    inspection.identifier === undefined
      ? 'and its bytes tell no identifier'
      : `the file says "${inspection.identifier}"`
  throw mismatch(app, fileName, rule!.name, wanted, saying, inspection.identifier)
}

/**
 * Every signer has to be the one of the rule, or to prove that it succeeds it, or to be succeeded by it; an unsigned file
 * has none.
 */
function checkSigner(app: RuledApp, fileName: string, resolved: Declared, inspection: Inspection): void {
  // By what the bytes are as well: declaring a plainer format does not lead past the rule.
  const kind = signerKind(inspection.format) ?? signerKind(resolved.format)
  const name = kind && SIGNER_RULES[kind]
  const wanted = name && app.identityRules[name]
  if (kind === undefined || wanted === undefined) return
  const { signatures = [] } = inspection
  // Which of several signatures a device goes by is the device's choice.
  const doubtful = signatures.find(({ scheme, state }) => state !== 'valid' && scheme !== 'apk-v1')
  if (doubtful !== undefined) {
    const saying = `and its ${doubtful.scheme} signature ${doubtful.state === 'invalid' ? 'does not hold' : 'was not verified'}`
    throw mismatch(app, fileName, name!, wanted, saying, undefined)
  }
  const signers = signersOf(inspection)
  const succeeded = new Set(signers.flatMap((signer) => (isWanted(signer, wanted) ? signer.succeeds : [])))
  const other = signers.find(
    (signer) => !isWanted(signer, wanted) && !signer.succeeds.includes(wanted) && !succeeded.has(signer.id),
  )
  if (signers.length > 0 && other === undefined) return
  const saying = other === undefined ? noSigner(inspection) : `the file is signed by "${other.id}"`
  throw mismatch(app, fileName, name!, wanted, saying, other?.id)
}

function noSigner({ signatures = [] }: Inspection): string {
  return signatures.some(({ scheme }) => scheme === 'apk-v1')
    ? 'and the file has only a v1 signature, which is not verified over its members'
    : 'and the file has no signature that holds'
}

/** A publisher is named in full, by the common name that Windows shows, or by the SHA-256 of the certificate. */
function isWanted({ kind, id, certificateSha256 }: Signer, wanted: string): boolean {
  const digits = wanted.replaceAll(':', '').toLowerCase()
  // A certificate may bear any name, these digits as well.
  if (kind === 'windows' && /^[0-9a-f]{64}$/.test(digits)) return certificateSha256 === digits
  if (id === wanted) return true
  if (kind !== 'windows') return false
  const parts = nameParts(id)
  return parts.some(({ type, value }) => type === 'CN' && value === wanted) || isSameName(parts, wanted)
}

/** Windows writes names with quotes, RFC 4514 with escapes, and either in the other's order. */
function isSameName(parts: readonly NameAttribute[], wanted: string): boolean {
  try {
    const textOf = (list: readonly NameAttribute[]) => JSON.stringify(list.map(({ type, value }) => [type, value]))
    const named = parseWindowsName(wanted)
    return textOf(named) === textOf(parts) || textOf(named.reverse()) === textOf(parts)
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}

function mismatch(
  app: RuledApp,
  fileName: string,
  rule: keyof IdentityRules,
  expected: string,
  saying: string,
  actual: string | undefined,
): DistError {
  return new DistError(
    'identity.mismatch',
    `Cannot accept "${fileName}": rule ${rule} of app "${app.slug}" is "${expected}", ${saying}`,
    { details: { fileName, rule, expected, actual: actual ?? null } },
  )
}
