import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonLimitError, LoneSurrogateError, MAX_DEPTH, parseStrictJson } from './strict-json.ts'

test('parseStrictJson() gives what JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      try {
        assert.deepEqual(parseStrictJson(text), JSON.parse(text))
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        assert.match(error.message, /surrogate|__proto__/)
      }
    }),
    { numRuns: 500 },
  )
})

test('parseStrictJson() refuses every text that JSON.parse refuses', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[[\]{}",:0-9.eE+\-truefalsn\\ ]{1,12}$/), (text) => {
      try {
        JSON.parse(text)
      } catch {
        assert.throws(() => parseStrictJson(text), SyntaxError)
      }
    }),
    { numRuns: 5000 },
  )
})

test('parseStrictJson() tells lone surrogates from all other problems by their class', () => {
  for (const text of ['"\\ud800"', '"a\\udc00b"', '{"\\ud800":1}', '["\\udc00\\ud800"]'])
    assert.throws(() => parseStrictJson(text), LoneSurrogateError, text)
  assert.throws(
    () => parseStrictJson('{"surrogate":1,"surrogate":2}'),
    (error) => error instanceof SyntaxError && !(error instanceof LoneSurrogateError),
  )
})

test('parseStrictJson() refuses what programs read differently, naming the reason', () => {
  const vectors: [string, RegExp][] = [
    ['{"a":1,"a":2}', /"a" is given twice \(line 1\)/],
    ['{"a":1,"\\u0061":2}', /is given twice/],
    ['{"__proto__":{"x":1}}', /__proto__/],
    ['{"\\u005f_proto__":1}', /__proto__/],
    ['1e400', /number out of range/],
    ['-1e400', /number out of range/],
    ['"\\ud800"', /lone surrogate/],
    ['"\\udc00\\ud800"', /lone surrogate/],
    ['{"\\ud800":1}', /lone surrogate/],
    ['NaN', /unexpected character/],
    ['Infinity', /unexpected character/],
    ['01', /after the value/],
    ['+1', /unexpected character/],
    ['.5', /unexpected character/],
    ['1.', /after the value/],
    ["'a'", /unexpected character/],
    ['[1,]', /unexpected character/],
    ['{"a":1,}', /expected a string/],
    ['{a:1}', /expected a string/],
    ['[1', /expected "," or "]"/],
    ['"a\nb"', /expected a string/],
    ['"\\x41"', /expected a string/],
    ['', /unexpected end/],
    ['1 2', /after the value/],
    ['\ufeff{}', /unexpected character/],
    ['// c\n1', /unexpected character/],
    ['\u00a01', /unexpected character/],
  ]
  for (const [text, reason] of vectors) {
    assert.throws(
      () => parseStrictJson(text),
      (error) => error instanceof SyntaxError && reason.test(error.message),
      text,
    )
  }
})

test('parseStrictJson() keeps constructor and other inherited names as plain keys', () => {
  const value = parseStrictJson('{"constructor":1,"toString":2,"hasOwnProperty":3}') as object
  assert.deepEqual(Object.keys(value), ['constructor', 'toString', 'hasOwnProperty'])
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
})

test('parseStrictJson() takes 64 levels, refuses 65, and 100,000 do not overflow the stack', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.ok(Array.isArray(parseStrictJson(nested(MAX_DEPTH + 1))))
  assert.throws(() => parseStrictJson(nested(MAX_DEPTH + 2)), /nested deeper/)
  assert.throws(() => parseStrictJson(nested(100_000)), /nested deeper/)
  assert.throws(() => parseStrictJson('{"a":'.repeat(100_000)), /nested deeper/)
})

test('parseStrictJson() reads long strings, long numbers and many keys without giving up', () => {
  const long = 'x'.repeat(1_000_000)
  assert.equal(parseStrictJson(JSON.stringify(long)), long)
  const escaped = '\\n'.repeat(300_000)
  assert.equal((parseStrictJson(`"${escaped}"`) as string).length, 300_000)
  assert.equal(parseStrictJson(`0.${'1'.repeat(100_000)}`), 1 / 9)
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]))
  assert.deepEqual(parseStrictJson(JSON.stringify(many)), many)
})

test('parseStrictJson() ends on 100 KB of text that never closes', () => {
  for (const text of [
    `"${'\\'.repeat(99_999)}`,
    `"${'a'.repeat(100_000)}`,
    ' '.repeat(100_000),
    '1'.repeat(100_000),
    `${'[1,'.repeat(30)}${' '.repeat(100_000)}`,
  ]) {
    assert.throws(() => parseStrictJson(text), SyntaxError)
  }
})

test('parseStrictJson() counts every value where there is a limit', () => {
  const text = '{"a":[1,{"b":null}],"c":"x"}'
  assert.deepEqual(parseStrictJson(text, { maxValues: 6 }), { a: [1, { b: null }], c: 'x' })
  assert.throws(() => parseStrictJson(text, { maxValues: 5 }), JsonLimitError)
  assert.throws(() => parseStrictJson('['.repeat(10), { maxValues: 5 }), JsonLimitError)
})

test('parseStrictJson() reads strings of 16 MiB, plain, escaped and never closed', () => {
  const half = 8 << 20
  assert.equal((parseStrictJson(`"${'x'.repeat(2 * half)}"`) as string).length, 2 * half)
  assert.equal((parseStrictJson(`"${'\\n'.repeat(half)}"`) as string).length, half)
  assert.throws(() => parseStrictJson(`"${'\\n'.repeat(half)}`), SyntaxError)
  assert.equal(parseStrictJson(`${' '.repeat(2 * half)}7`), 7)
  assert.equal(parseStrictJson(`0.${'1'.repeat(2 * half)}`), 1 / 9)
})
