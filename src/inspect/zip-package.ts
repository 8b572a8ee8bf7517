import type { ByteSource } from '../bytes/byte-source.ts'
import type { Budget } from '../formats/budget.ts'
import { decodeUtf8 } from '../formats/decode-text.ts'
import { MAX_PLIST_BYTES } from '../formats/plist.ts'
import { readZipMember, type ZipDirectory } from '../formats/zip.ts'
import type { Inspection } from '../model/inspection.ts'
import { archFrom, type Format, type Platform } from '../model/platform.ts'
import { plistText, readAppBundle } from './app-bundle.ts'
import { displayText, exactText } from './finding.ts'
import type { Inspector } from './inspector.ts'
import { asInspectionError, reading } from './reading.ts'
import { zipChecks, zipContents } from './zip-contents.ts'

/** ZIP formats that no device installs as they are, and plain ZIP files. */
const PLATFORMS: Readonly<Partial<Record<Format, Platform>>> = {
  aab: 'android',
  apks: 'android',
  xapk: 'android',
  'app-zip': 'macos',
  msix: 'windows',
  msixbundle: 'windows',
}

/**
 * Everything else that is a ZIP: told apart by member names. Read: the directory; of a Mac application its `Info.plist`,
 * of a Python wheel its `WHEEL`.
 */
export const zipPackageInspector: Inspector = {
  name: 'zip',
  format: 'zip',
  async sniff(head, source) {
    return (await zipContents(head, source)) !== undefined
  },
  async inspect(source, limits) {
    const contents = await zipContents(await source.read(0, Math.min(4096, source.sizeBytes)), source)
    if (contents === undefined) throw new TypeError('Cannot inspect: the source is not a ZIP')
    const { format, directory, failure } = contents
    if (directory === undefined) throw asInspectionError(format, failure)
    return reading(format, limits, async (budget) => {
      budget.entries(directory.entries.length)
      const checks = await zipChecks(source, directory, 'warning', budget)
      const platform = PLATFORMS[format]
      const base: Inspection = { format, ...(platform === undefined ? {} : { platform }), install: 'file' }
      if (format === 'app-zip')
        return { inspection: { ...base, ...(await appFacts(source, directory, budget)) }, checks }
      if (format === 'wheel')
        return { inspection: { ...base, ...(await wheelFacts(source, directory, budget)) }, checks }
      return { inspection: base, checks }
    })
  },
}

async function appFacts(source: ByteSource, directory: ZipDirectory, budget: Budget): Promise<Partial<Inspection>> {
  const plist = directory.entries.find((entry) => /^(?:[^/]+\/)?[^/]+\.app\/Contents\/Info\.plist$/.test(entry.name))
  if (plist === undefined) return {}
  const bundle = readAppBundle('app-zip', await readZipMember(source, directory, plist, MAX_PLIST_BYTES, budget))
  const minOs = displayText(plistText(bundle.info, 'LSMinimumSystemVersion'))
  return {
    identifier: bundle.identifier,
    ...(bundle.name === undefined ? {} : { name: bundle.name }),
    ...(bundle.version === undefined ? {} : { version: bundle.version }),
    ...(bundle.buildNumber === undefined ? {} : { buildNumber: bundle.buildNumber }),
    ...(minOs === undefined ? {} : { minOs }),
  }
}

/** Name and version from the folder `<name>-<version>.dist-info`, platforms from the tags in `WHEEL` (PEP 427). */
async function wheelFacts(source: ByteSource, directory: ZipDirectory, budget: Budget): Promise<Partial<Inspection>> {
  const entry = directory.entries.find(({ name, isUtf8 }) => isUtf8 && /^[^/]+\.dist-info\/WHEEL$/.test(name))
  if (entry === undefined) return {}
  const text = decodeUtf8(await readZipMember(source, directory, entry, 64 << 10, budget), 'WHEEL')
  const tags = [...text.matchAll(/^Tag: *[^-\s]+-[^-\s]+-([A-Za-z0-9_.]{1,200})\r?$/gm)].map((match) => match[1]!)
  const targets = tags.map(wheelTarget)
  const platforms = new Set(targets.map((target) => target.platform))
  const arches = new Set(targets.map((target) => target.arch))
  const platform = platforms.size === 1 ? targets[0]!.platform : undefined
  const arch = arches.size === 1 ? targets[0]!.arch : undefined
  const [, name, version] = /^([^/-]+)-([^/-]+)\.dist-info\//.exec(entry.name) ?? []
  const identifier = exactText(name)
  const shown = displayText(version)
  return {
    ...(platform === undefined ? {} : { platform }),
    ...(arch === undefined ? {} : { arch }),
    ...(identifier === undefined ? {} : { identifier }),
    ...(shown === undefined ? {} : { version: shown }),
  }
}

/** `any`, `manylinux_2_17_x86_64`, `macosx_11_0_arm64`, `win_amd64`, … */
function wheelTarget(tag: string): Pick<Inspection, 'platform' | 'arch'> {
  if (tag === 'any') return { platform: 'any', arch: 'any' }
  if (tag === 'win32') return { platform: 'windows', arch: 'x86' }
  const [, system, cpu] =
    /^(win|macosx|linux|manylinux|musllinux|manylinux1|manylinux2010|manylinux2014)_(?:\d+_\d+_)?(\w+)$/.exec(tag) ?? []
  if (system === undefined || cpu === undefined) return {}
  const arch = archFrom(cpu)
  return {
    platform: system === 'win' ? 'windows' : system === 'macosx' ? 'macos' : 'linux',
    ...(arch === undefined ? {} : { arch }),
  }
}
