import { isSymlink, type ZipEntry } from '../../formats/archive/zip.ts'
import type { BundleFiles } from './bundle-files.ts'

/** Where the files of a bundle lie that its signature covers. Both with a slash at their end. */
export interface BundleFolders {
  /** The bundle: for flat bundles {@link base}, else what `Contents` or `Versions/A` lies in. */
  readonly root: string
  readonly base: string
}

/** What Finder, and the software update of old systems, leave in the root of a bundle. */
const LEFT_IN_ROOT: ReadonlySet<string> = new Set(['.DS_Store', '.LSOverride', 'Icon\r', '.SoftwareDepot.tracking'])
const LEFT_IN_FRAMEWORK: ReadonlySet<string> = new Set(['.DS_Store', 'Versions/.DS_Store', 'module.map'])

/**
 * The first file beside the folder that a signature covers which may not be there; undefined when there is none. As
 * systems of Apple see it (Security `bundlediskrep.cpp`, `setup` and `validateFrameworkRoot`), the root of a framework
 * has its versions and links to what the current one has under the same name, that of another bundle has `Contents`.
 *
 * Other versions of a framework are left to the caller: see {@link otherVersions}.
 */
export async function strayFile(
  files: BundleFiles,
  { root, base }: BundleFolders,
  linkTarget: (entry: ZipEntry) => Promise<string | undefined>,
): Promise<string | undefined> {
  if (root === base) return undefined
  const version = versionOf({ root, base })
  for (const name of files.below(root)) {
    if (name.startsWith(base)) continue
    const path = name.slice(root.length)
    const entry = files.get(name)!
    if (isLeft(path, entry, version === undefined ? LEFT_IN_ROOT : LEFT_IN_FRAMEWORK)) continue
    if (version === undefined) return name
    if (path === CURRENT || /^Versions\/[^/]+\/./.test(path)) continue
    const target = path.includes('/') || !isSymlink(entry) ? undefined : await linkTarget(entry)
    const places = [CURRENT, `Versions/${version}`].map((folder) => `${folder}/${path}`)
    if (target === undefined || !places.includes(target.replace(/^\.\//, ''))) return name
  }
  return undefined
}

const CURRENT = 'Versions/Current'

/** Folders of the versions of a framework beside the current one, each with a slash at its end. */
export function otherVersions(files: BundleFiles, { root, base }: BundleFolders): string[] {
  if (versionOf({ root, base }) === undefined) return []
  const found = new Set<string>()
  for (const name of files.below(`${root}Versions/`)) {
    const end = name.indexOf('/', root.length + 'Versions/'.length)
    if (end > 0 && !name.startsWith(base)) found.add(name.slice(0, end + 1))
  }
  return [...found]
}

function versionOf({ root, base }: BundleFolders): string | undefined {
  return base.startsWith(`${root}Versions/`) ? base.slice(root.length + 'Versions/'.length, -1) : undefined
}

/** Plain files that nobody can run. */
function isLeft(path: string, entry: ZipEntry, left: ReadonlySet<string>): boolean {
  return left.has(path) && !isSymlink(entry) && (entry.unixMode & 0o111) === 0
}
