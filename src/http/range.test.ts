import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseRange } from './range.ts'

const whole = { kind: 'whole' }
const unsatisfiable = { kind: 'unsatisfiable' }
const ranges = (...pairs: [number, number][]) => ({
  kind: 'ranges',
  ranges: pairs.map(([offset, length]) => ({ offset, length })),
})

test('parseRange() answers the table of RFC 9110 §14', () => {
  const table: [string | null, number, object][] = [
    [null, 10, whole],
    ['bytes=0-0', 10, ranges([0, 1])],
    ['bytes=0-9', 10, ranges([0, 10])],
    ['bytes=0-', 10, ranges([0, 10])],
    ['bytes=9-', 10, ranges([9, 1])],
    ['bytes=-1', 10, ranges([9, 1])],
    ['bytes=-10', 10, ranges([0, 10])],
    ['bytes=-11', 10, ranges([0, 10])],
    ['bytes=-0', 10, unsatisfiable],
    ['bytes=10-', 10, unsatisfiable],
    ['bytes=10-20', 10, unsatisfiable],
    ['bytes=0-0', 0, unsatisfiable],
    ['bytes=-5', 0, unsatisfiable],
    ['bytes=5-2', 10, whole],
    ['bytes=0-1000000000000000000000000000000', 10, ranges([0, 10])],
    [`bytes=${10 ** 30}-`, 10, whole],
    ['bytes=1000000000000000000000000000000-', 10, unsatisfiable],
    ['BYTES=1-2', 10, ranges([1, 2])],
    ['items=0-1', 10, whole],
    ['bytes 0-1', 10, whole],
    ['bytes=', 10, whole],
    ['bytes=-', 10, whole],
    ['bytes=a-b', 10, whole],
    ['bytes=+1-2', 10, whole],
    ['bytes=0x1-2', 10, whole],
    ['bytes=1-2-3', 10, whole],
    ['bytes=0-1,,4-5', 10, ranges([0, 2], [4, 2])],
    ['bytes=0-1, 4-5', 10, ranges([0, 2], [4, 2])],
    ['bytes=0-1,2-3', 10, ranges([0, 2], [2, 2])],
    ['bytes=0-1,20-30', 10, ranges([0, 2])],
    ['bytes=20-30,40-', 10, unsatisfiable],
    ['bytes=4-5,0-1', 10, whole],
    ['bytes=0-5,5-6', 10, whole],
    ['bytes=0-,0-', 10, whole],
    ['bytes=0-1,x', 10, whole],
    ['bytes=4294967295-4294967296', 2 ** 33, ranges([2 ** 32 - 1, 2])],
    ['bytes=4294967296-', 2 ** 32 + 3, ranges([2 ** 32, 3])],
    ['bytes=-4294967297', 2 ** 33, ranges([2 ** 32 - 1, 2 ** 32 + 1])],
  ]
  for (const [header, size, expected] of table)
    assert.deepEqual(parseRange(header, size), expected, `${header} of ${size}`)
})

test('parseRange() takes 1,000 ascending ranges and answers more with the whole file', () => {
  const list = (n: number) => `bytes=${Array.from({ length: n }, (_, i) => `${i * 2}-${i * 2}`).join(',')}`
  const answer = parseRange(list(1000), 5000)
  assert.equal(answer.kind === 'ranges' && answer.ranges.length, 1000)
  assert.deepEqual(parseRange(list(1001), 5000), whole)
  assert.deepEqual(parseRange(`bytes=${'0-,'.repeat(1000)}`, 5000), whole)
  assert.deepEqual(parseRange(`bytes=${'1'.repeat(100_000)}-`, 10), whole)
})

test('parseRange() reads no list that is longer than a header section may be', () => {
  const list = (length: number) => 'bytes=0-1,8-9'.padEnd(length, ',')
  assert.deepEqual(parseRange(list(16_384), 10), ranges([0, 2], [8, 2]))
  assert.deepEqual(parseRange(list(16_385), 10), whole)
})

test('parseRange() gives the bytes that a plain model gives, for 10,000 random headers', () => {
  const number = fc.integer({ min: 0, max: 40 })
  const spec = fc.oneof(
    fc.tuple(number, number).map(([a, b]) => `${a}-${b}`),
    number.map((a) => `${a}-`),
    number.map((a) => `-${a}`),
  )
  /** The positions that one range names, counted one by one; undefined when it is no range at all. */
  const model = (text: string, size: number): number[] | undefined => {
    const [first, last] = text.split('-') as [string, string]
    if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
    const from = first === '' ? Math.max(size - Number(last), 0) : Number(first)
    const to = first === '' || last === '' ? size - 1 : Number(last)
    return Array.from({ length: size }, (_, i) => i).filter((i) => i >= from && i <= to)
  }
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 32 }), (specs, size) => {
      const wanted = specs.map((text) => model(text, size))
      const answer = parseRange(`bytes=${specs.join(', ')}`, size)
      const flat = wanted.flatMap((positions) => positions ?? [])
      const isAscending = flat.every((at, i) => i === 0 || at > flat[i - 1]!)
      if (wanted.includes(undefined) || !isAscending) return assert.deepEqual(answer, whole)
      if (flat.length === 0) return assert.deepEqual(answer, unsatisfiable)
      assert.ok(answer.kind === 'ranges')
      const got = answer.ranges.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i))
      assert.deepEqual(got, flat)
      assert.ok(got.length <= size)
    }),
    { numRuns: 10_000 },
  )
})
