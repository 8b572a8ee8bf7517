import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAr } from '../../../test/fixtures/build-deb.ts'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { listAr } from '../archive/ar.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { parseDeb822 } from './deb822.ts'

test('parseDeb822() reads stanzas, continuation lines, comments and carriage returns', () => {
  const stanzas = parseDeb822('# comment\nPackage: a\r\nDescription: short\n long\n .\n\tmore\n\n\nPACKAGE: b\n')
  assert.deepEqual(
    stanzas.map((stanza) => Object.fromEntries(stanza)),
    [{ package: 'a', description: 'short\nlong\n.\nmore' }, { package: 'b' }],
  )
})

test('parseDeb822() refuses repeated fields, lines without a colon and continuations without a field', () => {
  for (const text of ['A: 1\na: 2\n', 'nothing\n', ' lost\n', ': no name\n', '-A: 1\n']) {
    assert.throws(() => parseDeb822(text), FormatError, text)
  }
})

test('parseDeb822() keeps "__proto__" as a field', () => {
  assert.equal(parseDeb822('__proto__: x\n')[0]?.get('__proto__'), 'x')
})

test('listAr() lists members with offsets and refuses damaged, cut and endless archives', async () => {
  const good = buildAr([
    { name: 'debian-binary', data: utf8('2.0\n') },
    { name: 'odd/', data: utf8('abc') },
    { name: 'last', data: utf8('') },
  ])
  assert.deepEqual(await listAr(bytesSource(good), 10), [
    { name: 'debian-binary', offset: 68, sizeBytes: 4 },
    { name: 'odd', offset: 132, sizeBytes: 3 },
    { name: 'last', offset: 196, sizeBytes: 0 },
  ])
  await assert.rejects(listAr(bytesSource(good), 2), FormatLimitError)
  await assert.rejects(listAr(bytesSource(utf8('!<arch>\nshort')), 10), RangeError)
  await assert.rejects(listAr(bytesSource(good.subarray(0, 130)), 10), RangeError)
  await assert.rejects(listAr(bytesSource(good.subarray(0, 134)), 10), FormatError)
  const negative = Uint8Array.from(good)
  negative.set(utf8('-1        '), 8 + 48)
  await assert.rejects(listAr(bytesSource(negative), 10), FormatError)
})
