import type { Inspection } from '../../model/inspection.ts'
import type { Verdict } from '../../model/install-page.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { continuityVerdicts } from './continuity.ts'
import { oldSystem } from './old-system.ts'
import type { Truth } from './truth.ts'
import { because, SAID_ELSEWHERE, verdictsOf, type Wordings, words } from './verdicts.ts'

/** What a file for macos is to its device. */
export function macosTruth(file: OfferedFile, scene: OfferScene): Truth {
  return {
    verdicts: verdictsOf(file, scene, FINDINGS, [
      ...continuityVerdicts(file, scene),
      oldSystem(file, scene),
      gatekeeper(file),
    ]),
    permissions: [],
  }
}

/**
 * Since macOS 15 a Control-click opens nothing that Gatekeeper blocks (developer.apple.com/news, 2024-08-06, "Updates to
 * runtime protection in macOS Sequoia"; support.apple.com/102445).
 */
const OPEN_ANYWAY =
  'To open it all the same, try once, then choose Open Anyway in System Settings > Privacy & Security.'

/** Who the certificate says has signed: whether Apple issued it is not known here, so none of them is good news. */
const SIGNED: ReadonlyMap<string, Verdict> = new Map(
  Object.entries({
    'developer-id stapled': {
      level: 'info',
      title: 'Names a Developer ID, and carries a notarization ticket',
      text: 'macOS checks both, and asks once whether to open what was downloaded. This server does not ask Apple.',
    },
    // Gatekeeper asks Apple for the ticket (developer.apple.com, "Notarizing macOS software before distribution").
    'developer-id': {
      level: 'info',
      title: 'Names a Developer ID, without a notarization ticket',
      text: `macOS asks Apple for the ticket, which needs a connection. If there is none, macOS blocks it. ${OPEN_ANYWAY}`,
    },
    'apple-development': {
      level: 'warning',
      title: 'Its certificate is named for development',
      text: `Such a build is meant for the Macs of its developers, and macOS blocks downloaded copies. ${OPEN_ANYWAY}`,
    },
    'apple-distribution': {
      level: 'warning',
      title: 'Its certificate is named for handing in to the App Store',
      text: 'macOS blocks downloaded copies.',
    },
    'app-store': {
      level: 'warning',
      title: 'Its certificate is named for the App Store',
      text: 'It may not start without the receipt that the store gives.',
    },
    'ad-hoc': {
      level: 'warning',
      title: 'Signed ad hoc, without a certificate',
      text: `Nothing tells who made it, and macOS blocks downloaded copies. ${OPEN_ANYWAY}`,
    },
    other: {
      level: 'warning',
      title: 'Its certificate does not name a Developer ID',
      text: `macOS blocks downloaded copies. ${OPEN_ANYWAY}`,
    },
  }),
)

/** The kind that the weakest signature is of; undefined where there is none, or it does not hold. */
function signingKind({ facts, signatures = [] }: Inspection): string | undefined {
  const kind = facts?.codeSignature
  if (typeof kind !== 'string' || signatures.some(({ state }) => state === 'invalid')) return undefined
  if (kind === 'linker-signed') return 'ad-hoc'
  return kind === 'developer-id' && facts?.notarization === 'stapled' ? 'developer-id stapled' : kind
}

function gatekeeper(file: OfferedFile): Verdict | null {
  const { inspection, format } = file
  if (format.startsWith('tar.') || format === 'zip') return ARCHIVE
  if (saysUnsigned(file)) return unsigned(file)
  const kind = signingKind(inspection)
  const said = SIGNED.get(kind ?? '') ?? null
  // An image opens; what is in it is judged by itself.
  return said?.level === 'warning' && format === 'dmg' ? { ...said, text: INSIDE } : said
}

const INSIDE = 'macOS decides by the app in the disk image, which this server does not read.'

/** Browsers mark what they fetch, and curl does not (support.apple.com/guide/security, "Gatekeeper and runtime protection"). */
const ARCHIVE: Verdict = {
  level: 'info',
  title: 'Whether what is inside is signed was not read',
  text: 'macOS checks programs that come from a browser when they are opened first. Those that curl fetches are not marked as downloaded.',
}

function saysUnsigned({ inspection, checks }: OfferedFile): boolean {
  return inspection.signatures?.length === 0 || checks.some(({ code }) => code === 'app.unsigned')
}

function unsigned({ format, inspection }: OfferedFile): Verdict | null {
  switch (format) {
    case 'dmg':
      return { level: 'warning', title: 'The disk image is not signed', text: INSIDE }
    case 'pkg':
      return { level: 'warning', title: 'It is not signed', text: `macOS blocks downloaded copies. ${OPEN_ANYWAY}` }
    case 'app-zip':
    case 'macho':
      return runsOnApple(inspection)
        ? { level: 'error', title: 'It is not signed', text: 'Macs with Apple silicon run no such program at all.' }
        : { level: 'warning', title: 'It is not signed', text: `macOS blocks downloaded copies. ${OPEN_ANYWAY}` }
    default:
      return null
  }
}

/** On Apple silicon all native code has to be signed, at least ad hoc (Apple, macOS 11 release notes). */
function runsOnApple({ arch, abis = [] }: Inspection): boolean {
  return arch === 'arm64' || abis.some((abi) => abi.startsWith('arm64'))
}

const REFUSED = because('error', 'Its signature does not fit the file, so macOS refuses it')

/** What is said of the signature as a whole says some of these too. */
const FINDINGS: Wordings = {
  'app.signature_invalid': REFUSED,
  'dmg.signature_invalid': REFUSED,
  'macho.signature_invalid': REFUSED,
  'pkg.signature_invalid': REFUSED,
  'app.unsigned': SAID_ELSEWHERE,
  'dmg.unsigned': SAID_ELSEWHERE,
  'pkg.unsigned': SAID_ELSEWHERE,
  'macho.unsigned': ({ message }, { inspection }) =>
    inspection.signatures?.length === 0
      ? null
      : { level: 'error', title: 'Its code for Apple silicon is not signed', text: `${message}.` },
  'dmg.encrypted': words('info', 'The disk image is encrypted', 'You need its password to open it.'),
  'app.lost_links': because('warning', 'It was packed wrongly, and macOS may call it damaged'),
}
