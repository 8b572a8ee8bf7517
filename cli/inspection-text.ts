import { notarizationText, profileText, schemeText, systemText, unsignedText } from '../src/model/fact-text.ts'
import type { Check, Inspection, Signature } from '../src/model/inspection.ts'
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
    'min os': known.minOs && systemText(known.minOs, known.platform),
    'target os': known.targetOs && systemText(known.targetOs, known.platform),
    install: known.install,
    abis: listed(known.abis),
    permissions: listed(known.permissions),
    profile: known.profile && profileText(known.profile),
    entitlements: known.entitlements && listed(Object.keys(known.entitlements)),
    icon: known.icon && `${known.icon.mediaType} ${known.icon.width}x${known.icon.height}`,
    signed: unsignedText(known),
    ...Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? listed(value) : String(value)]),
    ),
    notarization: notarizationText(inspection),
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
function signatureRows({ state, signedAt, validTo, lineage = [], ...by }: Signature): string[][] {
  const day = (instant: string | undefined) => instant?.slice(0, 10) ?? '-'
  return [
    [schemeText(by), state, day(signedAt), day(validTo), by.certificateSha256 ?? '-', by.signer ?? '-'],
    ...[...lineage].reverse().map((sha256) => ['', 'succeeds', '', '', sha256, '']),
  ]
}

function listed(values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined
  const more = values.length - MAX_LISTED
  return `${values.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
