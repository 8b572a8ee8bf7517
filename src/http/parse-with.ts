import type { z } from 'zod'
import { cutText } from '../bytes/cut-text.ts'
import { DistError } from '../errors.ts'
import { issueWords } from '../model/issue-words.ts'

/** Unknown keys are named in the message, however many there are. UTF-16 units. */
const MAX_ISSUE_LENGTH = 200

/** The value as the schema gives it. @param where what messages call the value @throws DistError request.invalid */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.slice(0, 20).map((issue) => ({
    path: cutText([where, ...issue.path.map(String)].join('.'), MAX_ISSUE_LENGTH),
    message: cutText(issueWords(issue), MAX_ISSUE_LENGTH),
  }))
  const first = issues[0]!
  throw new DistError('request.invalid', `${first.path}: ${first.message}`, { details: { issues } })
}
