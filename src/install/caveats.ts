import type { Caveat, Device, OfferGroup } from '../model/install-page.ts'

/** What a request cannot tell of its device, where that decides between what is offered. Nothing where somebody has chosen. */
export function caveatsOf(device: Device, groups: readonly OfferGroup[]): readonly Caveat[] {
  const own = groups.find(({ platform }) => platform === device.platform)
  const hasFor = (platform: OfferGroup['platform']) => groups.some((group) => group.platform === platform)
  const machines = new Set(own?.offers.flatMap(({ machine }) => machine ?? []))
  const caveats: Caveat[] = []
  // What runs on all of them makes the question idle.
  const isClear = own?.offers.some(({ isBest, fit }) => isBest && fit === 'fits')
  if (device.arch === null && machines.size > 1 && !isClear && device.platform !== null) {
    const text = PROCESSORS[device.platform]
    if (text !== undefined) caveats.push({ text, link: null })
  }
  // Safari on an iPad sends what Safari on a Mac sends, unless it is told otherwise; Chromium on a Mac has hints.
  if (device.platform === 'macos' && device.source === 'agent' && hasFor('ios')) {
    caveats.push({ text: 'An iPad says that it is a Mac.', link: { label: 'Using an iPad?', url: '?platform=ios' } })
  }
  return caveats
}

const PROCESSORS: Readonly<Partial<Record<NonNullable<Device['platform']>, string>>> = {
  android: 'This browser does not tell which processor the device has. Most phones and tablets have 64-bit ARM.',
  macos: 'This browser does not tell which processor the Mac has. “About This Mac” in the Apple menu does.',
  windows: 'This browser does not tell which processor the computer has. Settings, System, About does.',
  linux: 'This browser does not tell which processor the computer has. The command “uname -m” does.',
}
