import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from './arguments.ts'
import { UsageError } from './settings.ts'

const commandOf = (...argv: string[]) => parseArguments(argv).command

test('parseArguments() finds the command, wherever its flags stand', () => {
  assert.equal(commandOf(), 'serve')
  assert.equal(commandOf('--data', '/x'), 'serve')
  assert.equal(commandOf('serve', '--data', '/x'), 'serve')
  assert.equal(commandOf('token', '--name', 'a', 'create', '--allow', 'read', '--allow', 'publish'), 'token create')
  assert.equal(commandOf('audit', 'verify', '--json', '--data', '/x'), 'audit verify')
  assert.equal(commandOf('--version'), 'version')
  assert.equal(commandOf('token', '--help'), 'help')
  assert.equal(commandOf('help', 'token'), 'help')
  assert.deepEqual(
    { ...parseArguments(['check', '--read-data', '--data=/x']).values },
    { 'read-data': true, data: '/x' },
  )
})

test('parseArguments() takes no secret, tells why, and repeats nothing of it', () => {
  const secret = 'k'.repeat(40)
  for (const argv of [['--setup-token', secret], [`--setup-token=${secret}`], ['serve', '--setup-token']]) {
    assert.throws(
      () => parseArguments(argv),
      (error) =>
        error instanceof UsageError &&
        error.message ===
          'There is no flag --setup-token, others would see it in the list of processes: set DISTD_SETUP_TOKEN, or "setupToken" in config/distd.json',
    )
  }
})

test('parseArguments() says what was probably meant, and what a group has', () => {
  for (const [argv, says] of [
    [['sevre'], 'Unknown command "sevre": did you mean serve?'],
    [['frobnicate'], 'Unknown command "frobnicate": see distd help'],
    [['token'], 'distd token needs one word more: distd token create'],
    [['audit'], 'distd audit needs one word more: distd audit verify'],
    [['token', 'crate'], 'Unknown command "token crate": did you mean token create?'],
    [['--lisen', 'x'], 'Unknown flag --lisen: did you mean --listen?'],
    [['--setup-tokn', 'x'], 'Unknown flag --setup-tokn: see distd help'],
    [['check', '--name', 'x'], 'distd check takes no --name: see distd help'],
    [['--json'], 'distd serve takes no --json: see distd help'],
    [['config', '--version'], 'distd config takes no --version: see distd help'],
  ] as const) {
    assert.throws(
      () => parseArguments(argv),
      (error) => error instanceof UsageError && error.message === says,
      says,
    )
  }
  assert.throws(() => parseArguments(['--listen']), UsageError)
})
