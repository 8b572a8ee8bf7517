import { MAX_PLIST_BYTES } from '../../formats/apple/plist.ts'
import { readZipMember, type ZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import { FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { zipChecks } from '../archive/zip-contents.ts'
import { zipInspector } from '../archive/zip-inspector.ts'
import { displayText, finding } from '../finding.ts'
import { InspectionError, type InspectLimits } from '../inspector.ts'
import { machoArches } from '../program.ts'
import { validityChecks } from '../validity.ts'
import { bundleFacts, plistText, plistTexts, readAppBundle } from './app-bundle.ts'
import { iosIcon } from './apple-icon.ts'
import { BundleFiles } from './bundle-files.ts'
import { type BundleProgram, openBundleProgram } from './bundle-program.ts'
import { type BundleArchive, type BundlePlace, BundleSeals } from './bundle-seal.ts'
import { entitlementFacts } from './entitlements.ts'
import { extensionFacts, readExtensions } from './ipa-extensions.ts'
import { deviceFamilies, shortList, usageKeys, usageTexts } from './ipa-info.ts'
import { MAX_PROFILE_BYTES, type Profile, profileChecks, readProfile } from './ipa-profile.ts'
import { type ProgramSignature, readProgramSignature } from './program-signature.ts'
import { UnpackAllowance } from './unpack-allowance.ts'

/**
 * iOS application archives: a ZIP with exactly one `Payload/<name>.app/`. Read: its `Info.plist`, its embedded
 * provisioning profile, its icon, its main program with the code signature, which is verified over the program and the
 * files of the bundle, and what extensions it has. Not read: a main program that is larger than 512 MiB, beyond its first
 * bytes.
 */
export const ipaInspector = zipInspector('ipa', ['ipa'], inspectIpa)

type Opened = Omit<BundleArchive, 'files' | 'allowance'>

async function inspectIpa(ipa: Opened): Promise<InspectionReport> {
  const { source, directory, budget, limits } = ipa
  const checks: Check[] = await zipChecks(source, directory, 'error', budget)
  const folder = folderOf(directory)
  const archive = { ...ipa, files: new BundleFiles(directory), allowance: new UnpackAllowance(source.sizeBytes) }
  const member = (name: string) => archive.files.get(folder.normalize('NFC') + name)
  const plist = member('Info.plist')
  if (plist === undefined) throw new InspectionError('ipa', 'The application has no Info.plist')
  const infoPlist = await readZipMember(source, directory, plist, MAX_PLIST_BYTES, budget)
  const bundle = readAppBundle('ipa', infoPlist)

  const executable = bundle.executable?.normalize('NFC')
  const programEntry = executable === undefined ? undefined : member(executable)
  const program = programEntry && (await openBundleProgram(archive, programEntry))
  if (program === undefined)
    checks.push(finding('warning', 'ipa.no_program', 'The main program is missing or is not a Mach-O file'))
  const platforms = plistTexts(bundle.info, 'CFBundleSupportedPlatforms')
  if (isForSimulator(platforms, program))
    checks.push(
      finding('error', 'ipa.simulator', 'The application is built for the simulator: no device can install it'),
    )
  const profile = await profileOf(ipa, member('embedded.mobileprovision'), checks)
  const place = { base: folder.normalize('NFC'), executable: executable ?? '', infoPlist, depth: 0 }
  const signature = program && (await signatureOf(archive, program, place))
  checks.push(...(signature?.checks ?? []))
  const signer = signature?.certificates[0]
  if (profile !== undefined) checks.push(...profileChecks(profile, bundle.identifier, signer, limits))
  // Without the signature itself, the only certificate of the profile must be the one that made it.
  if (signature === undefined && profile?.certificates.length === 1) checks.push(...certificateChecks(profile, limits))
  checks.push(...permissionChecks(program, signature, profile !== undefined))

  const { arch, abis } = machoArches(program?.cpuTypes ?? [])
  const minOs = displayText(plistText(bundle.info, 'MinimumOSVersion'))
  const icon = await iosIcon(source, directory, folder, bundle.info, budget)
  const entitlements = signature?.entitlements ?? profile?.entitlements
  const inspection: Inspection = {
    format: 'ipa',
    platform: 'ios',
    ...(arch === undefined ? {} : { arch }),
    ...bundleFacts(bundle),
    ...(minOs === undefined ? {} : { minOs }),
    install: profile?.facts.type === 'enterprise' || profile?.facts.type === 'ad-hoc' ? 'enterprise' : 'download',
    ...(program === undefined ? {} : { abis }),
    permissions: usageKeys(bundle.info),
    ...(signature?.inspection ?? (isUnsigned(program) ? { signatures: [] } : {})),
    ...(profile === undefined ? {} : { profile: profile.facts }),
    ...(entitlements === undefined ? {} : { entitlements: entitlementFacts(entitlements) }),
    ...(icon === undefined ? {} : { icon: icon.facts }),
    facts: {
      ...(platforms === undefined ? {} : { supportedPlatforms: shortList(platforms) }),
      ...deviceFamilies(bundle.info),
      ...usageTexts(bundle.info),
      ...extensionFacts(await readExtensions(archive, place.base)),
      ...signature?.facts,
    },
  }
  return { inspection, checks, ...(icon === undefined ? {} : { icon: icon.bytes }) }
}

function folderOf(directory: ZipDirectory): string {
  const folders = new Set<string>()
  for (const entry of directory.entries) {
    const folder = /^Payload\/[^/]+\.app\//.exec(entry.name)?.[0]
    if (folder !== undefined) folders.add(folder)
  }
  if (folders.size !== 1) throw new InspectionError('ipa', `Payload holds ${folders.size} applications instead of one`)
  return [...folders][0]!
}

/** `LC_BUILD_VERSION`: simulators of iOS, tvOS, watchOS and visionOS. */
const SIMULATORS = [7, 8, 9, 12]

function isForSimulator(platforms: readonly string[] | undefined, program: BundleProgram | undefined): boolean {
  if (platforms?.includes('iPhoneSimulator') && !platforms.includes('iPhoneOS')) return true
  return program?.slices.some((slice) => SIMULATORS.includes(slice.platform ?? 0)) ?? false
}

async function profileOf(
  { source, directory, budget }: Opened,
  entry: ZipEntry | undefined,
  checks: Check[],
): Promise<Profile | undefined> {
  if (entry === undefined) return undefined
  try {
    return await readProfile(await readZipMember(source, directory, entry, MAX_PROFILE_BYTES, budget))
  } catch (error) {
    if (error instanceof FormatLimitError && entry.sizeBytes <= MAX_PROFILE_BYTES) throw error
    if (!isAboutBytes(error)) throw error
    checks.push(finding('warning', 'ipa.profile_unreadable', 'The provisioning profile cannot be read'))
    return undefined
  }
}

/** Undefined when it lies where we do not read. */
async function signatureOf(
  archive: BundleArchive,
  { code, slices, overCode }: BundleProgram,
  place: BundlePlace,
): Promise<ProgramSignature | undefined> {
  if (code === undefined) return undefined
  const seals = new BundleSeals(archive, 'ipa')
  const signature = await readProgramSignature(code, slices, {
    family: 'ipa',
    what: 'The main program',
    budget: archive.budget,
    limits: archive.limits,
    overCode,
    bundle: await seals.signedBundle(place),
  })
  return { ...signature, checks: [...signature.checks, ...seals.checks] }
}

function certificateChecks(profile: Profile, limits: InspectLimits): Check[] {
  const [certificate] = profile.certificates
  const { notBefore, notAfter } = certificate!
  return validityChecks(
    { code: 'ipa.certificate', what: 'The certificate of the signer', validFrom: notBefore, validTo: notAfter },
    limits,
  )
}

/** What lets devices run the application: encryption of the store, or a signature and a profile. */
function permissionChecks(
  program: BundleProgram | undefined,
  signature: ProgramSignature | undefined,
  hasProfile: boolean,
): Check[] {
  if (program === undefined) return []
  const checks: Check[] = []
  const isEncrypted = program.slices.some((slice) => slice.isEncrypted)
  const isNobodys =
    signature === undefined
      ? isUnsigned(program)
      : signature.kind === 'unsigned' || signature.kind === 'ad-hoc' || signature.kind === 'linker-signed'
  if (isEncrypted) {
    const words = 'The application is encrypted by the App Store: only devices of the account that loaded it can run it'
    checks.push(finding('warning', 'ipa.app_store_encrypted', words))
  }
  if (isNobodys) {
    const words = 'The application is not signed by a developer: no device installs it as it is'
    checks.push(finding('warning', 'ipa.unsigned', words))
  } else if (signature === undefined) {
    const words = 'The main program is so large that its signature was not read'
    checks.push(finding('info', 'ipa.signature_not_read', words))
  }
  if (signature?.hasEntitlementsDer === false && !isEncrypted && !isNobodys) {
    const words = 'The code signature has entitlements in their old form alone: iOS 15 and later refuse it'
    checks.push(finding('warning', 'ipa.signature_outdated', words))
  }
  if (!hasProfile && !isEncrypted) {
    const words = 'The application has no provisioning profile: only the App Store can have it installed'
    checks.push(finding(isNobodys || signature?.kind === 'app-store' ? 'info' : 'warning', 'ipa.no_profile', words))
  }
  return checks
}

/** By the load commands alone. */
function isUnsigned(program: BundleProgram | undefined): boolean {
  return program?.slices[0] !== undefined && program.slices.every((slice) => slice.signature === undefined)
}
