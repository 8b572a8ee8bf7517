import { parseStrictJson } from '../bytes/strict-json.ts'
import { decodeUtf8 } from '../formats/decode-text.ts'
import type { Check, Inspection, InspectionReport } from '../model/inspection.ts'
import { archFrom, platformFrom } from '../model/platform.ts'
import { displayText, exactText, finding } from './finding.ts'
import { InspectionError } from './inspector.ts'

/** Real ones have some KiB; registries refuse larger ones. */
export const MAX_PACKAGE_JSON_BYTES = 2 << 20

/** Systems and CPUs in `os` and `cpu` are at most this many; a package names a handful. */
const MAX_LIST = 50

type Fields = ReadonlyMap<string, unknown>

/** What a tarball must show before it is taken for an npm package. */
export interface PackageCandidate {
  /** First component of the path of `package.json`, which npm strips: mostly `package`. */
  readonly folder: string
  readonly packageJson: Uint8Array
}

/**
 * Whether a tarball with this manifest is made for npm. `npm pack` writes the folder `package`. Others name it after the
 * package; but so do tarballs of applications, which are private or carry programs of a system.
 */
export function isMadeForNpm({ folder, packageJson }: PackageCandidate, hasPrograms: boolean): boolean {
  if (folder === 'package') return true
  if (hasPrograms) return false
  try {
    const { fields } = readFields(packageJson)
    const name = textOf(fields.get('name'))
    return name?.split('/').at(-1) === folder && fields.get('private') !== true && !!textOf(fields.get('version'))
  } catch {
    return false
  }
}

/**
 * What `package.json` (npm CLI docs, package.json) says: name, version, and as facts license, description, `engines.node`,
 * names of programs, `os` and `cpu`.
 *
 * @throws InspectionError when it is no JSON object with a name and a version
 */
export function readNpmPackage(packageJson: Uint8Array): InspectionReport {
  const { fields, problem } = readFields(packageJson)
  const identifier = exactText(textOf(fields.get('name')))
  const version = displayText(textOf(fields.get('version')))
  if (identifier === undefined || version === undefined)
    throw new InspectionError('npm', 'package.json has no name or version')
  const checks: Check[] = []
  if (problem !== undefined)
    checks.push(
      finding('warning', 'npm.ambiguous', `Two readers could see different things in package.json: ${problem}`),
    )
  const systems = namesOf(fields.get('os'))
  const cpus = namesOf(fields.get('cpu'))
  const inspection: Inspection = {
    format: 'npm',
    platform: only(systems, platformFrom),
    arch: only(cpus, archFrom),
    identifier,
    version,
    install: 'file',
  }
  const facts = {
    ...fact('license', licenseOf(fields)),
    ...fact('description', textOf(fields.get('description'))),
    ...fact('node', textOf(mapOf(fields.get('engines'))?.get('node'))),
    ...list('bin', programsOf(fields, identifier)),
    ...list('os', systems),
    ...list('cpu', cpus),
    ...list('libc', namesOf(fields.get('libc'))),
  }
  return { inspection: Object.keys(facts).length === 0 ? inspection : { ...inspection, facts }, checks }
}

/** npm itself takes the last of two equal keys; a reader that takes the first would see another package. */
function readFields(bytes: Uint8Array): { fields: Fields; problem: string | undefined } {
  let json: unknown
  let problem: string | undefined
  try {
    const text = decodeUtf8(bytes, 'package.json').replace(/^\ufeff/, '')
    try {
      json = parseStrictJson(text)
    } catch (error) {
      json = JSON.parse(text)
      problem = error instanceof Error ? error.message.replace(/^Cannot parse JSON: /, '') : undefined
    }
  } catch (cause) {
    throw new InspectionError('npm', 'package.json is not valid JSON', { cause })
  }
  return { fields: mapOf(json) ?? new Map(), problem }
}

function licenseOf(fields: Fields): string | undefined {
  const license = fields.get('license')
  // The old form, {"type": "MIT", "url": …}.
  return textOf(license) ?? textOf(mapOf(license)?.get('type'))
}

/** Keys of `bin`, or, where it is one path, the name of the package without its scope. */
function programsOf(fields: Fields, identifier: string): string[] {
  const bin = fields.get('bin')
  if (typeof bin === 'string') return [identifier.split('/').at(-1)!]
  return [...(mapOf(bin)?.keys() ?? [])].slice(0, MAX_LIST)
}

/** Our word when the list names exactly one, and `any` otherwise: for several, for none, and for "all but this". */
function only<T extends string>(names: readonly string[], wordOf: (name: string) => T | undefined): T | 'any' {
  return (names.length === 1 ? wordOf(names[0]!) : undefined) ?? 'any'
}

function namesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').slice(0, MAX_LIST) : []
}

function fact(name: string, text: string | undefined): Record<string, string> {
  const shown = displayText(text)
  return shown === undefined ? {} : { [name]: shown }
}

function list(name: string, texts: readonly string[]): Record<string, string[]> {
  const shown = texts.flatMap((text) => displayText(text) ?? [])
  return shown.length === 0 ? {} : { [name]: shown }
}

function mapOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
