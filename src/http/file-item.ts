import type { Artifact } from '../model/artifact.ts'
import type { ListingItem } from '../model/listing.ts'
import { sizeText } from '../model/size.ts'

/** `android`, `linux x64`, `any platform`. */
function machineText({ platform, arch }: Pick<Artifact, 'platform' | 'arch'>): string {
  const where = platform === 'any' ? 'any platform' : platform
  return arch === 'any' ? where : `${where} ${arch}`
}

/** A file as pages list it. */
export function fileItem(
  file: Pick<Artifact, 'fileName' | 'platform' | 'arch' | 'format' | 'sizeBytes' | 'digest'>,
  url: string,
): ListingItem {
  const details = [machineText(file), file.format, sizeText(file.sizeBytes), file.digest]
  return { title: file.fileName, url, details: file.format === 'ipa' ? [...details, 'needs a credential'] : details }
}
