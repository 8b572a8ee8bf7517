import type { Verdict } from '../../model/install-page.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { continuityVerdicts } from './continuity.ts'
import { oldSystem } from './old-system.ts'
import { isExpired } from './over-the-air.ts'
import { SAID_ELSEWHERE, verdictsOf, type Wordings, words } from './verdicts.ts'

const DAY_MS = 86_400_000
/** A profile that ends sooner is worth a warning. */
const SOON_DAYS = 30

/**
 * Whether an IPA installs on a phone, as far as its bytes tell.
 * @param refusal why no device installs it from the page; null where some do: what they ask then is told
 */
export function iosVerdicts(file: OfferedFile, scene: OfferScene, refusal: string | null): readonly Verdict[] {
  return verdictsOf(file, scene, FINDINGS, [
    ...(refusal === null ? profileVerdicts(file) : [notFromPage(file, scene, refusal)]),
    ...expiryVerdicts(file, scene.now),
    ...continuityVerdicts(file, scene),
    oldSystem(file, scene),
    ...familyVerdicts(file),
  ])
}

const isEnterprise = ({ install }: Pick<OfferedFile, 'install'>) => install?.mode === 'enterprise'

/** What stands in the reason of a refusal, or in the verdict on the profile, is not said again. */
const FINDINGS: Wordings = {
  'ipa.profile_expired': SAID_ELSEWHERE,
  'ipa.profile_expiring': SAID_ELSEWHERE,
  'ipa.no_profile': SAID_ELSEWHERE,
  'ipa.unsigned': (_check, file) =>
    isEnterprise(file)
      ? null
      : { level: 'warning', title: 'It is not signed by a developer', text: 'No device installs it as it is.' },
  'ipa.debuggable': words(
    'warning',
    'It is a build for developers',
    'Anyone with the unlocked device and a computer can read what it keeps.',
  ),
  'ipa.app_store_encrypted': words(
    'warning',
    'It is encrypted by the App Store',
    'Only devices of the account that loaded it can run it.',
  ),
}

function notFromPage(file: OfferedFile, { device }: OfferScene, reason: string): Verdict {
  // To who holds an iPhone it is what matters most; and what devices would install but for its profile or this server is worth
  // more than a remark to everybody.
  const level = isEnterprise(file) || device.platform === 'ios' ? 'warning' : 'info'
  return { level, title: 'An iPhone does not install this from a web page', text: reason }
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

function expiryVerdicts(file: OfferedFile, now: number): Verdict[] {
  const { expiresAt } = file.inspection.profile ?? {}
  if (expiresAt === undefined) return []
  if (isExpired(file, now)) {
    // Of what devices would install otherwise, it is why they do not.
    if (isEnterprise(file)) return []
    const text = 'No device installs or opens it with that profile.'
    return [{ level: 'warning', title: `Its profile expired on ${expiresAt.slice(0, 10)}`, text }]
  }
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
