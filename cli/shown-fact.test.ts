import assert from 'node:assert/strict'
import test from 'node:test'
import { factText, firstLine, listed } from './shown-fact.ts'

test('firstLine() keeps 200 characters of the first line, as people count them', () => {
  assert.equal(firstLine('MIT'), 'MIT')
  assert.equal(firstLine('x'.repeat(200)), 'x'.repeat(200))
  assert.equal(firstLine('x'.repeat(4096)), `${'x'.repeat(200)}…`)
  assert.equal(firstLine('Copyright\nAll rights reserved'), 'Copyright…')
  const family = '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}'
  assert.equal(firstLine(family.repeat(201)), `${family.repeat(200)}…`)
})

test('factText() gives sizes their unit', () => {
  assert.equal(factText('installedSize', '277'), '277 KiB')
  assert.equal(factText('installedSize', 'much'), 'much')
  assert.equal(factText('imageBytes', 10 << 20), '10 MiB')
  assert.equal(factText('pageCount', 200), '200')
  assert.equal(factText('uses', ['a', 'b']), 'a, b')
})

test('listed() cuts a list and what is in it', () => {
  assert.equal(listed(['a', 'x'.repeat(300)]), `a, ${'x'.repeat(200)}…`)
  assert.equal(listed(Array.from({ length: 10 }, (_, i) => String(i))), '0, 1, 2, 3, 4, 5, 6, 7 and 2 more')
  assert.equal(listed(undefined), undefined)
})
