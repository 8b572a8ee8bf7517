import { MAX_XML_BYTES } from '../../formats/document/xml.ts'
import { FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import {
  APPX_BLOCK_MAP,
  APPX_CODE_INTEGRITY,
  APPX_CONTENT_TYPES,
  APPX_SIGNATURE,
  parseAppxBlockMap,
} from '../../formats/windows/appx.ts'
import type { Check } from '../../model/inspection.ts'
import { finding, quote } from '../finding.ts'
import { type MsixArchive, memberBytes } from './msix-archive.ts'

/** Members that the block map does not list. */
const UNLISTED = new Set([APPX_BLOCK_MAP, APPX_CONTENT_TYPES, APPX_SIGNATURE, APPX_CODE_INTEGRITY])

/** Windows reads files by the block map: what it does not list, or lists otherwise, ends an installation. */
export async function blockMapChecks(archive: MsixArchive): Promise<Check[]> {
  const differs = (words: string) => [finding('warning', 'msix.block_map_differs', `${words}: it will not install`)]
  try {
    const bytes = await memberBytes(archive, APPX_BLOCK_MAP, MAX_XML_BYTES)
    if (bytes === undefined) return differs('The package has no block map')
    const listed = new Map(parseAppxBlockMap(bytes).map(({ name, sizeBytes }) => [name, sizeBytes]))
    for (const { name, sizeBytes } of archive.directory.entries) {
      if (UNLISTED.has(name) || name.endsWith('/')) continue
      archive.budget.tick()
      const plain = windowsPath(name)
      const expected = listed.get(plain)
      listed.delete(plain)
      if (expected !== sizeBytes) return differs(`The block map does not list ${quote(name)} as it is`)
    }
    const [missing] = listed.keys()
    return missing === undefined
      ? []
      : differs(`The package does not hold ${quote(missing)}, which its block map lists`)
  } catch (error) {
    if (error instanceof FormatLimitError) {
      const words = 'The block map is larger than what is read: it was not held against the files'
      return [finding('info', 'msix.block_map_not_read', words)]
    }
    if (!isAboutBytes(error)) throw error
    return differs('The block map of the package cannot be read')
  }
}

/** Names of members are encoded as in a URL, those of the block map are paths of Windows. */
export function windowsPath(name: string): string {
  try {
    return decodeURIComponent(name).replaceAll('/', '\\')
  } catch (error) {
    if (error instanceof URIError) return name.replaceAll('/', '\\')
    throw error
  }
}
