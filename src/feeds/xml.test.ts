import assert from 'node:assert/strict'
import { test } from 'node:test'
import { element, xmlDocument } from './xml.ts'

test('element() escapes markup in texts and attributes', () => {
  const text = `<b>"it's" & ]]></b>`
  assert.equal(element('t', {}, text).xml, `<t>&lt;b&gt;"it's" &amp; ]]&gt;&lt;/b&gt;</t>`)
  assert.equal(element('t', { a: text }).xml, `<t a="&lt;b&gt;&quot;it's&quot; &amp; ]]&gt;&lt;/b&gt;"/>`)
})

test('element() keeps white space that readers would change', () => {
  assert.equal(element('t', {}, 'a\r\nb\tc').xml, '<t>a&#13;\nb\tc</t>')
  assert.equal(element('t', { a: 'a\r\nb\tc' }).xml, '<t a="a&#13;&#10;b&#9;c"/>')
})

test('element() replaces every code point that XML 1.0 forbids, and no other', () => {
  // The production of §2.2, written apart from the code.
  const isChar = (c: number) =>
    c === 0x9 ||
    c === 0xa ||
    c === 0xd ||
    (c >= 0x20 && c <= 0xd7ff) ||
    (c >= 0xe000 && c <= 0xfffd) ||
    (c >= 0x10000 && c <= 0x10ffff)
  for (let c = 0; c <= 0x10ffff; c = c === 0x1_0400 ? 0x10_fff0 : c + 1) {
    const text = String.fromCodePoint(c)
    const inside = element('t', {}, text).xml.slice(3, -4)
    if (!isChar(c)) assert.equal(inside, '\ufffd', c.toString(16))
    else if (!'&<>\r'.includes(text)) assert.equal(inside, text, c.toString(16))
  }
  assert.equal(element('t', { a: '\ud800x\udc00' }, 'a\ud83d').xml, '<t a="\ufffdx\ufffd">a\ufffd</t>')
  assert.equal(element('t', {}, '😀').xml, '<t>😀</t>')
})

test('xmlDocument() begins with its declaration and has a line for each element', () => {
  assert.equal(
    xmlDocument(element('a', {}, [element('b', {}, 'x'), element('c', {})])),
    '<?xml version="1.0" encoding="utf-8"?>\n<a>\n<b>x</b>\n<c/>\n</a>\n',
  )
})
