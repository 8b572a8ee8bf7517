import assert from 'node:assert/strict'
import test from 'node:test'
import { mayRetry, retryDelayMs } from './retry.ts'

test('mayRetry() repeats what may pass', () => {
  const cases: [number, string | undefined, boolean][] = [
    [500, undefined, true],
    [502, 'unknown.code', true],
    [503, 'server.unavailable', true],
    [507, 'storage.full', true],
    [429, 'upload.too_many', true],
    [408, undefined, true],
    [501, undefined, false],
    [500, 'audit.broken', false],
    [404, 'app.not_found', false],
    [409, 'upload.offset_mismatch', false],
  ]
  for (const [status, code, may] of cases) assert.equal(mayRetry(status, code), may, `${status} ${code}`)
})

test('retryDelayMs() doubles up to a limit, with jitter in the upper half', () => {
  assert.equal(retryDelayMs(0, 0, null, 0), 250)
  assert.equal(retryDelayMs(0, 1, null, 0), 500)
  assert.equal(retryDelayMs(3, 1, null, 0), 4000)
  assert.equal(retryDelayMs(50, 1, null, 0), 20_000)
})

test('retryDelayMs() does what the server asks for, within reason', () => {
  assert.equal(retryDelayMs(0, 0, '3', 0), 3000)
  assert.equal(retryDelayMs(0, 0, '999999', 0), 120_000)
  const now = Date.parse('2026-11-21T00:00:00Z')
  assert.equal(retryDelayMs(0, 0, 'Sat, 21 Nov 2026 00:00:10 GMT', now), 10_000)
  assert.equal(retryDelayMs(0, 0, 'Sat, 21 Nov 2020 00:00:10 GMT', now), 0)
  assert.equal(retryDelayMs(0, 0, 'soon', now), 250)
})
