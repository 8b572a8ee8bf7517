import type { PlistDict } from '../../formats/apple/plist-value.ts'
import { displayText, exactText } from '../finding.ts'
import { plistText } from './app-bundle.ts'

/** `UIDeviceFamily` */
const FAMILIES: Readonly<Record<number, string>> = {
  1: 'iphone',
  2: 'ipad',
  3: 'tv',
  4: 'watch',
  6: 'mac',
  7: 'vision',
}

/** Kinds of devices that the application is made for. */
export function deviceFamilies(info: PlistDict): { deviceFamilies?: string[] } {
  const values = Array.isArray(info.UIDeviceFamily) ? info.UIDeviceFamily : [info.UIDeviceFamily ?? null]
  const names = values
    .slice(0, 20)
    .flatMap((value) => (typeof value === 'number' || typeof value === 'string' ? (FAMILIES[Number(value)] ?? []) : []))
  return names.length === 0 ? {} : { deviceFamilies: [...new Set(names)] }
}

const USAGE_KEY = /^NS[A-Za-z]{1,100}UsageDescription$/
const MAX_USAGES = 100

/** Permissions that the application asks people for, such as `NSCameraUsageDescription`. */
export function usageKeys(info: PlistDict): string[] {
  return Object.keys(info)
    .filter((key) => USAGE_KEY.test(key))
    .sort()
    .slice(0, MAX_USAGES)
}

const MAX_USAGE_TEXT = 500

/** Why the application asks for each permission, in its own words; kept when they are as short as they should be. */
export function usageTexts(info: PlistDict): { usageDescriptions?: string[] } {
  const texts = usageKeys(info).flatMap((key) => {
    const text = displayText(plistText(info, key))
    return text === undefined || text.length > MAX_USAGE_TEXT ? [] : [`${key}: ${text}`]
  })
  return texts.length === 0 ? {} : { usageDescriptions: texts }
}

export function shortList(texts: readonly string[]): string[] {
  return texts.slice(0, 20).flatMap((text) => exactText(text) ?? [])
}
