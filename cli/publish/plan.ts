import { nearest } from '../../src/bytes/nearest.ts'
import { DistError } from '../../src/errors.ts'
import type { Visibility } from '../../src/model/app.ts'
import type { LinkInput } from '../../src/model/artifact.ts'
import { fileNameKey, fileNameProblem } from '../../src/model/file-name.ts'
import type { DeclaredFacts, Manifest } from '../../src/model/manifest.ts'
import type { Source } from '../../src/model/release.ts'
import { prereleaseAgrees, tagAgrees, versionOfTag } from '../../src/model/version.ts'

/** A file as `dist.json` asks for it; it may not be built yet. */
export interface WantedFile {
  /** Relative to the folder of `dist.json`; may be a pattern. */
  readonly path: string
  /** Whether the pattern stands for any number of files. */
  readonly many: boolean
  /** Undefined: as the file is called. */
  readonly fileName: string | undefined
  readonly declared: DeclaredFacts
}

export interface PlannedFile {
  /** Absolute path, symbolic links resolved. */
  readonly path: string
  /** Path as the publisher wrote it, for words. */
  readonly shownPath: string
  readonly fileName: string
  readonly declared: DeclaredFacts
}

/** Everything that one publish wants, decided before the first request. */
export interface PublishPlan {
  readonly app: string
  /** For an app that is created. */
  readonly name: string | undefined
  readonly visibility: Visibility | undefined
  readonly version: string
  readonly build: string | null
  readonly tag: string | undefined
  readonly prerelease: boolean | undefined
  /** Markdown. */
  readonly notes: string | undefined
  readonly source: Source
  readonly channel: string | undefined
  readonly announce: boolean
  readonly files: readonly PlannedFile[]
  readonly links: readonly LinkInput[]
}

/** The same before anything is built. */
export interface UnbuiltPlan extends Omit<PublishPlan, 'files'> {
  readonly files: readonly WantedFile[]
}

/** The plan of a checked manifest, and what is found beside it. */
export function planOf<F extends PlannedFile | WantedFile>(
  manifest: Manifest,
  found: Pick<PublishPlan, 'notes' | 'source' | 'links'> & { readonly files: readonly F[] },
): Omit<PublishPlan, 'files'> & { readonly files: readonly F[] } {
  const { app, name, visibility, version, build = null, tag, prerelease, channel, announce = true } = manifest
  return { app, name, visibility, version, build, tag, prerelease, channel, announce, ...found }
}

/** @throws DistError release.tag_mismatch */
export function checkTag({ version, build, tag }: Manifest): void {
  if (tag === undefined || tagAgrees(tag, { version, build: build ?? null })) return
  throw new DistError(
    'release.tag_mismatch',
    `Cannot publish version "${version}": tag "${tag}" names version "${versionOfTag(tag)}"`,
  )
}

/** @throws DistError release.prerelease_mismatch */
export function checkPrerelease({ version, prerelease }: Pick<Manifest, 'version' | 'prerelease'>): void {
  if (prereleaseAgrees({ version, prerelease })) return
  throw new DistError(
    'release.prerelease_mismatch',
    `Cannot publish version "${version}": it is one of a prerelease, and "prerelease" is false`,
  )
}

type NamedFile = Pick<PlannedFile, 'shownPath' | 'fileName' | 'declared'>

/**
 * Checks what concerns the files together: allowed names, names that clash on some client, descriptions of files that
 * are not there.
 * @param clash code for two files of one name
 * @param isExpected whether a file of this name may come beside `files`
 * @throws DistError artifact.file_name, `clash`, artifact.describes_unknown
 */
export function checkFileNames(
  files: readonly NamedFile[],
  clash: 'manifest.invalid' | 'usage.invalid',
  isExpected: (fileName: string) => boolean = () => false,
): void {
  const owners = new Map<string, NamedFile>()
  for (const file of files) {
    const problem = fileNameProblem(file.fileName)
    if (problem !== undefined) {
      throw new DistError('artifact.file_name', `Cannot publish "${file.shownPath}" as "${file.fileName}": ${problem}`)
    }
    const other = owners.get(fileNameKey(file.fileName))
    if (other) {
      throw new DistError(
        clash,
        `Cannot publish "${other.shownPath}" and "${file.shownPath}": both would be named "${file.fileName}"`,
        { hint: 'Give one of them another "fileName" in dist.json; names that differ only in case clash too' },
      )
    }
    owners.set(fileNameKey(file.fileName), file)
  }
  const names = files.map((file) => file.fileName)
  for (const file of files) {
    const { describes } = file.declared
    if (describes === undefined) continue
    if (describes !== file.fileName && (names.includes(describes) || isExpected(describes))) continue
    const near = nearest(
      describes,
      names.filter((name) => name !== file.fileName),
    )
    throw new DistError(
      'artifact.describes_unknown',
      `Cannot publish "${file.fileName}": it describes "${describes}", which is not in the release`,
      {
        ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
      },
    )
  }
}
