import { z } from 'zod'
import { nearest } from '../../src/bytes/nearest.ts'
import { DistError } from '../../src/errors.ts'
import { issueWords } from '../../src/model/issue-words.ts'

/** One thing that is wrong with a document, e.g. `{ path: "artifacts[0]", message: "unknown field \"pth\"" }`. */
export interface Issue {
  readonly path: string
  readonly message: string
  readonly hint?: string
}

/** The failure of a schema as one error: the first problem in words, all of them in `details.issues`. */
export function manifestError(file: string, schema: z.ZodType, error: z.ZodError): DistError {
  const issues = issuesIn(schema, error)
  const [first] = issues
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return new DistError('manifest.invalid', `Cannot use ${file}: ${place}${first?.message}${more}`, {
    details: { issues },
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
  })
}

/** All that is wrong, what has to be told first at the start. */
export function issuesIn(schema: z.ZodType, error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) => issuesOf(schema, issue, [])).sort(unknownFieldsFirst)
}

function issuesOf(schema: z.ZodType, issue: z.core.$ZodIssue, base: readonly PropertyKey[]): Issue[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path)
    return issue.keys.map((key) => {
      const near = nearest(key, known)
      const hint = near === undefined ? `Known fields: ${known.join(', ')}` : `Did you mean "${near}"?`
      return { path: pathText(path), message: `unknown field "${key}"`, hint }
    })
  }
  if (issue.code === 'invalid_union') {
    // The branch that the value was meant for says best what is wrong: an unknown field, not "expected string".
    const meant = issue.errors.find((errors) => !errors.some((e) => e.code === 'invalid_type' && e.path.length === 0))
    if (meant) return meant.flatMap((inner) => issuesOf(schema, inner, path)).sort(unknownFieldsFirst)
  }
  return [{ path: pathText(path), message: issueWords(issue) }]
}

/** A misspelt field also makes the right one missing; the misspelling is what has to be told. */
function unknownFieldsFirst(a: Issue, b: Issue): number {
  return Number(b.message.startsWith('unknown field')) - Number(a.message.startsWith('unknown field'))
}

/** Names of the fields that the schema has at `path`; empty when there is no object. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema
  for (const step of [...path, undefined]) {
    while (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodUnion) {
      at = at instanceof z.ZodUnion ? at.options.find((option) => option instanceof z.ZodObject) : at.unwrap()
    }
    if (step === undefined) break
    if (at instanceof z.ZodArray) at = at.element
    else if (at instanceof z.ZodObject) at = (at.shape as Record<PropertyKey, unknown>)[step]
    else return []
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : []
}

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${String(step)}`),
    '',
  )
}
