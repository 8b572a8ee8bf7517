import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import { readConfig } from './config.ts'

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
