import type { InstallPage, OfferGroup } from '../model/install-page.ts'
import type { Platform } from '../model/platform.ts'
import { machineText, PLATFORM_TITLES } from './words.ts'

/**
 * What to say where nothing on a page is for the device. Null where something is, or may be: that a system is too old is said by
 * the offer itself.
 */
export function nothingForDevice(
  groups: readonly OfferGroup[],
  device: Pick<InstallPage['device'], 'platform' | 'arch' | 'packages'>,
): InstallPage['nothingForDevice'] {
  const { platform } = device
  if (platform === null || groups.length === 0) return null
  if (groups.some((group) => (group.platform === platform || group.platform === 'any') && hasSomething(group)))
    return null
  const own = groups.find((group) => group.platform === platform)
  const title = PLATFORM_TITLES[platform]
  if (own === undefined) {
    return {
      title: `There is no build for ${title}`,
      text: `This is for ${listed(groups.map((group) => groupText(group.platform)))}.`,
    }
  }
  const machines = [...new Set(own.offers.flatMap(({ machine }) => machine ?? []))]
  const machine = device.arch === null ? null : machineText(platform, device.arch)
  // Some of it is for this processor, or for any, and all of that is packaged for other systems.
  const isPackagedForOthers =
    device.packages !== null && own.offers.some((offer) => offer.machine === null || offer.machine === machine)
  if (isPackagedForOthers) {
    return {
      title: 'There is no package for this kind of Linux',
      text: `What is here for this processor are ${device.packages === 'deb' ? 'RPM' : 'Debian'} packages.`,
    }
  }
  return {
    title: `There is no build for ${title}${machine === null ? '' : ` on ${machine}`}`,
    text: `What is here for ${title} needs ${listed(machines, 'or')}.`,
  }
}

function hasSomething({ offers }: OfferGroup): boolean {
  return offers.some(({ fit }) => fit !== 'not')
}

function groupText(platform: Platform): string {
  return platform === 'any' ? 'other machines' : PLATFORM_TITLES[platform]
}

/** `a, b and c`. */
function listed(names: readonly string[], word = 'and'): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}
