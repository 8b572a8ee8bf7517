import type { Check, Inspection } from '../src/model/inspection.ts'
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
    ...Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? listed(value) : String(value)]),
    ),
  })
  if (checks.length === 0) return text
  const rows = checks.map((check) => [check.level, check.code, check.message])
  return `${text}\n${table(['LEVEL', 'CHECK', 'FINDING'], rows)}`
}

function listed(values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined
  const more = values.length - MAX_LISTED
  return `${values.slice(0, MAX_LISTED).join(' ')}${more > 0 ? ` and ${more} more` : ''}`
}
