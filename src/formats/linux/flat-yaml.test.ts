import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FormatError } from '../format-error.ts'
import { parseFlatYaml } from './flat-yaml.ts'

test('parseFlatYaml() reads scalars and lists, and leaves out what means more', () => {
  const vectors: [string, string | string[] | undefined][] = [
    ['k: v', 'v'],
    ['k:   v w  # note', 'v w'],
    ['k: a#b', 'a#b'],
    ["k: 'it''s'  # note", "it's"],
    ['k: "a # b"', 'a # b'],
    ['"k": v', 'v'],
    ['---\nk: v\n...\nk: w', 'v'],
    ['k: v\r\n', 'v'],
    ['k: [a, "b", c]', ['a', 'b', 'c']],
    ['k: []', []],
    ['k:\n- a\n- b # note\n', ['a', 'b']],
    ['k:\n\n  # note\n  - a', ['a']],
    ['k:', undefined],
    ['k: "a\\n"', undefined],
    ['k: "a" b', undefined],
    ['k: |\n  v', undefined],
    ['k: >-\n  v', undefined],
    ['k: v\n  w', undefined],
    ['k: &a v', undefined],
    ['k: *a', undefined],
    ['k: !!str v', undefined],
    ['k: {a: b}', undefined],
    ['k: a: b', undefined],
    ['k: [a, [b]]', undefined],
    ['k: [a', undefined],
    ['k:\n  a: b', undefined],
    ['k:\n- a: b', undefined],
    ['k:\n- a\n  b', undefined],
  ]
  for (const [text, expected] of vectors) {
    assert.deepEqual(parseFlatYaml(text).get('k'), expected, text)
    assert.equal(parseFlatYaml(`${text}\nlast: x`.replace('...\nk: w\nlast', 'last')).get('last'), 'x', text)
  }
})

test('parseFlatYaml() refuses what is no mapping, and keys that occur twice', () => {
  for (const text of ['- a', '  a: b', 'a', 'k: a\nk: b', 'k:\nk: b', '? a', '{a: b}'])
    assert.throws(() => parseFlatYaml(text), FormatError, text)
})
