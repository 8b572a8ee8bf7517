import { readZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { zipChecks } from '../archive/zip-contents.ts'
import { type OpenedZip, zipInspector } from '../archive/zip-inspector.ts'
import { finding, quote } from '../finding.ts'
import { InspectionError, InspectionLimitError } from '../inspector.ts'
import { asInspectionError } from '../reading.ts'
import { type Apk, archOf, readApk } from './apk.ts'
import { type ApkSetPart, baseOf, mismatchChecks, openSetPart, readSetPart } from './apk-set-part.ts'
import { type ApkLevels, apkSignatureChecks } from './apk-signature-checks.ts'
import { readXapkManifest, xapkChecks } from './xapk-manifest.ts'

type SetFormat = 'apks' | 'xapk'

/** However it is written: there are installers to which case means nothing. */
const PACKAGE = /\.apk$/i
/** A set has one package for each screen, CPU and language: some hundred at most. */
const MAX_PACKAGES = 1000
/** More of the same about the packages inside helps nobody. */
const MAX_INNER_CHECKS = 20

/**
 * Sets of APKs that installers put on a device together: `.apks` of bundletool and of backup tools, `.apkm`, and `.xapk`
 * with its `manifest.json`. Every package inside is opened: an installer takes them for parts of one app, so they must
 * have one name, one version and one signer. The facts are those of the base, which is the one that is no split.
 */
export const apkSetInspector = zipInspector('apk-set', ['apks', 'xapk'], inspectSet)

type ApkSet = OpenedZip<SetFormat>

async function inspectSet(set: ApkSet): Promise<InspectionReport> {
  const { format, source, directory, budget } = set
  const checks: Check[] = await zipChecks(source, directory, 'error', budget)
  const listed = format === 'xapk' ? await readXapkManifest(source, directory, budget) : undefined
  const { parts, skipped } = await readParts(set)
  if (skipped !== undefined)
    checks.push(
      finding(
        'error',
        'apks.part_unread',
        `The package ${quote(skipped.name)} is compressed and too large to unpack, so whose it is cannot be told: store it in the set as it is`,
      ),
    )
  const base = baseOf(parts)
  if (base === undefined) {
    if (skipped === undefined) throw new InspectionError(format, 'The set holds no package that is not a split')
    return { inspection: { format, platform: 'android', install: 'file' }, checks }
  }
  const apk = await readBase(set, base)
  checks.push(...mismatchChecks(base, parts), ...innerChecks(set, base, parts, apk.manifest))
  if (listed !== undefined) checks.push(...xapkChecks(listed, directory, apk.manifest))
  const abis = [...new Set(parts.flatMap((part) => part.abis))].sort().slice(0, 64)
  const arch = archOf(abis)
  const inspection: Inspection = {
    format,
    platform: 'android',
    ...(arch === undefined ? {} : { arch }),
    identifier: apk.manifest.identifier,
    ...apk.manifest.inspection,
    install: 'file',
    abis,
    signatures: base.signed.signatures.map(({ facts }) => facts),
    ...(apk.icon === undefined ? {} : { icon: apk.icon.facts }),
    facts: {
      ...apk.facts,
      packages: parts.length,
      splits: [...new Set(parts.flatMap(({ split }) => split ?? []))].sort(),
      ...(listed === undefined || listed.expansions.length === 0 ? {} : { expansions: [...listed.expansions] }),
    },
  }
  return {
    inspection,
    checks: [...checks, ...apk.checks],
    ...(apk.icon === undefined ? {} : { icon: apk.icon.bytes }),
  }
}

async function readParts(
  set: ApkSet,
): Promise<{ readonly parts: readonly ApkSetPart[]; readonly skipped: ZipEntry | undefined }> {
  const { format, source, directory, budget } = set
  const packages = directory.entries.filter(({ name }) => PACKAGE.test(name))
  if (packages.length > MAX_PACKAGES)
    throw new InspectionLimitError(format, `The set holds ${packages.length} packages, more than ${MAX_PACKAGES}`)
  // Each is hashed as a whole: as much as the file has, unless they share bytes.
  if (packages.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0) > source.sizeBytes)
    throw new InspectionError(format, 'The packages of the set overlap: they have more bytes than the file')
  const parts: ApkSetPart[] = []
  let skipped: ZipEntry | undefined
  for (const entry of packages) {
    budget.tick()
    await aboutPart(format, entry, async () => {
      const opened = await openSetPart(source, directory, entry, budget)
      if (opened === undefined) skipped ??= entry
      else parts.push(await readSetPart(entry, opened, budget))
    })
  }
  return { parts, skipped }
}

/** Signatures of the base, and what is wrong with the containers and signatures of all. */
function innerChecks({ limits }: ApkSet, base: ApkSetPart, parts: readonly ApkSetPart[], levels: ApkLevels): Check[] {
  const ofBase = apkSignatureChecks(base.signed, levels, limits)
  // What is news about the signer of the base holds for the others as well; systems ask each for its schemes.
  const isNews = ({ level, code }: Check) =>
    level === 'error' || (code.startsWith('apk.needs_') && !ofBase.some((told) => told.code === code))
  const inner: Check[] = []
  for (const part of parts) {
    const signature = part === base ? [] : apkSignatureChecks(part.signed, levels, limits).filter(isNews)
    for (const { level, code, message } of [...part.checks, ...signature])
      inner.push(finding(level, code, `${quote(part.entry.name)}: ${message}`))
  }
  return [...ofBase, ...inner.slice(0, MAX_INNER_CHECKS)]
}

function readBase({ format, source, directory, budget }: ApkSet, { entry }: ApkSetPart): Promise<Apk> {
  return aboutPart(format, entry, async () => {
    const opened = await openSetPart(source, directory, entry, budget)
    if (opened === undefined) throw new TypeError('Cannot read: the base was opened before')
    return readApk(opened, await readZipDirectory(opened, budget), budget)
  })
}

/** What is wrong with a package inside makes the set unreadable, by the format and in the words of the set. */
async function aboutPart<T>(format: SetFormat, { name }: ZipEntry, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    const cause = asInspectionError(format, thrown)
    if (cause instanceof InspectionLimitError) throw new InspectionLimitError(format, cause.message, { cause })
    if (!(cause instanceof InspectionError)) throw thrown
    throw new InspectionError(format, `The package ${quote(name)} cannot be read: ${cause.message}`, { cause })
  }
}
