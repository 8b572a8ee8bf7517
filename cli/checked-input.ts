import type { z } from 'zod'
import { DistError } from '../src/errors.ts'
import { kebab } from './flags.ts'
import { issuesIn } from './manifest/issues.ts'

/**
 * What the command line calls a field of the request, where that is not `--field-name`: `{ apps: '--app' }`. Fields of
 * a list have no number: `artifacts.path`.
 */
export type FieldNames = Readonly<Record<string, string>>

/**
 * What a request will carry, checked before it is sent: a wrong flag costs no round trip and names itself.
 * @throws DistError `usage.invalid` with all problems
 */
export function checkedInput<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { names = {}, hint }: { readonly names?: FieldNames; readonly hint?: string | undefined } = {},
): T {
  const parsed = schema.safeParse(withoutAbsent(value))
  if (parsed.success) return parsed.data
  const sentences = issuesIn(schema, parsed.error).map(({ path, message }) => `${typed(path, names)}: ${message}`)
  // Flags that hold for several files are wrong once.
  const problems = [...new Set(sentences)]
  throw new DistError('usage.invalid', `Cannot use what was given: ${problems.join('; ')}`, {
    details: { problems },
    ...(hint === undefined ? {} : { hint }),
  })
}

/** `artifacts[0].fileName` → `--file-name`. */
function typed(path: string, names: FieldNames): string {
  const field = path.replace(/\[\d+\]/g, '')
  return names[field] ?? (field === '' ? 'input' : `--${kebab(field.slice(field.lastIndexOf('.') + 1))}`)
}

/** Absent flags are undefined; schemas want the field to be missing. */
function withoutAbsent(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withoutAbsent)
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, withoutAbsent(item)]])),
  )
}
