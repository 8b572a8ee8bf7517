import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ERRORS, isErrorCode } from '../../src/errors.ts'

/** Codes with a status that no test of the API asks for, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'request.too_slow': 'src/artifacts/pace.test.ts: it takes a minute of clock',
  'identity.mismatch': 'src/artifacts: needs a signed package per rule',
  'release.check_failed': 'src/inspect: findings of level error are made there',
  'release.too_many_artifacts': 'needs 501 files',
  'artifact.install_too_wide': 'src/inspect: the widest mode is read from the bytes',
  'artifact.file_name': 'the schemas refuse such names as request.invalid first; the domain asks again',
  'token.not_found': 'test/api/access-matrix.test.ts',
  'token.expiry': 'the command line reads durations',
  'audit.broken': 'the command line verifies',
  'feature.later': 'the command line refuses what later parts bring',
  'inspect.unreadable': 'a finding, not an answer',
  'inspect.limit': 'a finding, not an answer',
  'access.unauthenticated': 'test/api/access-matrix.test.ts, by status',
}

test('every code with a status is asked for by a test of the API, or has a reason', async () => {
  const folder = new URL('.', import.meta.url)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.test.ts') && name !== 'error-codes.test.ts')
  const text = (await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n')
  for (const [code, row] of Object.entries(ERRORS)) {
    if (row.status === 0) continue
    assert.ok(text.includes(`'${code}'`) || Object.hasOwn(ELSEWHERE, code), `${code} is in no test and has no reason`)
  }
  for (const code of Object.keys(ELSEWHERE)) assert.ok(isErrorCode(code), `${code} is no code any more`)
})
