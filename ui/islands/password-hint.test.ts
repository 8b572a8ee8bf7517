import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passwordHint } from './password-hint.ts'

const HINTS: readonly (readonly [password: string, text: string, isGood: boolean])[] = [
  ['', 'At least 12 characters. Several words are fine.', false],
  ['short', '7 more characters', false],
  ['elevenchars', '1 more character', false],
  ['\u{1f600}'.repeat(6), '6 more characters', false],
  ['e\u0301'.repeat(11), '1 more character', false],
  ['aaaaaaaaaaaaaaaa', 'Easy to guess: it repeats a few characters', false],
  ['ADA-lovelace-1', 'Easy to guess: it holds your own name', false],
  ['abcdefghijklm', 'Easy to guess: it is a row of keys', false],
  ['0987654321098', 'Easy to guess: it is a row of keys', false],
  ['purple tonic', 'Long enough', true],
  ['correct horse battery', 'A good length', true],
]

for (const [password, text, isGood] of HINTS) {
  test(`of "${password}" the hint says: ${text}`, () => {
    const hint = passwordHint(password, 'ada-lovelace', 12)
    assert.deepEqual([hint.text, hint.isGood], [text, isGood])
    assert.ok(hint.part >= 0 && hint.part <= 1)
  })
}
