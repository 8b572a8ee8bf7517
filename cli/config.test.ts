import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import { noServer, noToken, readConfig } from './config.ts'

test('readConfig() prefers flags to the environment', () => {
  const env = { DIST_SERVER: 'https://env.example', DIST_TOKEN: 'env-token', DIST_RETRIES: '2' }
  const config = readConfig({ server: 'https://flag.example/sub/api/v1/', token: 'flag-token' }, env)
  assert.equal(config.server?.href, 'https://flag.example/sub')
  assert.equal(config.token?.reveal(), 'flag-token')
  assert.equal(config.tokenOnCommandLine, true)
  assert.equal(config.retries, 2)
  assert.equal(readConfig({}, env).tokenOnCommandLine, false)
})

test('readConfig() takes an empty variable for none', () => {
  const config = readConfig({}, { DIST_SERVER: '', DIST_TOKEN: '', DIST_RETRIES: '' })
  assert.deepEqual([config.server, config.token, config.retries], [undefined, undefined, 5])
})

test('readConfig() refuses what cannot work, without showing the token', () => {
  for (const server of ['example.com', 'ftp://x', 'https://me:pw@x.example', 'https://x.example/?a=1', 'not a url']) {
    assert.throws(() => readConfig({ server }, {}), /Cannot use the server of --server/, server)
  }
  assert.throws(
    () => readConfig({}, { DIST_TOKEN: 'dist secret' }),
    (error: Error) => !error.message.includes('secret'),
  )
  for (const retries of ['-1', '1.5', 'x', '100'])
    assert.throws(() => readConfig({}, { DIST_RETRIES: retries }), /DIST_RETRIES/)
})

test('readConfig() gives a token that nothing prints', () => {
  const config = readConfig({ token: 'distp_verysecret' }, {})
  for (const text of [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config), `${config.token}`]) {
    assert.ok(!text.includes('verysecret'), text)
  }
})

const BOTH = {
  DIST_SERVER: 'https://prod.example',
  DIST_TOKEN: 'prod-token',
  DIST_SERVER_EU_STAGING: 'https://staging.example',
  DIST_TOKEN_EU_STAGING: 'staging-token',
}

test('readConfig() reads server and token of a profile, by flag before DIST_PROFILE', () => {
  for (const [flags, env] of [
    [{ profile: 'eu-staging' }, BOTH],
    [{ profile: 'EU_Staging' }, BOTH],
    [{}, { ...BOTH, DIST_PROFILE: 'eu-staging' }],
    [{ profile: 'eu-staging' }, { ...BOTH, DIST_PROFILE: 'other' }],
  ] as const) {
    const config = readConfig(flags, env)
    assert.equal(config.server?.href, 'https://staging.example/')
    assert.equal(config.token?.reveal(), 'staging-token')
    assert.deepEqual(config.variables, { server: 'DIST_SERVER_EU_STAGING', token: 'DIST_TOKEN_EU_STAGING' })
  }
  for (const env of [BOTH, { ...BOTH, DIST_PROFILE: '' }]) {
    const config = readConfig({}, env)
    assert.deepEqual([config.profile, config.server?.href], [undefined, 'https://prod.example/'])
    assert.equal(config.token?.reveal(), 'prod-token')
  }
})

test('readConfig() with a profile never falls back to the server or token of another', () => {
  const { DIST_SERVER_EU_STAGING: server, DIST_TOKEN_EU_STAGING: token, ...prod } = BOTH
  const onlyServer = readConfig({ profile: 'eu-staging' }, { ...prod, DIST_SERVER_EU_STAGING: server })
  assert.deepEqual([onlyServer.server?.href, onlyServer.token], [`${server}/`, undefined])
  const onlyToken = readConfig({ profile: 'eu-staging' }, { ...prod, DIST_TOKEN_EU_STAGING: token })
  assert.deepEqual([onlyToken.server, onlyToken.token?.reveal()], [undefined, token])
  for (const profile of ['unknown', 'eu', 'eu-staging-2']) {
    const config = readConfig({ profile }, BOTH)
    assert.deepEqual([config.server, config.token], [undefined, undefined], profile)
    assert.match(noServer(config).message, new RegExp(`profile "${profile}"`))
    assert.match(noServer(config).hint ?? '', /^Set DIST_SERVER_[A-Z0-9_]+ or pass --server$/)
    assert.match(noToken(config).hint ?? '', /^Set DIST_TOKEN_[A-Z0-9_]+ in the environment$/)
  }
  const flagged = readConfig({ profile: 'eu-staging', server: 'https://flag.example', token: 'flag' }, BOTH)
  assert.deepEqual([flagged.server?.href, flagged.token?.reveal()], ['https://flag.example/', 'flag'])
})

test('readConfig() refuses a profile that names no variable', () => {
  for (const profile of ['', ' ', '-x', '_x', 'a b', 'a.b', '../x', 'é', 'a='.repeat(2), 'x'.repeat(64)]) {
    assert.throws(() => readConfig({ profile }, BOTH), /Cannot use the profile of --profile/, JSON.stringify(profile))
  }
  assert.throws(() => readConfig({}, { ...BOTH, DIST_PROFILE: 'a b' }), /Cannot use the profile of DIST_PROFILE/)
  const broken = { DIST_SERVER_X: 'nowhere', DIST_TOKEN_X: 'x' }
  assert.throws(() => readConfig({ profile: 'x' }, broken), /Cannot use the server of DIST_SERVER_X/)
})
