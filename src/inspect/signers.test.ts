import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection, Signature } from '../model/inspection.ts'
import { continues, namedSignersOf, nameParts, signersOf } from './signers.ts'

const OLD = 'a'.repeat(64)
const NEW = 'b'.repeat(64)
const apk = (...signatures: Signature[]): Inspection => ({ format: 'apk', signatures })
const v2 = (certificateSha256: string, state: Signature['state'] = 'valid'): Signature => ({
  scheme: 'apk-v2',
  state,
  certificateSha256,
})

test('signersOf() counts an Android certificate only where the signature was verified', () => {
  assert.deepEqual(signersOf(apk(v2(OLD), v2(OLD))), [
    { kind: 'android', id: OLD, certificateSha256: OLD, succeeds: [] },
  ])
  assert.deepEqual(signersOf(apk(v2(OLD, 'unverified'), v2(NEW, 'invalid'))), [])
  assert.deepEqual(signersOf({ ...apk(v2(OLD)), format: 'aab' }), [])
})

const TEAM = 'E=x, CN=Developer ID Application: A\\, OU=ZZZZZZZZZZ (X), OU=97JCY7859U, O=A\\, B, C=US'
const apple = (signer: string | undefined, state: Signature['state'] = 'valid'): Signature => ({
  scheme: 'apple',
  state,
  ...(signer === undefined ? {} : { signer }),
})
const teamOf = (...signatures: Signature[]) => signersOf({ format: 'macho', signatures })[0]?.id

test('signersOf() finds the team of Apple in the certificate', () => {
  assert.equal(teamOf(apple(TEAM)), '97JCY7859U')
  assert.equal(teamOf(apple('CN=A, OU=97JCY7859U\\, B')), undefined)
})

test('signersOf() finds no team unless every part of the file is signed by it', () => {
  assert.equal(teamOf(apple(TEAM), apple(TEAM)), '97JCY7859U')
  assert.equal(teamOf(apple(TEAM), apple(undefined)), undefined, 'one ad hoc')
  assert.equal(teamOf(apple(TEAM), apple('CN=B, OU=ABCDE12345')), undefined, 'two teams')
  assert.equal(teamOf(apple(TEAM, 'unverified')), undefined)
  const signatures = [apple(TEAM)]
  assert.deepEqual(signersOf({ format: 'macho', signatures, facts: { unsignedSlices: ['x86_64'] } }), [])
  const profile = (teamId: string) => ({ type: 'ad-hoc', teamId }) as const
  assert.equal(signersOf({ format: 'ipa', signatures, profile: profile('97JCY7859U') }).length, 1)
  assert.deepEqual(signersOf({ format: 'ipa', signatures, profile: profile('ABCDE12345') }), [])
  assert.deepEqual(signersOf({ format: 'ipa', profile: profile('ABCDE12345') }), [], 'a profile signs nothing')
})

test('namedSignersOf() goes by what is told where nothing was verified', () => {
  const v1 = (certificateSha256: string): Signature => ({ scheme: 'apk-v1', state: 'unverified', certificateSha256 })
  assert.deepEqual(signersOf(apk(v1(OLD))), [])
  assert.equal(namedSignersOf(apk(v1(OLD)))[0]?.id, OLD)
  assert.deepEqual(
    namedSignersOf(apk(v1(OLD), v2(NEW))).map(({ id }) => id),
    [NEW],
  )
  assert.deepEqual(namedSignersOf(apk(v2(NEW, 'invalid'))), [])
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
