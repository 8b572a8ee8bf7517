import { decodePlist } from '../../formats/apple/plist.ts'
import { isPlistDict, type PlistDict } from '../../formats/apple/plist-value.ts'
import type { Inspection } from '../../model/inspection.ts'
import { displayText, exactText } from '../finding.ts'
import { InspectionError } from '../inspector.ts'

/** What `Info.plist` of an Apple application bundle says (Apple, Information Property List). */
export interface AppBundle {
  readonly identifier: string
  readonly name: string | undefined
  readonly version: string | undefined
  readonly buildNumber: string | undefined
  /** File name of the main program within the bundle. */
  readonly executable: string | undefined
  readonly info: PlistDict
}

/** @throws InspectionError without a bundle id; FormatError, FormatLimitError, RangeError of the property list */
export function readAppBundle(format: 'ipa' | 'app-zip', bytes: Uint8Array): AppBundle {
  const info = decodePlist(bytes)
  if (!isPlistDict(info)) throw new InspectionError(format, 'Info.plist is not a dictionary')
  const identifier = exactText(plistText(info, 'CFBundleIdentifier'))
  if (identifier === undefined) throw new InspectionError(format, 'Info.plist has no CFBundleIdentifier')
  return {
    identifier,
    name: displayText(plistText(info, 'CFBundleDisplayName')) ?? displayText(plistText(info, 'CFBundleName')),
    version: displayText(plistText(info, 'CFBundleShortVersionString')),
    buildNumber: displayText(plistText(info, 'CFBundleVersion')),
    executable: exactText(plistText(info, 'CFBundleExecutable')),
    info,
  }
}

/** The facts that an application for any of Apple's systems has. */
export function bundleFacts(bundle: AppBundle): Pick<Inspection, 'identifier' | 'name' | 'version' | 'buildNumber'> {
  const { identifier, name, version, buildNumber } = bundle
  return {
    identifier,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(buildNumber === undefined ? {} : { buildNumber }),
  }
}

export function plistText(dict: PlistDict, key: string): string | undefined {
  const value = dict[key]
  return typeof value === 'string' ? value : undefined
}

export function plistTexts(dict: PlistDict, key: string): string[] | undefined {
  const value = dict[key]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
}
