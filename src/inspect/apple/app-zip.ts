import { MAX_PLIST_BYTES } from '../../formats/apple/plist.ts'
import { quoteMemberName } from '../../formats/archive/member-name.ts'
import {
  isSymlink,
  readZipMember,
  readZipMemberHead,
  type ZipDirectory,
  type ZipEntry,
} from '../../formats/archive/zip.ts'
import type { Check, InspectionReport } from '../../model/inspection.ts'
import { zipChecks } from '../archive/zip-contents.ts'
import { zipInspector } from '../archive/zip-inspector.ts'
import { displayText, finding, quote } from '../finding.ts'
import { InspectionError } from '../inspector.ts'
import { machoArches } from '../program.ts'
import { undefinedWhereDamaged } from '../reading.ts'
import { bundleFacts, plistText, readAppBundle } from './app-bundle.ts'
import { macIcon } from './apple-icon.ts'
import { BundleFiles } from './bundle-files.ts'
import { openBundleProgram } from './bundle-program.ts'
import { type BundleArchive, BundleSeals } from './bundle-seal.ts'
import { type ProgramSignature, readProgramSignature } from './program-signature.ts'
import { UnpackAllowance } from './unpack-allowance.ts'

const INFO_PLIST = /^(?:[^/]+\/)?[^/]+\.app\/Contents\/Info\.plist$/
const INFO_PLIST_PATH = '/Contents/Info.plist'
/** More names of applications help nobody. */
const MAX_NAMED = 3

/**
 * Mac applications in a ZIP, as `ditto -c -k --keepParent` writes them. Read: `Info.plist`, the main program with its
 * code signature, which is verified over the program and all that it seals, frameworks and helpers included, the icon, and
 * whether a notarization ticket is stapled. Not read: a main program that is larger than 512 MiB, beyond its first bytes.
 */
export const appZipInspector = zipInspector('app-zip', ['app-zip'], inspectApp)

type Opened = Omit<BundleArchive, 'files' | 'allowance'>

async function inspectApp(app: Opened): Promise<InspectionReport> {
  const { source, directory, budget } = app
  const checks: Check[] = await zipChecks(source, directory, 'error', budget, 'expected')
  const applications = applicationsIn(directory)
  const plist = directory.entries.find(
    ({ name }) => INFO_PLIST.test(name) && applications.has(name.slice(0, -INFO_PLIST_PATH.length).normalize('NFC')),
  )
  if (plist === undefined) throw new InspectionError('app-zip', 'The application has no Info.plist')
  checks.push(...applicationChecks([...applications]))
  const folder = `${plist.name.slice(0, -INFO_PLIST_PATH.length)}/`
  const base = `${folder}Contents/`.normalize('NFC')
  const files = new BundleFiles(directory)
  const archive = { ...app, files, allowance: new UnpackAllowance(source.sizeBytes) }
  const member = (name: string) => files.get(base + name)
  const infoPlist = await readZipMember(source, directory, plist, MAX_PLIST_BYTES, budget)
  const bundle = readAppBundle('app-zip', infoPlist)

  const executable = `MacOS/${bundle.executable?.normalize('NFC') ?? ''}`
  const entry = member(executable)
  const program = entry && (await openBundleProgram(archive, entry))
  if (program === undefined)
    checks.push(finding('warning', 'app.no_program', 'The main program is missing or is not a Mach-O file'))
  const resources = member('_CodeSignature/CodeResources')
  const seals = new BundleSeals(archive, 'app')
  const signature =
    program?.code &&
    (await readProgramSignature(program.code, program.slices, {
      family: 'app',
      what: 'The main program',
      budget,
      limits: app.limits,
      overCode: program.overCode,
      bundle: await seals.signedBundle({ base, executable, infoPlist, depth: 0 }),
    }))
  const notarization = await notarizationOf(app, member('CodeResources'))
  checks.push(...(signature?.checks ?? []), ...seals.checks)
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
      ...bundleFacts(bundle),
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

/**
 * The folders that a Mac opens as applications, in Unicode's composed form: any with that ending, whatever files lie in
 * it, and none within another. Left out are attributes that Archive Utility keeps beside (`__MACOSX/…/._name`).
 */
function applicationsIn(directory: ZipDirectory): Set<string> {
  const folders = new Set<string>()
  for (const { name } of directory.entries) {
    const end = name.search(/(?<=[^/])\.app\//i)
    if (end < 0 || name.endsWith('/') || /^__MACOSX\/(?:.*\/)?\._[^/]*$/.test(name)) continue
    folders.add(name.slice(0, end + '.app'.length).normalize('NFC'))
  }
  return folders
}

/** Rules of identity and facts are about one: another beside it would come along unread. */
function applicationChecks(applications: readonly string[]): Check[] {
  if (applications.length < 2) return []
  const names = applications.slice(0, MAX_NAMED).map(quote).join(', ')
  const more = applications.length > MAX_NAMED ? ` and ${applications.length - MAX_NAMED} more` : ''
  const words = `The archive holds several applications (${names}${more}): publish each in its own ZIP`
  return [finding('error', 'app.several_applications', words)]
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
  const head = await undefinedWhereDamaged(() => readZipMemberHead(source, directory, entry, 16, budget))
  const start = new TextDecoder('latin1').decode(head ?? new Uint8Array(0))
  if (start.startsWith(TICKET_MAGIC)) return 'stapled'
  return /^(?:\xef\xbb\xbf)?\s*<|^bplist/.test(start) ? 'none' : 'unknown'
}

const TICKET_MAGIC = 's8ch'

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
