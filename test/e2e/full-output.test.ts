import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildApk } from '../fixtures/build-apk.ts'
import {
  createToken,
  dist,
  distd,
  type Ended,
  inFolder,
  type ProcessOptions,
  testRuntime,
  withServer,
} from '../helpers/server.ts'

const skip = existsSync('/dev/full') ? false : 'needs /dev/full'

/** Runs a command whose output finds no room. */
async function intoFullDisk(run: (options: ProcessOptions) => Promise<Ended>): Promise<Ended> {
  const full = await open('/dev/full', 'w')
  try {
    return await run({ stdout: full.fd })
  } finally {
    await full.close()
  }
}

const WORDS = 'Cannot write the output: no space left on the device'

test(`dist on ${testRuntime} fails when nobody gets its output`, { skip }, () =>
  withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'admin')
    const env = { DIST_SERVER: server.url, DIST_TOKEN: token }
    await writeFile(join(folder, 'a.apk'), buildApk())
    const manifest = { schema: 1, app: 'notes', version: '1.0.0', artifacts: [{ path: 'a.apk' }] }
    await writeFile(join(folder, 'dist.json'), JSON.stringify(manifest))
    for (const args of [
      ['ci', 'publish', '--json'],
      ['inspect', 'a.apk', '--json'],
      ['inspect', 'a.apk'],
      ['release', 'list', 'notes'],
      ['audit', 'export'],
      ['completion', 'bash'],
      ['help'],
      ['--version'],
    ]) {
      const { code, stderr } = await intoFullDisk((options) => dist(args, { ...options, cwd: folder, env }))
      assert.equal(code, 1, `${args.join(' ')}: ${stderr}`)
      const last = stderr.trimEnd().split('\n').at(-1) ?? ''
      if (args.includes('--json')) {
        assert.deepEqual(JSON.parse(last).error, { code: 'output.unwritable', message: WORDS }, args.join(' '))
      } else assert.equal(stderr, `error: ${WORDS}\n`, args.join(' '))
    }
    assert.equal((await dist(['release', 'show', 'notes', '1.0.0'], { env })).code, 0, 'it was published all the same')
  }),
)

test(`distd on ${testRuntime} fails in its short commands when nobody gets their output`, { skip }, () =>
  inFolder(async (data) => {
    await createToken(data, '--allow', 'admin')
    const on = ['--data', data]
    for (const args of [
      ['inspect', '--again', ...on],
      ['inspect', '--again', '--json', ...on],
      ['check', '--json', ...on],
      ['audit', 'verify', ...on],
      ['config', ...on],
      ['version'],
      ['help'],
    ]) {
      const { code, stderr } = await intoFullDisk((options) => distd(args, options))
      const expected = args.includes('--json')
        ? `${JSON.stringify({ error: { code: 'output.unwritable', message: WORDS } })}\n`
        : `distd: ${WORDS}\n`
      assert.deepEqual([code, stderr], [1, expected], args.join(' '))
    }
  }),
)

test(`distd on ${testRuntime} answers with JSON where JSON was asked for, also when it fails`, () =>
  inFolder(async (data) => {
    await createToken(data, '--allow', 'admin')
    const absent = await distd(['inspect', '--again', '--app', 'nope', '--json', '--data', data])
    assert.deepEqual([absent.code, absent.stdout], [1, ''])
    const { code, message } = JSON.parse(absent.stderr).error
    assert.deepEqual([code, message], ['app.not_found', 'There is no app "nope"'])
    const wrong = await distd(['check', '--jsn', '--json'])
    assert.deepEqual([wrong.code, JSON.parse(wrong.stderr).error.code], [2, 'usage.invalid'])
  }))
