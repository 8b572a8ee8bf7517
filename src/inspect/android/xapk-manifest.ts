import type { ByteSource } from '../../bytes/byte-source.ts'
import { jsonField, jsonList, jsonText } from '../../bytes/json-fields.ts'
import { parseStrictJson } from '../../bytes/strict-json.ts'
import { readZipMember, type ZipDirectory } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { decodeUtf8 } from '../../formats/decode-text.ts'
import type { Check } from '../../model/inspection.ts'
import { displayText, finding, quote } from '../finding.ts'
import { InspectionError } from '../inspector.ts'
import type { AndroidManifest } from './apk-manifest.ts'

/** What `manifest.json` of an XAPK says; it has no specification, and installers show people what stands there. */
export interface XapkManifest {
  readonly packageName: string | undefined
  /** A number or a text, by the tool that wrote it. */
  readonly versionCode: string | undefined
  readonly versionName: string | undefined
  /** Members that the installer will look for. */
  readonly files: readonly string[]
  /** Those of them that it installs as parts of the app. */
  readonly packages: readonly string[]
  /** Data that the installer puts beside the app (OBB). */
  readonly expansions: readonly string[]
}

const MAX_MANIFEST_BYTES = 1 << 20
const MAX_FILES = 1000

/** @throws InspectionError, FormatError, FormatLimitError, RangeError */
export async function readXapkManifest(
  source: ByteSource,
  directory: ZipDirectory,
  budget: Budget,
): Promise<XapkManifest> {
  const entry = directory.entries.find(({ name }) => name === 'manifest.json')
  if (entry === undefined) throw new InspectionError('xapk', 'The file has no manifest.json')
  const text = decodeUtf8(await readZipMember(source, directory, entry, MAX_MANIFEST_BYTES, budget), 'manifest.json')
  let json: unknown
  try {
    json = parseStrictJson(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new InspectionError('xapk', `manifest.json cannot be read: ${cause.message}`, { cause })
  }
  const filesOf = (list: string) =>
    jsonList(json, list)
      .slice(0, MAX_FILES)
      .flatMap((item) => jsonText(item, 'file') ?? [])
  const code = jsonField(json, 'version_code')
  const expansions = filesOf('expansions')
  const packages = filesOf('split_apks')
  return {
    packageName: jsonText(json, 'package_name'),
    versionCode: typeof code === 'number' ? String(code) : jsonText(json, 'version_code'),
    versionName: jsonText(json, 'version_name'),
    files: [...packages, ...expansions],
    packages,
    expansions: expansions.flatMap((name) => displayText(name) ?? []),
  }
}

/** Where `manifest.json` says something else than the base package or the archive: at most one finding for each kind. */
export function xapkChecks(listed: XapkManifest, directory: ZipDirectory, manifest: AndroidManifest): Check[] {
  const checks: Check[] = []
  const compare = (what: string, said: string | undefined, found: string | undefined) => {
    if (said === undefined || displayText(said) === found) return
    checks.push(
      finding(
        'error',
        'xapk.contradiction',
        `manifest.json says that the ${what} is ${quote(said)}, and the package says ${found === undefined ? 'none' : quote(found)}`,
      ),
    )
  }
  compare('package name', listed.packageName, manifest.identifier)
  compare('version code', listed.versionCode, manifest.inspection.buildNumber)
  compare('version name', listed.versionName, manifest.inspection.version)
  const names = new Set(directory.entries.map(({ name }) => name))
  const missing = listed.files.find((name) => !names.has(name))
  if (missing !== undefined)
    checks.push(
      finding(
        'error',
        'xapk.contradiction',
        `manifest.json names the file ${quote(missing)}, which is not in the archive`,
      ),
    )
  // Only members of that name are opened and held against each other.
  const unread = listed.packages.find((name) => !/\.apk$/i.test(name))
  if (unread !== undefined)
    checks.push(
      finding(
        'error',
        'apks.part_unread',
        `manifest.json names ${quote(unread)} as a package, which is no .apk and was not read`,
      ),
    )
  return checks
}
