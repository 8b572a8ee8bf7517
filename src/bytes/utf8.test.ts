import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUtf8 } from './utf8.ts'

test('decodeUtf8() gives the text without its byte order mark', () => {
  for (const text of ['', 'a', '\u00fc \u6f22 \u{1f5d2}', '\u{10ffff}', '\ufffd', 'a\ufeff'])
    assert.equal(decodeUtf8(new TextEncoder().encode(text)), text)
  assert.equal(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), 'a')
})

test('decodeUtf8() refuses what is not UTF-8, and reads the next text as if nothing was', () => {
  const table = [
    [0xff],
    [0xc3, 0x28],
    [0xc3],
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0x61, 0xf0, 0x9f],
  ]
  for (const bytes of table) {
    assert.throws(() => decodeUtf8(Uint8Array.from(bytes)), SyntaxError, String(bytes))
    assert.equal(decodeUtf8(Uint8Array.of(0x62)), 'b')
  }
})
