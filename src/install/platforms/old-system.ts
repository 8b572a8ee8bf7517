import { systemText } from '../../model/fact-text.ts'
import type { Verdict } from '../../model/install-page.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { apiLevels, levelOf } from './android-level.ts'

/**
 * That the device has an older system than the file says it needs; null where that is not known. No device of Apple's phones has
 * a hint for it, and their agents say what is true or older: src/install/device/agent.ts.
 */
export function oldSystem({ platform, inspection }: OfferedFile, { device }: OfferScene): Verdict | null {
  const { minOs } = inspection
  const { version } = device
  if (device.platform !== platform || version === null || minOs === undefined) return null
  const isOlder = platform === 'android' ? isBelowLevel(version, minOs) : isBelow(version, minOs)
  if (!isOlder) return null
  const title = `Needs ${systemText(minOs, platform)} or later`
  return platform === 'ios'
    ? { level: 'warning', title, text: `Your browser says that this is iOS ${version}. It may be newer.` }
    : { level: 'error', title, text: `This device has version ${version}, and cannot install it.` }
}

function isBelowLevel(version: string, minOs: string): boolean {
  const levels = apiLevels(version)
  const needed = levelOf(minOs)
  return levels !== undefined && needed !== undefined && levels.highest < needed
}

const DOTTED = /^\d{1,9}(?:\.\d{1,9}){0,3}$/

/** As far as the device tells its numbers: `15` may be 15.4. */
function isBelow(version: string, minOs: string): boolean {
  if (!DOTTED.test(version) || !DOTTED.test(minOs)) return false
  const [has, needs] = [numbers(version), numbers(minOs)]
  for (const [i, number] of has.entries()) if (number !== (needs[i] ?? 0)) return number < (needs[i] ?? 0)
  return false
}

function numbers(text: string): number[] {
  return text.split('.').map(Number)
}
