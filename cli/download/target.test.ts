import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistError } from '../../src/errors.ts'
import { parseTarget } from './target.ts'

const id = `rel_${'0'.repeat(26)}`
const cases: [text: string, channel: string | undefined, ref: string | undefined][] = [
  ['notes', undefined, 'latest'],
  ['notes@latest', undefined, 'latest'],
  ['notes@beta', 'beta', 'beta'],
  ['notes@1.4.0', undefined, '1.4.0'],
  ['notes@1.4.0+1040', undefined, '1.4.0+1040'],
  ['notes@2', '2', '2'],
  ['notes@nightly-', 'nightly-', 'nightly-'],
  [`notes@${id}`, undefined, id],
]

for (const [text, channel, ref] of cases) {
  test(`parseTarget() reads "${text}"`, () => {
    assert.deepEqual(parseTarget(text), { app: 'notes', channel, ref })
  })
}

test('parseTarget() refuses what names nothing', () => {
  for (const text of ['', '@beta', 'notes@', 'Notes', 'notes@a b', 'notes@1@2', 'a/b', '../x', 'notes@1+', 'notes@é']) {
    assert.throws(
      () => parseTarget(text),
      (error) => error instanceof DistError && error.code === 'usage.invalid',
      JSON.stringify(text),
    )
  }
})
