import type { Verdict } from '../model/install-page.ts'
import type { OfferedFile, OfferScene } from './offered.ts'

const DAY_MS = 86_400_000
/** A profile that ends sooner is worth a warning. */
const SOON_DAYS = 30

/**
 * Whether an IPA installs on a phone, as far as its bytes tell.
 * @param installs whether devices install it from the page: what they ask then is told
 */
export function iosVerdicts(file: OfferedFile, scene: OfferScene, installs: boolean): Verdict[] {
  return [
    ...(installs ? profileVerdicts(file) : []),
    ...(installs ? expiryVerdicts(file, scene.now) : []),
    ...systemVerdicts(file, scene),
    ...familyVerdicts(file),
  ]
}

function profileVerdicts({ inspection }: OfferedFile): Verdict[] {
  const { type, deviceCount = 0 } = inspection.profile ?? {}
  if (type === 'ad-hoc') {
    const devices = deviceCount === 1 ? '1 device' : `${deviceCount} devices`
    return [
      {
        level: 'info',
        title: `It installs only on the ${devices} in its profile`,
        text: 'On any other it fails. Whether yours is among them can be checked here.',
      },
    ]
  }
  // Trust, the restart since iOS 18, and ppq.apple.com: https://support.apple.com/118254
  return [
    {
      level: 'info',
      title: 'It is for the people of one organization, on any iPhone or iPad',
      text:
        'Before it opens for the first time, trust its developer in Settings > General > VPN & Device Management. ' +
        'Since iOS 18 the device restarts for this. The device must be online and reach ppq.apple.com. ' +
        'Where device management installs it, none of this is asked.',
    },
  ]
}

function expiryVerdicts({ inspection }: OfferedFile, now: number): Verdict[] {
  const { expiresAt } = inspection.profile ?? {}
  if (expiresAt === undefined) return []
  const days = Math.floor((Date.parse(expiresAt) - now) / DAY_MS)
  if (days >= SOON_DAYS) return []
  const left = days < 1 ? 'today' : days === 1 ? 'in 1 day' : `in ${days} days`
  return [
    {
      level: 'warning',
      title: `Its profile expires ${left}`,
      text: `After ${expiresAt.slice(0, 10)} it neither installs nor opens, also where it is installed.`,
    },
  ]
}

/** By what the browser says of itself, which may be less than the truth: Safari on iOS 26 says 18. */
function systemVerdicts({ inspection }: OfferedFile, { device }: OfferScene): Verdict[] {
  const { minOs } = inspection
  if (device.platform !== 'ios' || device.version === null || minOs === undefined) return []
  const order = compareSystems(device.version, minOs)
  if (order === undefined || order >= 0) return []
  return [
    {
      level: 'warning',
      title: `It needs iOS ${minOs} or later`,
      text: `This browser says that the device has iOS ${device.version}. Settings > General > About tells which it is.`,
    },
  ]
}

/** Negative where `a` is the older one; undefined where one of them is no version. */
function compareSystems(a: string, b: string): number | undefined {
  if (![a, b].every((text) => /^\d{1,3}(?:\.\d{1,3}){0,3}$/.test(text))) return undefined
  const [as, bs] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < 4; i++) {
    const difference = (as[i] ?? 0) - (bs[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Silent where it is for both, and where the bytes do not tell. */
function familyVerdicts({ inspection }: OfferedFile): Verdict[] {
  const families = inspection.facts?.deviceFamilies
  if (!Array.isArray(families)) return []
  const [phone, tablet] = [families.includes('iphone'), families.includes('ipad')]
  if (phone === tablet) return []
  return phone
    ? [{ level: 'info', title: 'It is made for iPhone', text: 'An iPad runs it in the size of a phone.' }]
    : [{ level: 'warning', title: 'It is for iPad alone', text: 'An iPhone does not install it.' }]
}
