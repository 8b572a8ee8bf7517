import { nearest } from '../src/bytes/nearest.ts'
import { DistError } from '../src/errors.ts'
import type { Visibility } from '../src/model/app.ts'
import type { LinkInput } from '../src/model/artifact.ts'
import { fileNameKey, fileNameProblem } from '../src/model/file-name.ts'
import type { Manifest, ManifestArtifact } from '../src/model/manifest.ts'
import type { Source } from '../src/model/release.ts'
import { tagAgrees, versionOfTag } from '../src/model/version.ts'

/** What the publisher says about a file; what is absent is read from the bytes. */
export type Declared = Pick<
  ManifestArtifact,
  'kind' | 'platform' | 'arch' | 'format' | 'variant' | 'describes' | 'install'
>

export interface PlannedFile {
  /** Absolute path, symbolic links resolved. */
  readonly path: string
  /** Path as the publisher wrote it, for words. */
  readonly shownPath: string
  readonly fileName: string
  readonly declared: Declared
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

/** The plan of a checked manifest, and what is found beside it. */
export function planOf(
  manifest: Manifest,
  found: Pick<PublishPlan, 'notes' | 'source' | 'files' | 'links'>,
): PublishPlan {
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

/**
 * Checks what concerns the files together: allowed names, names that clash on some client, descriptions of files that
 * are not there.
 * @param clash code for two files of one name
 * @throws DistError artifact.file_name, `clash`, artifact.describes_unknown
 */
export function checkFileNames(files: readonly PlannedFile[], clash: 'manifest.invalid' | 'usage.invalid'): void {
  const owners = new Map<string, PlannedFile>()
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
    if (describes === undefined || (describes !== file.fileName && names.includes(describes))) continue
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
