import type { Check, Inspection, ProvisioningProfile, Signature } from '../src/model/inspection.ts'
import { sizeText } from '../src/model/size.ts'
import { fields } from './fields.ts'
import { table } from './width.ts'

/** A file and what its bytes say. */
export interface Inspected {
  readonly file: string
  readonly sizeBytes: number
  readonly digest: string
  readonly inspection: Inspection
  readonly checks: readonly Check[]
}

/** Lists of facts are cut here, because an APK has a hundred permissions; `--json` has all. */
const MAX_LISTED = 8

export function inspectionText({ file, sizeBytes, digest, inspection, checks }: Inspected): string {
  const { facts = {}, ...known } = inspection
  const text = fields({
    file,
    size: sizeText(sizeBytes),
    digest,
    format: known.format,
    platform: known.platform,
    arch: known.arch,
    identifier: known.identifier,
    name: known.name,
    version: known.version,
    build: known.buildNumber,
    'min os': known.minOs,
    'target os': known.targetOs,
    install: known.install,
    abis: listed(known.abis),
    permissions: listed(known.permissions),
    profile: known.profile && profileText(known.profile),
    entitlements: known.entitlements && listed(Object.keys(known.entitlements)),
    icon: known.icon && `${known.icon.mediaType} ${known.icon.width}x${known.icon.height}`,
    signed: known.signatures?.length === 0 ? 'no' : undefined,
    ...Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? listed(value) : String(value)]),
    ),
  })
  const signatures = (known.signatures ?? []).flatMap(signatureRows)
  const findings = checks.map((check) => [check.level, check.code, check.message])
  return [
    text,
    ...(signatures.length === 0
      ? []
      : [table(['SIGNATURE', 'STATE', 'MADE', 'UNTIL', 'CERTIFICATE', 'SIGNER'], signatures)]),
    ...(findings.length === 0 ? [] : [table(['LEVEL', 'CHECK', 'FINDING'], findings)]),
  ].join('\n')
}

/** The certificate by its SHA-256, in full: it is what identity rules are set to. Below it those that it succeeds. */
function signatureRows({ scheme, state, minOs, signedAt, validTo, lineage = [], ...by }: Signature): string[][] {
  const name = minOs === undefined ? scheme : `${scheme} (${minOs}+)`
  const day = (instant: string | undefined) => instant?.slice(0, 10) ?? '-'
  return [
    [name, state, day(signedAt), day(validTo), by.certificateSha256 ?? '-', by.signer ?? '-'],
    ...[...lineage].reverse().map((sha256) => ['', 'succeeds', '', '', sha256, '']),
  ]
}

/** `ad-hoc "Notes Testers", team ABCDE12345, until 2027-01-02, 3 devices`. */
function profileText({ type, name, teamId, expiresAt, deviceCount }: ProvisioningProfile): string {
  return [
    name === undefined ? type : `${type} "${name}"`,
    teamId && `team ${teamId}`,
    expiresAt && `until ${expiresAt.slice(0, 10)}`,
    deviceCount !== undefined && `${deviceCount} ${deviceCount === 1 ? 'device' : 'devices'}`,
  ]
    .filter(Boolean)
    .join(', ')
}

function listed(values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined
  const more = values.length - MAX_LISTED
  return `${values.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
