import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT, testRuntime } from '../helpers/server.ts'

const execute = promisify(execFile)
const skip = testRuntime !== 'binary' && 'is about the compiled programs'

test('the compiled programs run alone in an empty folder, and nothing there runs inside them', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'distd-alone-'))
  try {
    for (const name of ['distd', 'dist']) await copyFile(join(ROOT, 'build', name), join(folder, name))
    const options = { cwd: folder, env: { HOME: folder } }
    const version = /^\S+ \d+\.\d+\.\d+/
    assert.match((await execute(join(folder, 'distd'), ['version'], options)).stdout, version)
    assert.match((await execute(join(folder, 'dist'), ['--version'], options)).stdout, /\d+\.\d+\.\d+/)
    const token = await execute(
      join(folder, 'distd'),
      ['token', 'create', '--name', 'ci', '--allow', 'publish'],
      options,
    )
    assert.match(token.stdout, /^distc_[0-9A-Za-z]{48}\n$/)
    assert.ok((await readdir(join(folder, 'data'))).includes('db'))

    // Whoever can write to the working folder must not run code in there, nor change settings.
    await writeFile(join(folder, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
    await writeFile(join(folder, 'evil.ts'), `console.log('evil ran')\n`)
    await writeFile(join(folder, '.env'), 'DISTD_LISTEN=0.0.0.0:1\n')
    const config = await execute(join(folder, 'distd'), ['config', '--json'], options)
    assert.doesNotMatch(config.stdout, /evil/)
    const settings = JSON.parse(config.stdout) as { key: string; source: string }[]
    assert.equal(settings.find((setting) => setting.key === 'listen')?.source, 'default')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
