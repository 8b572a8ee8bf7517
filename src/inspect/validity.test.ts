import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validityChecks } from './validity.ts'

const limits = { now: Date.UTC(2026, 5, 15) }
const certificate = { code: 'pe.certificate', what: 'The certificate of the signer' } as const
const judged = (dates: { validFrom?: Date; validTo?: Date; signedAt?: Date }) =>
  validityChecks({ ...certificate, ...dates }, limits).map(({ code, level, message }) => [code, level, message])

test('validityChecks() warns of what expired, and only tells it of a signature that was made before', () => {
  const validTo = new Date('2026-06-14T23:59:59Z')
  assert.deepEqual(judged({ validTo }), [
    ['pe.certificate_expired', 'warning', 'The certificate of the signer expired on 2026-06-14'],
  ])
  const inside = { validFrom: new Date('2025-01-01'), validTo, signedAt: new Date('2026-01-01') }
  assert.equal(judged(inside)[0]?.[1], 'info')
  assert.equal(judged({ ...inside, signedAt: new Date('2026-06-15') })[0]?.[1], 'warning')
  assert.equal(judged({ ...inside, signedAt: new Date('2024-12-31') })[0]?.[1], 'warning')
})

test('validityChecks() warns 30 days before the end, unless a timestamp outlives it', () => {
  assert.equal(judged({ validTo: new Date('2026-07-14T23:00:00Z') })[0]?.[0], 'pe.certificate_expiring')
  assert.deepEqual(judged({ validTo: new Date('2026-07-15T00:00:00Z') }), [])
  assert.deepEqual(judged({ validTo: new Date('2026-06-20'), signedAt: new Date('2026-01-01') }), [])
})

test('validityChecks() warns of what is not valid yet and is silent about what tells no dates', () => {
  assert.equal(judged({ validFrom: new Date('2026-06-16') })[0]?.[0], 'pe.certificate_not_yet_valid')
  assert.deepEqual(judged({}), [])
})
