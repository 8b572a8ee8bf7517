import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DataFolderLockedError, lockDataFolder } from '../../adapters/fs/lock.ts'
import { runtimeName } from './runtime-name.ts'

const { openSqlite } = (await import(
  `../../adapters/${runtimeName}/sqlite.ts`
)) as typeof import('../../adapters/node/sqlite.ts')
const lock = (path: string) => lockDataFolder(path, (file) => openSqlite(file, { readonly: false }))

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dist-lock-'))
  try {
    await run(join(folder, 'lock.db'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test(`lockDataFolder() on ${runtimeName} refuses a second holder until the first releases`, () =>
  inFolder(async (path) => {
    const first = lock(path)
    assert.throws(() => lock(path), DataFolderLockedError)
    first.release()
    first.release()
    const second = lock(path)
    assert.throws(() => lock(path), DataFolderLockedError)
    second.release()
  }))

test(`lockDataFolder() on ${runtimeName} gives other errors of the machine unchanged`, () =>
  inFolder(async (path) => {
    assert.throws(
      () => lock(join(path, 'not', 'there')),
      (error) => !(error instanceof DataFolderLockedError),
    )
  }))

test(`lockDataFolder() on ${runtimeName} is held by another process, and free when that is killed`, () =>
  inFolder(async (path) => {
    const holder = fileURLToPath(new URL('hold-lock.ts', import.meta.url))
    const run = runtimeName === 'deno' ? ['run', '-A', '--no-check', holder, path] : [holder, path]
    const child = spawn(process.execPath, run, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    try {
      const said = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (data) => resolve(String(data).trim()))
        child.once('error', reject)
        child.once('exit', (code) => reject(new Error(`the holder ended with ${code}`)))
      })
      assert.equal(said, 'locked')
      assert.throws(() => lock(path), DataFolderLockedError)
    } finally {
      child.kill('SIGKILL')
      await exited
    }
    lock(path).release()
  }))
