import { digestHex, parseDigest } from '../bytes/digest.ts'
import type { Device, Offer, OfferGroup } from '../model/install-page.ts'
import type { Platform } from '../model/platform.ts'
import { sizeText } from '../model/size.ts'
import { boundedGroups, boundedOffer } from './bounds.ts'
import { commandsOf } from './commands/commands.ts'
import { fileFacts } from './file-facts.ts'
import type { OfferedFile, OfferedLink, OfferScene } from './offered.ts'
import { type Candidate, fitOf, inOrder, mayBeBest } from './order.ts'
import { truthOf } from './platforms/truth-of.ts'
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
  const groups = inOrder(candidates, scene.device).map(({ platform, candidates: found }) => ({
    platform,
    offers: found.map((candidate) => ({
      candidate,
      offer:
        candidate.kind === 'file'
          ? boundedOffer(fileOffer(candidate.file, scene))
          : linkOffer(candidate.link, scene.device),
    })),
  }))
  const best = bestOf(groups, scene.device)
  let count = 0
  const shown = whereBestComesFirst(groups, best, scene.device).map(({ platform, offers }) => ({
    platform,
    title: PLATFORM_TITLES[platform],
    isForDevice: platform === scene.device.platform,
    url: `?platform=${platform}`,
    offers: offers.map(({ offer }) => ({ ...offer, id: `offer-${++count}`, isBest: offer === best })),
  }))
  return boundedGroups(shown, ({ phoneCheck }) => phoneCheck?.answer != null && scene.phone?.fileName !== '')
}

type Content = Omit<Offer, 'id' | 'isBest'>

interface Group {
  readonly platform: Platform
  readonly offers: readonly { readonly candidate: Candidate; readonly offer: Content }[]
}

/** The one to take: of the platform of the device, or else of none. Nothing for a device of which nothing is known. */
function bestOf(groups: readonly Group[], device: Device): Content | undefined {
  const isToTake = ({ candidate, offer: { action, verdicts } }: Group['offers'][number]) =>
    action !== null &&
    mayBeBest(candidate, device) &&
    // A file that iOS does not install by itself is nothing to be taken on it.
    (action.kind === 'install' || candidate.kind === 'link' || candidate.file.format !== 'ipa') &&
    !verdicts.some(({ level }) => level === 'error')
  for (const platform of [device.platform, 'any']) {
    const best = groups.find((group) => group.platform === platform)?.offers.find(isToTake)
    if (best !== undefined) return best.offer
  }
  return undefined
}

/**
 * What fits better but cannot be taken, or is refused by the device, stands behind the best. What is for any platform stands
 * last, but where it is all that serves this device.
 */
function whereBestComesFirst(groups: readonly Group[], best: Content | undefined, device: Device): readonly Group[] {
  const isBest = ({ offer }: Group['offers'][number]) => offer === best
  const ordered = groups.map(({ platform, offers }) => ({
    platform,
    offers: offers.toSorted((a, b) => Number(isBest(b)) - Number(isBest(a))),
  }))
  const any = ordered.find(({ platform, offers }) => platform === 'any' && offers.some(isBest))
  if (any === undefined) return ordered
  const isOwn = ({ platform }: Group) => platform === device.platform
  return [...ordered.filter(isOwn), any, ...ordered.filter((group) => group !== any && !isOwn(group))]
}

function fileOffer(file: OfferedFile, scene: OfferScene): Content {
  const truth = truthOf(file, scene)
  const mayHave = scene.mayHave(file)
  return {
    title: formatTitle(file.format),
    fileName: file.fileName,
    machine: machineOf(file),
    fit: fitOf(file, scene.device),
    action: mayHave ? { kind: 'download', label: 'Download', url: file.url } : null,
    withheld: mayHave
      ? null
      : { text: 'This file is for signed-in people and share links.', canSignIn: scene.canSignIn },
    file: null,
    phoneCheck: null,
    ...truth,
    size: sizeText(file.sizeBytes),
    sha256: digestHex(parseDigest(file.digest)),
    facts: [...(file.facts ?? []), ...fileFacts(file, scene.release), ...(truth.facts ?? [])],
    commands: mayHave ? commandsOf(file, scene) : [],
  }
}

function linkOffer({ platform, kind, url }: OfferedLink, device: Device): Content {
  const title = LINK_TITLES[kind]
  return {
    title,
    fileName: null,
    machine: null,
    fit: fitOf({ platform, arch: 'any' }, device),
    action: { kind: 'open', label: kind === 'web' ? 'Open the web page' : `Open in ${title}`, url },
    withheld: null,
    file: null,
    size: null,
    sha256: null,
    facts: [],
    verdicts: [],
    permissions: [],
    commands: [],
    phoneCheck: null,
  }
}

/** The processor that it is for, and what its maker tells it by from another for the same. */
function machineOf({ platform, arch, variant }: OfferedFile): string | null {
  const words = [machineText(platform, arch), variant ?? null].filter((word) => word !== null)
  return words.length === 0 ? null : words.join(', ')
}
