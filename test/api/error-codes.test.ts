import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ERRORS, type ErrorCode } from '../../src/errors.ts'

const ROOT = new URL('../../', import.meta.url)

/** Codes with a status that no test of the API asks for: the test that does, and why it is not one of the API. */
const ELSEWHERE: Readonly<Partial<Record<ErrorCode, { readonly file: string; readonly why: string }>>> = {
  'request.too_slow': {
    file: 'src/artifacts/pace.test.ts',
    why: 'it takes a minute of clock while a body stands still',
  },
  'token.expiry': {
    file: 'test/cli/tokens-and-audit.test.ts',
    why: 'only the command line reads durations; the API takes a number of days and answers request.invalid',
  },
  'feature.later': {
    file: 'cli/client.test.ts',
    why: 'no route of this version answers it; the command line takes a bare 501 for it',
  },
  'audit.broken': { file: 'test/cli/tokens-and-audit.test.ts', why: 'the command line verifies' },
}

/** Paths of the tests below a folder of the project, from its root. */
async function testsIn(folder: string): Promise<string[]> {
  const names = await readdir(new URL(folder, ROOT), { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
}

const textOf = (file: string) => readFile(new URL(file, ROOT), 'utf8')

/** The codes that stand in quotes in one of these tests. */
async function codesIn(files: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (const file of files) {
    if (file === 'test/api/error-codes.test.ts') continue
    for (const [, code] of (await textOf(file)).matchAll(/'([a-z_]+(?:\.[a-z0-9_]+)?)'/g)) found.add(code!)
  }
  return found
}

test('every code with a status is asked for by a test of the API, or has a reason and a test elsewhere', async () => {
  const asked = await codesIn(await testsIn('test/api'))
  for (const [code, { status }] of Object.entries(ERRORS)) {
    if (status === 0) continue
    const elsewhere = ELSEWHERE[code as ErrorCode]
    if (elsewhere === undefined) assert.ok(asked.has(code), `${code} is in no test and has no reason`)
    else {
      assert.ok(!asked.has(code), `${code} is in a test of the API and needs no reason`)
      assert.ok((await codesIn([elsewhere.file])).has(code), `${code} is not in ${elsewhere.file}`)
    }
  }
})

test('every code that only the command line gives is asked for by a test of the command line', async () => {
  const folders = await Promise.all(['cli', 'test/cli', 'test/e2e'].map(testsIn))
  const asked = await codesIn(folders.flat())
  const local = Object.entries(ERRORS).filter(([, { status }]) => status === 0)
  assert.ok(local.length > 10)
  for (const [code] of local) assert.ok(asked.has(code), `${code} is in no test`)
})
