import { type ByteSource, bytesSource } from '../../bytes/byte-source.ts'
import { sliceOf } from '../../bytes/source-slice.ts'
import {
  readZipDirectory,
  readZipMember,
  storedZipMember,
  type ZipDirectory,
  type ZipEntry,
  zipMemberDataOffset,
} from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import type { Check } from '../../model/inspection.ts'
import { zipChecks } from '../archive/zip-contents.ts'
import { finding, quote } from '../finding.ts'
import type { ArtifactSource } from '../inspector.ts'
import { abisOf, apkResources, NATIVE_LIBRARY, readApkElements } from './apk.ts'
import { manifestIdentity, manifestVersionCode } from './apk-manifest.ts'
import { type ApkSignatures, readApkSignatures } from './apk-signatures.ts'

/** One package of a set, as far as telling whether it belongs to the others needs. */
export interface ApkSetPart {
  /** The member of the set. */
  readonly entry: ZipEntry
  readonly identifier: string
  readonly split: string | undefined
  readonly versionCode: string | undefined
  readonly signed: ApkSignatures
  readonly abis: readonly string[]
  /** About the container. */
  readonly checks: readonly Check[]
}

/** A packed package is unpacked into memory; tools store them, because they are packed inside. */
const MAX_PACKED_BYTES = 64 << 20

/**
 * The bytes of a package inside: where they are when it is stored. Undefined when it is packed and too large to unpack.
 *
 * @throws FormatError, FormatLimitError, RangeError
 */
export async function openSetPart(
  source: ArtifactSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  budget: Budget,
): Promise<ArtifactSource | undefined> {
  if (entry.method === 0) {
    const part: ByteSource = await storedZipMember(source, directory, entry)
    if (source.pass === undefined) return part
    const start = await zipMemberDataOffset(source, directory, entry)
    return { ...part, pass: sliceOf(source.pass, start, entry.sizeBytes) }
  }
  if (entry.compressedBytes > MAX_PACKED_BYTES || entry.sizeBytes > MAX_PACKED_BYTES) return undefined
  return bytesSource(await readZipMember(source, directory, entry, MAX_PACKED_BYTES, budget))
}

/** @throws InspectionError, FormatError, FormatLimitError, RangeError when it is no package */
export async function readSetPart(entry: ZipEntry, source: ArtifactSource, budget: Budget): Promise<ApkSetPart> {
  // Its members count as those of the set do.
  const directory = await readZipDirectory(source, budget)
  const elements = await readApkElements(source, directory, budget)
  return {
    entry,
    ...manifestIdentity('apk', elements),
    versionCode: await manifestVersionCode(elements, apkResources(source, directory, budget)),
    signed: await readApkSignatures(source, directory, budget),
    abis: abisOf(directory, NATIVE_LIBRARY),
    checks: await zipChecks(source, directory, 'error', budget),
  }
}

/** Names under which tools put the package that the others extend, or that needs no other. */
const BASE_NAMES = ['splits/base-master.apk', 'universal.apk', 'base.apk']

/** The package that is no split; of several the one that tools call the base. */
export function baseOf(parts: readonly ApkSetPart[]): ApkSetPart | undefined {
  const whole = parts.filter(({ split }) => split === undefined)
  for (const name of BASE_NAMES) {
    const part = whole.find(({ entry }) => entry.name === name)
    if (part !== undefined) return part
  }
  return whole[0]
}

/** What installers refuse: parts of another app, of another version, or of another signer. One finding for each kind. */
export function mismatchChecks(base: ApkSetPart, parts: readonly ApkSetPart[]): Check[] {
  const checks: Check[] = []
  const compare = (what: string, tell: (part: ApkSetPart) => string) => {
    const wanted = tell(base)
    const other = parts.find((part) => tell(part) !== wanted)
    if (other !== undefined)
      checks.push(
        finding(
          'error',
          'apks.mismatch',
          `The packages do not belong together: the ${what} of ${quote(other.entry.name)} is ${quote(tell(other))}, that of ${quote(base.entry.name)} is ${quote(wanted)}`,
        ),
      )
  }
  compare('package name', ({ identifier }) => identifier)
  compare('version code', ({ entry, versionCode }) =>
    // Slices of assets are no splits that a device knows, and need not say a version.
    versionCode === undefined && entry.name.startsWith('asset-slices/')
      ? (base.versionCode ?? 'none')
      : (versionCode ?? 'none'),
  )
  compare('signer', signerOf)
  return checks
}

/** Certificates of the strongest scheme, by which devices go. */
function signerOf({ signed }: ApkSetPart): string {
  const scheme = signed.signatures[0]?.facts.scheme
  const ids = signed.signatures.flatMap(({ facts }) =>
    facts.scheme === scheme ? (facts.certificateSha256 ?? 'unreadable') : [],
  )
  return ids.sort().join(', ') || 'none'
}
