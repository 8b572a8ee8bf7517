import { DistError, type ErrorCode } from '../src/errors.ts'
import { daysOf } from './age.ts'

/**
 * What `--expires` says, in days: `12h` is 0.5, `never` is null, and undefined stays so.
 * @param code of the error for anything else
 */
export function expiryDays(text: string | undefined, code: ErrorCode): number | null | undefined {
  return text === 'never' ? null : daysGiven(text, code, ', or never')
}

/** The same for what always ends. @param why `never` is refused, such as `a share link ends` */
export function endingDays(text: string | undefined, code: ErrorCode, why: string): number | undefined {
  if (text === 'never') throw new DistError(code, `Cannot use --expires "never": ${why}`)
  return daysGiven(text, code, '')
}

function daysGiven(text: string | undefined, code: ErrorCode, orElse: string): number | undefined {
  if (text === undefined) return undefined
  const days = daysOf(text)
  if (days !== undefined && days > 0) return days
  throw new DistError(code, `Cannot use --expires "${text}": expected a number with h, d, w, m or y${orElse}`)
}
