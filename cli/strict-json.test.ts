import assert from 'node:assert/strict'
import test from 'node:test'
import { refuseDuplicateKeys } from './strict-json.ts'

test('refuseDuplicateKeys() accepts keys that only look alike', () => {
  for (const text of [
    '{}',
    '[]',
    '"a"',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"\\"a\\":","b":"{,}"}',
    '{"a":["a","a"]}',
  ]) {
    refuseDuplicateKeys(text)
  }
})

test('refuseDuplicateKeys() finds a key twice, however it is written', () => {
  assert.throws(() => refuseDuplicateKeys('{"a":1,"a":2}'), /"a" is given twice \(line 1\)/)
  assert.throws(() => refuseDuplicateKeys('{"a":1,\n"\\u0061":2}'), /"a" is given twice \(line 2\)/)
  assert.throws(() => refuseDuplicateKeys('{"x":[1,{"b":{},"c":[],"b":1}]}'), /"x\[1\]\.b" is given twice/)
})
