import { jsonField, jsonText } from '../../bytes/json-fields.ts'
import { parseStrictJson } from '../../bytes/strict-json.ts'
import { decodeUtf8 } from '../../formats/decode-text.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { archFrom, platformFrom } from '../../model/platform.ts'
import { displayText, exactText, finding } from '../finding.ts'
import { InspectionError } from '../inspector.ts'

/** Real ones have some KiB; registries refuse larger ones. */
export const MAX_PACKAGE_JSON_BYTES = 2 << 20

/** Systems and CPUs in `os` and `cpu` are at most this many; a package names a handful. */
const MAX_LIST = 50

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
    const { json } = readJson(packageJson)
    const name = jsonText(json, 'name')
    return name?.split('/').at(-1) === folder && jsonField(json, 'private') !== true && !!jsonText(json, 'version')
  } catch {
    return false
  }
}

/**
 * What `package.json` (npm CLI docs, package.json) says: name, version, and as facts license, description, category, `engines.node`,
 * names of programs, `os` and `cpu`.
 *
 * @throws InspectionError when it is no JSON object with a name and a version
 */
export function readNpmPackage(packageJson: Uint8Array): InspectionReport {
  const { json, problem } = readJson(packageJson)
  const identifier = exactText(jsonText(json, 'name'))
  const version = displayText(jsonText(json, 'version'))
  if (identifier === undefined || version === undefined)
    throw new InspectionError('npm', 'package.json has no name or version')
  const checks: Check[] = []
  if (problem !== undefined)
    checks.push(
      finding('warning', 'npm.ambiguous', `Two readers could see different things in package.json: ${problem}`),
    )
  const systems = namesOf(jsonField(json, 'os'))
  const cpus = namesOf(jsonField(json, 'cpu'))
  const inspection: Inspection = {
    format: 'npm',
    platform: only(systems, platformFrom),
    arch: only(cpus, archFrom),
    identifier,
    version,
    install: 'file',
  }
  const facts = {
    ...fact('license', licenseOf(json)),
    ...fact('description', jsonText(json, 'description')),
    ...fact('category', jsonText(json, 'category')),
    ...fact('node', jsonText(jsonField(json, 'engines'), 'node')),
    ...list('bin', programsOf(json, identifier)),
    ...list('os', systems),
    ...list('cpu', cpus),
    ...list('libc', namesOf(jsonField(json, 'libc'))),
  }
  return { inspection: Object.keys(facts).length === 0 ? inspection : { ...inspection, facts }, checks }
}

/** npm itself takes the last of two equal keys; a reader that takes the first would see another package. */
function readJson(bytes: Uint8Array): { json: unknown; problem: string | undefined } {
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
  return { json, problem }
}

function licenseOf(json: unknown): string | undefined {
  // The old form is {"type": "MIT", "url": …}.
  return jsonText(json, 'license') ?? jsonText(jsonField(json, 'license'), 'type')
}

/** Keys of `bin`, or, where it is one path, the name of the package without its scope. */
function programsOf(json: unknown, identifier: string): string[] {
  const bin = jsonField(json, 'bin')
  if (typeof bin === 'string') return [identifier.split('/').at(-1)!]
  return typeof bin === 'object' && bin !== null && !Array.isArray(bin) ? Object.keys(bin).slice(0, MAX_LIST) : []
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
