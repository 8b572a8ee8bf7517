import { type Budget, createBudget } from '../formats/budget.ts'
import { FormatError, FormatLimitError, isDamage } from '../formats/format-error.ts'
import type { Format } from '../model/platform.ts'
import { InspectionError, InspectionLimitError, type InspectLimits } from './inspector.ts'

/**
 * Runs a reader of `format` under the limits. What the readers of `src/formats` throw about the bytes becomes an
 * {@link InspectionError}; everything else, such as an error of the disk, passes unchanged.
 */
export async function reading<T>(
  format: Format,
  limits: InspectLimits,
  read: (budget: Budget) => Promise<T>,
): Promise<T> {
  try {
    return await read(createBudget(limits))
  } catch (cause) {
    throw asInspectionError(format, cause)
  }
}

export function asInspectionError(format: Format, cause: unknown): unknown {
  if (cause instanceof InspectionError) return cause
  if (cause instanceof FormatLimitError) return new InspectionLimitError(format, cause.message, { cause })
  if (cause instanceof FormatError) {
    return new InspectionError(format, cause.message, {
      cause,
      ...(cause.offset === undefined ? {} : { offset: cause.offset }),
    })
  }
  if (cause instanceof RangeError)
    return new InspectionError(format, 'The file is cut off, or points beyond its end', { cause })
  return cause
}

/**
 * What `read` gives, or undefined where the bytes are damaged: for what an artifact can be without. Limits of the whole
 * inspection and errors of the disk pass unchanged.
 */
export async function undefinedWhereDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!isDamage(error)) throw error
    return undefined
  }
}
