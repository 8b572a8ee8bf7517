import type { InstallPage, OfferGroup } from '../model/install-page.ts'
import type { Platform } from '../model/platform.ts'
import { PLATFORM_TITLES } from './words.ts'

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
  if (machines.length > 0 && device.arch !== null) {
    return {
      title: `There is no build for ${archText(device.arch)} ${title}`,
      text: `What is here for ${title} needs ${listed(machines, 'or')}.`,
    }
  }
  // All of it runs on any processor, and is packaged for other systems.
  const other = device.packages === 'deb' ? 'RPM' : 'Debian'
  return {
    title: 'There is no package for this kind of Linux',
    text: `What is here for Linux are ${other} packages.`,
  }
}

function hasSomething({ offers }: OfferGroup): boolean {
  return offers.some(({ fit }) => fit !== 'not')
}

function groupText(platform: Platform): string {
  return platform === 'any' ? 'other machines' : PLATFORM_TITLES[platform]
}

function archText(arch: NonNullable<InstallPage['device']['arch']>): string {
  switch (arch) {
    case 'arm64':
      return '64-bit ARM'
    case 'x64':
      return '64-bit Intel and AMD'
    case 'arm':
      return '32-bit ARM'
    case 'x86':
      return '32-bit'
    case 'riscv64':
      return '64-bit RISC-V'
  }
}

/** `a, b and c`. */
function listed(names: readonly string[], word = 'and'): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}
