import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

/** Ends a test app that did what a faulty product might do, and gives what its end complained of. */
async function complaintAfter(work: (app: TestApp) => Promise<void>): Promise<string> {
  const app = await createTestApp()
  await work(app)
  return app.close().then(
    () => '',
    (error: Error) => error.message,
  )
}

const keep = (app: TestApp, value: string) =>
  app.deps.store.write((tx) => tx.insertInto('meta').values({ key: 'kept', value }).execute())

test('the end of every test finds a token, a session or a password that was kept as it is', async () => {
  const kept = /test\.sqlite(?:-wal)? holds secrets/
  const token = await complaintAfter(async (app) => {
    await keep(app, (await app.issue({ actions: ['read'] })).secret)
  })
  assert.match(token, kept)
  const session = await complaintAfter(async (app) => {
    const person = await app.person()
    await app.ask('GET', '/api/v1/whoami', { cookie: person.cookie })
    await keep(app, person.secret)
  })
  assert.match(session, kept)
  const password = await complaintAfter(async (app) => {
    await app.ask('POST', '/api/v1/sessions/actions/confirm', { body: { password: 'seven green walruses' } })
    await keep(app, '{"typed":"seven green walruses"}')
  })
  assert.match(password, kept)
})

test('the end of every test finds a secret that was logged', async () => {
  const complaint = await complaintAfter(async (app) => {
    app.deps.log('info', 'created', { token: (await app.issue({ actions: ['read'] })).secret })
  })
  assert.match(complaint, /the log holds secrets/)
})

test('the end of a test of which nothing was kept has nothing to complain of', async () => {
  const complaint = await complaintAfter(async (app) => {
    const { secret } = await app.issue({ actions: ['read'] })
    const person = await app.person()
    assert.equal((await app.ask('GET', '/api/v1/whoami', { token: secret })).status, 200)
    assert.equal((await app.ask('GET', '/api/v1/whoami', { cookie: person.cookie })).status, 200)
  })
  assert.equal(complaint, '')
})
