import type { Device, Offer, OfferGroup, Verdict } from '../model/install-page.ts'
import { sizeText } from '../model/size.ts'
import { commandsOf } from './commands.ts'
import { fileFacts } from './file-facts.ts'
import type { OfferedFile, OfferedLink, OfferScene } from './offered.ts'
import { type Candidate, fitOf, inOrder } from './order.ts'
import { truthOf } from './truth.ts'
import { formatTitle, LINK_TITLES, machineText, PLATFORM_TITLES } from './words.ts'

/** Everything that a release or branch build offers, in the order in which this device is served by it. */
export function offerGroups(
  files: readonly OfferedFile[],
  links: readonly OfferedLink[],
  scene: OfferScene,
): readonly OfferGroup[] {
  const candidates: Candidate[] = [
    ...files.filter(({ kind = 'app' }) => kind === 'app').map((file) => ({ kind: 'file', file }) as const),
    ...links.map((link) => ({ kind: 'link', link }) as const),
  ]
  let count = 0
  return inOrder(candidates, scene.device).map((group, place) => ({
    platform: group.platform,
    title: PLATFORM_TITLES[group.platform],
    isForDevice: group.platform === scene.device.platform,
    url: `?platform=${group.platform}`,
    offers: group.candidates.map((candidate, rank) => {
      count++
      const about = { id: `offer-${count}`, isBest: place === 0 && rank === 0 && isForDevice(group.platform, scene) }
      return candidate.kind === 'file'
        ? fileOffer(candidate.file, scene, about)
        : linkOffer(candidate.link, scene.device, about)
    }),
  }))
}

/** Nothing is the best of it for a device that nobody knows, nor for one that nothing is for. */
function isForDevice(platform: OfferGroup['platform'], { device }: OfferScene): boolean {
  return platform === 'any' ? device.platform !== null : platform === device.platform
}

type About = Pick<Offer, 'id' | 'isBest'>

function fileOffer(file: OfferedFile, scene: OfferScene, about: About): Offer {
  const truth = truthOf(file, scene)
  const { facts, findings } = fileFacts(file, scene.release)
  const told: Verdict[] = findings.map(({ level, message }) => ({ level, title: message, text: null }))
  const mayHave = scene.mayHave(file)
  return {
    ...about,
    title: formatTitle(file.format),
    fileName: file.fileName,
    machine: machineText(file.platform, file.arch),
    fit: fitOf(file, scene.device),
    mode: file.install?.mode ?? null,
    action:
      truth.action !== undefined
        ? truth.action
        : mayHave
          ? { kind: 'download', label: 'Download', url: file.url }
          : null,
    withheld:
      truth.withheld !== undefined
        ? truth.withheld
        : mayHave
          ? null
          : { text: 'This file is for signed-in people and share links', canSignIn: scene.canSignIn },
    size: sizeText(file.sizeBytes),
    sha256: file.digest.replace(/^sha256:/, ''),
    facts,
    verdicts: [...truth.verdicts, ...told],
    permissions: truth.permissions,
    commands: mayHave ? commandsOf(file, scene) : [],
    phoneCheck: truth.phoneCheck ?? null,
  }
}

function linkOffer({ platform, kind, url }: OfferedLink, device: Device, about: About): Offer {
  const title = LINK_TITLES[kind]
  return {
    ...about,
    title,
    fileName: null,
    machine: null,
    fit: fitOf({ platform, arch: 'any' }, device),
    mode: kind === 'testflight' ? 'testflight' : null,
    action: { kind: 'open', label: kind === 'web' ? 'Open the web page' : `Open in ${title}`, url },
    withheld: null,
    size: null,
    sha256: null,
    facts: [],
    verdicts: [],
    permissions: [],
    commands: [],
    phoneCheck: null,
  }
}
