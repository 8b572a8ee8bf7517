import { DistError, type ErrorCode } from '../src/errors.ts'
import { daysOf } from './age.ts'

/**
 * What `--expires` says, in days: `12h` is 0.5, `never` is null, and undefined stays so.
 * @param code of the error for anything else
 */
export function expiryDays(text: string | undefined, code: ErrorCode): number | null | undefined {
  if (text === undefined) return undefined
  if (text === 'never') return null
  const days = daysOf(text)
  if (days !== undefined && days > 0) return days
  throw new DistError(code, `Cannot use --expires "${text}": expected a number with h, d, w, m or y, or never`)
}
