import type { ByteSource } from '../bytes/byte-source.ts'
import type { Budget } from '../formats/budget.ts'
import { MAX_PLIST_BYTES } from '../formats/plist.ts'
import { readZipMember, readZipMemberHead, type ZipDirectory } from '../formats/zip.ts'
import type { Check, Inspection, InspectionReport } from '../model/inspection.ts'
import { plistText, plistTexts, readAppBundle } from './app-bundle.ts'
import { displayText, finding } from './finding.ts'
import { InspectionError, type Inspector } from './inspector.ts'
import { identifyProgram } from './program.ts'
import { reading } from './reading.ts'
import { zipChecks, zipContents } from './zip-contents.ts'

/**
 * iOS application archives: a ZIP with exactly one `Payload/<name>.app/`. Read: its `Info.plist` and the first bytes of
 * its main program. The install mode is `download`: a wider one needs the embedded profile, which is not read yet.
 */
export const ipaInspector: Inspector = {
  name: 'ipa',
  format: 'ipa',
  async sniff(head, source) {
    return (await zipContents(head, source))?.format === 'ipa'
  },
  inspect: (source, limits) =>
    reading('ipa', limits, async (budget) => {
      const contents = await zipContents(await source.read(0, Math.min(4096, source.sizeBytes)), source)
      if (contents?.directory === undefined)
        throw contents?.failure ?? new InspectionError('ipa', 'The file is not a ZIP')
      return inspectIpa(source, contents.directory, budget)
    }),
}

async function inspectIpa(source: ByteSource, directory: ZipDirectory, budget: Budget): Promise<InspectionReport> {
  budget.entries(directory.entries.length)
  const checks: Check[] = await zipChecks(source, directory, 'error', budget)
  const bundles = new Set<string>()
  for (const entry of directory.entries) {
    const bundle = /^Payload\/[^/]+\.app\//.exec(entry.name)?.[0]
    if (bundle !== undefined) bundles.add(bundle)
  }
  if (bundles.size !== 1) throw new InspectionError('ipa', `Payload holds ${bundles.size} applications instead of one`)
  const [folder] = bundles
  const member = (name: string) => directory.entries.find((entry) => entry.name === `${folder}${name}`)
  const plist = member('Info.plist')
  if (plist === undefined) throw new InspectionError('ipa', 'The application has no Info.plist')
  const bundle = readAppBundle('ipa', await readZipMember(source, directory, plist, MAX_PLIST_BYTES, budget))

  const platforms = plistTexts(bundle.info, 'CFBundleSupportedPlatforms')
  if (platforms?.includes('iPhoneSimulator') && !platforms.includes('iPhoneOS')) {
    checks.push(
      finding('error', 'ipa.simulator', 'The application is built for the simulator: no device can install it'),
    )
  }
  const program = bundle.executable === undefined ? undefined : member(bundle.executable)
  const identity =
    program === undefined
      ? undefined
      : identifyProgram(await readZipMemberHead(source, directory, program, 4096, budget))
  if (identity === undefined || identity.format !== 'macho') {
    checks.push(finding('warning', 'ipa.no_program', 'The main program is missing or is not a Mach-O file'))
  }
  const minOs = displayText(plistText(bundle.info, 'MinimumOSVersion'))
  const inspection: Inspection = {
    format: 'ipa',
    platform: 'ios',
    ...(identity?.format === 'macho' && identity.arch !== undefined ? { arch: identity.arch } : {}),
    identifier: bundle.identifier,
    ...(bundle.name === undefined ? {} : { name: bundle.name }),
    ...(bundle.version === undefined ? {} : { version: bundle.version }),
    ...(bundle.buildNumber === undefined ? {} : { buildNumber: bundle.buildNumber }),
    ...(minOs === undefined ? {} : { minOs }),
    install: 'download',
    ...(identity?.format === 'macho' ? { abis: [...identity.abis] } : {}),
    ...(platforms === undefined ? {} : { facts: { supportedPlatforms: shortList(platforms) } }),
  }
  return { inspection, checks }
}

function shortList(texts: readonly string[]): string[] {
  return texts.slice(0, 20).flatMap((text) => displayText(text) ?? [])
}
