import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutText } from './cut-text.ts'

test('cutText() gives at most so many units and never half a surrogate pair', () => {
  const vectors: [string, number, string][] = [
    ['', 3, ''],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['abcd', 0, ''],
    ['ab\u{1f5d2}', 4, 'ab\u{1f5d2}'],
    ['ab\u{1f5d2}', 3, 'ab'],
    ['ab\u{1f5d2}c', 4, 'ab\u{1f5d2}'],
    ['\u{1f5d2}\u{1f5d2}', 1, ''],
    ['\u{1f5d2}\u{1f5d2}', 3, '\u{1f5d2}'],
  ]
  for (const [text, units, expected] of vectors) assert.equal(cutText(text, units), expected, `${text} ${units}`)
})

test('cutText() of text is text, and as long as it can be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 20 }), (text, units) => {
      const cut = cutText(text, units)
      assert.ok(cut.isWellFormed() && text.startsWith(cut) && cut.length <= units)
      assert.ok(cut.length >= Math.min(text.length, units - 1))
    }),
  )
})
