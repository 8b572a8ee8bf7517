import type { OfferedFile } from '../offered.ts'

type Ipa = Pick<OfferedFile, 'install' | 'inspection' | 'checks'>

/**
 * Why no iPhone or iPad installs an IPA from a page, in sentences; null where those of its profile do. Of the file alone:
 * the server may not be able to offer it all the same.
 * @param now epoch milliseconds
 */
export function overTheAirRefusal(file: Ipa, now: number): string | null {
  const { profile } = file.inspection
  if (file.install?.mode !== 'enterprise') return downloadReason(file)
  // Of mode `enterprise` is only what has a profile; facts of an older reader may lack it.
  if (profile?.type !== 'enterprise' && profile?.type !== 'ad-hoc') return 'Its provisioning profile does not allow it.'
  if (file.checks.some(({ code }) => code === 'ipa.unsigned')) {
    return 'It is not signed by a developer. Somebody with a developer account has to sign it first.'
  }
  return isExpired(file, now) ? `Its profile expired on ${profile.expiresAt!.slice(0, 10)}.` : null
}

/** Whether devices no longer take the profile. */
export function isExpired({ inspection }: Pick<Ipa, 'inspection'>, now: number): boolean {
  const { expiresAt } = inspection.profile ?? {}
  return expiresAt !== undefined && Date.parse(expiresAt) <= now
}

/** What a file of mode `download` is for. */
function downloadReason({ inspection }: Ipa): string {
  switch (inspection.profile?.type) {
    case 'development':
      return 'Its profile is for development: Xcode or Apple Configurator installs it on the devices of its team.'
    case 'app-store':
      return 'Its profile is for the App Store: devices get the app there or in TestFlight.'
    case 'enterprise':
    case 'ad-hoc':
      return 'Its publisher offers it as a file.'
    default:
      return 'It has no provisioning profile: somebody with a developer account has to sign it for their devices first.'
  }
}
