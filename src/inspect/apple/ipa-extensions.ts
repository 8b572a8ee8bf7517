import { decodePlist } from '../../formats/apple/plist.ts'
import { isPlistDict, type PlistDict } from '../../formats/apple/plist-value.ts'
import { readZipMember, type ZipEntry } from '../../formats/archive/zip.ts'
import { FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import type { Inspection } from '../../model/inspection.ts'
import { displayText, exactText } from '../finding.ts'
import { plistText } from './app-bundle.ts'
import { openBundleProgram } from './bundle-program.ts'
import type { BundleArchive } from './bundle-seal.ts'
import { entitlementFacts } from './entitlements.ts'
import { readProgramSignature } from './program-signature.ts'

/** A program of its own within an application: a widget, a keyboard, the application for the watch. */
export interface IpaExtension {
  readonly identifier: string
  /** As its own signature says them. */
  readonly entitlements: PlistDict | undefined
}

const FOLDERS: ReadonlySet<string> = new Set(['PlugIns', 'Extensions', 'Watch', 'AppClips'])
/** The largest applications have some twenty. */
const MAX_EXTENSIONS = 64
const MAX_INFO_BYTES = 256 << 10
const MAX_ENTITLEMENT_FACTS = 1000

/**
 * Extensions, and applications within the application, in the order of their paths. Whether their programs are what was
 * signed is told by the seal of the application, which covers them as files.
 *
 * @param base folder of the application, with a slash at its end @throws FormatLimitError
 */
export async function readExtensions(archive: BundleArchive, base: string): Promise<IpaExtension[]> {
  const extensions: IpaExtension[] = []
  let looked = 0
  for (const name of archive.files.below(base)) {
    if (!name.endsWith('/Info.plist')) continue
    const folder = name.slice(0, -'Info.plist'.length)
    if (!isExtension(folder.slice(base.length, -1).split('/')) || ++looked > MAX_EXTENSIONS) continue
    archive.budget.tick()
    const info = await readInfo(archive, archive.files.get(name)!)
    const identifier = info && exactText(plistText(info, 'CFBundleIdentifier'))
    if (info === undefined || identifier === undefined) continue
    const executable = plistText(info, 'CFBundleExecutable')?.normalize('NFC')
    const program = executable === undefined ? undefined : archive.files.get(folder + executable)
    extensions.push({ identifier, entitlements: program && (await entitlementsOf(archive, program)) })
  }
  return extensions
}

/** @param path `PlugIns/Share.appex`, or `Watch/Notes.app/PlugIns/Face.appex` in two steps */
function isExtension(path: readonly string[]): boolean {
  if (path.length === 0 || path.length % 2 !== 0) return false
  return path.every((part, i) => (i % 2 === 0 ? FOLDERS.has(part) : /\.(?:appex|app)$/.test(part)))
}

async function readInfo({ source, directory, budget }: BundleArchive, entry: ZipEntry): Promise<PlistDict | undefined> {
  if (entry.sizeBytes > MAX_INFO_BYTES) return undefined
  try {
    const info = decodePlist(await readZipMember(source, directory, entry, MAX_INFO_BYTES, budget))
    return isPlistDict(info) ? info : undefined
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

async function entitlementsOf(archive: BundleArchive, entry: ZipEntry): Promise<PlistDict | undefined> {
  const program = await openBundleProgram(archive, entry)
  if (program?.code === undefined) return undefined
  const what = 'The program of an extension'
  const { budget, limits } = archive
  const signature = await readProgramSignature(program.code, program.slices, { family: 'ipa', what, budget, limits })
  return signature.entitlements
}

/** Bundle ids, and the entitlements as texts such as `com.example.notes.share: aps-environment = production`. */
export function extensionFacts(extensions: readonly IpaExtension[]): NonNullable<Inspection['facts']> {
  if (extensions.length === 0) return {}
  const entitlements = extensions.flatMap(({ identifier, entitlements }) =>
    Object.entries(entitlements === undefined ? {} : entitlementFacts(entitlements)).flatMap(
      ([key, value]) =>
        displayText(`${identifier}: ${key} = ${Array.isArray(value) ? value.join(', ') : String(value)}`) ?? [],
    ),
  )
  return {
    extensions: extensions.map(({ identifier }) => identifier),
    ...(entitlements.length === 0 ? {} : { extensionEntitlements: entitlements.slice(0, MAX_ENTITLEMENT_FACTS) }),
  }
}
