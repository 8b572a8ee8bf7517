import type { Inspection } from '../../model/inspection.ts'
import type { Permission } from '../../model/install-page.ts'

/** What iOS asks for under a key of Info.plist. https://developer.apple.com/documentation/bundleresources/protected-resources */
const USAGES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    NSAppleMusicUsageDescription: 'Use the media library and Apple Music',
    NSBluetoothAlwaysUsageDescription: 'Use Bluetooth',
    NSBluetoothPeripheralUsageDescription: 'Use Bluetooth',
    NSCalendarsFullAccessUsageDescription: 'Read and change the calendar',
    NSCalendarsUsageDescription: 'Read and change the calendar',
    NSCalendarsWriteOnlyAccessUsageDescription: 'Add to the calendar',
    NSCameraUsageDescription: 'Use the camera',
    NSContactsUsageDescription: 'Read and change contacts',
    NSFaceIDUsageDescription: 'Use Face ID',
    NSFocusStatusUsageDescription: 'See whether a Focus is on',
    NSHealthClinicalHealthRecordsShareUsageDescription: 'Read health records',
    NSHealthShareUsageDescription: 'Read health data',
    NSHealthUpdateUsageDescription: 'Change health data',
    NSHomeKitUsageDescription: 'Control the home',
    NSLocalNetworkUsageDescription: 'Find and reach devices in the local network',
    NSLocationAlwaysAndWhenInUseUsageDescription: 'Know the location at any time',
    NSLocationAlwaysUsageDescription: 'Know the location at any time',
    NSLocationUsageDescription: 'Know the location',
    NSLocationWhenInUseUsageDescription: 'Know the location while it is open',
    NSMicrophoneUsageDescription: 'Use the microphone',
    NSMotionUsageDescription: 'Read motion and fitness data',
    NSNearbyInteractionUsageDescription: 'Find nearby devices',
    NSPhotoLibraryAddUsageDescription: 'Add to the photo library',
    NSPhotoLibraryUsageDescription: 'Read and change the photo library',
    NSRemindersFullAccessUsageDescription: 'Read and change reminders',
    NSRemindersUsageDescription: 'Read and change reminders',
    NSSiriUsageDescription: 'Use Siri',
    NSSpeechRecognitionUsageDescription: 'Recognize speech, with the help of Apple',
    NSUserTrackingUsageDescription: 'Track across apps and websites of other companies',
  }),
)

/** What an application may ask people for, with what its publisher says it is for. */
export function usagePermissions({ permissions = [], facts }: Inspection): Permission[] {
  const reasons = reasonsIn(facts?.usageDescriptions)
  return permissions.map((name) => {
    const text = USAGES.get(name) ?? null
    // Every key of the table is asked for with a dialog; of others it is not known.
    return { name, text, reason: reasons.get(name) ?? null, isAsked: text !== null }
  })
}

/** By key: the inspection keeps them as `NSCameraUsageDescription: To scan codes`. */
function reasonsIn(texts: unknown): ReadonlyMap<string, string> {
  if (!Array.isArray(texts)) return new Map()
  return new Map(
    texts.flatMap((text) => {
      const at = String(text).indexOf(': ')
      return at < 0 ? [] : [[String(text).slice(0, at), String(text).slice(at + 2)] as const]
    }),
  )
}
