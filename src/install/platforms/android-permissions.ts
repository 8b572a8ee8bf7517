import type { Inspection } from '../../model/inspection.ts'
import type { Permission } from '../../model/install-page.ts'
import { apiLevels } from './android-level.ts'

/**
 * Runtime permissions: those of protection level "dangerous" (developer.android.com, `Manifest.permission`; AOSP
 * `core/res/AndroidManifest.xml`), which Android asks the user for while the app runs. `ACCEPT_HANDOVER` and others that no
 * user is shown a word for are left out.
 */
const RUNTIME: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ACCESS_BACKGROUND_LOCATION: 'Know where you are while it is not in use',
    ACCESS_COARSE_LOCATION: 'Know roughly where you are',
    ACCESS_FINE_LOCATION: 'Know exactly where you are',
    ACCESS_LOCAL_NETWORK: 'Find and connect to devices in your network',
    ACCESS_MEDIA_LOCATION: 'Know where your photos were taken',
    ACTIVITY_RECOGNITION: 'Know how you move',
    ANSWER_PHONE_CALLS: 'Answer phone calls',
    BLUETOOTH_ADVERTISE: 'Be found by devices nearby',
    BLUETOOTH_CONNECT: 'Connect to devices nearby',
    BLUETOOTH_SCAN: 'Find devices nearby',
    BODY_SENSORS: 'Read sensors of your body, such as your pulse',
    BODY_SENSORS_BACKGROUND: 'Read sensors of your body while it is not in use',
    CALL_PHONE: 'Make phone calls',
    CAMERA: 'Take pictures and videos',
    GET_ACCOUNTS: 'See the accounts on the device',
    NEARBY_WIFI_DEVICES: 'Find and connect to Wi-Fi devices nearby',
    POST_NOTIFICATIONS: 'Show notifications',
    PROCESS_OUTGOING_CALLS: 'See and redirect the calls that you make',
    RANGING: 'Measure the distance to devices nearby',
    READ_CALENDAR: 'Read your calendar',
    READ_CALL_LOG: 'Read your call log',
    READ_CONTACTS: 'Read your contacts',
    READ_EXTERNAL_STORAGE: 'Read files on the device',
    READ_MEDIA_AUDIO: 'Read your music and recordings',
    READ_MEDIA_IMAGES: 'Read your photos',
    READ_MEDIA_VIDEO: 'Read your videos',
    READ_MEDIA_VISUAL_USER_SELECTED: 'Read the photos and videos that you choose',
    READ_PHONE_NUMBERS: 'Read your phone number',
    READ_PHONE_STATE: 'Know when you are on the phone',
    READ_SMS: 'Read your text messages',
    RECEIVE_MMS: 'Receive multimedia messages',
    RECEIVE_SMS: 'Receive text messages',
    RECEIVE_WAP_PUSH: 'Receive WAP messages',
    RECORD_AUDIO: 'Record sound',
    SEND_SMS: 'Send text messages',
    USE_SIP: 'Make calls over the internet',
    UWB_RANGING: 'Measure where devices nearby are',
    WRITE_CALENDAR: 'Change your calendar',
    WRITE_CALL_LOG: 'Change your call log',
    WRITE_CONTACTS: 'Change your contacts',
    WRITE_EXTERNAL_STORAGE: 'Change files on the device',
  }),
)

/** Special permissions, each of which the user turns on in the settings (developer.android.com, "Request special permissions"). */
const SPECIAL: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ACCESS_NOTIFICATION_POLICY: 'Change Do Not Disturb',
    MANAGE_EXTERNAL_STORAGE: 'Read and change all files on the device',
    MANAGE_MEDIA: 'Change and delete media without asking',
    PACKAGE_USAGE_STATS: 'See which apps you use, and how long',
    REQUEST_INSTALL_PACKAGES: 'Install other apps',
    SCHEDULE_EXACT_ALARM: 'Set alarms and timers',
    SYSTEM_ALERT_WINDOW: 'Show over other apps',
    WRITE_SETTINGS: 'Change settings of the system',
  }),
)

/** Given without a question, and worth a word. */
const GIVEN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    INTERNET: 'Use the network',
    QUERY_ALL_PACKAGES: 'See which apps are installed',
    RECEIVE_BOOT_COMPLETED: 'Start when the device starts',
    USE_BIOMETRIC: 'Use your fingerprint or face',
  }),
)

/** Permissions of Health Connect, and since Android 16 of sensors of the body, are asked for one by one. */
const HEALTH = 'android.permission.health.'
const PREFIX = 'android.permission.'
/** More lines help nobody: an app with more asks for everything. */
const MAX_SHOWN = 40

export interface PermissionsOfApp {
  readonly shown: readonly Permission[]
  /** How many more there are, without words here. */
  readonly others: number
}

/** Those that Android asks the user for first, then others with a word. @param version of the device; null when unknown */
export function permissionsOf(inspection: Inspection, version: string | null): PermissionsOfApp {
  const limits = limitsOf(inspection)
  const levels = apiLevels(version)
  const counted = (inspection.permissions ?? []).filter((name) => {
    const limit = limits.get(name)
    return limit === undefined || levels === undefined || levels.lowest <= limit
  })
  const worded = counted.map(permissionOf).filter((permission) => permission !== undefined)
  const shown = worded.toSorted((a, b) => Number(b.isAsked) - Number(a.isAsked)).slice(0, MAX_SHOWN)
  return { shown, others: counted.length - shown.length }
}

/** Highest API level on which a permission is asked for: `<name> <level>`. */
function limitsOf({ facts }: Inspection): ReadonlyMap<string, number> {
  const listed = facts?.permissionsMaxSdk
  const pairs = (Array.isArray(listed) ? listed : []).map((text) => /^(.+) (\d{1,5})$/.exec(text))
  return new Map(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1]!, Number(pair[2])] as const])))
}

function permissionOf(name: string): Permission | undefined {
  if (name.startsWith(HEALTH)) return { name, text: 'Read or write data on your health', reason: null, isAsked: true }
  if (!name.startsWith(PREFIX)) return undefined
  const key = name.slice(PREFIX.length)
  const asked = RUNTIME.get(key) ?? SPECIAL.get(key)
  const text = asked ?? GIVEN.get(key)
  return text === undefined ? undefined : { name, text, reason: null, isAsked: asked !== undefined }
}
