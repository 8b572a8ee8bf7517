import type { Inspection, ProvisioningProfile, Signature } from './inspection.ts'
import type { Platform } from './platform.ts'

/** Facts of an inspection as people read them, in a terminal as on a page. */

/** What Android calls its API levels, from level 1 (developer.android.com, `uses-sdk`); later ones are shown as levels. */
export const ANDROID_VERSIONS: readonly string[] = (
  '1.0 1.1 1.5 1.6 2.0 2.0.1 2.1 2.2 2.3 2.3.3 3.0 3.1 3.2 4.0 4.0.3 4.1 4.2 4.3 4.4 4.4W ' +
  '5.0 5.1 6.0 7.0 7.1 8.0 8.1 9 10 11 12 12L 13 14 15 16 17'
).split(' ')

const SYSTEMS: Readonly<Partial<Record<Platform, string>>> = {
  android: 'Android',
  ios: 'iOS',
  macos: 'macOS',
  windows: 'Windows',
}

/** A system that a file names as it needs it: `Android 8.0 (API 26)`, `iOS 16.0`. */
export function systemText(version: string, platform: Platform | undefined): string {
  const system = platform && SYSTEMS[platform]
  if (system === undefined) return version
  if (platform !== 'android' || !/^\d+$/.test(version)) return `${system} ${version}`
  const name = ANDROID_VERSIONS[Number(version) - 1]
  return name === undefined ? `${system} API ${version}` : `${system} ${name} (API ${version})`
}

/** Android takes a signature for a version on: `apk-v3.1 (33+)`. */
export function schemeText({ scheme, minOs }: Pick<Signature, 'scheme' | 'minOs'>): string {
  return minOs === undefined ? scheme : `${scheme} (${minOs}+)`
}

/** `ad-hoc "Notes Testers", team ABCDE12345, until 2027-01-02, 3 devices`: how many, never which. */
export function profileText({ type, name, teamId, expiresAt, deviceCount }: ProvisioningProfile): string {
  return [
    name === undefined ? type : `${type} "${name}"`,
    teamId && `team ${teamId}`,
    expiresAt && `until ${expiresAt.slice(0, 10)}`,
    deviceCount !== undefined && `${deviceCount} ${deviceCount === 1 ? 'device' : 'devices'}`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** Empty when the format can be signed and the bytes are not. */
export function unsignedText({ signatures }: Pick<Inspection, 'signatures'>): 'no' | undefined {
  return signatures?.length === 0 ? 'no' : undefined
}

const TICKETS: Readonly<Record<string, string>> = {
  stapled: 'ticket stapled, unverified',
  none: 'no ticket stapled',
  unknown: 'cannot be told',
}

/** Only that a ticket is there is read, not whether Apple gave it; a file without one may be notarized too. */
export function notarizationText({ facts }: Pick<Inspection, 'facts'>): string | undefined {
  return TICKETS[String(facts?.notarization)]
}
