import assert from 'node:assert/strict'
import test from 'node:test'
import { cutColumns, displayWidth, padColumns, printable, table } from './width.ts'

test('displayWidth() counts columns as a terminal shows them', () => {
  const cases: [string, number][] = [
    ['', 0],
    ['Notes', 5],
    ['é', 1],
    ['e\u0301', 1],
    ['日本語', 6],
    ['ｶﾅ', 2],
    ['ＡＢ', 4],
    ['한국어', 6],
    ['\u1112\u1161\u11ab', 2],
    ['😀', 2],
    ['👨‍👩‍👧‍👦', 2],
    ['👍🏽', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['❤', 1],
    ['1️⃣', 2],
    ['a\u200bb', 2],
    ['नमस्ते', 4],
    ['\u0000', 0],
    ['Ω≈ç', 3],
  ]
  for (const [text, columns] of cases) assert.equal(displayWidth(text), columns, JSON.stringify(text))
})

test('table() lines its columns up whatever the script', () => {
  const text = table(
    ['APP', 'NAME', 'STATE'],
    [
      ['notes', '日本語メモ', 'public'],
      ['family', '👨‍👩‍👧‍👦 album', 'private'],
      ['plain', 'Plain', 'x'],
    ],
  )
  const columns = text
    .trimEnd()
    .split('\n')
    .map((line) => displayWidth(line.replace(/\S+$/, '')))
  assert.equal(new Set(columns).size, 1, text)
})

test('printable() disarms what would move the cursor or reorder the line', () => {
  assert.equal(printable('a\u001b[2Jb\u202ec\n'), 'a\\u{1b}[2Jb\\u{202e}c\\u{a}')
  assert.equal(printable('a\nb', { lines: true }), 'a\nb')
  assert.equal(printable('a\u2028b\u2029c\td'), 'a\\u{2028}b\\u{2029}c\\u{9}d')
  assert.equal(printable('a\u2028b\r\n', { lines: true }), 'a\\u{2028}b\\u{d}\n', 'no line break of ours')
})

test('cutColumns() and padColumns() work by columns', () => {
  assert.equal(cutColumns('日本語', 5), '日本…')
  assert.equal(cutColumns('abc', 3), 'abc')
  assert.equal(padColumns('日本', 6), '日本  ')
})
