import type { ByteSource } from '../../bytes/byte-source.ts'
import { plainPng } from '../../formats/apple/cgbi.ts'
import { parseIcns } from '../../formats/apple/icns.ts'
import { isPlistDict, type PlistDict } from '../../formats/apple/plist-value.ts'
import { readZipMember, readZipMemberHead, type ZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { type PngHeader, readPngHeader } from '../../formats/picture/png.ts'
import { type Icon, MAX_ICON_BYTES, MAX_ICON_PIXELS } from '../../model/inspection.ts'
import { undefinedWhereDamaged } from '../reading.ts'
import { plistText, plistTexts } from './app-bundle.ts'

/** An icon of macOS holds each picture in up to ten sizes. */
const MAX_ICNS_BYTES = 4 << 20
/** Xcode writes some ten. */
const MAX_CANDIDATES = 32

/**
 * The icon of an iOS application: of the PNG files that `Info.plist` names the one with the most pixels that is no larger
 * than 1 MiB as it is given. Undefined when there is none that can be read.
 *
 * @param folder of the application within the archive, e.g. `Payload/Notes.app/`
 */
export async function iosIcon(
  source: ByteSource,
  directory: ZipDirectory,
  folder: string,
  info: PlistDict,
  budget: Budget,
): Promise<Icon | undefined> {
  const bases = new Set(iconNames(info).map((name) => name.replace(/\.png$/i, '')))
  if (bases.size === 0) return undefined
  const members = directory.entries.filter((entry) => isIconFile(entry, folder, bases)).slice(0, MAX_CANDIDATES)
  const candidates: { entry: ZipEntry; pixels: number }[] = []
  for (const entry of members) {
    const header = await undefinedWhereDamaged(async () =>
      readPngHeader(await readZipMemberHead(source, directory, entry, 128, budget)),
    )
    if (header !== undefined && isShown(header) && !isLargeAsPlain(header))
      candidates.push({ entry, pixels: header.width * header.height })
  }
  candidates.sort((a, b) => b.pixels - a.pixels)
  for (const { entry } of candidates.slice(0, 3)) {
    const icon = await undefinedWhereDamaged(async () =>
      pngIcon(await readZipMember(source, directory, entry, MAX_ICON_BYTES, budget), budget),
    )
    if (icon !== undefined) return icon
  }
  return undefined
}

function iconNames(info: PlistDict): string[] {
  const names = [...(plistTexts(info, 'CFBundleIconFiles') ?? []), plistText(info, 'CFBundleIconFile') ?? []].flat()
  for (const key of ['CFBundleIcons', 'CFBundleIcons~ipad']) {
    const icons = info[key]
    const primary = isPlistDict(icons) ? icons.CFBundlePrimaryIcon : undefined
    if (isPlistDict(primary)) names.push(...(plistTexts(primary, 'CFBundleIconFiles') ?? []))
  }
  return names
}

/** `AppIcon60x60` stands for `AppIcon60x60@2x.png`, `AppIcon60x60@3x.png`, `AppIcon60x60@2x~ipad.png`, … */
function isIconFile(entry: ZipEntry, folder: string, bases: ReadonlySet<string>): boolean {
  if (!entry.name.startsWith(folder) || entry.sizeBytes > MAX_ICON_BYTES) return false
  const base = /^(.+?)(?:@[23]x)?(?:~(?:ipad|iphone))?\.png$/i.exec(entry.name.slice(folder.length))?.[1]
  return base !== undefined && bases.has(base)
}

/** The icon of a Mac application: the largest PNG in its icon file. */
export async function macIcon(
  source: ByteSource,
  directory: ZipDirectory,
  folder: string,
  info: PlistDict,
  budget: Budget,
): Promise<Icon | undefined> {
  const name = plistText(info, 'CFBundleIconFile')
  if (name === undefined) return undefined
  const path = `${folder}Contents/Resources/${/\.icns$/i.test(name) ? name : `${name}.icns`}`
  const entry = directory.entries.find((candidate) => candidate.name === path)
  if (entry === undefined || entry.sizeBytes > MAX_ICNS_BYTES) return undefined
  return undefinedWhereDamaged(async () => {
    const pictures = parseIcns(await readZipMember(source, directory, entry, MAX_ICNS_BYTES, budget))
    const [best] = pictures
      .filter(({ header, bytes }) => isShown(header) && bytes.byteLength <= MAX_ICON_BYTES)
      .sort((a, b) => b.header.width * b.header.height - a.header.width * a.header.height)
    return best && pngIcon(best.bytes, budget)
  })
}

/** What Xcode wrote becomes a PNG whose pixels are not packed. */
function isLargeAsPlain({ isCgbi, width, height }: PngHeader): boolean {
  return isCgbi && width * height * 4 > MAX_ICON_BYTES
}

function isShown(header: PngHeader): boolean {
  return header.width <= MAX_ICON_PIXELS && header.height <= MAX_ICON_PIXELS
}

async function pngIcon(png: Uint8Array, budget: Budget): Promise<Icon | undefined> {
  const bytes = readPngHeader(png)?.isCgbi ? await plainPng(png, budget) : png.slice()
  const header = readPngHeader(bytes)
  if (header === undefined || !isShown(header) || bytes.byteLength > MAX_ICON_BYTES) return undefined
  const { width, height } = header
  return { facts: { mediaType: 'image/png', width, height, sizeBytes: bytes.byteLength }, bytes }
}
