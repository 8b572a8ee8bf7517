import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestHex, digestOf } from '../src/bytes/digest.ts'
import { ASSETS, ICON, SCRIPT, STYLE } from './assets.gen.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** Bytes as they are sent, uncompressed. A page that needs more is worth a thought. */
const BUDGET = new Map([
  [STYLE, 14_500],
  [SCRIPT, 20_000],
  [ICON, 400],
])

test('style, script and icon stay small', () => {
  assert.deepEqual([...BUDGET.keys()], ASSETS)
  for (const [{ path, text }, bytes] of BUDGET) {
    const size = bytesOf(text).byteLength
    assert.ok(size > 100 && size <= bytes, `${path} has ${size} bytes of ${bytes}`)
  }
})

test('the path of an asset is that of its content, which loads nothing further', () => {
  for (const { path, text } of ASSETS) {
    assert.match(path, /^\/assets\/[a-z]+\.[0-9a-f]{16}\.(?:css|js|svg)$/)
    assert.ok(path.includes(digestHex(digestOf(bytesOf(text))).slice(0, 16)), path)
    assert.doesNotMatch(text.replaceAll('http://www.w3.org/', ''), /@import|url\(|https?:\/\//, path)
  }
})

test('the style knows light and dark, keeps what its minifier must not break, and the script evaluates nothing', () => {
  for (const kept of [
    'light-dark(#1c1f23,#e6e8ea)',
    ':focus-visible{',
    '@media (max-width:40rem){',
    'min-height:2.75rem',
  ])
    assert.ok(STYLE.text.includes(kept), kept)
  const count = (mark: string) => STYLE.text.split(mark).length
  assert.equal(count('{'), count('}'))
  assert.doesNotMatch(SCRIPT.text, /\beval\(|\bFunction\(/)
})
