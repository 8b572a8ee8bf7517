import type { Verdict } from '../../model/install-page.ts'
import { archFrom } from '../../model/platform.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { levelFor } from './android-level.ts'
import { permissionsOf } from './android-permissions.ts'
import { continuityVerdicts } from './continuity.ts'
import { oldSystem } from './old-system.ts'
import type { Truth } from './truth.ts'
import { because, verdictsOf, type Wordings, words } from './verdicts.ts'

/** What a file for android is to its device. */
export function androidTruth(file: OfferedFile, scene: OfferScene): Truth {
  switch (file.format) {
    case 'apk':
    case 'apks':
    case 'xapk':
      return packageTruth(file, scene)
    case 'aab':
      return {
        verdicts: verdictsOf(file, scene, FINDINGS),
        permissions: [],
        action: null,
        withheld: { text: 'Stored for an app store: no device installs an app bundle.', canSignIn: false },
        file: scene.mayHave(file) ? { kind: 'download', label: 'Download the bundle', url: file.url } : null,
      }
    default:
      return { verdicts: verdictsOf(file, scene, {}), permissions: [] }
  }
}

function packageTruth(file: OfferedFile, scene: OfferScene): Truth {
  const { shown, others } = permissionsOf(file.inspection, scene.device.version)
  const isAlone = file.format === 'apk'
  return {
    verdicts: verdictsOf(file, scene, FINDINGS, [
      ...continuityVerdicts(file, scene),
      oldSystem(file, scene),
      processorVerdict(file, scene),
      isAlone ? messagesVerdict(file) : null,
      isAlone ? questionsVerdict(file) : SET,
    ]),
    permissions: shown,
    facts: others === 0 ? [] : [{ name: 'Other permissions', value: String(others) }],
  }
}

/**
 * What the system asks whoever installs an APK that a browser downloaded: that this browser may install apps
 * (developer.android.com, `REQUEST_INSTALL_PACKAGES`), Play Protect (support.google.com/googleplay/answer/2812853), and whether
 * the developer is registered, in first countries since 2026-09-30 (developer.android.com/developer-verification; installs by
 * adb stay as they are). Whether the last holds for files of the web yet is said there in two ways, so it may be.
 */
function questionsVerdict({ install }: OfferedFile): Verdict | null {
  if (install?.mode === 'file') return null
  return {
    level: 'info',
    title: 'What Android asks before it installs',
    text: 'It asks once to let your browser install apps, and Play Protect may scan the file. In some countries it may also ask Google whether the developer is registered.',
  }
}

/**
 * Play Protect blocks apps of browsers that ask for what fraud is made with, in a growing number of countries
 * (security.googleblog.com, 2024-02, "Piloting new ways of protecting Android users from financial fraud").
 */
function messagesVerdict({ inspection: { permissions = [] } }: OfferedFile): Verdict | null {
  if (!permissions.some((name) => /^android\.permission\.(?:READ|RECEIVE)_SMS$/.test(name))) return null
  return {
    level: 'info',
    title: 'In some countries Play Protect blocks it',
    text: 'It does so with apps from a browser that ask for text messages, as this one does.',
  }
}

const SET: Verdict = {
  level: 'info',
  title: 'Needs an installer app',
  text: 'The file holds several packages that belong together, and Android does not open it by itself. An app such as SAI installs it, or a computer does, with bundletool or adb install-multiple.',
}

const INSTALLS_NOWHERE = words('error', 'It is not signed', 'Android installs no package without a signature.')

const FINDINGS: Wordings = {
  'apk.unsigned': INSTALLS_NOWHERE,
  'apk.signature_invalid': because('error', 'Its signature does not fit the file, so Android refuses it'),
  'apk.signature_stripped': because('error', 'One of its signatures was taken away, so Android refuses it'),
  'apk.needs_v1_signature': (_, __, { device }) => ({
    level: levelFor(device.version, { to: 23 }),
    title: 'Android 6 and older refuse it',
    text: 'It has no v1 signature, the only kind that they know.',
  }),
  'apk.needs_v2_signature': (_, { inspection }, { device }) =>
    inspection.signatures?.some(({ scheme }) => scheme !== 'apk-v1')
      ? {
          level: levelFor(device.version, { from: 24, to: 27 }),
          title: 'Android 7 and 8 refuse it',
          text: 'It has no v2 signature, the newest kind that they know.',
        }
      : {
          level: levelFor(device.version, { from: 30 }),
          title: 'Android 11 and later refuse it',
          text: 'It has only a v1 signature, the oldest kind, and is made for newer systems.',
        },
  // Android 14 refuses targets below 23 and Android 15 those below 24 (developer.android.com, behavior changes of both).
  'apk.target_sdk_too_low': ({ message }, _, { device }) => {
    const [first, from] = message.includes('Android 14') ? ['14', 34] : ['15', 35]
    return {
      level: levelFor(device.version, { from: Number(from) }),
      title: `Android ${first} and later refuse it`,
      text: 'It is made for a much older Android. From a computer, adb install --bypass-low-target-sdk-block installs it anyway.',
    }
  },
  'apk.debuggable': words(
    'warning',
    'The package is debuggable',
    'It is a build for developers: anyone with the unlocked device and a computer can read what the app keeps.',
  ),
  'apk.test_only': words(
    'warning',
    'It is marked for tests only',
    'Android refuses it when it is tapped. From a computer, adb install -t installs it.',
  ),
  'apk.test_key': words(
    'warning',
    'It is signed with a key that everybody has',
    'It is the public test key of Android: anyone can make an update that installs over the app.',
  ),
  'apk.debug_key': words(
    'warning',
    'It is signed with a debug key',
    'Developer tools make such a key for each computer. A build from another one does not install as an update.',
  ),
  'apk.split': words('error', 'It is one part of an app', 'Android installs it only together with the other parts.'),
  'apk.needs_splits': words('error', 'Parts of the app are missing', 'Android installs it only together with them.'),
  // Said by what is withheld: it is for a store anyway.
  'aab.debuggable': words('warning', 'The bundle is debuggable', 'Stores refuse it.'),
}

/** Whether there is native code for the processor: the file may hold code for several, and this be none of them. */
function processorVerdict({ inspection, platform }: OfferedFile, { device }: OfferScene): Verdict | null {
  const abis = inspection.abis ?? []
  if (device.platform !== platform || device.arch === null || abis.length === 0) return null
  const arches = abis.map(archFrom)
  if (arches.includes(device.arch)) return null
  const only = abis.slice(0, 4).join(', ')
  // A 64-bit processor runs code for its 32-bit kind where the system still has it; others translate, or refuse.
  const mayRun =
    (device.arch === 'arm64' && arches.includes('arm')) ||
    device.arch === 'x64' ||
    (device.arch === 'x86' && arches.length > 0)
  return {
    level: mayRun ? 'warning' : 'error',
    title: mayRun ? 'It may not run on this processor' : 'It does not run on this processor',
    text: `The code in it is for ${only}.`,
  }
}
