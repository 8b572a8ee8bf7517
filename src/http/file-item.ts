import type { Artifact, ArtifactKind } from '../model/artifact.ts'
import type { ListingItem } from '../model/listing.ts'
import type { Format } from '../model/platform.ts'
import { sizeText } from '../model/size.ts'

/** `android`, `linux x64`, `any platform`. */
function machineText({ platform, arch }: Pick<Artifact, 'platform' | 'arch'>): string {
  const where = platform === 'any' ? 'any platform' : platform
  return arch === 'any' ? where : `${where} ${arch}`
}

/** What an attachment is, as a page names it. */
const KINDS: Readonly<Record<Exclude<ArtifactKind, 'app'>, string>> = {
  sbom: 'bill of materials',
  signature: 'signature',
  symbols: 'debug symbols',
  source: 'source',
}

/** `signature of notes.apk`; none for the app itself. */
function attachmentText({ kind, describes }: Partial<Pick<Artifact, 'kind' | 'describes'>>): string[] {
  if (kind === undefined || kind === 'app') return []
  return [describes === null || describes === undefined ? KINDS[kind] : `${KINDS[kind]} of ${describes}`]
}

/** What cannot be done with a file that people expect of its kind. */
const ACTIONS: Readonly<Partial<Record<Format, string>>> = {
  ipa: 'for signed-in people and share links',
  aab: 'not directly installable',
}

/** A file as pages list it. */
export function fileItem(
  file: Pick<Artifact, 'fileName' | 'platform' | 'arch' | 'format' | 'sizeBytes' | 'digest'> &
    Partial<Pick<Artifact, 'kind' | 'describes'>>,
  url: string,
): ListingItem {
  const action = ACTIONS[file.format]
  const details = [
    ...attachmentText(file),
    machineText(file),
    file.format,
    sizeText(file.sizeBytes),
    ...(action ? [action] : []),
    file.digest,
  ]
  return { title: file.fileName, url, details }
}
