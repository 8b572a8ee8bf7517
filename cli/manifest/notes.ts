import { DistError } from '../../src/errors.ts'
import { issueWords } from '../../src/model/issue-words.ts'
import { Notes } from '../../src/model/release.ts'
import { formatRef } from '../../src/model/version.ts'
import { readText } from '../text-file.ts'
import { changelogSection } from './changelog.ts'

/** A changelog of many years; notes themselves are bounded by their schema. Bytes. */
const MAX_CHANGELOG_BYTES = 16 << 20

/**
 * Release notes from a file: the section of this version when the file has one, else all of it.
 * @throws DistError manifest.file_missing, manifest.invalid
 */
export async function readNotes(
  path: string,
  shownPath: string,
  release: { readonly version: string; readonly build?: string | undefined },
): Promise<string> {
  const text = await readText(path, MAX_CHANGELOG_BYTES, 'manifest.file_missing')
  const { version, build } = release
  const section = changelogSection(text, build === undefined ? [version] : [formatRef(version, build), version])
  const parsed = Notes.safeParse(section ?? text)
  if (parsed.success) return parsed.data
  const what = section === undefined ? `no section for ${version}, and as a whole it` : `the section of ${version}`
  throw new DistError(
    'manifest.invalid',
    `Cannot use notes file "${shownPath}": ${what} ${issueWords(parsed.error.issues[0]!)}`,
  )
}
