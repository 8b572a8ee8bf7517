import { ANDROID_VERSIONS } from '../../model/fact-text.ts'

/** API levels that a version of Android may have. */
export interface ApiLevels {
  readonly lowest: number
  readonly highest: number
}

/**
 * API levels of the version that a device says it has, such as `14`, `8.1.0` or `13.0.0`: several where one name stands for
 * several, as `12` does for 12 and 12L. Versions after those that have names here count one level each. Undefined for what is
 * no version.
 */
export function apiLevels(version: string | null): ApiLevels | undefined {
  const [, major, minor] = /^(\d{1,3})(?:\.(\d{1,3}))?(?:\.\d{1,5}){0,2}$/.exec(version ?? '') ?? []
  if (major === undefined) return undefined
  const levels = ANDROID_VERSIONS.flatMap((name, i) => {
    const [, ofMajor, ofMinor = '0'] = /^(\d+)(?:\.(\d+))?/.exec(name)!
    return ofMajor === major && (minor === undefined || Number(ofMinor) === Number(minor)) ? [i + 1] : []
  })
  if (levels.length > 0) return { lowest: levels[0]!, highest: levels.at(-1)! }
  const newest = Number(ANDROID_VERSIONS.at(-1))
  if (Number(major) <= newest) return undefined
  const level = ANDROID_VERSIONS.length + Number(major) - newest
  return { lowest: level, highest: level }
}

/** An API level in decimal; undefined for the name of a preview and for what is no level. */
export function levelOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

/** What a rule means for a device, that holds on systems within these levels: nothing known is what people are warned of. */
export function levelFor(
  version: string | null,
  { from = 0, to = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly to?: number },
): 'error' | 'warning' | 'info' {
  const levels = apiLevels(version)
  if (levels === undefined) return 'warning'
  if (levels.lowest >= from && levels.highest <= to) return 'error'
  return levels.highest < from || levels.lowest > to ? 'info' : 'warning'
}
