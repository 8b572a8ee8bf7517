import { digestHex, parseDigest } from '../bytes/digest.ts'
import type { IconFacts } from '../model/inspection.ts'
import type { OfferedFile } from './offered.ts'

/** A file that may carry a picture: of a release, or in a slot of a branch build. */
export type PicturedFile = Pick<OfferedFile, 'fileName' | 'inspection' | 'kind'>

/** A picture whose bytes are kept. */
export interface PageIcon extends Omit<IconFacts, 'digest'> {
  readonly digest: string
}

/** What is narrower looks blurred where pages show it. */
const MIN_WIDTH = 48
/** What is wider is sent for nothing. */
const MAX_WIDTH = 512

/** What a file looks like; undefined where its bytes carry no picture. */
function iconOf({ inspection }: Pick<PicturedFile, 'inspection'>): PageIcon | undefined {
  const { icon } = inspection
  return icon?.digest === undefined ? undefined : { ...icon, digest: icon.digest }
}

/** Negative where `a` is shown before `b`: one of a good width, a PNG, which iOS wants, and then the sharper one. */
function compareIcons(a: PageIcon, b: PageIcon): number {
  const order = (icon: PageIcon) => [
    icon.width >= MIN_WIDTH ? 0 : 1,
    icon.mediaType === 'image/png' ? 0 : 1,
    icon.width <= MAX_WIDTH ? 0 : 1,
    icon.width <= MAX_WIDTH ? -icon.width : icon.width,
  ]
  const [of, than] = [order(a), order(b)]
  for (const [i, value] of of.entries()) if (value !== than[i]) return value - than[i]!
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0
}

/** The picture that stands for all of these files: the same one, in whatever order they come. */
export function pageIcon(files: readonly PicturedFile[]): PageIcon | undefined {
  const [best] = files
    .filter(({ kind = 'app' }) => kind === 'app')
    .flatMap((file) => iconOf(file) ?? [])
    .sort(compareIcons)
  return best
}

/** Names the bytes in the address of a picture, which may be kept then. */
export function iconVersion(digest: string): string {
  return digestHex(parseDigest(digest)).slice(0, 16)
}

/** Path of the picture of a page; null where none of its files has one. @param folder path of the page */
export function iconUrlOf(folder: string, files: readonly PicturedFile[]): string | null {
  const icon = pageIcon(files)
  return icon === undefined ? null : `${folder}/icon.png?v=${iconVersion(icon.digest)}`
}

/** Path of the picture of one file, where it is not that of the page. */
export function ownIconUrlOf(
  folder: string,
  page: PageIcon | undefined,
  file: Pick<PicturedFile, 'fileName' | 'inspection'>,
): string | null {
  const icon = iconOf(file)
  if (icon === undefined || icon.digest === page?.digest) return null
  return `${folder}/icon.png?file=${encodeURIComponent(file.fileName)}&v=${iconVersion(icon.digest)}`
}
