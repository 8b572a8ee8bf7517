import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { issueWords } from './issue-words.ts'
import { Line } from './text.ts'

const wordsOf = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues.map(issueWords)

test('bounds and choices are told in plain words, and what a schema says itself is kept', () => {
  const cases: [schema: z.ZodType, value: unknown, words: string[]][] = [
    [z.number().positive(), 0, ['must be above 0']],
    [z.number().min(3), 2, ['must be at least 3']],
    [z.number().max(365), 400, ['must be at most 365']],
    [z.number().lt(5), 5, ['must be below 5']],
    [z.string().min(1), '', ['must not be empty']],
    [z.string().min(3), 'ab', ['must have at least 3 characters']],
    [z.string().max(2), 'abc', ['must have at most 2 characters']],
    [z.array(z.string()).min(1), [], ['must not be empty']],
    [z.array(z.string()).max(1), ['a', 'b'], ['must have at most 1 entries']],
    [z.enum(['planned', 'hosted']), 'sealed', ['must be one of planned, hosted']],
    [z.string(), 1, ['expected string, received number']],
    [z.literal(1), 2, ['expected 1']],
    [z.string().min(1, 'is missing'), '', ['is missing']],
    [Line({ maxGraphemes: 5, maxBytes: 20 }), '', ['must not be empty']],
    [Line({ maxGraphemes: 5, maxBytes: 20 }), ' ', ['must have a visible character']],
  ]
  for (const [schema, value, words] of cases) assert.deepEqual(wordsOf(schema, value), words)
})
