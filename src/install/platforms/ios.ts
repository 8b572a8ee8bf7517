import type { Offer } from '../../model/install-page.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { iosVerdicts } from './ios-verdicts.ts'
import { overTheAirRefusal } from './over-the-air.ts'
import { phoneCheckOf } from './phone-check.ts'
import type { Truth } from './truth.ts'
import { usagePermissions } from './usage-permissions.ts'

/**
 * What an IPA is to an iPhone or iPad. Of the three modes only `enterprise` installs from a page, and that on the devices of
 * its profile; `testflight` is a link, no file. Of mode `download`, and of what this server cannot offer to devices, nothing
 * is called installing.
 */
export function iosTruth(file: OfferedFile, scene: OfferScene): Truth {
  const refusal = overTheAirRefusal(file, scene.now)
  const manifest = refusal === null ? scene.manifestOf(file) : { refusal }
  return {
    ...actionsOf(file, scene, 'url' in manifest ? manifest.url : undefined),
    verdicts: iosVerdicts(file, scene, 'url' in manifest ? null : manifest.refusal),
    permissions: usagePermissions(file.inspection),
    phoneCheck: phoneCheckOf(file, scene),
  }
}

/** @param manifestUrl undefined where no device installs it from the page */
function actionsOf(
  file: OfferedFile,
  scene: OfferScene,
  manifestUrl: string | undefined,
): Pick<Truth, 'action' | 'withheld' | 'file'> {
  const bytes: Offer['file'] = scene.mayHave(file)
    ? { kind: 'download', label: 'Download the IPA file', url: file.url }
    : null
  if (manifestUrl !== undefined) {
    // https://support.apple.com/guide/deployment/depce7cefc4d/web
    const url = `itms-services://?action=download-manifest&url=${encodeURIComponent(manifestUrl)}`
    const action = { kind: 'install', label: 'Install on an enrolled device', url } as const
    return { action, withheld: null, file: bytes }
  }
  if (bytes !== null) return { action: bytes, withheld: null, file: null }
  const text = 'The IPA file is for signed-in people and for those who were given a link.'
  return { action: null, withheld: { text, canSignIn: scene.canSignIn }, file: null }
}
