import type { z } from 'zod'
import { DistError } from '../src/errors.ts'

/**
 * What a request will carry, checked before it is sent: a wrong flag costs no round trip and names itself.
 * @throws DistError `usage.invalid` with one line per problem
 */
export function checkedInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(withoutAbsent(value))
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`)
  throw new DistError('usage.invalid', `Cannot use what was given: ${problems.join('; ')}`, {
    details: { problems },
  })
}

/** Absent flags are undefined; schemas want the field to be missing. */
function withoutAbsent(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined))
}
