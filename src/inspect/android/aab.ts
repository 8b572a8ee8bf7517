import type { ByteSource } from '../../bytes/byte-source.ts'
import { openProtoResources, parseProtoXml } from '../../formats/android/aapt-pb.ts'
import { readZipMember, type ZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { subjectPart } from '../../formats/signatures/x509.ts'
import type { Check, Inspection, InspectionReport, Signature } from '../../model/inspection.ts'
import { zipChecks } from '../archive/zip-contents.ts'
import { type OpenedZip, zipInspector } from '../archive/zip-inspector.ts'
import { displayText, finding } from '../finding.ts'
import { InspectionError, type InspectLimits } from '../inspector.ts'
import { certificateFacts } from '../signature-facts.ts'
import { validityChecks } from '../validity.ts'
import { readAndroidIcon } from './android-icon.ts'
import { androidResources, MAX_PACKED_RESOURCES_BYTES, MAX_RESOURCES_BYTES } from './android-resources.ts'
import { abisOf, archOf } from './apk.ts'
import { MAX_MANIFEST_BYTES, readAndroidManifest } from './apk-manifest.ts'
import { readJarSignatures } from './jar-signatures.ts'

const MAX_MODULES = 500

/**
 * Android App Bundles: a ZIP with a folder for each module, from which a store makes APKs; no device installs one. Read:
 * manifest and resources of the module `base` (protobuf), names of modules and native libraries, the signature of a JAR.
 */
export const aabInspector = zipInspector('aab', ['aab'], inspectAab)

async function inspectAab({ source, directory, budget, limits }: OpenedZip<'aab'>): Promise<InspectionReport> {
  const checks: Check[] = await zipChecks(source, directory, 'error', budget)
  const member = (name: string): ZipEntry | undefined => directory.entries.find((entry) => entry.name === name)
  const manifestEntry = member('base/manifest/AndroidManifest.xml')
  if (manifestEntry === undefined) throw new InspectionError('aab', 'The bundle has no manifest of a module "base"')
  const elements = parseProtoXml(await readZipMember(source, directory, manifestEntry, MAX_MANIFEST_BYTES, budget))
  const resources = androidResources('aab', async () => {
    const entry = member('base/resources.pb')
    if (entry === undefined) return undefined
    if (entry.compressedBytes > MAX_PACKED_RESOURCES_BYTES || entry.sizeBytes > MAX_RESOURCES_BYTES)
      return finding(
        'info',
        'aab.resources_skipped',
        'The resource table is too large to unpack: names and pictures that it holds are not read',
      )
    return openProtoResources(await readZipMember(source, directory, entry, MAX_RESOURCES_BYTES, budget), budget)
  })
  const manifest = await readAndroidManifest('aab', elements, resources)
  const icon = await readAndroidIcon(
    source,
    directory,
    'base/',
    manifest.icon ?? manifest.launcherIcon,
    resources,
    budget,
  )
  const iconPath = displayText((await resources.resolve(manifest.icon))?.text)
  const signed = await jarSignatures(source, directory, budget, limits)
  const abis = abisOf(directory, /^[^/]+\/lib\/([^/]{1,40})\/[^/]+$/)
  const arch = archOf(abis)
  const inspection: Inspection = {
    format: 'aab',
    platform: 'android',
    ...(arch === undefined ? {} : { arch }),
    identifier: manifest.identifier,
    ...manifest.inspection,
    install: 'file',
    abis,
    signatures: [...signed.signatures],
    ...(icon === undefined ? {} : { icon: icon.facts }),
    facts: { ...manifest.facts, ...(iconPath === undefined ? {} : { iconPath }), modules: modulesOf(directory) },
  }
  return {
    inspection,
    checks: [...checks, ...signed.checks, ...manifest.checks, ...resources.checks],
    ...(icon === undefined ? {} : { icon: icon.bytes }),
  }
}

function modulesOf(directory: ZipDirectory): string[] {
  const modules = new Set<string>()
  for (const { name, isUtf8 } of directory.entries) {
    const module = isUtf8 ? /^([^/]{1,255})\/manifest\/AndroidManifest\.xml$/.exec(name)?.[1] : undefined
    const shown = displayText(module)
    if (shown !== undefined && modules.size < MAX_MODULES) modules.add(shown)
  }
  return [...modules].sort()
}

/** Bundles are signed as JAR files are, with the key for uploads: the store signs what it makes of them anew. */
async function jarSignatures(
  source: ByteSource,
  directory: ZipDirectory,
  budget: Budget,
  limits: InspectLimits,
): Promise<{ readonly signatures: readonly Signature[]; readonly checks: readonly Check[] }> {
  const signatures: Signature[] = []
  const checks: Check[] = []
  for (const { certificate, state } of await readJarSignatures(source, directory, budget)) {
    signatures.push({ scheme: 'jar', state, ...(await certificateFacts(certificate)) })
    if (state === 'invalid')
      checks.push(finding('error', 'aab.signature_invalid', 'The signature does not cover its list of digests'))
    if (certificate === undefined) continue
    if (subjectPart(certificate, 'CN') === 'Android Debug')
      checks.push(
        finding(
          'warning',
          'aab.debug_key',
          'The bundle is signed with a debug key of a developer tool: stores refuse it',
        ),
      )
    const dates = { validFrom: certificate.notBefore, validTo: certificate.notAfter }
    checks.push(...validityChecks({ code: 'aab.certificate', what: 'The certificate of the signer', ...dates }, limits))
  }
  if (signatures.length === 0)
    checks.push(finding('warning', 'aab.unsigned', 'The bundle is not signed: stores refuse it'))
  return { signatures, checks }
}
