import type { z } from 'zod'

/**
 * What is wrong with a value, as this product says it: the library's own sentences, such as `Too small: expected number
 * to be >0`, are for programmers. A sentence that a schema has of its own stays.
 */
export function issueWords(issue: z.core.$ZodIssue): string {
  const { message } = issue
  if (issue.code === 'too_small' && message.startsWith('Too small: ')) {
    const { origin, minimum, inclusive } = issue
    if (COUNTED[origin] === undefined) return `must be ${inclusive ? 'at least' : 'above'} ${minimum}`
    return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} ${COUNTED[origin]}`
  }
  if (issue.code === 'too_big' && message.startsWith('Too big: ')) {
    const { origin, maximum, inclusive } = issue
    if (COUNTED[origin] === undefined) return `must be ${inclusive ? 'at most' : 'below'} ${maximum}`
    return `must have at most ${maximum} ${COUNTED[origin]}`
  }
  if (issue.code === 'invalid_value' && message.startsWith('Invalid option: '))
    return `must be one of ${issue.values.map(String).join(', ')}`
  return message.replace(/^Invalid input: /, '')
}

/** What the length of such a value counts. */
const COUNTED: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', set: 'entries' }
