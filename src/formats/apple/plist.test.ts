import assert from 'node:assert/strict'
import { test } from 'node:test'
import { multiplyingPlist, overlappingPlist } from '../../../test/fixtures/bombs.ts'
import { assembleBinaryPlist, buildBinaryPlist, buildXmlPlist } from '../../../test/fixtures/bplist-writer.ts'
import { ByteWriter, concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { mutate, prefixes, seededRandom } from '../../../test/suites/mutations.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { decodePlist } from './plist.ts'
import { isPlistDict, type PlistValue } from './plist-value.ts'

/** Bun stops a test after five seconds by itself, which a busy machine needs for thousands of inputs. */
const MANY_MS = 120_000

const SAMPLE = {
  CFBundleIdentifier: 'com.example.notes',
  CFBundleName: 'N\u00f6tes & <co> \u{1f5d2}',
  Empty: '',
  Flags: [true, false, 7],
  When: new Date('2026-11-21T01:27:13Z'),
  Icon: Uint8Array.of(0, 1, 254, 255),
  Nested: { constructor: 'data', __proto__x: 'data', list: [{ deep: 'yes' }] },
}

/** As ordinary objects, for comparing. */
function plain(value: PlistValue): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (isPlistDict(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  return value
}

const xml = (inner: string) => utf8(`<?xml version="1.0" encoding="UTF-8"?><plist version="1.0">${inner}</plist>`)

test('decodePlist() reads the same values from binary and XML', () => {
  assert.deepEqual(plain(decodePlist(buildBinaryPlist(SAMPLE))), SAMPLE)
  assert.deepEqual(plain(decodePlist(utf8(buildXmlPlist(SAMPLE)))), SAMPLE)
})

test('decodePlist() reads XML in UTF-16 and with a byte order mark', () => {
  const text = buildXmlPlist(SAMPLE)
  const wide = text.replace('UTF-8', 'UTF-16')
  const units = (little: boolean) => {
    const out = new ByteWriter()
    for (const unit of `\ufeff${wide}`.split('').map((c) => c.charCodeAt(0))) {
      if (little) out.u16le(unit)
      else out.u8(unit >> 8, unit)
    }
    return out.done()
  }
  for (const bytes of [utf8(`\ufeff${text}`), units(true), units(false)]) {
    assert.deepEqual(plain(decodePlist(bytes)), SAMPLE)
  }
})

test('decodePlist() keeps "__proto__" and "constructor" as data in both forms', () => {
  const hostile =
    '<dict><key>__proto__</key><dict><key>polluted</key><true/></dict><key>constructor</key><string>x</string></dict>'
  const binary = assembleBinaryPlist([
    Uint8Array.of(0xd1, 0, 1, 0, 2),
    concat(Uint8Array.of(0x59), utf8('__proto__')),
    Uint8Array.of(0xd1, 0, 3, 0, 4),
    concat(Uint8Array.of(0x58), utf8('polluted')),
    Uint8Array.of(9),
  ])
  for (const bytes of [xml(hostile), binary]) {
    const dict = decodePlist(bytes)
    assert.ok(isPlistDict(dict))
    assert.equal(Object.getPrototypeOf(dict), null)
    assert.ok(Object.hasOwn(dict, '__proto__'))
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  }
})

const LAUGHS = `<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<plist version="1.0"><string>&b;</string></plist>`

const REFUSED_XML: readonly (readonly [string, string | Uint8Array])[] = [
  ['a billion laughs', utf8(LAUGHS)],
  [
    'an external entity',
    utf8('<!DOCTYPE plist [<!ENTITY x SYSTEM "file:///etc/passwd">]><plist><string>&x;</string></plist>'),
  ],
  ['another document type', utf8('<!DOCTYPE html><plist version="1.0"><string>a</string></plist>')],
  ['an unknown entity', xml('<string>&nbsp;</string>')],
  ['a reference to a surrogate', xml('<string>&#xD800;</string>')],
  ['a reference beyond Unicode', xml('<string>&#x110000;</string>')],
  ['CDATA', xml('<string><![CDATA[<]]></string>')],
  ['an unknown element', xml('<dict><key>a</key><script>1</script></dict>')],
  ['attributes', xml('<string id="1">a</string>')],
  ['unbalanced elements', xml('<dict><key>a</key><array></dict></array>')],
  ['a key without a value', xml('<dict><key>a</key></dict>')],
  ['a value without a key', xml('<dict><string>a</string></dict>')],
  ['a key that occurs twice', xml('<dict><key>a</key><true/><key>a</key><false/></dict>')],
  ['several values', xml('<string>a</string><string>b</string>')],
  ['no value', xml('')],
  ['a number that is not one', xml('<integer>12abc</integer>')],
  ['data that is not base64', xml('<data>a</data>')],
  ['text between values', xml('<array>text<true/></array>')],
  ['a cut end', utf8('<plist version="1.0"><dict><key>a</key>')],
  [
    'invalid UTF-8',
    concat(utf8('<plist version="1.0"><string>'), Uint8Array.of(0xc3, 0x28), utf8('</string></plist>')),
  ],
  ['UTF-7', utf8('<?xml version="1.0" encoding="UTF-7"?><plist version="1.0"><string>+ADw-</string></plist>')],
  ['empty bytes', new Uint8Array(0)],
]

for (const [what, input] of REFUSED_XML) {
  test(`decodePlist() refuses XML with ${what}`, () => {
    assert.throws(() => decodePlist(typeof input === 'string' ? utf8(input) : input), FormatError)
  })
}

test('decodePlist() decodes references once', () => {
  assert.equal(decodePlist(xml('<string>&#38;lt; &#x3C; &amp;lt; &#x1F5D2;</string>')), '&lt; < &lt; \u{1f5d2}')
})

test('decodePlist() refuses nesting of 100 000 levels and more than 4 MiB', () => {
  assert.throws(() => decodePlist(xml('<array>'.repeat(100_000))), FormatLimitError)
  assert.throws(() => decodePlist(new Uint8Array(5 << 20)), FormatLimitError)
})

test('decodePlist() refuses binary cycles, deep nesting and shared references without end', () => {
  const itself = assembleBinaryPlist([Uint8Array.of(0xa1, 0, 0)])
  const eachOther = assembleBinaryPlist([Uint8Array.of(0xa1, 0, 1), Uint8Array.of(0xa1, 0, 0)])
  const deep = assembleBinaryPlist(Array.from({ length: 5000 }, (_, i) => Uint8Array.of(0xa1, (i + 1) >> 8, i + 1)))
  const laughs = assembleBinaryPlist(
    Array.from({ length: 40 }, (_, i) => Uint8Array.of(0xa4, 0, i + 1, 0, i + 1, 0, i + 1, 0, i + 1)),
  )
  for (const bytes of [itself, eachOther, deep, laughs]) assert.throws(() => decodePlist(bytes), FormatError)
})

test('decodePlist() refuses texts and data that overlap before they are copied', () => {
  // One second for a few thousand of them would already be 8 GiB.
  for (const marker of [0x4f, 0x5f, 0x6f])
    assert.throws(() => decodePlist(overlappingPlist(5000, marker)), FormatLimitError)
})

test('decodePlist() refuses more than 100 000 values in both forms', () => {
  const list = (count: number) => xml(`<array>${'<true/>'.repeat(count)}</array>`)
  assert.equal((decodePlist(list(99_999)) as PlistValue[]).length, 99_999)
  assert.throws(() => decodePlist(list(100_000)), FormatLimitError)
  assert.throws(() => decodePlist(multiplyingPlist(60)), FormatLimitError)
  assert.throws(() => decodePlist(xml(`<string>${'&amp;'.repeat(100_001)}</string>`)), FormatLimitError)
})

test('decodePlist() refuses absurd counts, offsets and lengths in binary', () => {
  const good = buildBinaryPlist({ a: 'b' })
  for (const [offset, value] of [
    [16, 2 ** 31],
    [8, 2 ** 31],
    [24, 2 ** 31],
    [0, 0],
  ] as const) {
    const bytes = Uint8Array.from(good)
    new DataView(bytes.buffer).setUint32(bytes.length - 32 + offset + (offset === 0 ? 6 : 4), value)
    assert.throws(() => decodePlist(bytes), FormatError)
  }
  assert.throws(
    () => decodePlist(assembleBinaryPlist([Uint8Array.of(0xaf, 0x12, 0x7f, 0xff, 0xff, 0xff)])),
    FormatError,
  )
  assert.throws(
    () => decodePlist(assembleBinaryPlist([Uint8Array.of(0x6f, 0x12, 0x7f, 0xff, 0xff, 0xff)])),
    FormatError,
  )
  assert.throws(() => decodePlist(assembleBinaryPlist([Uint8Array.of(9)], 2 ** 40)), FormatError)
})

test('decodePlist() ends every prefix and 2000 damaged copies with a value or a FormatError', {
  timeout: MANY_MS,
}, () => {
  const random = seededRandom(7)
  for (const good of [buildBinaryPlist(SAMPLE), utf8(buildXmlPlist(SAMPLE))]) {
    const inputs = [...prefixes(good), ...Array.from({ length: 2000 }, () => mutate(good, random))]
    for (const bytes of inputs) {
      try {
        decodePlist(bytes)
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
        assert.doesNotMatch(String(error), /call stack/)
      }
    }
  }
})
