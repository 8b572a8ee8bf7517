import { DistError, type ErrorCode } from '../src/errors.ts'

/** The value, or undefined for one of these failures. */
export async function optional<T>(value: Promise<T>, ...codes: readonly ErrorCode[]): Promise<T | undefined> {
  try {
    return await value
  } catch (error) {
    if (error instanceof DistError && codes.includes(error.code)) return undefined
    throw error
  }
}
