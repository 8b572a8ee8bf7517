import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT, start, testRuntime, until } from '../helpers/server.ts'

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

test('the compiled programs serve, publish and download with nothing beside them', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'distd-alone-'))
  try {
    for (const name of ['distd', 'dist']) await copyFile(join(ROOT, 'build', name), join(folder, name))
    // No PATH: no other program can be called for help.
    const env = { HOME: folder, PATH: '/nonexistent' }
    const options = { cwd: folder, env }
    const flags = ['--name', 'ci', '--allow', 'publish']
    const token = (await execute(join(folder, 'distd'), ['token', 'create', ...flags], options)).stdout.trim()
    const server = start([join(folder, 'distd'), 'serve', '--listen', '127.0.0.1:0'], options)
    try {
      await until('distd listens', () => server.stdout.includes('"listening"'))
      const line = server.stdout.split('\n').find((text) => text.includes('"listening"')) ?? ''
      const asCi = { cwd: folder, env: { ...env, DIST_SERVER: String(JSON.parse(line).url), DIST_TOKEN: token } }
      const dist = (...args: string[]) => execute(join(folder, 'dist'), args, asCi)
      await writeFile(join(folder, 'tool.bin'), 'the bytes of a tool')
      const published = await dist(
        ...['publish', 'tool.bin', '--app', 'tool', '--version', '1.0.0', '--platform', 'linux'],
        ...['--channel', 'stable', '--json'],
      )
      assert.equal(JSON.parse(published.stdout).release.state, 'announced')
      await rm(join(folder, 'tool.bin'))
      const saved = JSON.parse((await dist('download', 'tool@stable', '--json')).stdout)
      assert.equal(saved.ref, '1.0.0')
      assert.equal(await readFile(join(folder, 'tool.bin'), 'utf8'), 'the bytes of a tool')
      assert.deepEqual((await readdir(folder)).sort(), ['data', 'dist', 'distd', 'tool.bin'])
      process.kill(server.pid, 'SIGTERM')
      assert.equal(await server.ended, 0, server.stderr)
    } finally {
      server.child.kill('SIGKILL')
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('the schema that lies beside the compiled programs is the one that dist prints', { skip }, async () => {
  const { stdout } = await execute(join(ROOT, 'build/dist'), ['init', '--schema'])
  assert.equal(await readFile(join(ROOT, 'build/dist.schema.json'), 'utf8'), stdout)
})
