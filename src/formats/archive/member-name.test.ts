import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { decodeMemberName, isUnsafeMemberName, quoteMemberName, symlinkCanLeave } from './member-name.ts'

test('quoteMemberName() shows text as text and other bytes in hex, both cut', () => {
  const vectors: [Uint8Array, string][] = [
    [utf8('a/b'), '"a/b"'],
    [utf8('\u00fc\u{1f5d2}'), '"\u00fc\u{1f5d2}"'],
    [utf8('a"b\n'), '"a\\"b\\n"'],
    [utf8(`${'a'.repeat(119)}\u{1f5d2}`), `"${'a'.repeat(119)}"`],
    [Uint8Array.of(0x66, 0xfc), '0x66fc'],
    [Uint8Array.of(0xed, 0xa0, 0x80), '0xeda080'],
    [new Uint8Array(60).fill(0xff), `0x${'ff'.repeat(60)}`],
    [new Uint8Array(61).fill(0xff), `0x${'ff'.repeat(60)}\u2026`],
  ]
  for (const [bytes, shown] of vectors) assert.equal(quoteMemberName(decodeMemberName(bytes)), shown)
})

test('decodeMemberName() lets every ASCII character of a name be seen, whatever its encoding', () => {
  assert.equal(isUnsafeMemberName(decodeMemberName(Uint8Array.of(...utf8('../'), 0xfc)).name), true)
})

test('isUnsafeMemberName() names what leaves the folder and nothing else', () => {
  for (const name of ['../a', 'a/../../b', '/etc/passwd', 'C:\\a', 'c:a', '..\\a', '\\\\host\\a', '..']) {
    assert.equal(isUnsafeMemberName(name), true, name)
  }
  for (const name of ['a', 'a/b', '..a/b..', 'a..b', './a', 'ab:c', 'a\0b', 'Payload/A.app/']) {
    assert.equal(isUnsafeMemberName(name), false, name)
  }
})

test('symlinkCanLeave() follows a target from the folder of its link, but up from no other name', () => {
  const leaving: [string, string][] = [
    ['l', '/etc'],
    ['l', '..'],
    ['l', 'C:\\x'],
    ['l', 'c:x'],
    ['l', '\\\\host\\x'],
    ['d/l', '../../etc'],
    ['d/l', '..\\..\\etc'],
    ['./d/./l', '../../etc'],
    ['l', 'a/../../b'],
    ['l', 'a/../b'],
    ['l', './a/./..'],
    ['l', 'a\\..\\b'],
    ['a/b/l', '../c/../d'],
    // Where "a/b/c/x" is a link to "../../..", which stays.
    ['y', 'a/b/c/x/../../etc'],
  ]
  for (const [name, target] of leaving) assert.equal(symlinkCanLeave(name, target), true, `${name} ${target}`)
  const staying: [string, string][] = [
    ['l', 'a'],
    ['l', './a/..b/.'],
    ['d/l', '..'],
    ['d/l', './/..//./a'],
    ['a/b/c/x', '../../..'],
    ['a/b/l', '../../c'],
    ['A.app/Contents/Frameworks/F.framework/F', 'Versions/Current/F'],
    ['l', '..a'],
  ]
  for (const [name, target] of staying) assert.equal(symlinkCanLeave(name, target), false, `${name} ${target}`)
})
