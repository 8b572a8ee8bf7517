import type { PhoneCheck, Verdict } from '../../model/install-page.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { isExpired } from './over-the-air.ts'

/**
 * Whether a phone is among the devices of a profile: the question where it can be asked, and its answer where it was. The
 * list itself is not for everybody, so that no answer tells more of it than whether one device, which the visitor knows, is
 * in it.
 */
export function phoneCheckOf(file: OfferedFile, { phone, now }: OfferScene): PhoneCheck | null {
  const { fileName } = file
  // Without the name of a file, every one is asked about.
  const isAsked = phone !== null && (phone.fileName === '' || phone.fileName === fileName)
  if (isAsked) return { fileName, udid: phone.udid, answer: answerOf(file, phone.udid) }
  const { type, deviceCount = 0 } = file.inspection.profile ?? {}
  const isUseful = (type === 'ad-hoc' || type === 'development') && deviceCount > 0 && !isExpired(file, now)
  return isUseful ? { fileName, udid: null, answer: null } : null
}

function answerOf({ inspection: { profile } }: OfferedFile, typed: string): Verdict {
  const udid = udidFrom(typed)
  if (udid === undefined) return NO_UDID
  if (profile === undefined) {
    return { level: 'error', title: 'It has no profile, so no device is in it', text: null }
  }
  if (profile.type === 'enterprise') {
    return { level: 'good', title: 'Its profile is for any device', text: 'It names none, so yours need not be in it.' }
  }
  const { deviceCount = 0, devices = [] } = profile
  if (devices.some((device) => udidFrom(device) === udid)) {
    return { level: 'good', title: 'This device is in the profile', text: null }
  }
  if (deviceCount > devices.length) {
    return {
      level: 'warning',
      title: 'It cannot be told whether this device is in the profile',
      text: `The profile names ${deviceCount} devices, of which ${devices.length} are known here. This one is not among those.`,
    }
  }
  const text = 'Give its UDID to whoever made the app: it has to be put into the profile, and the app signed again.'
  return { level: 'error', title: 'This device is not in the profile', text }
}

/**
 * A UDID in one form: 40 hexadecimal digits, or since the iPhone XS 8, a hyphen and 16, which some programs leave out.
 * Undefined for anything else.
 */
function udidFrom(text: string): string | undefined {
  const plain = text.replace(/\s/g, '').toLowerCase()
  const [, chip, id] = /^([0-9a-f]{8})-?([0-9a-f]{16})$/.exec(plain) ?? []
  if (chip !== undefined && id !== undefined) return `${chip}-${id}`
  return /^[0-9a-f]{40}$/.test(plain) ? plain : undefined
}

const NO_UDID: Verdict = {
  level: 'error',
  title: 'This is not the UDID of a device',
  text:
    'It has 40 characters from 0-9 and a-f, or 8, a hyphen and 16. Connect the device to a Mac, select it in the Finder, ' +
    'and click the line below its name until the UDID is shown.',
}
