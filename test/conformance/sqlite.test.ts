import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseCases } from '../suites/database.ts'
import { runtimeName } from './runtime-name.ts'

const { openSqlite } = (await import(
  `../../adapters/${runtimeName}/sqlite.ts`
)) as typeof import('../../adapters/node/sqlite.ts')

for (const { name, run } of databaseCases)
  test(`openSqlite() on ${runtimeName}: ${name}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dist-sqlite-'))
    try {
      await run({ open: openSqlite, path: join(folder, 'test.db') })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
