import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection, Signature } from '../model/inspection.ts'
import { checkAppRules } from './app-rules.ts'

const SHA256 = 'c'.repeat(64)
const SIGNER = 'CN=Example\\, Inc., O=Example\\, Inc., C=DE'
const exe: Inspection = {
  format: 'exe',
  signatures: [{ scheme: 'authenticode', state: 'valid', signer: SIGNER, certificateSha256: SHA256 }],
}

function isTaken(windowsPublisher: string, inspection = exe): boolean {
  const app = { slug: 'notes', platforms: [], identityRules: { windowsPublisher } }
  const resolved = { platform: 'windows', format: inspection.format } as const
  try {
    checkAppRules(app, 'setup.exe', resolved, inspection)
    return true
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'identity.mismatch')
    return false
  }
}

test('a publisher is named as dist inspect tells it, as Windows writes it, by common name or by certificate', () => {
  for (const name of [
    SIGNER,
    'CN="Example, Inc.", O="Example, Inc.", C=DE',
    'C=DE, O="Example, Inc.", CN="Example, Inc."',
    'Example, Inc.',
    SHA256,
    SHA256.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:'),
  ])
    assert.ok(isTaken(name), name)
})

test('another publisher, part of a name and an unverified signature are refused', () => {
  for (const name of [
    'Example',
    'CN="Example, Inc."',
    'CN="Example, Inc.", O="Example, Inc.", C=US',
    'd'.repeat(64),
    'O=x,',
  ])
    assert.ok(!isTaken(name), name)
  const { signatures = [] } = exe
  assert.ok(!isTaken(SIGNER, { ...exe, signatures: [{ ...signatures[0]!, state: 'unverified' }] }))
  assert.ok(!isTaken(SIGNER, { ...exe, signatures: [] }))
})

test('a certificate that bears the digits of another as its name is not that other', () => {
  const signatures: Signature[] = [
    { scheme: 'authenticode', state: 'valid', signer: `CN=${SHA256}`, certificateSha256: 'd'.repeat(64) },
  ]
  for (const rule of [SHA256, SHA256.toUpperCase(), SHA256.replaceAll(/(..)(?=.)/g, '$1:')])
    assert.ok(!isTaken(rule, { ...exe, signatures }), rule)
})

test('a signature that was not verified is refused beside one that was: a device may go by it', () => {
  const [genuine] = exe.signatures!
  const mallory: Signature = { ...genuine!, signer: 'CN=Mallory', state: 'unverified' }
  assert.ok(!isTaken(SIGNER, { ...exe, signatures: [mallory, genuine!] }))
  assert.ok(!isTaken(SIGNER, { ...exe, signatures: [genuine!, { ...genuine!, state: 'invalid' }] }))
  assert.ok(isTaken(SIGNER, { ...exe, signatures: [genuine!, genuine!] }))
})
