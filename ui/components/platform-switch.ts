import type { InstallPage as Page } from '../../src/model/install-page.ts'
import { island } from './island.ts'

/** What sees a device that the server cannot tell from another; not there where somebody has chosen, nor where nothing is unclear. */
export function PlatformSwitch({ device, groups }: Pick<Page, 'device' | 'groups'>) {
  const { platform, arch, source } = device
  if (source === 'asked' || (platform !== 'macos' && platform !== 'linux' && platform !== 'windows')) return null
  const own = groups.find((group) => group.platform === platform)
  const machines = new Set(own?.offers.map(({ machine }) => machine))
  const asksArch = machines.size > 1 && (arch === null || source === 'agent')
  // Chromium on a Mac sends hints; an iPad has none to send.
  const mayBeTablet = platform === 'linux' || (platform === 'macos' && source === 'agent')
  return mayBeTablet || asksArch ? island('platform-switch', { platform, arch, mayBeTablet, asksArch }) : null
}
