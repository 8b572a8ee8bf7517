import type { ByteSource } from '../../bytes/byte-source.ts'
import type { AndroidValue } from '../../formats/android/axml.ts'
import { DENSITY_ANY, DENSITY_MEDIUM, isReference } from '../../formats/android/resource-table.ts'
import { readZipMember, readZipMemberHead, type ZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { isDamage } from '../../formats/format-error.ts'
import { readPngHeader } from '../../formats/picture/png.ts'
import { readWebpHeader } from '../../formats/picture/webp.ts'
import { type Icon, type IconFacts, MAX_ICON_BYTES, MAX_ICON_PIXELS } from '../../model/inspection.ts'
import type { AndroidResources } from './android-resources.ts'

/** Enough for the headers of PNG and WebP. */
const HEAD_BYTES = 128
/** An icon has one picture for each of six densities, rarely more. */
const MAX_CANDIDATES = 16

/**
 * The largest picture that an icon has for any density. Pictures made of XML, such as adaptive icons, are passed over for
 * those that older systems are given. Undefined when there is none, or when it is damaged: it is an ornament.
 *
 * @param icon the attribute of the manifest
 * @param folder in which the paths of resources begin: empty, or a module of a bundle with a slash
 * @throws FormatLimitError; errors of the source
 */
export async function readAndroidIcon(
  source: ByteSource,
  directory: ZipDirectory,
  folder: string,
  icon: AndroidValue | undefined,
  resources: AndroidResources,
  budget: Budget,
): Promise<Icon | undefined> {
  const paths = await picturePaths(icon, resources)
  if (paths.size === 0) return undefined
  const members = new Map<string, ZipEntry>()
  for (const entry of directory.entries) {
    const path = entry.name.startsWith(folder) ? entry.name.slice(folder.length) : ''
    if (paths.has(path) && !members.has(path) && entry.sizeBytes > 0 && entry.sizeBytes <= MAX_ICON_BYTES)
      members.set(path, entry)
  }
  let best: { readonly entry: ZipEntry; readonly picture: Picture } | undefined
  let candidates = 0
  for (const path of paths) {
    const entry = members.get(path)
    if (entry === undefined || candidates++ === MAX_CANDIDATES) continue
    const picture = await tried(async () =>
      pictureOf(await readZipMemberHead(source, directory, entry, HEAD_BYTES, budget)),
    )
    if (picture === undefined) continue
    if (best === undefined || picture.width * picture.height > best.picture.width * best.picture.height)
      best = { entry, picture }
  }
  if (best === undefined) return undefined
  const { entry, picture } = best
  const bytes = await tried(() => readZipMember(source, directory, entry, MAX_ICON_BYTES, budget))
  return bytes === undefined ? undefined : { facts: { ...picture, sizeBytes: bytes.byteLength }, bytes }
}

/** Paths of the files of an icon, those for fine screens first. */
async function picturePaths(icon: AndroidValue | undefined, resources: AndroidResources): Promise<Set<string>> {
  if (icon?.text !== undefined) return new Set([icon.text])
  if (icon === undefined || !isReference(icon)) return new Set()
  const variants = [...(await resources.variants(icon.data))]
  // A density that stands for none is no measure of size.
  const density = (value: number) => (value >= DENSITY_ANY ? 1 : value || DENSITY_MEDIUM)
  variants.sort(
    (a, b) =>
      Number(a.config.isSpecial) - Number(b.config.isSpecial) ||
      Number(a.config.locale !== '') - Number(b.config.locale !== '') ||
      density(b.config.density) - density(a.config.density),
  )
  return new Set(variants.flatMap(({ value }) => value.text ?? []))
}

type Picture = Omit<IconFacts, 'sizeBytes'>

function pictureOf(head: Uint8Array): Picture | undefined {
  const png = readPngHeader(head)
  const size = png?.isCgbi === false ? png : readWebpHeader(head)
  if (size === undefined || size.width > MAX_ICON_PIXELS || size.height > MAX_ICON_PIXELS) return undefined
  const { width, height } = size
  return { mediaType: png === undefined ? 'image/webp' : 'image/png', width, height }
}

async function tried<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!isDamage(error)) throw error
    return undefined
  }
}
