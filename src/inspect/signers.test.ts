import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection, Signature } from '../model/inspection.ts'
import { continues, nameParts, signersOf } from './signers.ts'

const OLD = 'a'.repeat(64)
const NEW = 'b'.repeat(64)
const apk = (...signatures: Signature[]): Inspection => ({ format: 'apk', signatures })
const v2 = (certificateSha256: string, state: Signature['state'] = 'valid'): Signature => ({
  scheme: 'apk-v2',
  state,
  certificateSha256,
})

test('signersOf() counts an Android certificate only where the signature was verified', () => {
  assert.deepEqual(signersOf(apk(v2(OLD), v2(OLD))), [{ kind: 'android', id: OLD, succeeds: [] }])
  assert.deepEqual(signersOf(apk(v2(OLD, 'unverified'), v2(NEW, 'invalid'))), [])
  assert.deepEqual(signersOf({ ...apk(v2(OLD)), format: 'aab' }), [])
})

test('signersOf() finds the team of Apple in the profile, else in the certificate', () => {
  const signer = 'E=x, CN=Developer ID Application: A\\, OU=ZZZZZZZZZZ (X), OU=97JCY7859U, O=A\\, B, C=US'
  const signatures: Signature[] = [{ scheme: 'apple', state: 'unverified', signer }]
  assert.equal(signersOf({ format: 'dmg', signatures })[0]?.id, '97JCY7859U')
  const profile = { type: 'ad-hoc', teamId: 'ABCDE12345' } as const
  assert.equal(signersOf({ format: 'ipa', signatures, profile })[0]?.id, 'ABCDE12345')
  assert.deepEqual(signersOf({ format: 'dmg', signatures: [{ ...signatures[0]!, state: 'invalid' }] }), [])
})

test('signersOf() goes by the subject of a Windows certificate, because certificates are renewed', () => {
  const valid: Signature = {
    scheme: 'authenticode',
    state: 'valid',
    signer: 'CN=Example, C=DE',
    certificateSha256: OLD,
  }
  assert.equal(signersOf({ format: 'exe', signatures: [valid] })[0]?.id, 'CN=Example, C=DE')
})

test('continues() follows a proof of rotation forwards only', () => {
  const before = signersOf(apk(v2(OLD)))
  const rotated = signersOf(apk({ ...v2(NEW), scheme: 'apk-v3', lineage: [OLD] }))
  assert.equal(continues(before, rotated), true)
  assert.equal(continues(rotated, before), false)
  assert.equal(continues(before, signersOf(apk(v2(NEW)))), false)
  assert.equal(continues(before, before), true)
})

test('nameParts() undoes the escapes of a name', () => {
  assert.deepEqual(nameParts('CN=a\\, b\\=c=d, O=e'), [
    { type: 'CN', value: 'a, b=c=d' },
    { type: 'O', value: 'e' },
  ])
})
