import type { Inspection } from '../model/inspection.ts'

/** Stands where the version was; no file name has it. */
const GAP = '*'
/** `1.4.0`, `v2.0`: a version of its own, of a file that names another one than its release. */
const DOTTED_NUMBER = /(?<![0-9A-Za-z.])v?\d+(?:\.\d+)+(?![0-9A-Za-z]|\.\d)/g

/**
 * A file name that is the same in every release: `notes-1.4.0-linux-x64.tar.gz` becomes `notes-*-linux-x64.tar.gz`. The
 * version is that of the release or of the file, with its build behind it or without.
 */
export function nameWithoutVersion(
  fileName: string,
  release: { readonly version: string; readonly build: string | null },
  inspection: Pick<Inspection, 'version' | 'buildNumber'>,
): string {
  // The epoch of a Debian version is in no file name.
  const versions = [release.version, inspection.version?.replace(/^\d+:/, '')]
  const builds = [release.build, inspection.buildNumber]
  const words = versions
    .filter(isPresent)
    .flatMap((version) => [
      version,
      ...builds.filter(isPresent).flatMap((build) => ['+', '-', '_', '.'].map((by) => version + by + build)),
    ])
    .filter((word) => word.length <= fileName.length)
    .sort((a, b) => b.length - a.length)
  const generic = words.reduce(withoutWord, fileName)
  return generic === fileName ? fileName.replace(DOTTED_NUMBER, GAP) : generic
}

function isPresent(text: string | null | undefined): text is string {
  return text !== null && text !== undefined && text !== ''
}

/** `1.4.0` is a word of `notes_v1.4.0.zip`, and none of `notes-1.4.0.1.zip` or `11.4.0`. */
function withoutWord(text: string, word: string): string {
  let kept = ''
  let from = 0
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    const isWord =
      /(?:^|[^0-9A-Za-z])v?$/.test(text.slice(0, at)) &&
      !/\d\.$/.test(text.slice(0, at)) &&
      !/^(?:[0-9A-Za-z]|\.\d)/.test(text.slice(at + word.length))
    if (!isWord) continue
    kept += text.slice(from, at).replace(/v$/, '') + GAP
    from = at + word.length
  }
  return kept + text.slice(from)
}
