import { DistError } from '../src/errors.ts'
import { resolveDeclared } from '../src/inspect/declared.ts'
import { notarizationText, profileText, schemeText, systemText, unsignedText } from '../src/model/fact-text.ts'
import type { Check, Inspection, Signature } from '../src/model/inspection.ts'
import { sizeText } from '../src/model/size.ts'
import { fields } from './fields.ts'
import { factText, firstLine, listed } from './shown-fact.ts'
import { table } from './width.ts'

/** A file and what its bytes say. */
export interface Inspected {
  readonly file: string
  readonly sizeBytes: number
  readonly digest: string
  readonly inspection: Inspection
  readonly checks: readonly Check[]
}

export function inspectionText({ file, sizeBytes, digest, inspection, checks }: Inspected): string {
  const { facts = {}, ...known } = inspection
  const text = fields({
    file,
    size: sizeText(sizeBytes),
    digest,
    format: known.format,
    platform:
      known.platform ?? (needsPlatform(inspection) ? 'not told by the bytes: give one to publish it' : undefined),
    arch: known.arch,
    identifier: known.identifier && firstLine(known.identifier),
    name: known.name && firstLine(known.name),
    version: known.version && firstLine(known.version),
    build: known.buildNumber && firstLine(known.buildNumber),
    'min os': known.minOs && firstLine(systemText(known.minOs, known.platform)),
    'target os': known.targetOs && firstLine(systemText(known.targetOs, known.platform)),
    install: known.install,
    abis: listed(known.abis),
    permissions: listed(known.permissions),
    profile: known.profile && firstLine(profileText(known.profile)),
    entitlements: known.entitlements && listed(Object.keys(known.entitlements)),
    icon: known.icon && `${known.icon.mediaType} ${known.icon.width}x${known.icon.height}`,
    signed: unsignedText(known),
    ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, factText(name, value)])),
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
    [
      schemeText(by),
      state,
      day(signedAt),
      day(validTo),
      by.certificateSha256 ?? '-',
      by.signer === undefined ? '-' : firstLine(by.signer),
    ],
    ...[...lineage].reverse().map((sha256) => ['', 'succeeds', '', '', sha256, '']),
  ]
}

/** Whether publishing would ask for a platform. */
function needsPlatform(inspection: Inspection): boolean {
  try {
    resolveDeclared('', {}, inspection)
    return false
  } catch (error) {
    if (error instanceof DistError && error.code === 'artifact.platform_unknown') return true
    throw error
  }
}
