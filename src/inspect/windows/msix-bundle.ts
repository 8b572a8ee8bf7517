import { readZipDirectory, storedZipMember, type ZipDirectory } from '../../formats/archive/zip.ts'
import { MAX_XML_BYTES } from '../../formats/document/xml.ts'
import { FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import {
  APPX_MANIFEST,
  type AppxBundleManifest,
  type AppxManifest,
  parseAppxManifest,
} from '../../formats/windows/appx.ts'
import type { Check, Inspection } from '../../model/inspection.ts'
import { displayText, finding, quote } from '../finding.ts'
import { type MsixArchive, memberBytes, memberOf } from './msix-archive.ts'
import { archOf, distinct, identityFacts, packageFacts } from './msix-facts.ts'

/** Packages of a bundle that are listed. */
const MAX_LISTED = 200

/** The first application of a bundle, which is stored in it as it is; undefined when it cannot be read. */
export async function firstApplication(
  { source, directory, budget }: MsixArchive,
  { packages }: AppxBundleManifest,
): Promise<{ readonly manifest: AppxManifest; readonly archive: MsixArchive } | undefined> {
  const listed = packages.find(({ type }) => type === 'application')
  const entry = listed && memberOf(directory, memberName(listed.fileName))
  if (entry === undefined) return undefined
  try {
    const inner = await storedZipMember(source, directory, entry)
    const archive = { source: inner, directory: await readZipDirectory(inner, budget), budget }
    const bytes = await memberBytes(archive, APPX_MANIFEST, MAX_XML_BYTES)
    return bytes && { manifest: parseAppxManifest(bytes), archive }
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

function memberName(fileName: string): string {
  return fileName.replaceAll('\\', '/')
}

/**
 * Facts of a bundle. What its own manifest does not tell, such as the name for people, comes from its first application.
 */
export async function bundleFacts(
  manifest: AppxBundleManifest,
  application: AppxManifest | undefined,
): Promise<Partial<Inspection>> {
  const { facts, ...identity } = await identityFacts(manifest.identity)
  const applications = manifest.packages.filter(({ type }) => type === 'application')
  const arches = distinct(applications.flatMap(({ architecture }) => archOf(architecture?.toLowerCase()) ?? []))
  const arch = arches.length > 1 ? 'universal' : arches[0]
  const packages = manifest.packages.slice(0, MAX_LISTED).flatMap(({ fileName }) => displayText(fileName) ?? [])
  const inner = application === undefined ? {} : await packageFacts(application)
  const { name, minOs, targetOs, permissions } = inner
  return {
    ...(arch === undefined ? {} : { arch }),
    ...identity,
    ...(name === undefined ? {} : { name }),
    ...(minOs === undefined ? {} : { minOs }),
    ...(targetOs === undefined ? {} : { targetOs }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(arches.length > 1 ? { abis: arches } : {}),
    facts: { ...inner.facts, ...facts, packages },
  }
}

/** A bundle has to hold what it lists, and applications of its own identity. */
export function bundleChecks(
  { identity, packages }: AppxBundleManifest,
  directory: ZipDirectory,
  application: AppxManifest | undefined,
): Check[] {
  const differs = (words: string) => [finding('warning', 'msix.bundle_differs', `${words}: it will not install`)]
  const members = new Map(directory.entries.map((entry) => [entry.name, entry]))
  const missing = packages.find(({ fileName, sizeBytes }) => {
    const entry = members.get(memberName(fileName))
    return entry === undefined || (sizeBytes !== undefined && entry.sizeBytes !== sizeBytes)
  })
  if (missing !== undefined)
    return differs(`The bundle lists ${quote(missing.fileName)}, and does not hold it as listed`)
  const inner = application?.identity
  if (inner !== undefined && (inner.name !== identity.name || inner.publisher !== identity.publisher))
    return differs(`The bundle ${quote(identity.name)} holds the application ${quote(inner.name)} of another identity`)
  return []
}
