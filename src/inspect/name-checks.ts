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

/** Endings of files that may be of no format that is known here and fine: images of disks, packages of other systems. */
const AMBIGUOUS: readonly string[] = ['.dmg', '.pkg']

/**
 * Whether a file is what its name says. A name is a weaker claim than a declared format: bytes of another format are no
 * contradiction, but whoever downloads them goes by the name. Bytes of no format at all are not what anybody can install
 * under such a name, such as the page of an error that a build saved in place of its file.
 */
export function nameChecks(
  fileName: string,
  { inspection, checks }: Pick<InspectionReport, 'inspection' | 'checks'>,
): Check[] {
  const name = fileName.toLowerCase()
  const [ending, formats] = ENDINGS.find(([last]) => name.endsWith(last)) ?? []
  if (ending === undefined || formats === undefined || formats.includes(inspection.format)) return []
  // What it would have been, nobody could read.
  if (checks.some(({ code }) => code === 'inspect.unreadable' || code === 'inspect.limit')) return []
  if (inspection.format !== 'file') {
    const words = `The name ends with "${ending}", and the bytes are something else: the format ${inspection.format}`
    return [finding('warning', 'artifact.name_differs', words)]
  }
  const words = `The name ends with "${ending}", and the bytes are of no format that is known`
  return [finding(AMBIGUOUS.includes(ending) ? 'warning' : 'error', 'artifact.name_differs', words)]
}
