import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FormatError } from '../format-error.ts'
import { parseWindowsName } from '../signatures/distinguished-name.ts'
import { packageFamilyName } from './appx.ts'

test('packageFamilyName() gives the name that Windows gives', async () => {
  // As Microsoft documents it for its own packages.
  const publisher = 'CN=Microsoft Corporation, O=Microsoft Corporation, L=Redmond, S=Washington, C=US'
  const identity = { name: 'Microsoft.WindowsCalculator', publisher, version: '1.0.0.0', architecture: undefined }
  assert.equal(await packageFamilyName(identity), 'Microsoft.WindowsCalculator_8wekyb3d8bbwe')
})

test('parseWindowsName() reads quotes, several separators and object identifiers', () => {
  const parse = (text: string) => parseWindowsName(text).map(({ type, value }) => `${type}:${value}`)
  assert.deepEqual(parse('CN="A, ""B""" , O = C \\ D ; S=E+OID.2.5.4.97=F, email=g@h'), [
    'CN:A, "B"',
    'O:C \\ D',
    'ST:E',
    '2.5.4.97:F',
    'E:g@h',
  ])
  assert.deepEqual(parse('CN= a , C=DE'), ['CN:a', 'C:DE'])
  assert.deepEqual(parse('CN='), ['CN:'])
  assert.deepEqual(parse(''), [])
  for (const text of ['a', 'CN', '=a', 'CN="a', 'CN="a"b', 'C N=a', 'CN=a, ', `${'CN=a,'.repeat(65)}`])
    assert.throws(() => parseWindowsName(text), FormatError, text)
})
