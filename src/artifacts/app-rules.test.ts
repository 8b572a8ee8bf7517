import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection } from '../model/inspection.ts'
import { checkAppRules } from './app-rules.ts'

const SHA256 = 'c'.repeat(64)
const SIGNER = 'CN=Example\\, Inc., O=Example\\, Inc., C=DE'
const exe: Inspection = {
  format: 'exe',
  signatures: [{ scheme: 'authenticode', state: 'valid', signer: SIGNER, certificateSha256: SHA256 }],
}

function isTaken(windowsPublisher: string, inspection = exe): boolean {
  const app = { slug: 'notes', platforms: [], identityRules: { windowsPublisher } }
  const resolved = { platform: 'windows', arch: 'x64', format: inspection.format, install: 'file' } as const
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
