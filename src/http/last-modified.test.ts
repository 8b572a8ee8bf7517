import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUnmodified, lastModified } from './last-modified.ts'

const AT = Date.UTC(2026, 10, 21, 12, 0, 0)
const SECOND = AT / 1000
const DATE = 'Sat, 21 Nov 2026 12:00:00 GMT'

test('lastModified() is never later than now, and never earlier than it is', () => {
  assert.equal(lastModified(SECOND, AT + 5000), DATE)
  assert.equal(lastModified(SECOND, AT), DATE)
  assert.equal(lastModified(SECOND, AT - 1), undefined)
  assert.equal(lastModified(SECOND + 200, AT), undefined, 'after many replacements within a second')
})

test('isUnmodified() goes by a date between the last replacement and now', () => {
  assert.ok(isUnmodified(DATE, SECOND, AT + 1000))
  assert.ok(isUnmodified(DATE, SECOND - 9, AT))
  assert.ok(!isUnmodified(DATE, SECOND + 1, AT + 60_000), 'replaced later')
  assert.ok(!isUnmodified(DATE, SECOND - 9, AT - 1), 'a date to come')
})

test('isUnmodified() takes no date that is written otherwise', () => {
  for (const text of [
    null,
    '',
    '0',
    '-1',
    '2026-11-21T12:00:00Z',
    'Saturday, 21-Nov-26 12:00:00 GMT',
    'Sat Nov 21 12:00:00 2026',
    'Sat, 21 Nov 2026 12:00:00 +0000',
    'Sat, 99 Nov 2026 12:00:00 GMT',
    `${DATE}, ${DATE}`,
  ])
    assert.ok(!isUnmodified(text, SECOND, AT + 1000), String(text))
})
