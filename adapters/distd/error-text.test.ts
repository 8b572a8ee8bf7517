import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistError } from '../../src/errors.ts'
import { outputError } from '../output-error.ts'
import { errorText } from './error-text.ts'
import { UsageError } from './settings.ts'

test('errorText() is a line of words, or with --json the document that dist prints too', () => {
  const absent = new DistError('app.not_found', 'There is no app "nope"')
  assert.equal(errorText(absent, false), 'distd: There is no app "nope"\n')
  assert.equal(errorText(absent, true), '{"error":{"code":"app.not_found","message":"There is no app \\"nope\\""}}\n')
  const usage = JSON.parse(errorText(new UsageError('Unknown flag --x'), true))
  assert.deepEqual(usage, { error: { code: 'usage.invalid', message: 'Unknown flag --x' } })
  const unexpected = new Error('Cannot open', { cause: new Error('disk I/O error') })
  assert.equal(errorText(unexpected, false), 'distd: Cannot open: disk I/O error\n')
  assert.equal(JSON.parse(errorText(unexpected, true)).error.code, 'internal')
})

test('errorText() of an output that cannot be written says why, without the words of the system', () => {
  const full = outputError(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))
  assert.equal(errorText(full, false), 'distd: Cannot write the output: no space left on the device\n')
  const other = outputError(Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' }))
  assert.equal(errorText(other, false), 'distd: Cannot write the output: the system answers EIO\n')
})
