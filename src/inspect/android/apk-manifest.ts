import {
  type AndroidValue,
  type AxmlElement,
  TYPE_BOOLEAN,
  TYPE_INT_DEC,
  TYPE_INT_HEX,
  TYPE_REFERENCE,
} from '../../formats/android/axml.ts'
import { isReference } from '../../formats/android/resource-table.ts'
import type { Check, Inspection } from '../../model/inspection.ts'
import { displayText, exactText, finding } from '../finding.ts'
import { InspectionError } from '../inspector.ts'
import type { AndroidResources } from './android-resources.ts'

/** Resource ids of manifest attributes (AOSP `core/res/res/values/public-final.xml`). The platform goes by them. */
const LABEL = 0x01010001
const ICON = 0x01010002
const NAME = 0x01010003
const DEBUGGABLE = 0x0101000f
const MIN_SDK = 0x0101020c
const VERSION_CODE = 0x0101021b
const VERSION_NAME = 0x0101021c
const TARGET_SDK = 0x01010270
const MAX_SDK = 0x01010271
const TEST_ONLY = 0x01010272
const REQUIRED = 0x0101028e
const EXTRACT_NATIVE_LIBS = 0x010104ea
const COMPILE_SDK = 0x01010572
const VERSION_CODE_MAJOR = 0x01010576
const SPLIT_REQUIRED = 0x01010591

/** Of `AndroidManifest.xml`, unpacked. */
export const MAX_MANIFEST_BYTES = 8 << 20

/** As many as {@link Inspection} holds. */
const MAX_LISTED = 2000

/** What `AndroidManifest.xml` says, whatever it is written in. */
export interface AndroidManifest {
  readonly identifier: string
  /** Fields of an {@link Inspection}; absent where the manifest does not tell. */
  readonly inspection: Pick<Inspection, 'name' | 'version' | 'buildNumber' | 'minOs' | 'targetOs' | 'permissions'>
  readonly facts: NonNullable<Inspection['facts']>
  readonly checks: readonly Check[]
  readonly split: string | undefined
  /** It says that it cannot run without some of its splits. */
  readonly needsSplits: boolean
  /** False when the platform shall load native code from the package itself; absent when nothing is said. */
  readonly extractNativeLibs: boolean | undefined
  /** API level that decides how the platform treats it; undefined when it is a preview's name or unknown. */
  readonly targetLevel: number | undefined
  /** Lowest API level that it says it runs on; undefined when it is a preview's name or unknown. */
  readonly minLevel: number | undefined
  /** Of the application, as the manifest has it; a reference as a rule. */
  readonly icon: AndroidValue | undefined
  /** Of the activity in the launcher. */
  readonly launcherIcon: AndroidValue | undefined
}

/** Package and split, which is all that is read of a part of a set. */
export interface ManifestIdentity {
  readonly identifier: string
  readonly split: string | undefined
}

/** @throws InspectionError when it is no manifest of a package */
export function manifestIdentity(family: 'apk' | 'aab', elements: readonly AxmlElement[]): ManifestIdentity {
  const root = elements[0]
  if (root?.name !== 'manifest') throw new InspectionError(family, 'AndroidManifest.xml does not start with "manifest"')
  const identifier = exactText(named(root, 'package')?.text)
  if (identifier === undefined) throw new InspectionError(family, 'AndroidManifest.xml names no package')
  return { identifier, split: displayText(named(root, 'split')?.text) }
}

/** `versionCode`, with `versionCodeMajor` above it, in decimal. */
export async function manifestVersionCode(
  elements: readonly AxmlElement[],
  resources: AndroidResources,
): Promise<string | undefined> {
  const code = integer(await resources.resolve(attribute(elements[0], VERSION_CODE)))
  const major = integer(await resources.resolve(attribute(elements[0], VERSION_CODE_MAJOR)))
  return code === undefined ? undefined : String((BigInt(major ?? 0) << 32n) | BigInt(code))
}

/**
 * Reads the elements of a manifest as `aapt dump badging` does. What a reference that leads nowhere was to give is
 * left out and told.
 *
 * @throws InspectionError when it is no manifest of a package, FormatLimitError
 */
export async function readAndroidManifest(
  family: 'apk' | 'aab',
  elements: readonly AxmlElement[],
  resources: AndroidResources,
): Promise<AndroidManifest> {
  const { identifier, split } = manifestIdentity(family, elements)
  const root = elements[0]!
  const application = elements.find((e) => e.depth === 1 && e.name === 'application')
  const sdk = elements.find((e) => e.depth === 1 && e.name === 'uses-sdk')
  const launcher = launcherActivity(elements)
  const checks: Check[] = []

  const text = async (raw: AndroidValue | undefined, what: string): Promise<string | undefined> => {
    if (raw === undefined) return undefined
    const found = valueText(await resources.resolve(raw))
    if (found !== undefined || !isReference(raw) || raw.data === 0) return displayText(found)
    // Without a table, no reference leads anywhere: that was said once.
    if (resources.checks.length > 0) return undefined
    const reference = `@0x${raw.data.toString(16).padStart(8, '0')}`
    checks.push(
      finding('info', `${family}.unresolved`, `The ${what} is a reference (${reference}) that leads to no text`),
    )
    return undefined
  }
  const flag = async (element: AxmlElement | undefined, id: number): Promise<boolean | undefined> => {
    const raw = attribute(element, id)
    return raw === undefined ? undefined : truth(await resources.resolve(raw))
  }

  const version = await text(attribute(root, VERSION_NAME), 'version name')
  const buildNumber = await manifestVersionCode(elements, resources)
  const name = await text(attribute(application, LABEL) ?? attribute(launcher, LABEL), 'label')
  // What is said and cannot be read is not what counts where nothing is said.
  const rawMin = attribute(sdk, MIN_SDK)
  const minOs = rawMin === undefined ? '1' : await text(rawMin, 'minimum SDK')
  const rawTarget = attribute(sdk, TARGET_SDK)
  const targetOs = await text(rawTarget, 'target SDK')
  const minLevel = level(minOs)
  const targetLevel = level(rawTarget === undefined ? minOs : targetOs)
  const maxSdk = await text(attribute(sdk, MAX_SDK), 'maximum SDK')
  const compileSdk = await text(attribute(root, COMPILE_SDK), 'SDK that it was compiled with')
  const configForSplit = displayText(named(root, 'configForSplit')?.text)
  const debuggable = attribute(application, DEBUGGABLE) === undefined ? false : await flag(application, DEBUGGABLE)
  const testOnly = attribute(application, TEST_ONLY) === undefined ? false : await flag(application, TEST_ONLY)
  const extractNativeLibs = await flag(application, EXTRACT_NATIVE_LIBS)
  if (debuggable)
    checks.push(
      finding('warning', `${family}.debuggable`, 'The package is debuggable: anyone with the device can read its data'),
    )
  if (testOnly)
    checks.push(
      finding(
        'warning',
        `${family}.test_only`,
        'The package is marked for tests only: devices refuse to install it by tapping',
      ),
    )
  if (minLevel !== undefined && targetLevel !== undefined && minLevel > targetLevel)
    checks.push(
      finding(
        'warning',
        `${family}.min_above_target`,
        `It needs SDK ${minOs} and targets SDK ${targetOs}, which is lower: one of them is a mistake`,
      ),
    )
  const permissions = permissionsOf(elements)
  const features = featuresOf(elements)
  const impliedPermissions = impliedBy(
    permissions.always,
    Math.max(minLevel ?? 0, targetLevel ?? 0, newest(minOs, targetOs)),
  )
  return {
    identifier,
    inspection: {
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      ...(buildNumber === undefined ? {} : { buildNumber }),
      ...(minOs === undefined ? {} : { minOs }),
      ...(targetOs === undefined ? {} : { targetOs }),
      permissions: permissions.all,
    },
    facts: {
      ...(debuggable === undefined ? {} : { debuggable }),
      ...(testOnly === undefined ? {} : { testOnly }),
      ...(maxSdk === undefined ? {} : { maxSdk }),
      ...(compileSdk === undefined ? {} : { compileSdk }),
      ...(split === undefined ? {} : { split }),
      ...(configForSplit === undefined ? {} : { configForSplit }),
      ...(extractNativeLibs === undefined ? {} : { extractNativeLibs }),
      ...listed('permissionsSdk23', permissions.sdk23),
      ...listed('permissionsMaxSdk', permissions.maxSdk),
      ...listed('impliedPermissions', impliedPermissions),
      ...listed('features', features.required),
      ...listed('optionalFeatures', features.optional),
    },
    checks,
    split,
    needsSplits: (await flag(root, SPLIT_REQUIRED)) ?? (await flag(application, SPLIT_REQUIRED)) ?? false,
    extractNativeLibs,
    targetLevel,
    minLevel,
    icon: attribute(application, ICON),
    launcherIcon: attribute(launcher, ICON),
  }
}

function listed(name: string, texts: readonly string[]): Record<string, string[]> {
  return texts.length === 0 ? {} : { [name]: [...texts] }
}

function attribute(element: AxmlElement | undefined, id: number): AndroidValue | undefined {
  return element?.attributes.find((candidate) => candidate.resourceId === id)
}

/** An attribute that has no resource id. */
function named(element: AxmlElement, name: string): AndroidValue | undefined {
  return element.attributes.find((candidate) => candidate.resourceId === 0 && candidate.name === name)
}

/** Strings, and integers in decimal; undefined for anything else, such as an unresolved reference. */
function valueText(value: AndroidValue | undefined): string | undefined {
  if (value?.text !== undefined) return value.text
  return value?.type === TYPE_INT_DEC || value?.type === TYPE_INT_HEX ? String(value.data | 0) : undefined
}

/** 32 bits without sign. */
function integer(value: AndroidValue | undefined): number | undefined {
  if (value?.type === TYPE_INT_DEC || value?.type === TYPE_INT_HEX) return value.data
  return value?.text !== undefined && /^\d{1,9}$/.test(value.text) ? Number(value.text) : undefined
}

function truth(value: AndroidValue | undefined): boolean | undefined {
  if (value === undefined || value.type <= TYPE_REFERENCE) return undefined
  if (value.text !== undefined) return value.text === 'true'
  return value.type === TYPE_BOOLEAN || value.type === TYPE_INT_DEC || value.type === TYPE_INT_HEX
    ? value.data !== 0
    : undefined
}

/** An API level; undefined for the name of a preview (`Q`) and for what could not be resolved. */
function level(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

/** The name of a preview stands for a level above all released ones. */
function newest(...texts: readonly (string | undefined)[]): number {
  return texts.some((text) => text !== undefined && /^[A-Z]/.test(text)) ? 10_000 : 0
}

interface Permissions {
  readonly all: string[]
  /** Without those for Android 6 and newer only. */
  readonly always: ReadonlySet<string>
  readonly sdk23: readonly string[]
  /** `<name> <highest API level>` of those that later systems do not give. */
  readonly maxSdk: readonly string[]
}

/** Names and levels as they stand there: of permissions and features, neither aapt nor the platform follows references. */
function permissionsOf(elements: readonly AxmlElement[]): Permissions {
  const all = new Set<string>()
  const always = new Set<string>()
  const sdk23 = new Set<string>()
  const maxSdk = new Set<string>()
  for (const element of elements) {
    if (element.depth !== 1 || !/^uses-permission(?:-sdk-(?:23|m))?$/.test(element.name)) continue
    const name = displayText(attribute(element, NAME)?.text)
    if (name === undefined || all.size === MAX_LISTED) continue
    all.add(name)
    if (element.name === 'uses-permission') always.add(name)
    else sdk23.add(name)
    const highest = integer(attribute(element, MAX_SDK))
    if (highest !== undefined) maxSdk.add(`${name.slice(0, 4000)} ${highest}`)
  }
  return { all: [...all], always, sdk23: [...sdk23], maxSdk: [...maxSdk].slice(0, MAX_LISTED) }
}

const WRITE_STORAGE = 'android.permission.WRITE_EXTERNAL_STORAGE'

/**
 * Permissions that the platform gives because of others or because of the age of the package, in the order of aapt
 * (`tools/aapt/Command.cpp`).
 */
function impliedBy(requested: ReadonlySet<string>, targetLevel: number): string[] {
  const implied = new Set<string>()
  const imply = (name: string) => {
    if (!requested.has(name)) implied.add(name)
  }
  if (targetLevel < 4) {
    imply(WRITE_STORAGE)
    imply('android.permission.READ_PHONE_STATE')
  }
  if (requested.has(WRITE_STORAGE) || implied.has(WRITE_STORAGE)) imply('android.permission.READ_EXTERNAL_STORAGE')
  if (targetLevel < 16) {
    if (requested.has('android.permission.READ_CONTACTS')) imply('android.permission.READ_CALL_LOG')
    if (requested.has('android.permission.WRITE_CONTACTS')) imply('android.permission.WRITE_CALL_LOG')
  }
  return [...implied]
}

function featuresOf(elements: readonly AxmlElement[]): { required: string[]; optional: string[] } {
  /** By name, whether it is required; the last word counts. */
  const features = new Map<string, boolean>()
  for (const element of elements) {
    if (element.depth !== 1 || element.name !== 'uses-feature') continue
    const name = displayText(attribute(element, NAME)?.text)
    if (name === undefined || (features.size === MAX_LISTED && !features.has(name))) continue
    features.set(name, truth(attribute(element, REQUIRED)) ?? true)
  }
  const names = [...features.keys()]
  return {
    required: names.filter((name) => features.get(name) === true),
    optional: names.filter((name) => features.get(name) === false),
  }
}

/** The first activity that a launcher shows: one of its filters has the action MAIN and the category LAUNCHER. */
function launcherActivity(elements: readonly AxmlElement[]): AxmlElement | undefined {
  let activity: AxmlElement | undefined
  let isMain = false
  let isLauncher = false
  for (const element of elements) {
    if (element.depth === 1 && element.name !== 'application') activity = undefined
    else if (element.depth === 2)
      activity = element.name === 'activity' || element.name === 'activity-alias' ? element : undefined
    else if (element.depth === 3) isMain = isLauncher = false
    else if (element.depth === 4) {
      const name = attribute(element, NAME)?.text
      if (element.name === 'action' && name === 'android.intent.action.MAIN') isMain = true
      if (element.name === 'category' && name === 'android.intent.category.LAUNCHER') isLauncher = true
      if (isMain && isLauncher && activity !== undefined) return activity
    }
  }
  return undefined
}
