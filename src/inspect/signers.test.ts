import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection, Signature } from '../model/inspection.ts'
import { nameParts, signerChange, signersOf } from './signers.ts'

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

test('signersOf() goes by the subject of a Windows certificate, because certificates are renewed', () => {
  const valid: Signature = {
    scheme: 'authenticode',
    state: 'valid',
    signer: 'CN=Example, C=DE',
    certificateSha256: OLD,
  }
  assert.equal(signersOf({ format: 'exe', signatures: [valid] })[0]?.id, 'CN=Example, C=DE')
})

const v1 = (certificateSha256: string): Signature => ({ scheme: 'apk-v1', state: 'unverified', certificateSha256 })
const v3 = (certificateSha256: string, ...lineage: string[]): Signature => ({
  scheme: 'apk-v3',
  state: 'valid',
  certificateSha256,
  ...(lineage.length === 0 ? {} : { lineage }),
})
const change = (before: Signature[], after: Signature[]) => {
  const found = signerChange(apk(...before), apk(...after))
  return found && `${found.before.id[0]} ${found.after?.id[0] ?? 'none'}${found.isVerified === false ? '?' : ''}`
}

test('signerChange() follows a proof of rotation forwards only', () => {
  assert.equal(change([v2(OLD)], [v3(NEW, OLD)]), undefined)
  assert.equal(change([v3(NEW, OLD)], [v2(OLD)]), 'b a')
  assert.equal(change([v2(OLD)], [v2(NEW)]), 'a b')
  assert.equal(change([v2(OLD)], [v2(OLD)]), undefined)
  assert.equal(change([v2(OLD)], []), 'a none')
  assert.equal(change([v2(OLD)], [v2(NEW, 'invalid')]), 'a none')
  assert.equal(change([], [v2(NEW)]), undefined, 'what was unsigned can be followed by anything')
})

test('signerChange() asks for every generation of Android the scheme that it goes by', () => {
  const v31 = (id: string, ...lineage: string[]): Signature => ({ ...v3(id, ...lineage), scheme: 'apk-v3.1' })
  assert.equal(change([v2(OLD), v3(OLD)], [v2(OLD), v3(NEW)]), 'a b', 'Android 9 goes by v3')
  assert.equal(change([v2(OLD), v3(NEW, OLD)], [v2(OLD)]), 'b a', 'and would go back')
  assert.equal(change([v1(OLD), v2(OLD)], [v1(NEW), v2(OLD)]), 'a b?', 'Android 6 goes by v1')
  assert.equal(change([v1(OLD), v2(OLD)], [v2(OLD)]), undefined, 'and is not asked about what is not made for it')
  assert.equal(change([v2(OLD), v3(OLD)], [v2(OLD), v3(OLD), v31(NEW, OLD)]), undefined)
  assert.equal(change([v2(OLD), v3(OLD), v31(NEW, OLD)], [v2(OLD), v3(OLD)]), 'b a', 'Android 13 has the new one')
  assert.equal(change([v2(OLD), v2(NEW)], [v2(NEW)]), 'a b', 'all signers of one package')
})

test('signerChange() takes no name for a proof where the one before was proven', () => {
  assert.equal(change([v1(OLD)], [v1(OLD)]), undefined)
  assert.equal(change([v1(OLD)], [v1(NEW)]), 'a b?')
  assert.equal(change([v1(OLD)], [v2(OLD)]), undefined)
  assert.equal(change([v2(OLD)], [v2(OLD, 'unverified')]), 'a a?')
  const exe = (state: Signature['state']): Inspection => ({
    format: 'exe',
    signatures: [{ scheme: 'authenticode', state, signer: 'CN=Acme', certificateSha256: OLD }],
  })
  assert.equal(signerChange(exe('valid'), exe('unverified'))?.isVerified, false)
  assert.equal(signerChange(exe('valid'), exe('valid')), undefined)
})

test('nameParts() undoes the escapes of a name', () => {
  assert.deepEqual(nameParts('CN=a\\, b\\=c=d, O=e'), [
    { type: 'CN', value: 'a, b=c=d' },
    { type: 'O', value: 'e' },
  ])
})
