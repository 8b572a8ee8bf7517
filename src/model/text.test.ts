import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  byteLength,
  controlOrBidiIn,
  graphemeCount,
  hasControlOrBidi,
  Instant,
  invisibleIn,
  Line,
  Prose,
  scalarCount,
} from './text.ts'

test('byteLength(), scalarCount() and graphemeCount() are three different lengths', () => {
  const vectors: [string, bytes: number, scalars: number, graphemes: number][] = [
    ['', 0, 0, 0],
    ['a', 1, 1, 1],
    ['\u00e9', 2, 1, 1],
    ['e\u0301', 3, 2, 1],
    ['\u6f22\u5b57', 6, 2, 2],
    ['\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}', 25, 7, 1],
    ['\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}', 16, 4, 2],
    ['\u{10ffff}', 4, 1, 1],
  ]
  for (const [text, bytes, scalars, graphemes] of vectors) {
    assert.deepEqual([byteLength(text), scalarCount(text), graphemeCount(text)], [bytes, scalars, graphemes], text)
  }
})

test('hasControlOrBidi() finds C0, C1, DEL and what reorders a line', () => {
  for (const bad of [
    '\0',
    '\t',
    '\n',
    '\r',
    '\x1b',
    '\x7f',
    '\x85',
    '\u061c',
    '\u200e',
    '\u200f',
    '\u202e',
    '\u2066',
    '\u2069',
  ]) {
    assert.ok(hasControlOrBidi(`a${bad}b`), JSON.stringify(bad))
  }
  assert.ok(!hasControlOrBidi('\u05e9\u05dc\u05d5\u05dd, caf\u00e9 \u{1f680}'), 'right-to-left letters are letters')
})

test('controlOrBidiIn() and invisibleIn() name the first of their characters', () => {
  assert.equal(controlOrBidiIn('a\u202eb\0'), 'U+202E')
  assert.equal(controlOrBidiIn('a\tb'), 'U+0009')
  assert.equal(controlOrBidiIn('a\u200bb'), undefined)
  assert.equal(invisibleIn('a\ufeff\u2028'), 'U+FEFF')
  assert.equal(invisibleIn('\u{1f469}\u200d\u{1f467} \u2764\ufe0f'), undefined)
})

test('Line() counts bytes and graphemes apart', () => {
  const line = Line({ maxGraphemes: 2, maxBytes: 30 })
  const family = '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}'
  assert.ok(line.safeParse(`${family}x`).success)
  assert.ok(!line.safeParse('xyz').success, 'three graphemes')
  assert.ok(!line.safeParse(family + family).success, 'fifty bytes')
  for (const bad of ['', 'a\nb', 'a\ud800', '\udc00', '\u202ea'])
    assert.ok(!line.safeParse(bad).success, JSON.stringify(bad))
})

test('Line() wants something to see', () => {
  const line = Line({ maxGraphemes: 10, maxBytes: 30 })
  for (const blank of [' ', '   ', '\u00a0', '\u2003\u3000', '\u200b', '\u200d \ufeff', '\u3164', '\u00ad'])
    assert.ok(!line.safeParse(blank).success, JSON.stringify(blank))
  for (const good of [' a', '.', '0', '\u0301', '\u{1f680}', '\u6f22']) assert.ok(line.safeParse(good).success, good)
})

test('Prose() takes tabs and line breaks, and refuses other controls and lone surrogates', () => {
  const prose = Prose({ maxBytes: 20 })
  for (const good of ['', 'a\n\tb\r\n', '\u200f\u05e9']) assert.ok(prose.safeParse(good).success, JSON.stringify(good))
  for (const bad of ['\0', '\x1b[31m', '\u202e', '\ud800', 'a'.repeat(21), '\u6f22'.repeat(7)]) {
    assert.ok(!prose.safeParse(bad).success, JSON.stringify(bad))
  }
})

test('Instant takes RFC 3339 in UTC with milliseconds only', () => {
  assert.ok(Instant.safeParse('2026-11-21T01:27:13.000Z').success)
  for (const bad of [
    '2026-11-21',
    '2026-11-21T01:27:13Z',
    '2026-11-21T01:27:13.000+01:00',
    '2026-02-30T00:00:00.000Z',
  ]) {
    assert.ok(!Instant.safeParse(bad).success, bad)
  }
})
