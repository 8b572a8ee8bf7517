import type { ByteSource } from '../../bytes/byte-source.ts'
import { sliceOf } from '../../bytes/source-slice.ts'
import { findNode, type TreeNode } from '../../formats/archive/file-tree.ts'
import { isIso9660, openIso9660 } from '../../formats/archive/iso9660.ts'
import { openSquashfs, SQUASHFS_MAGIC } from '../../formats/archive/squashfs.ts'
import type { Budget } from '../../formats/budget.ts'
import { decodeLatin1, decodeUtf8 } from '../../formats/decode-text.ts'
import { isDamage } from '../../formats/format-error.ts'
import { type DesktopEntry, parseDesktopEntry } from '../../formats/linux/desktop-entry.ts'
import { parseElfHeader } from '../../formats/linux/elf.ts'
import { type ElfSection, readElfSections } from '../../formats/linux/elf-sections.ts'
import { readPngHeader } from '../../formats/picture/png.ts'
import {
  type Check,
  type IconFacts,
  type Inspection,
  type InspectionReport,
  MAX_ICON_BYTES,
  MAX_ICON_PIXELS,
} from '../../model/inspection.ts'
import { displayText, finding, quote } from '../finding.ts'
import { InspectionError, type Inspector } from '../inspector.ts'
import { elfArch } from '../program.ts'
import { reading } from '../reading.ts'
import { openPgpSignatures } from './openpgp.ts'

/** Both sections are of 1024 bytes in every runtime seen. */
const MAX_SECTION_BYTES = 64 << 10
const MAX_DESKTOP_BYTES = 256 << 10

/**
 * AppImages (AppImage specification, "AppImage format"): an ELF program with `AI` and the type at offset 8, and the
 * application's files behind it as a disk image: ISO 9660 (type 1) or squashfs (type 2). Read: the program's header and
 * the sections `.upd_info` and `.sha256_sig`; in the image the desktop entry and the icon. The signature is told and not
 * verified, since nothing here knows the publisher's OpenPGP key.
 */
export const appImageInspector: Inspector = {
  name: 'appimage',
  format: 'appimage',
  async sniff(head, source) {
    return (await typeOf(head, source)) !== undefined
  },
  inspect: (source, limits) => reading('appimage', limits, (budget) => inspectAppImage(source, budget)),
}

/** By the mark; type 1 is older than it, so an ELF program in front of an ISO 9660 image is one too. */
async function typeOf(head: Uint8Array, source: ByteSource): Promise<1 | 2 | undefined> {
  if (![0x7f, 0x45, 0x4c, 0x46].every((byte, i) => head[i] === byte)) return undefined
  const mark = head[8] === 0x41 && head[9] === 0x49 ? head[10] : undefined
  if (mark === 1 || mark === 2) return mark
  return (await isIso9660(source)) ? 1 : undefined
}

async function inspectAppImage(source: ByteSource, budget: Budget): Promise<InspectionReport> {
  const head = await source.read(0, Math.min(64, source.sizeBytes))
  const elf = parseElfHeader(head)
  const type = await typeOf(head, source)
  if (type === undefined) throw new TypeError('Cannot inspect: the source is no AppImage')
  const { sections, endBytes } = await readElfSections(source)
  const checks: Check[] = []
  const { root, compression } = await openPayload(source, type, endBytes, budget, checks)
  const contents = root === undefined ? {} : await readContents(root, checks)

  const { signatures, keyIds } = openPgpSignatures(await signaturePackets(source, sections))
  const updateInformation = displayText(decodeLatin1(await sectionBytes(source, sections, '.upd_info')))
  const arch = elfArch(elf.machine, elf.bits)
  const entry = (key: string) => displayText(contents.desktop?.get(key))
  const name = entry('Name')
  const version = entry('X-AppImage-Version')
  const categories = entry('Categories')?.split(';').filter(Boolean).slice(0, 100)
  const facts: NonNullable<Inspection['facts']> = { type }
  const tell = (fact: string, value: string | string[] | undefined) => {
    if (value !== undefined && value.length > 0) facts[fact] = value
  }
  tell('compression', compression)
  tell('updateInformation', updateInformation)
  tell('signatureKeyIds', keyIds)
  tell('desktopFile', displayText(contents.desktopFile))
  tell('comment', entry('Comment'))
  tell('categories', categories)
  tell('exec', entry('Exec'))
  tell('iconName', entry('Icon'))
  return {
    inspection: {
      format: 'appimage',
      platform: 'linux',
      ...(arch === undefined ? {} : { arch }),
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      install: 'file',
      signatures,
      ...(contents.icon === undefined ? {} : { icon: contents.icon.facts }),
      facts,
    },
    checks,
    ...(contents.icon === undefined ? {} : { icon: contents.icon.bytes }),
  }
}

interface Payload {
  /** Undefined when it cannot be looked into, which is told. */
  readonly root?: TreeNode
  readonly compression?: string
}

async function openPayload(
  source: ByteSource,
  type: 1 | 2,
  elfEndBytes: number,
  budget: Budget,
  checks: Check[],
): Promise<Payload> {
  // The program stands in the first sectors of the image, which belong to nobody there.
  if (type === 1) return { root: await openIso9660(source, budget) }
  if (elfEndBytes === 0) throw new InspectionError('appimage', 'The program does not say where it ends')
  if (elfEndBytes >= source.sizeBytes) throw new InspectionError('appimage', 'Nothing follows the program')
  const payload = sliceOf(source, elfEndBytes, source.sizeBytes - elfEndBytes)
  const magic = await payload.read(0, Math.min(SQUASHFS_MAGIC.byteLength, payload.sizeBytes))
  const unread = (what: string) =>
    finding('info', 'appimage.payload_unread', `The files are ${what}, which is not read`)
  if (SQUASHFS_MAGIC.some((byte, i) => magic[i] !== byte)) {
    checks.push(unread('in an image of another kind than squashfs'))
    return {}
  }
  const image = await openSquashfs(payload, budget)
  const { compression } = image
  if (!image.isReadable) {
    checks.push(unread(`compressed by ${compression}`))
    return { compression }
  }
  return { root: await image.root(), compression }
}

interface Contents {
  readonly desktopFile?: string
  readonly desktop?: DesktopEntry
  readonly icon?: { readonly facts: IconFacts; readonly bytes: Uint8Array }
}

/** The image itself must be readable, since the program mounts it; what stands in its files need not be right. */
async function readContents(root: TreeNode, checks: Check[]): Promise<Contents> {
  const desktopFile = (await root.names()).find((name) => name.endsWith('.desktop'))
  if (desktopFile === undefined) {
    checks.push(finding('warning', 'appimage.no_desktop_entry', 'There is no desktop entry at the top of the files'))
  }
  const desktop = desktopFile === undefined ? undefined : await readDesktop(root, desktopFile)
  if (desktopFile !== undefined && desktop?.get('Name') === undefined)
    checks.push(
      finding(
        'warning',
        'appimage.desktop_entry',
        `The desktop entry ${quote(desktopFile)} cannot be read or has no name`,
      ),
    )
  const icon = await readIcon(root, desktop?.get('Icon'))
  return {
    ...(desktopFile === undefined ? {} : { desktopFile }),
    ...(desktop === undefined ? {} : { desktop }),
    ...(icon === undefined ? {} : { icon }),
  }
}

function readDesktop(root: TreeNode, name: string): Promise<DesktopEntry | undefined> {
  return optional(async () => {
    const bytes = await readFile(root, name, MAX_DESKTOP_BYTES)
    return bytes && parseDesktopEntry(decodeUtf8(bytes, 'desktop entry'))
  })
}

/** `.DirIcon`, else the PNG that the desktop entry names. Other kinds of pictures are passed over. */
async function readIcon(root: TreeNode, name: string | undefined): Promise<Contents['icon']> {
  const places = [
    '.DirIcon',
    ...(name === undefined || name.includes('/') ? [] : [`${name.replace(/\.png$/, '')}.png`]),
  ]
  for (const place of places) {
    const bytes = await optional(() => readFile(root, place, MAX_ICON_BYTES))
    const png = bytes && readPngHeader(bytes)
    if (png === undefined || png.isCgbi || Math.max(png.width, png.height) > MAX_ICON_PIXELS) continue
    const { width, height } = png
    return { facts: { mediaType: 'image/png', width, height, sizeBytes: bytes!.byteLength }, bytes: bytes! }
  }
  return undefined
}

/** Undefined when there is none, or it is larger than `maxBytes`. */
async function readFile(root: TreeNode, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const node = await findNode(root, path)
  return node?.kind === 'file' && node.sizeBytes <= maxBytes ? node.read(maxBytes) : undefined
}

/** Undefined for what is damaged; a limit that was reached ends the inspection. */
async function optional<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!isDamage(error)) throw error
    return undefined
  }
}

/** Contents up to the NULs with which a section is filled up; empty when there is none. */
async function sectionBytes(source: ByteSource, sections: readonly ElfSection[], name: string): Promise<Uint8Array> {
  const section = sections.find((each) => each.name === name)
  if (section === undefined || section.sizeBytes > MAX_SECTION_BYTES) return new Uint8Array(0)
  const bytes = await source.read(section.offset, section.sizeBytes)
  let end = bytes.byteLength
  while (end > 0 && bytes[end - 1] === 0) end--
  return bytes.subarray(0, end)
}

/** `.sha256_sig` is armoured text, or the packet itself. */
async function signaturePackets(source: ByteSource, sections: readonly ElfSection[]): Promise<(Uint8Array | string)[]> {
  const bytes = await sectionBytes(source, sections, '.sha256_sig')
  if (bytes.byteLength === 0) return []
  return [bytes[0]! < 0x80 ? decodeLatin1(bytes) : bytes]
}
