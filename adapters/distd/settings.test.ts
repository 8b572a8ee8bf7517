import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONFIG_KEYS, loadSettings, UsageError, unknownVariables, variableOf } from './settings.ts'

const NOWHERE = { DISTD_DATA: '/nowhere/at/all' }

test('loadSettings() says of every value that cannot be meant what is expected instead, in words', () => {
  for (const [variable, value, says] of [
    ['DISTD_MAX_ARTIFACT_BYTES', '1g', 'must be a number of bytes'],
    ['DISTD_MAX_STAGING_BYTES', '0', 'must be more than 0'],
    ['DISTD_RESERVE_BYTES', '-1', 'must be a number of bytes'],
    ['DISTD_MAX_OPEN_UPLOADS', 'many', 'must be a number of uploads'],
    ['DISTD_DRAFT_DAYS', '1.5', 'must be a whole number of days'],
    ['DISTD_DRAIN_SECONDS', '601', 'must be from 0 to 600'],
    ['DISTD_LOG_LEVEL', 'loud', 'must be debug, info, warn or error'],
    ['DISTD_DEFAULT_VISIBILITY', 'secret', 'must be private, unlisted or public'],
    ['DISTD_PUBLIC_URL', 'dist.example', 'must be an http or https URL'],
    ['DISTD_DOWNLOAD_URL', 'ftp://dist.example', 'must be an http or https URL'],
    ['DISTD_PUBLIC_URL', 'https://dist.example/x?y=1', 'must have no user name, query or fragment'],
    ['DISTD_PUBLIC_URL', 'https://dist.example/?', 'must have no user name, query or fragment'],
    ['DISTD_PUBLIC_URL', 'https://me@dist.example', 'must have no user name, query or fragment'],
    ['DISTD_DOWNLOAD_URL', 'https://dist.example/#', 'must have no user name, query or fragment'],
    ['DISTD_DOWNLOAD_URL', 'https://:secret@dist.example', 'must have no user name, query or fragment'],
    ['DISTD_DOWNLOAD_URL', 'https://files.example', 'needs DISTD_PUBLIC_URL beside it'],
    ['DISTD_LISTEN', '8080', 'must be host:port'],
    ['DISTD_INSECURE_HTTP', 'yes', 'must be true or false'],
    ['DISTD_INSECURE_HTTP', 'TRUE ', 'must be true or false'],
    ...['', ' ', ' '.repeat(40), 'x'.repeat(31), `${'x'.repeat(31)}\n`, `${'x'.repeat(20)} ${'x'.repeat(20)}`].map(
      (value) => ['DISTD_SETUP_TOKEN', value, 'must have at least 32 characters, at most 512, and no spaces'] as const,
    ),
    ['DISTD_TRUSTED_PROXIES', '10.1.2.3/8', 'must be addresses, or networks like 10.0.0.0/8 and fd00::/8'],
  ] as const) {
    assert.throws(
      () => loadSettings({}, { ...NOWHERE, [variable]: value }),
      (error) => error instanceof UsageError && error.message === `Cannot use ${variable}: ${says}`,
      `${variable}=${value}`,
    )
  }
})

test('loadSettings() takes networks, and a blank variable as none', () => {
  const { config } = loadSettings({ trustedProxies: '10.0.0.0/8, ::1,' }, { ...NOWHERE, DISTD_PUBLIC_URL: '' })
  assert.deepEqual([config.trustedProxies, config.publicUrl], [['10.0.0.0/8', '::1'], undefined])
})

test('loadSettings() makes URLs canonical, so that paths can be put behind them', () => {
  const { config } = loadSettings(
    { publicUrl: 'HTTPS://Dist.Example:443/base//' },
    { ...NOWHERE, DISTD_DOWNLOAD_URL: 'http://b\u00fccher.example:8080' },
  )
  assert.deepEqual(
    [config.publicUrl, config.downloadUrl],
    ['https://dist.example/base', 'http://xn--bcher-kva.example:8080'],
  )
})

test('loadSettings() reads booleans in the four ways that people write them', () => {
  for (const [text, value] of [
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    ['', false],
  ] as const) {
    assert.equal(loadSettings({}, { ...NOWHERE, DISTD_INSECURE_HTTP: text }).config.insecureHttp, value, text)
  }
  assert.equal(loadSettings({ insecureHttp: '1' }, { ...NOWHERE, DISTD_INSECURE_HTTP: '0' }).config.insecureHttp, true)
})

test('loadSettings() gives a secret to the server and to nobody who asks for the settings', () => {
  const secret = 'canary-of-the-setup-token-0123456789'
  const { config, settings } = loadSettings({}, { ...NOWHERE, DISTD_SETUP_TOKEN: secret })
  assert.equal(config.setupToken, secret)
  assert.ok(!JSON.stringify(settings).includes(secret))
  const told = settings.find(({ key }) => key === 'setupToken')
  assert.deepEqual(told, { key: 'setupToken', value: '(set)', source: 'DISTD_SETUP_TOKEN' })
  const unset = loadSettings({}, NOWHERE).settings.find(({ key }) => key === 'setupToken')
  assert.deepEqual(unset, { key: 'setupToken', value: null, source: 'default' })
})

test('loadSettings() refuses a secret of the file that is none, without repeating it', async () => {
  const data = mkdtempSync(join(tmpdir(), 'distd-settings-'))
  const path = join(data, 'config/distd.json')
  mkdirSync(join(data, 'config'))
  try {
    for (const [text, says] of [
      ['{"setupToken": ""}', 'must have at least 32 characters, at most 512, and no spaces'],
      ['{"setupToken": null}', 'must be text'],
      ['{"setupToken": "canary canary canary canary canary canary"}', 'must have at least 32 characters'],
      ['{"insecureHttp": "true"}', 'must be true or false'],
    ] as const) {
      writeFileSync(path, text)
      assert.throws(
        () => loadSettings({ data }, {}),
        (error) =>
          error instanceof UsageError &&
          error.message.startsWith(`Cannot use "${Object.keys(JSON.parse(text))[0]}" of ${path}: ${says}`) &&
          !error.message.includes('canary'),
        text,
      )
    }
    writeFileSync(path, JSON.stringify({ setupToken: 'x'.repeat(32), insecureHttp: true }))
    const { config, settings } = loadSettings({ data }, {})
    assert.deepEqual([config.setupToken, config.insecureHttp], ['x'.repeat(32), true])
    assert.equal(settings.find(({ key }) => key === 'setupToken')?.source, path)
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})

test('unknownVariables() is one line with what was probably meant', () => {
  assert.equal(unknownVariables({ ...NOWHERE, DIST_TOKEN: 'x', PATH: '/bin' }), undefined)
  assert.equal(
    unknownVariables({ DISTD_PUBLIC_ULR: 'x', DISTD_COLOUR: 'red' }),
    'the environment has names that are no settings: DISTD_COLOUR, DISTD_PUBLIC_ULR (did you mean DISTD_PUBLIC_URL?)',
  )
})

test('README lists every setting', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  for (const key of CONFIG_KEYS) assert.ok(readme.includes(`| \`${variableOf(key)}\` |`), variableOf(key))
})
