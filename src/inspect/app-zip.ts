import type { ByteSource } from '../bytes/byte-source.ts'
import type { Budget } from '../formats/budget.ts'
import { FormatError, FormatLimitError } from '../formats/format-error.ts'
import { quoteMemberName } from '../formats/member-name.ts'
import { MAX_PLIST_BYTES } from '../formats/plist.ts'
import { isSymlink, readZipMember, readZipMemberHead, type ZipDirectory, type ZipEntry } from '../formats/zip.ts'
import type { Check, InspectionReport } from '../model/inspection.ts'
import { plistText, readAppBundle } from './app-bundle.ts'
import { macIcon } from './apple-icon.ts'
import { openBundleProgram } from './bundle-program.ts'
import { displayText, finding } from './finding.ts'
import { InspectionError, type InspectLimits, type Inspector } from './inspector.ts'
import { machoArches } from './program.ts'
import { type ProgramSignature, readProgramSignature } from './program-signature.ts'
import { asInspectionError, reading } from './reading.ts'
import { zipChecks, zipContents } from './zip-contents.ts'

/** Larger than for phones: no profile tells what the signature of the program does not. */
const MAX_PACKED_PROGRAM_BYTES = 32 << 20
const INFO_PLIST = /^(?:[^/]+\/)?[^/]+\.app\/Contents\/Info\.plist$/
/** Of a bundle with 10 000 files it has some MiB; then its hash is not looked at. */
const MAX_CODE_RESOURCES_BYTES = 1 << 20

/**
 * Mac applications in a ZIP, as `ditto -c -k --keepParent` writes them. Read: `Info.plist`, the main program with its
 * code signature, which is verified, the icon, and whether a notarization ticket is stapled. Not read: frameworks and
 * resources, and a main program that is larger than 32 MiB packed or 64 MiB unpacked, beyond its first bytes.
 */
export const appZipInspector: Inspector = {
  name: 'app-zip',
  format: 'app-zip',
  async sniff(head, source) {
    return (await zipContents(head, source))?.format === 'app-zip'
  },
  async inspect(source, limits) {
    const contents = await zipContents(await source.read(0, Math.min(4096, source.sizeBytes)), source)
    const directory = contents?.directory
    if (directory === undefined) throw asInspectionError('app-zip', contents?.failure)
    return reading('app-zip', limits, (budget) => inspectApp({ source, directory, budget, limits }))
  },
}

interface Opened {
  readonly source: ByteSource
  readonly directory: ZipDirectory
  readonly budget: Budget
  readonly limits: InspectLimits
}

async function inspectApp(app: Opened): Promise<InspectionReport> {
  const { source, directory, budget } = app
  budget.entries(directory.entries.length)
  const checks: Check[] = await zipChecks(source, directory, 'warning', budget)
  const plist = directory.entries.find((entry) => INFO_PLIST.test(entry.name))
  if (plist === undefined) throw new InspectionError('app-zip', 'The application has no Info.plist')
  const folder = plist.name.slice(0, -'Contents/Info.plist'.length)
  const member = (name: string) => directory.entries.find((entry) => entry.name === `${folder}${name}`)
  const infoPlist = await readZipMember(source, directory, plist, MAX_PLIST_BYTES, budget)
  const bundle = readAppBundle('app-zip', infoPlist)

  const entry = bundle.executable === undefined ? undefined : member(`Contents/MacOS/${bundle.executable}`)
  const program = entry && (await openBundleProgram(source, directory, entry, MAX_PACKED_PROGRAM_BYTES, budget))
  if (program === undefined)
    checks.push(finding('warning', 'app.no_program', 'The main program is missing or is not a Mach-O file'))
  const resources = member('Contents/_CodeSignature/CodeResources')
  const codeResources = resources && (await smallMember(app, resources))
  const signature =
    program?.code &&
    (await readProgramSignature(program.code, program.slices, {
      family: 'app',
      what: 'The main program',
      budget,
      limits: app.limits,
      infoPlist,
      ...(codeResources === undefined ? {} : { codeResources }),
      ...(program.isInMemory ? { overCode: (run) => run(program.code!) } : {}),
    }))
  const notarization = await notarizationOf(app, member('Contents/CodeResources'))
  checks.push(...(signature?.checks ?? []))
  if (signature !== undefined) checks.push(...signerChecks(signature, resources !== undefined, notarization))
  else if (program !== undefined) {
    const words = 'The main program is so large that its signature was not read'
    checks.push(finding('info', 'app.signature_not_read', words))
  }
  checks.push(...linkChecks(directory))

  const { arch, abis } = machoArches(program?.cpuTypes ?? [])
  const minOs = displayText(plistText(bundle.info, 'LSMinimumSystemVersion'))
  const icon = await macIcon(source, directory, folder, bundle.info, budget)
  return {
    inspection: {
      format: 'app-zip',
      platform: 'macos',
      ...(arch === undefined ? {} : { arch }),
      identifier: bundle.identifier,
      ...(bundle.name === undefined ? {} : { name: bundle.name }),
      ...(bundle.version === undefined ? {} : { version: bundle.version }),
      ...(bundle.buildNumber === undefined ? {} : { buildNumber: bundle.buildNumber }),
      ...(minOs === undefined ? {} : { minOs }),
      install: 'file',
      ...(program === undefined ? {} : { abis }),
      ...signature?.inspection,
      ...(icon === undefined ? {} : { icon: icon.facts }),
      facts: { notarization, sealsResources: resources !== undefined, ...signature?.facts },
    },
    checks,
    ...(icon === undefined ? {} : { icon: icon.bytes }),
  }
}

/** Undefined when it is large or cannot be read. */
async function smallMember({ source, directory, budget }: Opened, entry: ZipEntry): Promise<Uint8Array | undefined> {
  if (entry.sizeBytes > MAX_CODE_RESOURCES_BYTES || isSymlink(entry)) return undefined
  return orUndefined(() => readZipMember(source, directory, entry, MAX_CODE_RESOURCES_BYTES, budget))
}

type Notarization = 'stapled' | 'none' | 'unknown'

/**
 * A stapled ticket is the file `Contents/CodeResources`. Old bundles have a symbolic link of that name to what is now
 * in `_CodeSignature`, and very old ones that property list itself.
 */
async function notarizationOf(
  { source, directory, budget }: Opened,
  entry: ZipEntry | undefined,
): Promise<Notarization> {
  if (entry === undefined || isSymlink(entry) || entry.sizeBytes === 0) return 'none'
  const head = await orUndefined(() => readZipMemberHead(source, directory, entry, 16, budget))
  const start = new TextDecoder('latin1').decode(head ?? new Uint8Array(0))
  if (start.startsWith(TICKET_MAGIC)) return 'stapled'
  return /^(?:\xef\xbb\xbf)?\s*<|^bplist/.test(start) ? 'none' : 'unknown'
}

const TICKET_MAGIC = 's8ch'

async function orUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (error instanceof FormatError || error instanceof RangeError) return undefined
    throw error
  }
}

function signerChecks(signature: ProgramSignature, sealsResources: boolean, notarization: Notarization): Check[] {
  const { kind } = signature
  if (kind === undefined) return []
  if (kind === 'unsigned' || !sealsResources) {
    const words = 'The application is not signed: Macs tell people that it is damaged or refuse to open it'
    return [finding('warning', 'app.unsigned', words)]
  }
  if (kind === 'ad-hoc' || kind === 'linker-signed') {
    const words = 'The application is signed ad hoc: nothing tells who made it, and Macs warn of downloaded copies'
    return [finding('info', 'app.adhoc', words)]
  }
  if (kind !== 'developer-id' || notarization === 'stapled') return []
  const words = 'No notarization ticket is stapled to the application: Macs ask Apple for it when they open it first'
  return [finding('info', 'app.not_notarized', words)]
}

/** Frameworks have a link to their current version, and their signature breaks when a folder took its place. */
function linkChecks(directory: ZipDirectory): Check[] {
  const broken = directory.entries.find(
    (entry) => /\.framework\/Versions\/Current(?:\/|$)/.test(entry.name) && !isSymlink(entry),
  )
  if (broken === undefined) return []
  const name = quoteMemberName(broken)
  const words = `The archive lost symbolic links (${name} is not one): the signature of the application breaks`
  return [finding('warning', 'app.lost_links', words)]
}
