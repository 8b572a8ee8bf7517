import type { ByteSource } from '../bytes/byte-source.ts'
import { parseResourceTable, type ResourceTable } from '../formats/arsc.ts'
import {
  type AndroidValue,
  type AxmlElement,
  parseAxml,
  TYPE_DYNAMIC_REFERENCE,
  TYPE_REFERENCE,
} from '../formats/axml.ts'
import type { Budget } from '../formats/budget.ts'
import { readZipMember, type ZipDirectory } from '../formats/zip.ts'
import type { Check, Inspection, InspectionReport } from '../model/inspection.ts'
import { type Arch, archFrom } from '../model/platform.ts'
import { displayText, exactText, finding } from './finding.ts'
import { InspectionError, type Inspector } from './inspector.ts'
import { reading } from './reading.ts'
import { zipChecks, zipContents } from './zip-contents.ts'

/** Resource ids of manifest attributes (AOSP `core/res/res/values/public-final.xml`). */
const LABEL = 0x01010001
const NAME = 0x01010003
const DEBUGGABLE = 0x0101000f
const MIN_SDK = 0x0101020c
const VERSION_CODE = 0x0101021b
const VERSION_NAME = 0x0101021c
const TARGET_SDK = 0x01010270
const TEST_ONLY = 0x01010272
const VERSION_CODE_MAJOR = 0x01010576

const MAX_MANIFEST_BYTES = 8 << 20
const MAX_RESOURCES_BYTES = 128 << 20

/**
 * Android packages: a ZIP with `AndroidManifest.xml` (binary XML) and, for texts it refers to, `resources.arsc`.
 * Read: the manifest, the resource table when a shown text needs it, the names under `lib/`. Not read: code, signatures.
 */
export const apkInspector: Inspector = {
  name: 'apk',
  format: 'apk',
  async sniff(head, source) {
    return (await zipContents(head, source))?.format === 'apk'
  },
  inspect: (source, limits) =>
    reading('apk', limits, async (budget) => {
      const contents = await zipContents(await source.read(0, Math.min(4096, source.sizeBytes)), source)
      if (contents?.directory === undefined)
        throw contents?.failure ?? new InspectionError('apk', 'The file is not a ZIP')
      return inspectApk(source, contents.directory, budget)
    }),
}

async function inspectApk(source: ByteSource, directory: ZipDirectory, budget: Budget): Promise<InspectionReport> {
  budget.entries(directory.entries.length)
  const checks: Check[] = await zipChecks(source, directory, 'error', budget)
  const manifest = directory.entries.find((entry) => entry.name === 'AndroidManifest.xml')
  if (manifest === undefined) throw new InspectionError('apk', 'The package has no AndroidManifest.xml')
  const elements = parseAxml(await readZipMember(source, directory, manifest, MAX_MANIFEST_BYTES, budget))
  const root = elements[0]!
  if (root.name !== 'manifest') throw new InspectionError('apk', 'AndroidManifest.xml does not start with "manifest"')
  const identifier = exactText(root.attributes.find((a) => a.resourceId === 0 && a.name === 'package')?.text)
  if (identifier === undefined) throw new InspectionError('apk', 'AndroidManifest.xml names no package')
  const application = elements.find((e) => e.depth === 1 && e.name === 'application')
  const sdk = elements.find((e) => e.depth === 1 && e.name === 'uses-sdk')

  let table: ResourceTable | undefined
  const resolved = async (value: AndroidValue | undefined): Promise<AndroidValue | undefined> => {
    if (value === undefined || (value.type !== TYPE_REFERENCE && value.type !== TYPE_DYNAMIC_REFERENCE)) return value
    if (table === undefined) {
      const entry = directory.entries.find((e) => e.name === 'resources.arsc')
      if (entry === undefined) return undefined
      table = parseResourceTable(await readZipMember(source, directory, entry, MAX_RESOURCES_BYTES, budget))
    }
    return table.resolve(value.data)
  }
  const read = async (element: AxmlElement | undefined, id: number, what: string): Promise<string | undefined> => {
    const raw = attribute(element, id)
    const text = valueText(await resolved(raw))
    if (raw !== undefined && text === undefined && raw.data !== 0) {
      checks.push(
        finding(
          'info',
          'apk.unresolved',
          `The ${what} is a reference (@0x${raw.data.toString(16)}) that leads to no text`,
        ),
      )
    }
    return displayText(text)
  }
  const flag = async (element: AxmlElement | undefined, id: number) =>
    ((await resolved(attribute(element, id)))?.data ?? 0) !== 0

  const version = await read(root, VERSION_NAME, 'version name')
  const code = await resolved(attribute(root, VERSION_CODE))
  const major = await resolved(attribute(root, VERSION_CODE_MAJOR))
  const name = await read(application, LABEL, 'label')
  const minOs = (await read(sdk, MIN_SDK, 'minimum SDK')) ?? '1'
  const targetOs = await read(sdk, TARGET_SDK, 'target SDK')
  const debuggable = await flag(application, DEBUGGABLE)
  const testOnly = await flag(application, TEST_ONLY)
  if (debuggable)
    checks.push(
      finding('warning', 'apk.debuggable', 'The package is debuggable: anyone with the device can read its data'),
    )
  if (testOnly)
    checks.push(
      finding(
        'warning',
        'apk.test_only',
        'The package is marked for tests only: devices refuse to install it by tapping',
      ),
    )
  const split = displayText(root.attributes.find((a) => a.resourceId === 0 && a.name === 'split')?.text)
  if (split !== undefined)
    checks.push(finding('warning', 'apk.split', 'The package is one part of a split app and cannot be installed alone'))

  const abis = abisOf(directory)
  const arch = archOf(abis)
  const inspection: Inspection = {
    format: 'apk',
    platform: 'android',
    ...(arch === undefined ? {} : { arch }),
    identifier,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(code === undefined ? {} : { buildNumber: String((BigInt(major?.data ?? 0) << 32n) | BigInt(code.data)) }),
    minOs,
    ...(targetOs === undefined ? {} : { targetOs }),
    install: split === undefined ? 'apk' : 'file',
    abis,
    permissions: permissionsOf(elements),
    facts: { debuggable, testOnly, ...(split === undefined ? {} : { split }) },
  }
  return { inspection, checks }
}

function attribute(element: AxmlElement | undefined, id: number): AndroidValue | undefined {
  return element?.attributes.find((candidate) => candidate.resourceId === id)
}

/** Strings, and integers in decimal; undefined for anything else, such as an unresolved reference. */
function valueText(value: AndroidValue | undefined): string | undefined {
  if (value?.text !== undefined) return value.text
  return value?.type === 0x10 || value?.type === 0x11 ? String(value.data | 0) : undefined
}

function permissionsOf(elements: readonly AxmlElement[]): string[] {
  const names = new Set<string>()
  for (const element of elements) {
    if (element.depth !== 1 || !/^uses-permission(?:-sdk-(?:23|m))?$/.test(element.name)) continue
    const name = displayText(attribute(element, NAME)?.text)
    if (name !== undefined && names.size < 2000) names.add(name)
  }
  return [...names]
}

function abisOf(directory: ZipDirectory): string[] {
  const abis = new Set<string>()
  for (const entry of directory.entries) {
    if (!entry.isUtf8) continue
    const abi = displayText(/^lib\/([^/]{1,40})\/[^/]+$/.exec(entry.name)?.[1])
    if (abi !== undefined && abis.size < 64) abis.add(abi)
  }
  return [...abis].sort()
}

/** `any` without native code or with code for several CPUs; undefined when the only ABI is not one we know. */
function archOf(abis: readonly string[]): Arch | undefined {
  const arches = new Set(abis.map((abi) => archFrom(abi)))
  return arches.size === 1 ? [...arches][0] : 'any'
}
