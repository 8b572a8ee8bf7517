import type { Check, InspectionReport } from '../model/inspection.ts'
import type { Format } from '../model/platform.ts'
import { finding } from './finding.ts'

/** Formats that are ZIPs, whatever else they are. */
const ZIPS: readonly Format[] = [
  'zip',
  'app-zip',
  'wheel',
  'apk',
  'aab',
  'apks',
  'xapk',
  'ipa',
  'msix',
  'appx',
  'msixbundle',
]
const SETS: readonly Format[] = ['apks', 'xapk']
const PROGRAMS: readonly Format[] = ['exe', 'pe']
const PACKAGES: readonly Format[] = ['msix', 'appx']
const GZIPPED: readonly Format[] = ['tar.gz', 'npm']

/** What bytes may be under a name; endings that say nothing, or that we cannot check, are missing. */
const ENDINGS: readonly (readonly [string, readonly Format[]])[] = [
  ['.apk', ['apk']],
  ['.aab', ['aab']],
  ['.apks', SETS],
  ['.xapk', SETS],
  ['.ipa', ['ipa']],
  ['.dmg', ['dmg']],
  ['.pkg', ['pkg']],
  ['.exe', PROGRAMS],
  ['.dll', PROGRAMS],
  ['.msi', ['msi']],
  ['.msix', PACKAGES],
  ['.appx', PACKAGES],
  ['.msixbundle', ['msixbundle']],
  ['.appxbundle', ['msixbundle']],
  ['.deb', ['deb']],
  ['.rpm', ['rpm']],
  ['.appimage', ['appimage']],
  ['.flatpak', ['flatpak']],
  ['.snap', ['snap']],
  ['.tar.gz', GZIPPED],
  ['.tgz', GZIPPED],
  ['.tar.xz', ['tar.xz']],
  ['.txz', ['tar.xz']],
  ['.tar.zst', ['tar.zst']],
  ['.tar.bz2', ['tar.bz2']],
  ['.tbz2', ['tar.bz2']],
  ['.zip', ZIPS],
  ['.whl', ['wheel']],
]

/**
 * Whether a file is what its name says. A name is a weaker claim than a declared format, so it is no contradiction; but
 * whoever downloads it goes by the name.
 */
export function nameChecks(
  fileName: string,
  { inspection, checks }: Pick<InspectionReport, 'inspection' | 'checks'>,
): Check[] {
  const name = fileName.toLowerCase()
  const [ending, formats] = ENDINGS.find(([last]) => name.endsWith(last)) ?? []
  if (formats === undefined || formats.includes(inspection.format)) return []
  // What it would have been, nobody could read.
  if (checks.some(({ code }) => code === 'inspect.unreadable' || code === 'inspect.limit')) return []
  const actual = inspection.format === 'file' ? 'no format that is known' : `the format ${inspection.format}`
  const words = `The name ends with "${ending}", and the bytes are something else: ${actual}`
  return [finding('warning', 'artifact.name_differs', words)]
}
