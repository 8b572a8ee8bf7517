import { readZipMember, readZipMemberHead, type ZipEntry } from '../../formats/archive/zip.ts'
import { FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import { readPngHeader } from '../../formats/picture/png.ts'
import { type Icon, MAX_ICON_BYTES, MAX_ICON_PIXELS } from '../../model/inspection.ts'
import type { MsixArchive } from './msix-archive.ts'
import { windowsPath } from './msix-block-map.ts'

/** Enough for the header of a PNG. */
const HEAD_BYTES = 128
/** A logo has a file for each of five scales and some sizes, in several looks. */
const MAX_CANDIDATES = 16

/**
 * The largest PNG of the first logo that has one. Undefined when there is none, or when it is damaged: it is an ornament.
 *
 * @param logos paths as the manifest names them
 * @throws FormatLimitError; errors of the source
 */
export async function msixIcon(archive: MsixArchive, logos: readonly string[]): Promise<Icon | undefined> {
  const pictures = new Map<ZipEntry, string>()
  for (const entry of archive.directory.entries) {
    if (entry.sizeBytes === 0 || entry.sizeBytes > MAX_ICON_BYTES || !/\.png$/i.test(entry.name)) continue
    archive.budget.tick()
    pictures.set(entry, windowsPath(entry.name).toLowerCase())
  }
  for (const logo of logos) {
    const icon = await largestOf(archive, candidates(pictures, logo))
    if (icon !== undefined) return icon
  }
  return undefined
}

/** `Logo.png` stands for `Logo.scale-200.png` and such too; pictures for high contrast are not what people know. */
function candidates(pictures: ReadonlyMap<ZipEntry, string>, logo: string): ZipEntry[] {
  const path = windowsPath(logo).toLowerCase()
  if (!path.endsWith('.png')) return []
  const stem = path.slice(0, -'.png'.length)
  return [...pictures]
    .filter(([, found]) => {
      const rest = found.startsWith(stem) ? found.slice(stem.length) : ''
      return rest === '.png' || (/^\.[a-z0-9_.-]+\.png$/.test(rest) && !rest.includes('contrast-'))
    })
    .map(([entry]) => entry)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_CANDIDATES)
}

async function largestOf(
  { source, directory, budget }: MsixArchive,
  entries: readonly ZipEntry[],
): Promise<Icon | undefined> {
  try {
    let best: { readonly entry: ZipEntry; readonly width: number; readonly height: number } | undefined
    for (const entry of entries) {
      const header = readPngHeader(await readZipMemberHead(source, directory, entry, HEAD_BYTES, budget))
      if (header === undefined || header.isCgbi || header.width > MAX_ICON_PIXELS || header.height > MAX_ICON_PIXELS)
        continue
      if (best === undefined || header.width * header.height > best.width * best.height) best = { entry, ...header }
    }
    if (best === undefined) return undefined
    const { entry, width, height } = best
    const bytes = await readZipMember(source, directory, entry, MAX_ICON_BYTES, budget)
    return { facts: { mediaType: 'image/png', width, height, sizeBytes: bytes.byteLength }, bytes }
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (isAboutBytes(error)) return undefined
    throw error
  }
}
