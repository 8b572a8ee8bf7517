import type { ByteSource } from '../../bytes/byte-source.ts'
import { readZipMember, type ZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { decodeUtf8 } from '../../formats/decode-text.ts'
import { parseCoreMetadata } from '../../formats/document/core-metadata.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { archFrom } from '../../model/platform.ts'
import { displayText, exactText, finding } from '../finding.ts'
import { InspectionError } from '../inspector.ts'

const MAX_WHEEL_BYTES = 64 << 10
/** Most of it is the description, often a whole README with pictures in its text. */
const MAX_METADATA_BYTES = 4 << 20
/** Wheels for several systems at once have some ten. */
const MAX_TAGS = 100
/** Some write the whole licence into the field `License`. */
const MAX_LICENSE_NAME = 100

/**
 * Python wheels (Binary distribution format, PEP 427). Read: the name of the folder `<name>-<version>.dist-info`, the
 * tags in its `WHEEL`, and from its `METADATA` name, version, summary, license and `Requires-Python`.
 */
export async function inspectWheel(
  source: ByteSource,
  directory: ZipDirectory,
  budget: Budget,
): Promise<InspectionReport> {
  const wheels = directory.entries.filter(({ name, isUtf8 }) => isUtf8 && /^[^/]+\.dist-info\/WHEEL$/.test(name))
  const [wheel] = wheels
  if (wheel === undefined) throw new InspectionError('wheel', 'The folder ".dist-info" has a name that is not UTF-8')
  const checks: Check[] = []
  if (wheels.some(({ name }) => name !== wheel.name))
    checks.push(
      finding('error', 'wheel.confusion', 'The wheel has several folders ".dist-info": installers could take either'),
    )
  const read = async (entry: ZipEntry, maxBytes: number) =>
    parseCoreMetadata(decodeUtf8(await readZipMember(source, directory, entry, maxBytes, budget), `"${entry.name}"`))

  const tags = ((await read(wheel, MAX_WHEEL_BYTES)).get('tag') ?? []).map(
    (tag) => /^([A-Za-z0-9_.]{1,200})-([A-Za-z0-9_.]{1,200})-([A-Za-z0-9_.]{1,200})$/.exec(tag)?.slice(1) ?? [],
  )
  // One tag may name several of each: manylinux_2_17_x86_64.manylinux2014_x86_64 (PEP 425).
  const tagsAt = (part: number) => [...new Set(tags.flatMap((tag) => (tag[part] ?? '').split('.')))]
  const allTags = { pythonTags: tagsAt(0), abiTags: tagsAt(1), platformTags: tagsAt(2) }
  const targets = allTags.platformTags.map(wheelTarget)
  const folder = wheel.name.slice(0, wheel.name.indexOf('/'))
  const [, folderName, folderVersion] = /^([^-]+)-([^-]+)\.dist-info$/.exec(folder) ?? []
  const entry = directory.entries.find(({ name }) => name === `${folder}/METADATA`)
  if (entry === undefined) checks.push(finding('warning', 'wheel.incomplete', 'The wheel has no METADATA'))
  const metadata = entry === undefined ? undefined : await read(entry, MAX_METADATA_BYTES)
  const field = (name: string) => metadata?.get(name)?.[0]
  const name = field('name')
  const version = field('version')
  if (differs(folderName, name, nameKey) || differs(folderVersion, version, versionKey))
    checks.push(
      finding(
        'warning',
        'wheel.name_differs',
        'METADATA names another package or version than the folder ".dist-info"',
      ),
    )

  const platform = only(targets.map((target) => target.platform))
  const arch = only(targets.map((target) => target.arch))
  const identifier = exactText(name ?? folderName)
  const shown = displayText(version ?? folderVersion)
  const facts: Record<string, string | string[]> = {}
  const fact = (key: string, text: string | undefined) => {
    const value = displayText(text)
    if (value !== undefined) facts[key] = value
  }
  fact('summary', field('summary'))
  fact('license', field('license-expression') || licenseName(field('license')))
  fact('requiresPython', field('requires-python'))
  for (const [key, all] of Object.entries(allTags)) {
    const shown = all.filter((tag) => tag !== '').slice(0, MAX_TAGS)
    if (shown.length > 0) facts[key] = shown
  }
  const inspection: Inspection = {
    format: 'wheel',
    ...(platform === undefined ? {} : { platform }),
    ...(arch === undefined ? {} : { arch }),
    ...(identifier === undefined ? {} : { identifier }),
    ...(shown === undefined ? {} : { version: shown }),
    install: 'file',
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  }
  return { inspection, checks }
}

/** A free text that is short enough to name a licence; undefined for one that is it. */
function licenseName(text: string | undefined): string | undefined {
  return text === undefined || text.length > MAX_LICENSE_NAME || text.includes('\n') ? undefined : text
}

function differs(a: string | undefined, b: string | undefined, key: (text: string) => string): boolean {
  return a !== undefined && b !== undefined && key(a) !== key(b)
}

/** Names that installers take for the same (Names and normalization, PEP 503). */
function nameKey(name: string): string {
  return name.replaceAll(/[-_.]+/g, '-').toLowerCase()
}

/** In file names `-` is written as `_` (PEP 427), and a version may be written in several ways (PEP 440). */
function versionKey(version: string): string {
  return version.toLowerCase().replaceAll(/[-_+.]+/g, '.')
}

/** What all say; undefined when they differ or one says nothing. */
function only<T>(values: readonly (T | undefined)[]): T | undefined {
  return new Set(values).size === 1 ? values[0] : undefined
}

/** `any`, `manylinux_2_17_x86_64`, `macosx_11_0_arm64`, `win_amd64`, … (PEP 425, 600, 656). */
function wheelTarget(tag: string): Pick<Inspection, 'platform' | 'arch'> {
  if (tag === 'any') return { platform: 'any', arch: 'any' }
  if (tag === 'win32') return { platform: 'windows', arch: 'x86' }
  const [, system, cpu] =
    /^(win|macosx|linux|manylinux|musllinux|manylinux1|manylinux2010|manylinux2014|android|ios)_(?:\d+_(?:\d+_)?)?(\w+)$/.exec(
      tag,
    ) ?? []
  if (system === undefined || cpu === undefined) return {}
  const arch = archFrom(cpu)
  return { platform: SYSTEMS.get(system) ?? 'linux', ...(arch === undefined ? {} : { arch }) }
}

const SYSTEMS: ReadonlyMap<string, 'windows' | 'macos' | 'android' | 'ios'> = new Map([
  ['win', 'windows'],
  ['macosx', 'macos'],
  ['android', 'android'],
  ['ios', 'ios'],
])
