import type { Artifact } from '../model/artifact.ts'
import type { ListingItem } from '../model/listing.ts'
import type { Format } from '../model/platform.ts'
import { sizeText } from '../model/size.ts'

/** `android`, `linux x64`, `any platform`. */
function machineText({ platform, arch }: Pick<Artifact, 'platform' | 'arch'>): string {
  const where = platform === 'any' ? 'any platform' : platform
  return arch === 'any' ? where : `${where} ${arch}`
}

/** What cannot be done with a file that people expect of its kind. */
const ACTIONS: Readonly<Partial<Record<Format, string>>> = {
  ipa: 'needs a credential',
  aab: 'not directly installable',
}

/** A file as pages list it. */
export function fileItem(
  file: Pick<Artifact, 'fileName' | 'platform' | 'arch' | 'format' | 'sizeBytes' | 'digest'>,
  url: string,
): ListingItem {
  const action = ACTIONS[file.format]
  const details = [machineText(file), file.format, sizeText(file.sizeBytes), ...(action ? [action] : []), file.digest]
  return { title: file.fileName, url, details }
}
