import type { ByteSource } from '../../bytes/byte-source.ts'
import { quoteMemberName } from '../../formats/archive/member-name.ts'
import { storedZipMember, type ZipDirectory, type ZipEntry, zipMemberDataOffset } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { isDamage } from '../../formats/format-error.ts'
import { readElfAlignment } from '../../formats/linux/elf-segments.ts'
import type { Check } from '../../model/inspection.ts'
import { finding } from '../finding.ts'

const OLD_PAGE_BYTES = 4096
const NEW_PAGE_BYTES = 16_384
/** Each one is two small reads; apps with more than some dozen are rare. */
const MAX_LIBRARIES = 200

/**
 * Findings about native code that the platform loads from the package itself, without unpacking it: it must be stored,
 * and aligned to pages in the file and in itself. Pages have 16 KiB on newer devices with a 64-bit CPU.
 *
 * @param extract what the manifest says; by default everything is unpacked, and only the libraries themselves matter
 */
export async function nativeLibraryChecks(
  source: ByteSource,
  directory: ZipDirectory,
  extract: boolean | undefined,
  budget: Budget,
): Promise<Check[]> {
  const libraries = directory.entries.filter((entry) => /^lib\/[^/]+\/[^/]+\.so$/.test(entry.name))
  const packed = libraries.find((entry) => entry.method !== 0)
  if (extract === false && packed !== undefined)
    return [
      finding(
        'warning',
        'apk.native_libs_compressed',
        `The library ${quoteMemberName(packed)} is compressed, while the manifest says that libraries are not extracted: devices refuse to install the package`,
      ),
    ]
  let small: ZipEntry | undefined
  for (const entry of libraries.slice(0, MAX_LIBRARIES)) {
    budget.tick()
    if (entry.method !== 0) continue
    const pages = await pageBytes(source, directory, entry, extract === false)
    if (pages === undefined) continue
    if (pages < OLD_PAGE_BYTES)
      return [
        finding(
          'warning',
          'apk.native_libs_unaligned',
          `The library ${quoteMemberName(entry)} does not start at a page of the package, while the manifest says that libraries are not extracted: devices refuse to install the package`,
        ),
      ]
    if (pages < NEW_PAGE_BYTES && /^lib\/(?:arm64-v8a|x86_64)\//.test(entry.name)) small ??= entry
  }
  if (small === undefined) return []
  return [
    finding(
      'info',
      'apk.pages_16k',
      `The library ${quoteMemberName(small)} is not aligned to 16 KiB: devices with pages of that size cannot load it as it is`,
    ),
  ]
}

/** The largest pages with which a library can be loaded: up to 16 KiB; undefined when it cannot be told. */
async function pageBytes(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  inPlace: boolean,
): Promise<number | undefined> {
  try {
    const offset = await zipMemberDataOffset(source, directory, entry)
    if (inPlace && offset % OLD_PAGE_BYTES !== 0) return 1
    const alignment = await readElfAlignment(await storedZipMember(source, directory, entry))
    if (alignment < NEW_PAGE_BYTES) return OLD_PAGE_BYTES
    return inPlace && offset % NEW_PAGE_BYTES !== 0 ? OLD_PAGE_BYTES : NEW_PAGE_BYTES
  } catch (error) {
    // What is no ELF file is no library: nothing is said about it.
    if (!isDamage(error)) throw error
    return undefined
  }
}
