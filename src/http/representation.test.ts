import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contentDisposition } from './representation.ts'

test('contentDisposition() is one field of two quoted names, even of names that no file may have', () => {
  const part = fc.constantFrom(
    '\r\n',
    '\r',
    '\n',
    '"',
    '\\',
    "'",
    ';',
    '\0',
    '%22',
    '%0d%0a',
    'X-Ran: 1',
    'é',
    '\u202e',
    '.html',
  )
  const name = fc
    .array(fc.oneof(part, fc.string({ unit: 'grapheme' })), { maxLength: 20 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(name, (name) => {
      const field = contentDisposition(name)
      assert.match(field, /^attachment; filename\*=UTF-8''[A-Za-z0-9%!~_.-]*; filename="[ !#-[\]-~]*"$/)
      const [, extended = ''] = /filename\*=UTF-8''([^;]*)/.exec(field) ?? []
      assert.equal(decodeURIComponent(extended), name)
      assert.equal(new Headers({ 'Content-Disposition': field }).get('content-disposition'), field)
    }),
  )
})
