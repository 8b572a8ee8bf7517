import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter, concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { mutate, prefixes, seededRandom } from '../../../test/suites/mutations.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { attribute, child, children, childText, MAX_XML_BYTES, parseXml } from './xml.ts'

const parse = (text: string) => parseXml(utf8(text), 'sample')

const SAMPLE = `<?xml version="1.0" encoding="utf-8" standalone='yes'?>
<!-- notes -->
<Package xmlns="urn:a" xmlns:u="urn:u" u:kind='x &amp; "y"'>
  <Identity Name="N\u00f6tes &#x1F5D2;"/>
  <Note>one <![CDATA[<two> & ]]>&lt;three&#62;</Note><u:Note/>
  <?target ignored?>
  <Inner xmlns="urn:inner" xmlns:u="urn:other"><u:Deep a = "1
2"/></Inner><Note>last\r\nline</Note>
</Package>
`

test('parseXml() gives elements, attributes and text with namespaces', () => {
  const root = parse(SAMPLE)
  assert.equal(root.name, 'Package')
  assert.equal(root.namespace, 'urn:a')
  assert.equal(attribute(root, 'u:kind'), 'x & "y"')
  assert.equal(attribute(child(root, 'Identity'), 'Name'), 'N\u00f6tes \u{1f5d2}')
  assert.deepEqual(
    children(root, 'Note').map(({ name, namespace, text }) => [name, namespace, text]),
    [
      ['Note', 'urn:a', 'one <two> & <three>'],
      ['u:Note', 'urn:u', ''],
      ['Note', 'urn:a', 'last\nline'],
    ],
  )
  const deep = child(child(root, 'Inner'), 'Deep')
  assert.equal(deep?.namespace, 'urn:other')
  assert.equal(attribute(deep, 'a'), '1 2')
  assert.equal(attribute(deep, 'constructor'), undefined)
  assert.equal(childText(root, 'Note'), 'one <two> & <three>')
  assert.equal(childText(root, 'None'), undefined)
  assert.equal(child(child(root, 'None'), 'None'), undefined)
})

function utf16(text: string, order: 'le' | 'be', mark = '\ufeff'): Uint8Array {
  const out = new ByteWriter()
  for (const unit of `${mark}${text}`.split('').map((c) => c.charCodeAt(0))) {
    if (order === 'le') out.u8(unit, unit >> 8)
    else out.u8(unit >> 8, unit)
  }
  return out.done()
}

test('parseXml() reads UTF-8 with a byte order mark and UTF-16 in both orders', () => {
  const wide = SAMPLE.replace('utf-8', 'UTF-16')
  for (const bytes of [utf8(`\ufeff${SAMPLE}`), utf16(wide, 'le'), utf16(wide, 'be')]) {
    assert.deepEqual(parseXml(bytes, 'sample'), parse(SAMPLE))
  }
})

test('parseXml() refuses other encodings, declared, disguised or broken', () => {
  for (const encoding of ['UTF-7', 'utf-16', 'ISO-8859-1', 'x', 'cp037'])
    assert.throws(() => parse(`<?xml version="1.0" encoding="${encoding}"?><a/>`), FormatError, encoding)
  for (const text of [
    `<?xml version="1.0"${' '.repeat(2000)}encoding="UTF-7"?><a/>`,
    '<?xml version="1.0" encoding="utf-8" encoding="UTF-7"?><a/>',
    '<?xml encoding="utf-8"?><a/>',
    '<?xml version="2.0"?><a/>',
    ' <?xml version="1.0" encoding="UTF-7"?><a/>',
    '<a><?xml version="1.0"?></a>',
    '<?XML version="1.0" encoding="UTF-7"?><a/>',
  ])
    assert.throws(() => parse(text), FormatError, text)
  assert.throws(() => parseXml(utf16('<a/>', 'le', ''), 'sample'), FormatError)
  assert.throws(() => parseXml(utf16('<?xml version="1.0" encoding="utf-8"?><a/>', 'le'), 'sample'), FormatError)
  assert.throws(() => parseXml(Uint8Array.of(0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0), 'sample'), FormatError)
  assert.throws(() => parseXml(concat(utf8('<a>'), Uint8Array.of(0xc0, 0xaf), utf8('</a>')), 'sample'), FormatError)
  assert.throws(() => parseXml(concat(utf16('<a>\ud800</a>', 'le')), 'sample'), FormatError)
})

test('parseXml() refuses document types and every entity but the five', () => {
  const bomb = `<!DOCTYPE a [<!ENTITY a0 "ha">${Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join('')}]><a>&a9;</a>`
  for (const text of [
    bomb,
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]><a/>',
    '<!DOCTYPE a><a/>',
    '<a><!ENTITY e "x"></a>',
    '<a/><!DOCTYPE a>',
    '<a>&e;</a>',
    '<a b="&e;"/>',
    '<a>&constructor;</a>',
    '<a>&</a>',
    '<a>&amp</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#xFFFE;</a>',
    '<a>&#x110000;</a>',
    '<a>&#99999999;</a>',
    '<a>&#X41;</a>',
    '<a>&#-1;</a>',
  ])
    assert.throws(() => parse(text), FormatError, text)
  assert.equal(parse('<a>&amp;lt;&#38;amp;</a>').text, '&lt;&amp;')
})

test('parseXml() refuses what is not well-formed', () => {
  for (const text of [
    '',
    ' ',
    'text',
    '<a>',
    '<a',
    '<a b',
    '<a b="',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a/>text',
    'text<a/>',
    '<a b="1" b="2"/>',
    '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>',
    '<a b="1"c="2"/>',
    '<a b=1/>',
    '<a b/>',
    '<a b="<"/>',
    '<a / >',
    '< a/>',
    '<a ></ a>',
    '<a>]]></a>',
    '<a><!-- -- --></a>',
    '<a><!-- </a>',
    '<a><![CDATA[ </a>',
    '<![CDATA[x]]><a/>',
    '<a>\u0000</a>',
    '<a b="\u0007"/>',
    '<a>\uffff</a>',
    '<p:a/>',
    '<a><b xmlns:p="u"/><p:c/></a>',
    '<a p:b="1"/>',
    '<a:b:c xmlns:a="u"/>',
    '<:a/>',
    '<1a/>',
    '<a xmlns:p=""/>',
    '<a xmlns:xml="u"/>',
    '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
    '<a xmlns:xmlns="u"/>',
  ])
    assert.throws(() => parse(text), FormatError, text)
})

test('parseXml() keeps to its limits', () => {
  const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
  assert.equal(parse(nested(256)).name, 'a')
  assert.throws(() => parse(nested(257)), FormatLimitError)
  assert.throws(() => parse(nested(100_000)), FormatLimitError)
  assert.throws(() => parse('<a>'.repeat(100_000)), FormatLimitError)
  assert.throws(() => parse(`<a>${'<b/>'.repeat(200_000)}</a>`), FormatLimitError)
  assert.throws(() => parse(`<a${Array.from({ length: 257 }, (_, i) => ` b${i}=""`).join('')}/>`), FormatLimitError)
  assert.throws(() => parse(`<${'a'.repeat(1001)}/>`), FormatLimitError)
  assert.throws(() => parseXml(new Uint8Array(MAX_XML_BYTES + 1), 'sample'), FormatLimitError)
})

test('parseXml() needs linear time for texts that are long in one way', { timeout: 60_000 }, () => {
  const n = MAX_XML_BYTES - 100
  const fill = (unit: string) => unit.repeat(Math.floor(n / unit.length))
  for (const text of [
    `<a>${fill('&amp;')}</a>`,
    `<a>${fill('&')}</a>`,
    `<a>${fill('<')}</a>`,
    `<a>${fill(']')}</a>`,
    `<a>${fill('<!---->')}</a>`,
    `<a>${fill('<![CDATA[x]]>')}</a>`,
    `<a ${fill(' ')}/>`,
    `<a b="${fill('x')}"/>`,
    `<${fill('a')}`,
    `<${fill('a:')}`,
    `<a${fill(' b')}`,
    `<?xml${fill(' ')}`,
    fill(' '),
    fill('<!--'),
  ]) {
    const started = performance.now()
    try {
      parse(text)
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error))
    }
    assert.ok(performance.now() - started < 4000, `too slow: ${text.slice(0, 20)}`)
  }
})

test('parseXml() ends cut and damaged copies with a tree or a FormatError', () => {
  const bytes = utf8(SAMPLE)
  const random = seededRandom(0x5eed)
  const copies = [...prefixes(bytes), ...Array.from({ length: 2000 }, () => mutate(bytes, random))]
  for (const copy of copies) {
    try {
      assert.equal(typeof parseXml(copy, 'sample').name, 'string')
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error))
    }
  }
})
