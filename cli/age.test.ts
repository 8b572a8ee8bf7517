import assert from 'node:assert/strict'
import { test } from 'node:test'
import { age, daysOf } from './age.ts'

test('age() gives one short word', () => {
  const now = Date.parse('2026-11-21T12:00:00.000Z')
  const cases: [string, string][] = [
    ['2026-11-21T12:00:00.000Z', 'now'],
    ['2026-11-21T11:59:59.001Z', 'now'],
    ['2026-11-21T11:59:59.000Z', '1s'],
    ['2026-11-21T11:01:00.000Z', '59m'],
    ['2026-11-20T12:00:01.000Z', '23h'],
    ['2026-11-20T12:00:00.000Z', '1d'],
    ['2025-11-21T12:00:00.000Z', '1y'],
    ['2027-02-19T12:00:00.000Z', 'in 90d'],
    ['2027-02-19T11:59:59.000Z', 'in 90d'],
    ['2027-02-18T23:00:00.000Z', 'in 89d'],
    ['2026-11-21T23:59:59.000Z', 'in 12h'],
  ]
  for (const [instant, text] of cases) assert.equal(age(instant, now), text, instant)
})

test('daysOf() reads durations and nothing else', () => {
  assert.equal(daysOf('90d'), 90)
  assert.equal(daysOf('12h'), 0.5)
  assert.equal(daysOf('2w'), 14)
  assert.equal(daysOf('6m'), 180)
  assert.equal(daysOf('1y'), 365)
  for (const text of ['', '90', 'd', '-1d', '1.5d', '90 d', '90D', 'never', '999999d']) {
    assert.equal(daysOf(text), undefined, text)
  }
})
