import type { ByteSource } from '../bytes/byte-source.ts'
import {
  APPX_BLOCK_MAP,
  APPX_BUNDLE_MANIFEST,
  APPX_CODE_INTEGRITY,
  APPX_CONTENT_TYPES,
  APPX_MANIFEST,
  APPX_SIGNATURE,
  type AppxBundleManifest,
  type AppxIdentity,
  type AppxManifest,
  isReference,
  packageFamilyName,
  parseAppxBlockMap,
  parseAppxBundleManifest,
  parseAppxManifest,
} from '../formats/appx.ts'
import { appxArchiveDigests, parseAppxDigests } from '../formats/appx-digest.ts'
import { isSameDigest } from '../formats/authenticode.ts'
import type { Budget } from '../formats/budget.ts'
import { decodeLatin1 } from '../formats/decode-text.ts'
import { parseWindowsName } from '../formats/distinguished-name.ts'
import { createHash } from '../formats/file-hash.ts'
import { FormatError, FormatLimitError } from '../formats/format-error.ts'
import type { HashName } from '../formats/verify-signature.ts'
import type { Certificate } from '../formats/x509.ts'
import { MAX_XML_BYTES } from '../formats/xml.ts'
import { readZipMember, type ZipDirectory, type ZipEntry } from '../formats/zip.ts'
import type { Check, Inspection, InspectionReport, Signature } from '../model/inspection.ts'
import { type Arch, archFrom } from '../model/platform.ts'
import { judgeSignatures, readSignatures } from './authenticode.ts'
import { displayText, exactText, finding, quote } from './finding.ts'
import { type ArtifactSource, InspectionError, type InspectLimits, type Inspector } from './inspector.ts'
import { asInspectionError, reading } from './reading.ts'
import { wholePass } from './whole-pass.ts'
import { zipChecks, zipContents } from './zip-contents.ts'

/** Real ones have up to 20 KiB. */
const MAX_SIGNATURE_BYTES = 1 << 20
/** A block map has 75 bytes for each 64 KiB, a catalog some 100 bytes for each program. */
const MAX_DIGESTED_BYTES = 32 << 20
/** Packages of a bundle that are listed. */
const MAX_LISTED = 200

/** Windows application packages (MSIX, and APPX before it, which has the same bytes) and bundles of them. */
export const msixInspector: Inspector = {
  name: 'msix',
  format: 'msix',
  async sniff(head, source) {
    const format = (await zipContents(head, source))?.format
    return format === 'msix' || format === 'msixbundle'
  },
  async inspect(source, limits) {
    const contents = await zipContents(await source.read(0, Math.min(4096, source.sizeBytes)), source)
    if (contents === undefined) throw new InspectionError('msix', 'The file is not a ZIP')
    const { directory, failure } = contents
    const format = contents.format === 'msixbundle' ? 'msixbundle' : 'msix'
    if (directory === undefined) throw asInspectionError(format, failure)
    return reading(format, limits, (budget) => inspectMsix(format, { source, directory, budget }, limits))
  },
}

/** An archive, and what is needed to read its members. */
interface Archive {
  readonly source: ArtifactSource
  readonly directory: ZipDirectory
  readonly budget: Budget
}

async function inspectMsix(
  format: 'msix' | 'msixbundle',
  archive: Archive,
  limits: InspectLimits,
): Promise<InspectionReport> {
  const { source, directory, budget } = archive
  budget.entries(directory.entries.length)
  const checks = await zipChecks(source, directory, 'error', budget)
  const manifestName = format === 'msix' ? APPX_MANIFEST : APPX_BUNDLE_MANIFEST
  const bytes = await memberBytes(archive, manifestName, MAX_XML_BYTES)
  if (bytes === undefined) throw new FormatError(`Cannot read package: it has no "${manifestName}"`)
  let described: { facts: Partial<Inspection>; identity: AppxIdentity }
  if (format === 'msix') {
    const manifest = parseAppxManifest(bytes)
    described = { facts: await packageFacts(manifest), identity: manifest.identity }
  } else {
    const manifest = parseAppxBundleManifest(bytes)
    described = { facts: await bundleFacts(manifest), identity: manifest.identity }
    checks.push(...bundleChecks(manifest, directory))
  }
  checks.push(...(await blockMapChecks(archive)))
  const signed = await inspectSignature(archive, described.identity, limits)
  return {
    inspection: { format, platform: 'windows', ...described.facts, install: 'file', signatures: signed.signatures },
    checks: [...checks, ...signed.checks],
  }
}

function memberOf(directory: ZipDirectory, name: string): ZipEntry | undefined {
  return directory.entries.find((entry) => entry.name === name)
}

async function memberBytes(archive: Archive, name: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const entry = memberOf(archive.directory, name)
  return entry && readZipMember(archive.source, archive.directory, entry, maxBytes, archive.budget)
}

async function identityFacts(identity: AppxIdentity): Promise<Partial<Inspection> & { facts: Record<string, string> }> {
  const identifier = exactText(identity.name)
  const publisher = displayText(identity.publisher)
  const family = exactText(await packageFamilyName(identity))
  return {
    ...(identifier === undefined ? {} : { identifier }),
    version: identity.version,
    facts: {
      ...(publisher === undefined ? {} : { publisher }),
      ...(family === undefined ? {} : { packageFamilyName: family }),
    },
  }
}

async function packageFacts(manifest: AppxManifest): Promise<Partial<Inspection>> {
  const { facts, ...identity } = await identityFacts(manifest.identity)
  const name = isReference(manifest.displayName) ? undefined : displayText(manifest.displayName)
  const publisherName = isReference(manifest.publisherDisplayName)
    ? undefined
    : displayText(manifest.publisherDisplayName)
  const family =
    manifest.families.find(({ name }) => name === 'Windows.Desktop' || name === 'Windows.Universal') ??
    manifest.families[0]
  const minOs = displayText(family?.minVersion)
  const targetOs = displayText(family?.maxVersionTested)
  const arch = archOf(manifest.identity.architecture)
  const permissions = distinct(manifest.capabilities.flatMap((capability) => displayText(capability) ?? []))
  const families = distinct(manifest.families.flatMap((each) => displayText(each.name) ?? []))
  return {
    ...(arch === undefined ? {} : { arch }),
    ...identity,
    ...(name === undefined ? {} : { name }),
    ...(minOs === undefined ? {} : { minOs }),
    ...(targetOs === undefined ? {} : { targetOs }),
    permissions,
    facts: {
      ...facts,
      ...(publisherName === undefined ? {} : { publisherDisplayName: publisherName }),
      ...(families.length === 0 ? {} : { deviceFamilies: families }),
    },
  }
}

async function bundleFacts(manifest: AppxBundleManifest): Promise<Partial<Inspection>> {
  const { facts, ...identity } = await identityFacts(manifest.identity)
  const applications = manifest.packages.filter(({ type }) => type === 'application')
  const arches = distinct(applications.flatMap(({ architecture }) => archOf(architecture?.toLowerCase()) ?? []))
  const arch = arches.length > 1 ? 'universal' : arches[0]
  const packages = manifest.packages.slice(0, MAX_LISTED).flatMap(({ fileName }) => displayText(fileName) ?? [])
  return {
    ...(arch === undefined ? {} : { arch }),
    ...identity,
    ...(arches.length > 1 ? { abis: arches } : {}),
    facts: { ...facts, packages },
  }
}

function archOf(architecture: string | undefined): Arch | undefined {
  return architecture === undefined || architecture === 'neutral' ? 'any' : archFrom(architecture)
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}

function bundleChecks({ packages }: AppxBundleManifest, directory: ZipDirectory): Check[] {
  const members = new Map(directory.entries.map((entry) => [entry.name, entry]))
  const missing = packages.find(({ fileName, sizeBytes }) => {
    const entry = members.get(fileName.replaceAll('\\', '/'))
    return entry === undefined || (sizeBytes !== undefined && entry.sizeBytes !== sizeBytes)
  })
  if (missing === undefined) return []
  const words = `The bundle lists ${quote(missing.fileName)}, and does not hold it as listed: it will not install`
  return [finding('warning', 'msix.bundle_differs', words)]
}

/** Members that the block map does not list. */
const UNLISTED = new Set([APPX_BLOCK_MAP, APPX_CONTENT_TYPES, APPX_SIGNATURE, APPX_CODE_INTEGRITY])

/** Windows reads files by the block map: what it does not list, or lists otherwise, ends an installation. */
async function blockMapChecks(archive: Archive): Promise<Check[]> {
  const differs = (words: string) => [finding('warning', 'msix.block_map_differs', `${words}: it will not install`)]
  try {
    const bytes = await memberBytes(archive, APPX_BLOCK_MAP, MAX_XML_BYTES)
    if (bytes === undefined) return differs('The package has no block map')
    const listed = new Map(parseAppxBlockMap(bytes).map(({ name, sizeBytes }) => [name, sizeBytes]))
    for (const { name, sizeBytes } of archive.directory.entries) {
      if (UNLISTED.has(name) || name.endsWith('/')) continue
      const plain = plainName(name)
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
    if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
    return differs('The block map of the package cannot be read')
  }
}

/** Names of members are encoded as in a URL, those of the block map are paths of Windows. */
function plainName(name: string): string {
  try {
    return decodeURIComponent(name).replaceAll('/', '\\')
  } catch (error) {
    if (error instanceof URIError) return name.replaceAll('/', '\\')
    throw error
  }
}

const FAMILY = { code: 'msix', scheme: 'msix', noun: 'package' } as const

async function inspectSignature(
  archive: Archive,
  identity: AppxIdentity,
  limits: InspectLimits,
): Promise<{ signatures: Signature[]; checks: Check[] }> {
  const { source, directory, budget } = archive
  if (memberOf(directory, APPX_SIGNATURE) === undefined) {
    const words = 'The package is not signed: Windows does not install it'
    return { signatures: [], checks: [finding('warning', 'msix.unsigned', words)] }
  }
  try {
    const bytes = await memberBytes(archive, APPX_SIGNATURE, MAX_SIGNATURE_BYTES)
    if (bytes === undefined || decodeLatin1(bytes.subarray(0, 4)) !== 'PKCX')
      throw new FormatError('Cannot read package signature: wrong magic')
    const read = readSignatures([bytes.subarray(4)])
    const names = read.readable.flatMap((signature) => signature.hash ?? [])
    const archiveDigests = await wholePass(source, budget, (pass: ByteSource) =>
      appxArchiveDigests(source, pass, directory, names, budget),
    )
    const [types, blockMap, integrity] = [
      await memberBytes(archive, APPX_CONTENT_TYPES, MAX_DIGESTED_BYTES),
      await memberBytes(archive, APPX_BLOCK_MAP, MAX_DIGESTED_BYTES),
      await memberBytes(archive, APPX_CODE_INTEGRITY, MAX_DIGESTED_BYTES),
    ]
    const isFileDigest = (hash: HashName, digest: Uint8Array): boolean => {
      const wanted = parseAppxDigests(digest, hash)
      const over = (member: Uint8Array | undefined) => {
        if (member === undefined) return undefined
        const state = createHash(hash)
        state.update(member)
        return state.digest()
      }
      const actual = new Map([
        ['AXPC', archiveDigests.get(hash)?.members],
        ['AXCD', archiveDigests.get(hash)?.directory],
        ['AXCT', over(types)],
        ['AXBM', over(blockMap)],
        ...(integrity === undefined ? [] : [['AXCI', over(integrity)] as const]),
      ])
      return (
        wanted.size === actual.size &&
        [...actual].every(([name, value]) => {
          const named = wanted.get(name)
          return named !== undefined && value !== undefined && isSameDigest(named, value)
        })
      )
    }
    const judged = await judgeSignatures(FAMILY, read, isFileDigest, limits)
    const certificate = read.readable[0]?.signer.certificate
    if (certificate !== undefined && !isPublisher(identity.publisher, certificate)) {
      const words = `The publisher of the package, ${quote(identity.publisher)}, is not the subject of its signer, ${quote(certificate.subject)}: it will not install`
      judged.checks.push(finding('warning', 'msix.publisher_differs', words))
    }
    return judged
  } catch (error) {
    if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
    if (error instanceof FormatLimitError) throw error
    const words = 'The signature of the package cannot be read, or is not where it has to be'
    return {
      signatures: [{ scheme: 'msix', state: 'invalid' }],
      checks: [finding('error', 'msix.signature_invalid', words)],
    }
  }
}

/** Windows holds the publisher against the subject of the signer part by part, and in order. */
function isPublisher(publisher: string, certificate: Certificate): boolean {
  try {
    const named = parseWindowsName(publisher)
    // Texts have the last part of a name first.
    const subject = certificate.subjectAttributes.toReversed()
    return (
      named.length === subject.length &&
      named.every(({ type, value }, i) => type === subject[i]!.type && value === subject[i]!.value)
    )
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}
