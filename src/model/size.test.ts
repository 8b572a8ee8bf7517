import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeText } from './size.ts'

test('sizeText() keeps three digits at most', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [10_188, '9.9 KiB'],
    [10_189, '10 KiB'],
    [8_412_345, '8.0 MiB'],
    [1024 ** 3 - 1, '1.0 GiB'],
    [16 * 1024 ** 3, '16 GiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ]
  for (const [bytes, text] of cases) assert.equal(sizeText(bytes), text, String(bytes))
})
