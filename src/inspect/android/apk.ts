import type { ByteSource } from '../../bytes/byte-source.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { openResourceTable } from '../../formats/android/arsc.ts'
import { type AxmlElement, parseAxml } from '../../formats/android/axml.ts'
import type { ResourceTable } from '../../formats/android/resource-table.ts'
import {
  asAndroidUnpacks,
  readZipMember,
  storedZipMember,
  type ZipDirectory,
  type ZipEntry,
} from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import type { Check, Icon, Inspection, InspectionReport } from '../../model/inspection.ts'
import { type Arch, archFrom } from '../../model/platform.ts'
import { zipChecks } from '../archive/zip-contents.ts'
import { type OpenedZip, zipInspector } from '../archive/zip-inspector.ts'
import { displayText, finding } from '../finding.ts'
import { InspectionError } from '../inspector.ts'
import { readAndroidIcon } from './android-icon.ts'
import {
  type AndroidResources,
  androidResources,
  MAX_PACKED_RESOURCES_BYTES,
  MAX_RESOURCES_BYTES,
} from './android-resources.ts'
import { type AndroidManifest, MAX_MANIFEST_BYTES, readAndroidManifest } from './apk-manifest.ts'
import { apkSignatureChecks } from './apk-signature-checks.ts'
import { readApkSignatures } from './apk-signatures.ts'
import { nativeLibraryChecks } from './native-libraries.ts'

/**
 * Android packages: a ZIP with `AndroidManifest.xml` (binary XML) and, for texts and pictures it refers to,
 * `resources.arsc`. Read: the manifest, what it refers to, the names under `lib/` and the headers of native libraries. Not
 * read: code.
 */
export const apkInspector = zipInspector('apk', ['apk'], inspectApk)

async function inspectApk({ source, directory, budget, limits }: OpenedZip<'apk'>): Promise<InspectionReport> {
  const checks: Check[] = await zipChecks(source, directory, 'error', budget)
  const apk = await readApk(source, directory, budget)
  const { manifest, abis } = apk
  const signed = await readApkSignatures(source, directory, budget)
  checks.push(...apkSignatureChecks(signed, manifest, limits), ...apk.checks)
  if (manifest.split !== undefined)
    checks.push(finding('warning', 'apk.split', 'The package is one part of a split app and cannot be installed alone'))
  else if (manifest.needsSplits)
    checks.push(
      finding('warning', 'apk.needs_splits', 'The package says that it needs its splits and cannot be installed alone'),
    )
  const arch = archOf(abis)
  const inspection: Inspection = {
    format: 'apk',
    platform: 'android',
    ...(arch === undefined ? {} : { arch }),
    identifier: manifest.identifier,
    ...manifest.inspection,
    install: manifest.split === undefined && !manifest.needsSplits ? 'apk' : 'file',
    abis,
    signatures: signed.signatures.map(({ facts }) => facts),
    ...(apk.icon === undefined ? {} : { icon: apk.icon.facts }),
    facts: apk.facts,
  }
  return { inspection, checks, ...(apk.icon === undefined ? {} : { icon: apk.icon.bytes }) }
}

/** What the members of a package tell, apart from the container and its signatures. */
export interface Apk {
  readonly manifest: AndroidManifest
  readonly abis: string[]
  readonly icon: Icon | undefined
  readonly facts: NonNullable<Inspection['facts']>
  readonly checks: readonly Check[]
}

/** @throws InspectionError, FormatError, FormatLimitError, RangeError when it is no package */
export async function readApk(source: ByteSource, directory: ZipDirectory, budget: Budget): Promise<Apk> {
  const elements = await readApkElements(source, directory, budget)
  const resources = apkResources(source, directory, budget)
  const manifest = await readAndroidManifest('apk', elements, resources)
  const iconPath = displayText((await resources.resolve(manifest.icon))?.text)
  const icon = await readAndroidIcon(source, directory, '', manifest.icon ?? manifest.launcherIcon, resources, budget)
  return {
    manifest,
    abis: abisOf(directory, NATIVE_LIBRARY),
    icon,
    facts: { ...manifest.facts, ...(iconPath === undefined ? {} : { iconPath }) },
    checks: [
      ...manifest.checks,
      ...installChecks(manifest, directory),
      ...(await nativeLibraryChecks(source, directory, manifest.extractNativeLibs, budget)),
      ...resources.checks,
    ],
  }
}

/** The elements of `AndroidManifest.xml`. @throws InspectionError, FormatError, FormatLimitError, RangeError */
export async function readApkElements(
  source: ByteSource,
  directory: ZipDirectory,
  budget: Budget,
): Promise<AxmlElement[]> {
  const entry = memberOf(directory, 'AndroidManifest.xml')
  if (entry === undefined) throw new InspectionError('apk', 'The package has no AndroidManifest.xml')
  return parseAxml(await readZipMember(source, directory, asAndroidUnpacks(entry), MAX_MANIFEST_BYTES, budget))
}

export function apkResources(source: ByteSource, directory: ZipDirectory, budget: Budget): AndroidResources {
  return androidResources('apk', async (): Promise<ResourceTable | Check | undefined> => {
    const entry = memberOf(directory, 'resources.arsc')
    if (entry === undefined) return undefined
    if (entry.method === 0) return openResourceTable(await storedZipMember(source, directory, entry), budget)
    if (entry.compressedBytes > MAX_PACKED_RESOURCES_BYTES || entry.sizeBytes > MAX_RESOURCES_BYTES)
      return finding(
        'info',
        'apk.resources_skipped',
        'The resource table is packed and too large to unpack: names and pictures that it holds are not read',
      )
    const bytes = await readZipMember(source, directory, entry, MAX_RESOURCES_BYTES, budget)
    return openResourceTable(bytesSource(bytes), budget)
  })
}

function memberOf(directory: ZipDirectory, name: string): ZipEntry | undefined {
  return directory.entries.find((entry) => entry.name === name)
}

/** Lowest target with which Android 14 and 15 install a package (`PackageManagerService`, `MIN_INSTALLABLE_TARGET_SDK`). */
const ANDROID_14_TARGET = 23
const ANDROID_15_TARGET = 24
/** From this target on, the platform maps the table of resources and wants it stored. */
const STORED_RESOURCES_TARGET = 30

/** Why devices will refuse a package that is well-formed. */
function installChecks(manifest: AndroidManifest, directory: ZipDirectory): Check[] {
  const checks: Check[] = []
  const target = manifest.targetLevel
  // Of a split app, the base says the target for all.
  if (target !== undefined && target < ANDROID_15_TARGET && manifest.split === undefined) {
    const system = target < ANDROID_14_TARGET ? 'Android 14' : 'Android 15'
    const isNamed = manifest.inspection.targetOs !== undefined
    const aim = isNamed ? `targets SDK ${target}` : `names no target SDK, which counts as ${target}`
    checks.push(
      finding('warning', 'apk.target_sdk_too_low', `The package ${aim}: ${system} and later refuse to install it`),
    )
  }
  const resources = memberOf(directory, 'resources.arsc')
  if (target !== undefined && target >= STORED_RESOURCES_TARGET && resources !== undefined && resources.method !== 0)
    checks.push(
      finding(
        'warning',
        'apk.resources_compressed',
        'The resource table is compressed: Android 11 and later refuse to install the package',
      ),
    )
  return checks
}

/** Name of a native library, with its ABI. */
export const NATIVE_LIBRARY = /^lib\/([^/]{1,40})\/[^/]+$/

/** @param pattern of the names of native libraries, with the ABI as its group */
export function abisOf(directory: ZipDirectory, pattern: RegExp): string[] {
  const abis = new Set<string>()
  for (const entry of directory.entries) {
    if (!entry.isUtf8) continue
    const abi = displayText(pattern.exec(entry.name)?.[1])
    if (abi !== undefined && abis.size < 64) abis.add(abi)
  }
  return [...abis].sort()
}

/** `any` without native code or with code for several CPUs; undefined when the only ABI is not one we know. */
export function archOf(abis: readonly string[]): Arch | undefined {
  const arches = new Set(abis.map((abi) => archFrom(abi)))
  return arches.size === 1 ? [...arches][0] : 'any'
}
