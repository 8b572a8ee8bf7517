import assert from 'node:assert/strict'
import test from 'node:test'
import { COMMANDS } from '../../cli/commands.ts'
import { EXIT_CODES } from '../../cli/exit-codes.ts'
import { ERRORS } from '../../src/errors.ts'
import { runDist } from '../helpers/cli-host.ts'

const TOKEN = `distp_${'a1B2'.repeat(12)}`

test('dist answers a misspelt command, group command or flag with 2 and the nearest match', async () => {
  const cases: [string[], RegExp][] = [
    [['publsh'], /publish/],
    [['ci', 'publsh'], /publish/],
    [['ci', 'publish', '--manifets', 'x'], /--manifest/],
    [['channel', 'promot'], /promote/],
    [['ci'], /publish/],
    [[], /^Usage: dist /],
    [['help', 'publsh'], /Did you mean publish\?/],
    [['help', 'app', 'lst'], /Did you mean list\? Run \\?"dist app --help/],
    [['help', 'foo'], /unknown command 'foo'/],
    [['foo', '--help'], /unknown command 'foo'/],
    [['app', 'list', '--limt', '1'], /Did you mean --limit\? Run \\?"dist app list --help/],
    [['app', 'edit'], /Run \\?"dist app edit --help/],
    [['token', 'revoke'], /Run \\?"dist token revoke --help/],
  ]
  for (const [argv, hint] of cases) {
    const ran = await runDist([...argv, '--json'].filter((word) => argv.length > 1 || word !== '--json'))
    assert.equal(ran.code, 2, argv.join(' '))
    assert.equal(ran.stdout, '')
    assert.match(ran.stderr, hint, argv.join(' '))
  }
})

test('dist writes errors as one line of JSON with --json and as words without', async () => {
  const json = await runDist(['ci', 'publish', '--manifest', '/nowhere/dist.json', '--json'])
  assert.equal(json.code, 3)
  assert.equal(json.stdout, '')
  assert.equal(json.stderr.trimEnd().split('\n').length, 1)
  assert.equal(json.error.code, 'manifest.unreadable')
  const words = await runDist(['ci', 'publish', '--manifest', '/nowhere/dist.json'])
  assert.match(words.stderr, /^error: Cannot read .*\nhint: .*\n$/)
})

test('dist says what is missing to reach a server', async () => {
  assert.equal((await runDist(['app', 'list', '--json'])).error.code, 'usage.no_server')
  const noToken = await runDist(['app', 'create', 'x', '--json'], { env: { DIST_SERVER: 'http://127.0.0.1:9' } })
  assert.equal(noToken.error.code, 'usage.no_token')
})

test('dist never shows a token, wherever it was typed', async () => {
  for (const argv of [[TOKEN], [`--tokn=${TOKEN}`], ['ci', 'publish', TOKEN], ['version', '--token', `${TOKEN} x`]]) {
    const ran = await runDist([...argv, '--debug'])
    assert.ok(!(ran.stdout + ran.stderr).includes(TOKEN), ran.stderr)
  }
})

test('a help marks the flags that must be given', async () => {
  const { stdout } = await runDist(['release', 'purge', '--help'])
  assert.match(stdout, /--reason <text> +why; everybody who asks for the release reads it\s+\(required\)/)
  assert.doesNotMatch((await runDist(['ci', 'plan', '--help'])).stdout, /required/)
})

test('dist --help and dist help print help for every command', async () => {
  const root = await runDist(['--help'])
  assert.equal(root.code, 0)
  for (const { words } of COMMANDS) {
    assert.ok(root.stdout.includes(words.split(' ')[0]!), words)
    const ran = await runDist(['help', ...words.split(' ')])
    assert.equal(ran.code, 0, words)
    assert.match(ran.stdout, new RegExp(`^Usage: dist ${words} `), words)
    assert.equal(ran.stderr, '')
  }
})

test('dist help exit-codes lists every code and every error', async () => {
  const { stdout, code } = await runDist(['help', 'exit-codes'])
  assert.equal(code, 0)
  for (const exit of Object.keys(EXIT_CODES)) assert.match(stdout, new RegExp(`^ +${exit}  `, 'm'))
  for (const name of Object.keys(ERRORS)) assert.ok(stdout.includes(name), name)
})

test('dist publish --version takes a value and does not print the version', async () => {
  const ran = await runDist(['publish', '/nowhere', '--app', 'x', '--version', '1.0', '--json'])
  assert.equal(ran.error.code, 'file.unreadable')
})

test('flags of every command may stand before it', async () => {
  const lines = [
    ['--json', 'app', 'list'],
    ['app', '--json', 'list'],
    ['--json', '--token', TOKEN, 'app', 'list'],
    ['--json', `--token=${TOKEN}`, 'app', 'list', '--limit', '3'],
  ]
  for (const line of lines) assert.equal((await runDist(line)).error.code, 'usage.no_server', line.join(' '))
  for (const line of [
    ['--server', 'ftp://x', '--json', 'app', 'list'],
    ['app', '--server=ftp://x', 'list', '--json'],
  ])
    assert.match((await runDist(line)).error.message, /the server of --server/, line.join(' '))
  // What stands behind a command is the command's, and a value is no flag.
  const value = await runDist(['--token', '--json', 'publish', 'x'])
  assert.equal(value.code, 2)
  for (const line of [
    ['--version', '--json'],
    ['--json', '--version'],
    ['--json', 'version'],
    ['-V', '--json'],
  ])
    assert.equal((await runDist(line)).json.name, 'dist', line.join(' '))
  assert.match((await runDist(['--version'])).stdout, /^dist \d/)
  const help = await runDist(['--json', 'help', 'app', 'list'])
  assert.match(help.stdout, /^Usage: dist app list /)
})
