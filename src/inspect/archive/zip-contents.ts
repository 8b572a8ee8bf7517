import type { ByteSource } from '../../bytes/byte-source.ts'
import { isUnsafeMemberName, quoteMemberName, symlinkCanLeave } from '../../formats/archive/member-name.ts'
import {
  hasPlainMethod,
  isSymlink,
  readZipDirectory,
  readZipMember,
  type ZipDirectory,
  type ZipEntry,
  zipEndOf,
} from '../../formats/archive/zip.ts'
import { findZipConfusion } from '../../formats/archive/zip-confusion.ts'
import { type Budget, createBudget } from '../../formats/budget.ts'
import { decodeLatin1 } from '../../formats/decode-text.ts'
import { FormatError, FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import type { Check } from '../../model/inspection.ts'
import type { Format } from '../../model/platform.ts'
import { finding } from '../finding.ts'
import { DEFAULT_LIMITS, InspectionError } from '../inspector.ts'
import { asInspectionError } from '../reading.ts'
import { findFolded } from './folded-names.ts'
import { nameHasNul, nameNotUtf8, unsafeLink, unsafeName } from './member-checks.ts'

export interface ZipContents {
  /** What the members make it; for a ZIP that cannot be listed, what the first local headers suggest. */
  readonly format: Format
  readonly directory: ZipDirectory | undefined
  /** Why it cannot be listed. */
  readonly failure: unknown
}

const HEAD_BYTES = 4096

/** One listing per source: several inspectors ask about the same one. */
const known = new WeakMap<ByteSource, Promise<ZipContents | undefined>>()

/** Undefined when the bytes are not a ZIP. Errors of the source pass unchanged. */
export function zipContents(head: Uint8Array, source: ByteSource): Promise<ZipContents | undefined> {
  let contents = known.get(source)
  if (contents === undefined) {
    contents = readContents(head, source)
    known.set(source, contents)
  }
  return contents
}

/**
 * Opens a ZIP that its inspector recognised.
 *
 * @param format what it is called when the bytes are no ZIP at all
 * @throws InspectionError when it cannot be listed, under the format that the members suggest
 */
export async function openZip(
  format: Format,
  source: ByteSource,
): Promise<{ readonly format: Format; readonly directory: ZipDirectory }> {
  const contents = await zipContents(await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes)), source)
  if (contents === undefined) throw new InspectionError(format, 'The file is not a ZIP')
  const { directory, failure } = contents
  if (directory === undefined) throw asInspectionError(contents.format, failure)
  return { format: contents.format, directory }
}

async function readContents(head: Uint8Array, source: ByteSource): Promise<ZipContents | undefined> {
  if (!startsLikeZip(head) && (startsLikeProgram(head) || !(await endsLikeZip(source)))) return undefined
  return listed(head, source)
}

async function listed(head: Uint8Array, source: ByteSource): Promise<ZipContents> {
  try {
    const directory = await readZipDirectory(source, createBudget(DEFAULT_LIMITS))
    return { format: formatOf(directory.entries.map((entry) => entry.name)), directory, failure: undefined }
  } catch (failure) {
    if (!isAboutBytes(failure)) throw failure
    return { format: formatOf(localNames(head)), directory: undefined, failure }
  }
}

function startsLikeZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))
}

/** A self-extracting archive is a program first: MZ, ELF, Mach-O. */
function startsLikeProgram(head: Uint8Array): boolean {
  const first = head.length < 4 ? 0 : ((head[0]! << 24) | (head[1]! << 16) | (head[2]! << 8) | head[3]!) >>> 0
  return (
    first >>> 16 === 0x4d5a || [0x7f454c46, 0xcafebabe, 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe].includes(first)
  )
}

/** ZIP readers start at the end: bytes before the archive do not hide it from them, so they do not hide it from us. */
async function endsLikeZip(source: ByteSource): Promise<boolean> {
  if (source.sizeBytes < 22) return false
  const end = await source.read(source.sizeBytes - 22, 22)
  return end[0] === 0x50 && end[1] === 0x4b && end[2] === 5 && end[3] === 6 && end[20] === 0 && end[21] === 0
}

/**
 * A ZIP with bytes before it and a comment or other bytes behind it, for a file that is nothing else: readers look for
 * its end in the last 64 KiB. Where it is no comment that ends the file, undefined when the ZIP cannot be listed or is a
 * plain archive: such ones are a part of disk images and databases. A package that is installed is taken for what it is,
 * or it would lead past the rules for it.
 *
 * From then on the source is that ZIP for {@link zipContents} too.
 */
export async function enclosedZip(head: Uint8Array, source: ByteSource): Promise<ZipContents | undefined> {
  if (startsLikeProgram(head)) return undefined
  const end = await zipEndOf(source)
  if (end === undefined || (end === 'within' && startsLikeTar(head))) return undefined
  const contents = await listed(head, source)
  const isPlain = contents.directory === undefined || contents.format === 'zip' || contents.format === 'wheel'
  if (end === 'within' && isPlain) return undefined
  known.set(source, Promise.resolve(contents))
  return contents
}

/** Its last member may well be a package. */
function startsLikeTar(head: Uint8Array): boolean {
  return decodeLatin1(head.subarray(257, 262)) === 'ustar'
}

/** Names in the local headers that lie in the head, for an archive that lost its directory. */
function localNames(head: Uint8Array): string[] {
  const names: string[] = []
  const text = new TextDecoder('latin1').decode(head)
  for (let at = text.indexOf('PK\x03\x04'); at >= 0 && at + 30 < head.length; at = text.indexOf('PK\x03\x04', at + 4)) {
    names.push(text.slice(at + 30, at + 30 + (head[at + 26]! | (head[at + 27]! << 8))))
  }
  return names
}

function formatOf(names: readonly string[]): Format {
  const set = new Set(names)
  const some = (pattern: RegExp) => names.some((name) => pattern.test(name))
  // Devices install whatever has this member, whatever else it has.
  if (set.has('AndroidManifest.xml')) return 'apk'
  if (set.has('BundleConfig.pb') || set.has('base/manifest/AndroidManifest.xml')) return 'aab'
  if (some(/^Payload\/[^/]+\.app\//)) return 'ipa'
  if (set.has('toc.pb') && some(/\.apk$/)) return 'apks'
  if (set.has('manifest.json') && some(/^[^/]+\.apk$/)) return 'xapk'
  // Sets of other tools than bundletool, which have no table of contents or one of their own, such as .apkm.
  if (set.has('base.apk') && (set.has('info.json') || some(/^(?:meta\.sai_v[12]\.json|split_[^/]+\.apk)$/)))
    return 'apks'
  if (set.has('AppxMetadata/AppxBundleManifest.xml')) return 'msixbundle'
  if (set.has('AppxManifest.xml')) return 'msix'
  if (some(/^(?:[^/]+\/)?[^/]+\.app\/Contents\/Info\.plist$/)) return 'app-zip'
  if (some(/^[^/]+\.dist-info\/WHEEL$/)) return 'wheel'
  return 'zip'
}

/**
 * Findings about the container itself. For formats that a device installs, any ambiguity is an error: it could be shown
 * one app and install another. For plain archives it is a warning, since a self-extracting prefix is legitimate there.
 *
 * @param links whether symbolic links belong to the format, as to frameworks of Mac applications
 */
export async function zipChecks(
  source: ByteSource,
  directory: ZipDirectory,
  level: 'warning' | 'error',
  budget: Budget,
  links: 'expected' | 'unexpected' = level === 'error' ? 'unexpected' : 'expected',
): Promise<Check[]> {
  const checks: Check[] = []
  const confusion = await findZipConfusion(source, directory, budget)
  if (confusion.length > 0) {
    checks.push(
      finding(level, 'zip.confusion', `Two ZIP readers could see different contents: ${confusion.join('; ')}`),
    )
  }
  const notUtf8 = directory.entries.find((entry) => !entry.isUtf8)
  if (notUtf8) checks.push(nameNotUtf8(level, 'zip.name_encoding', notUtf8))
  const hasNul = directory.entries.find((entry) => entry.name.includes('\0'))
  if (hasNul) checks.push(nameHasNul(level, 'zip.name_nul', hasNul))
  const encrypted = directory.entries.find((entry) => (entry.flags & 1) !== 0)
  if (encrypted) checks.push(finding(level, 'zip.encrypted', `The member ${quoteMemberName(encrypted)} is encrypted`))
  const packed = level === 'error' ? directory.entries.find((entry) => !hasPlainMethod(entry)) : undefined
  if (packed) {
    const words = `has the compression method ${packed.method}, which readers take for different ones`
    checks.push(finding(level, 'zip.method', `The member ${quoteMemberName(packed)} ${words}`))
  }
  const format = (await known.get(source))?.format
  const folding = format && FOLDING[format]
  const folded = folding && findFolded(directory.entries, folding === 'error')
  if (folded) {
    const names = folded.map(quoteMemberName).join(' and ')
    const words = `The paths of the members ${names} come together where case and accents do not count`
    checks.push(finding(folding, 'zip.name_collision', words))
  }
  const symlinks = directory.entries.filter(isSymlink)
  if (links === 'unexpected' && symlinks[0] !== undefined) {
    const name = quoteMemberName(symlinks[0])
    checks.push(finding('warning', 'zip.symlink', `The member ${name} is a symbolic link, which devices do not expect`))
  }
  const { leaving, unreadable } =
    links === 'expected' ? await judgeLinks(source, directory, symlinks.slice(0, MAX_LINKS), budget) : {}
  if (unreadable) {
    const name = quoteMemberName(unreadable)
    checks.push(finding('warning', 'zip.symlink', `The member ${name} is a symbolic link that leads to no path`))
  }
  const unsafe = directory.entries.find((entry) => isUnsafeMemberName(entry.name))
  if (unsafe) checks.push(unsafeName(unsafe, folding === 'error' ? 'error' : 'warning'))
  else if (leaving) checks.push(unsafeLink(leaving))
  if (links === 'expected' && symlinks.length > MAX_LINKS) {
    const words = `The archive has ${symlinks.length} symbolic links: only the first ${MAX_LINKS} were looked at`
    checks.push(finding('info', 'archive.partly_read', words))
  }
  return checks
}

/**
 * Unpacked by systems whose file names differ neither by case nor by the form of their accents: Windows and macOS. An
 * error where a signature lists files by their paths: one would be verified, and another one used.
 */
const FOLDING: Readonly<Partial<Record<Format, Check['level']>>> = {
  ipa: 'error',
  'app-zip': 'error',
  msix: 'warning',
  appx: 'warning',
  msixbundle: 'warning',
  wheel: 'warning',
}

/** The longest path that systems accept (PATH_MAX). */
const MAX_TARGET_BYTES = 4096
/** Each target is a member to unpack, which takes a millisecond; large Mac applications have some hundred links. */
const MAX_LINKS = 500

/**
 * The first link that can lead out of the archive, and the first of which that cannot be told. Links within it are normal:
 * every framework of a Mac application has some, and its signature breaks without them.
 */
async function judgeLinks(
  source: ByteSource,
  directory: ZipDirectory,
  links: readonly ZipEntry[],
  budget: Budget,
): Promise<{ leaving?: ZipEntry; unreadable?: ZipEntry }> {
  const first: { leaving?: ZipEntry; unreadable?: ZipEntry } = {}
  for (const link of links) {
    budget.tick()
    const target = await readTarget(source, directory, link, budget)
    if (target === undefined) first.unreadable ??= link
    else if (symlinkCanLeave(link.name, target)) first.leaving ??= link
  }
  return first
}

/** Where a link leads, its bytes as ISO 8859-1; undefined when that cannot be read or is no path. */
async function readTarget(
  source: ByteSource,
  directory: ZipDirectory,
  link: ZipEntry,
  budget: Budget,
): Promise<string | undefined> {
  if (link.sizeBytes === 0 || link.sizeBytes > MAX_TARGET_BYTES || link.compressedBytes > 2 * MAX_TARGET_BYTES)
    return undefined
  if (link.offset + 30 > directory.directoryOffset) return undefined
  try {
    return decodeLatin1(await readZipMember(source, directory, link, MAX_TARGET_BYTES, budget))
  } catch (error) {
    if (!(error instanceof FormatError) || error instanceof FormatLimitError) throw error
    return undefined
  }
}
