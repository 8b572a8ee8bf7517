import type { Signature } from '../../model/inspection.ts'
import type { Permission, Verdict } from '../../model/install-page.ts'
import type { ListingFact } from '../../model/listing.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { continuityVerdicts } from './continuity.ts'
import { oldSystem } from './old-system.ts'
import type { Truth } from './truth.ts'
import { because, SAID_ELSEWHERE, verdictsOf, type Wordings, words } from './verdicts.ts'

/** What a file for windows is to its device. */
export function windowsTruth(file: OfferedFile, scene: OfferScene): Truth {
  return {
    verdicts: verdictsOf(file, scene, FINDINGS, [
      ...continuityVerdicts(file, scene),
      oldSystem(file, scene),
      signatureVerdict(file, scene.now),
      elevation(file),
    ]),
    permissions: capabilities(file),
    facts: installerFacts(file),
  }
}

/**
 * SmartScreen goes by what is known of a file and of its signer; since 2024 certificates of extended validation start from
 * nothing as well (learn.microsoft.com, "SmartScreen reputation for Windows app developers"). Smart App Control asks nobody
 * (support.microsoft.com, "Smart App Control").
 */
const UNSIGNED: Verdict = {
  level: 'warning',
  title: 'It is not signed',
  text: 'Expect "Windows protected your PC": More info, then Run anyway, starts it. Where Smart App Control is on, it may not start at all.',
}
const SIGNED: Verdict = {
  level: 'info',
  title: 'Its signature fits the file',
  text: 'Windows checks who issued the certificate, which this server does not. It may still say "Windows protected your PC" while few people have the file: More info, then Run anyway.',
}

/** Installed by App Installer once it is opened; from the web it opens packages only where that is allowed, so not here. */
const PACKAGE: Verdict = {
  level: 'info',
  title: 'Its signature fits the file',
  text: 'Windows installs it if it accepts the certificate. One that no known authority issued has to be added by an administrator first.',
}

const PACKAGES: readonly string[] = ['msix', 'appx', 'msixbundle']
const PROGRAMS: readonly string[] = ['exe', 'msi']

function signatureVerdict({ format, inspection, checks }: OfferedFile, now: number): Verdict | null {
  const { signatures } = inspection
  const isPackage = PACKAGES.includes(format)
  if (signatures === undefined || (!isPackage && !PROGRAMS.includes(format))) return null
  if (signatures.length === 0) return isPackage ? null : UNSIGNED
  // What is wrong with it is told by its finding.
  if (
    !signatures.every(({ state }) => state === 'valid') ||
    checks.some(({ code }) => REFUSED_CERTIFICATE.test(code))
  ) {
    return null
  }
  if (signatures.every((signature) => hasExpired(signature, now))) {
    return {
      level: 'warning',
      title: 'Its signature counts no longer',
      text: `The certificate ended on ${signatures[0]!.validTo!.slice(0, 10)}, and no timestamp says that it signed before. Windows treats the file as if it were not signed.`,
    }
  }
  return isPackage ? PACKAGE : SIGNED
}

const REFUSED_CERTIFICATE = /\.certificate_(?:usage|not_yet_valid)$/

/** By now, which may be long after the file was read. With a timestamp a signature outlives its certificate. */
function hasExpired({ validFrom, validTo, signedAt }: Signature, now: number): boolean {
  if (validTo === undefined || Date.parse(validTo) >= now) return false
  return signedAt === undefined || signedAt > validTo || (validFrom !== undefined && signedAt < validFrom)
}

/**
 * By the property ALLUSERS and the word count of the package (learn.microsoft.com, "ALLUSERS property", "Word Count Summary
 * property"): without either, Windows Installer decides when it runs.
 */
function elevation({ format, inspection: { facts } }: OfferedFile): Verdict | null {
  if (format !== 'msi') return null
  if (facts?.allUsers === '1') {
    return { level: 'info', title: 'It installs for everybody on the PC', text: 'Windows asks for an administrator.' }
  }
  return facts?.requiresElevation === false
    ? { level: 'info', title: 'It installs without an administrator', text: null }
    : null
}

const INSTALLERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'wix-burn': 'WiX',
    nsis: 'NSIS',
    'inno-setup': 'Inno Setup',
    squirrel: 'Squirrel',
  }),
)

function installerFacts({ inspection: { facts } }: OfferedFile): ListingFact[] {
  const name = INSTALLERS.get(String(facts?.installer))
  return name === undefined ? [] : [{ name: 'Installer', value: name }]
}

/** Of application packages (learn.microsoft.com, "App capability declarations"); those that the user is asked for. */
const ASKED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    location: 'Know where you are',
    microphone: 'Record sound',
    webcam: 'Take pictures and videos',
    contacts: 'Read your contacts',
    appointments: 'Read your calendar',
    broadFileSystemAccess: 'Read and change your files',
  }),
)
const GIVEN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    allowElevation: 'Ask for an administrator',
    internetClient: 'Use the network',
    internetClientServer: 'Use the network, and be reached from it',
    privateNetworkClientServer: 'Use the network at home or work',
    runFullTrust: 'Do all that you can do on the PC',
  }),
)

function capabilities({ format, inspection: { permissions = [] } }: OfferedFile): Permission[] {
  if (!PACKAGES.includes(format)) return []
  const known = permissions.flatMap((name): Permission[] => {
    const asked = ASKED.get(name)
    const text = asked ?? GIVEN.get(name)
    return text === undefined ? [] : [{ name, text, reason: null, isAsked: asked !== undefined }]
  })
  return known.sort((a, b) => Number(b.isAsked) - Number(a.isAsked))
}

const REFUSED = because('error', 'Its signature does not fit the file, so Windows does not accept it')

const FINDINGS: Wordings = {
  'pe.unsigned': SAID_ELSEWHERE,
  'msi.unsigned': SAID_ELSEWHERE,
  'msix.unsigned': words('error', 'It is not signed', 'Windows does not install such a package when it is opened.'),
  'pe.signature_invalid': REFUSED,
  'msi.signature_invalid': REFUSED,
  'msix.signature_invalid': REFUSED,
  'msi.names_unsigned': words(
    'warning',
    'Its signature does not cover the names of its parts',
    'Somebody could have moved contents from one to another, and Windows would not notice either.',
  ),
  'pe.certificate_expired': SAID_ELSEWHERE,
  'msi.certificate_expired': SAID_ELSEWHERE,
  'msix.certificate_expired': SAID_ELSEWHERE,
  'msix.publisher_differs': because('error', 'Windows does not install it, as its publisher is not who signed it'),
  'msix.block_map_differs': because('error', 'Windows does not install it'),
  'msix.bundle_differs': because('error', 'Windows does not install it'),
}
