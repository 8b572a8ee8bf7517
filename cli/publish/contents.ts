import { DistError } from '../../src/errors.ts'
import type { Release } from '../../src/model/release.ts'

/** What makes two releases of one ref the same: files by name and digest, links. */
export interface Contents {
  readonly files: readonly { readonly fileName: string; readonly digest: string }[]
  readonly links: readonly { readonly kind: string; readonly platform: string; readonly url: string }[]
}

export function linesOf({ files, links }: Contents): [files: string[], links: string[]] {
  return [
    files.map((file) => `${file.fileName} ${file.digest}`).sort(),
    links.map((link) => `${link.kind} ${link.platform} ${link.url}`).sort(),
  ]
}

/** @throws DistError release.conflict naming the files that differ from those of a release that is there */
export function refuseOtherContents(contents: Contents, release: Release): void {
  const ours = linesOf(contents).flat()
  const theirs = linesOf({ files: release.artifacts, links: release.links }).flat()
  const differing = [...ours.filter((line) => !theirs.includes(line)), ...theirs.filter((line) => !ours.includes(line))]
  if (differing.length === 0) return
  const names = [...new Set(differing.map((line) => line.slice(0, line.lastIndexOf(' '))))]
  const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '')
  throw new DistError(
    'release.conflict',
    `Cannot publish release "${release.ref}" of "${release.app}": it exists with other contents (${shown}), status is "${release.state}"`,
    { details: { ref: release.ref, state: release.state, differing: names } },
  )
}
