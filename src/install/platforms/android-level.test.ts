import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiLevels, levelFor, levelOf } from './android-level.ts'

test('a version of Android stands for its API level, or for several where it does not say which', () => {
  const vectors: [string | null, number | undefined, number | undefined][] = [
    ['17', 37, 37],
    ['16.0.0', 36, 36],
    ['12', 31, 32],
    ['12.0.0', 31, 32],
    ['9', 28, 28],
    ['8.1.0', 27, 27],
    ['8.0', 26, 26],
    ['8', 26, 27],
    ['4.4', 19, 20],
    // Newer than what is known here.
    ['18', 38, 38],
    ['20', 40, 40],
    ['8.5', undefined, undefined],
    ['0', undefined, undefined],
    ['1000', undefined, undefined],
    ['14-beta', undefined, undefined],
    ['Q', undefined, undefined],
    ['', undefined, undefined],
    [null, undefined, undefined],
  ]
  for (const [version, lowest, highest] of vectors) {
    const levels = apiLevels(version)
    assert.deepEqual([levels?.lowest, levels?.highest], [lowest, highest], `${version}`)
  }
  assert.deepEqual(
    [levelOf('26'), levelOf('Q'), levelOf(undefined), levelOf('999999')],
    [26, undefined, undefined, undefined],
  )
})

test('what holds for some systems is an error for those alone, and a warning where the system is not known', () => {
  assert.equal(levelFor('14', { from: 34 }), 'error')
  assert.equal(levelFor('13', { from: 34 }), 'info')
  assert.equal(levelFor('6', { to: 23 }), 'error')
  assert.equal(levelFor('7', { to: 23 }), 'info')
  assert.equal(levelFor('12', { from: 32 }), 'warning', '12 or 12L')
  assert.equal(levelFor(null, { from: 34 }), 'warning')
})
