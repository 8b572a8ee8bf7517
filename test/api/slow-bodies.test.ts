import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createId } from '../../src/model/ids.ts'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
let token: string

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'private' } })
})
after(() => app.close())

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** A request whose body is held back: `finish` sends it and gives the status. */
function slow(method: string, path: string, credential: Record<string, string>, type: string, body: string) {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await held
      controller.enqueue(new TextEncoder().encode(body))
      controller.close()
    },
  })
  const headers = { ...credential, 'Content-Type': type, 'Sec-Fetch-Site': 'same-origin', 'If-None-Match': '*' }
  const request = new Request(`https://distd.test${path}`, {
    method,
    headers,
    body: stream,
    duplex: 'half',
  } as RequestInit)
  const response = app.fetch(request)
  return async () => {
    release()
    const { status } = await response
    return status
  }
}

const NEW_TOKEN = JSON.stringify({ name: 'late', actions: ['admin'] })

async function lateTokens(): Promise<number> {
  const { json } = await app.ask('GET', '/api/v1/tokens', { token })
  return json.items.filter(({ name }: { name: string }) => name === 'late').length
}

async function editUser(id: string, body: unknown): Promise<void> {
  assert.equal((await app.ask('PATCH', `/api/v1/users/${id}`, { token, body })).status, 200)
}

test('a role that is taken away while a body is on its way is gone when it has come', async () => {
  const { cookie, user } = await app.person({ role: 'admin' })
  const writes = [
    slow('POST', '/api/v1/tokens', { Cookie: cookie }, JSON_TYPE, NEW_TOKEN),
    slow('POST', '/api/v1/users', { Cookie: cookie }, JSON_TYPE, '{"name":"late.friend","role":"admin"}'),
    slow('PATCH', `/api/v1/users/${user.id}`, { Cookie: cookie }, JSON_TYPE, '{"role":"admin"}'),
    slow('PATCH', '/api/v1/apps/notes', { Cookie: cookie }, JSON_TYPE, '{"visibility":"public"}'),
  ]
  await editUser(user.id, { role: 'viewer' })
  for (const finish of writes) assert.equal(await finish(), 403)
  assert.equal(await lateTokens(), 0)
  assert.equal((await app.ask('GET', '/api/v1/users/late.friend', { token })).status, 404)
  assert.equal((await app.ask('GET', `/api/v1/users/${user.id}`, { token })).json.role, 'viewer')
})

test('a session that ends while a body is on its way does nothing any more', async () => {
  const { cookie, user } = await app.person({ role: 'admin' })
  const finish = slow('POST', '/api/v1/tokens', { Cookie: cookie }, JSON_TYPE, NEW_TOKEN)
  await editUser(user.id, { disabled: true })
  assert.equal(await finish(), 401)
  assert.equal(await lateTokens(), 0)
})

test('a token that is revoked while a body is on its way does nothing any more', async () => {
  const { secret, token: made } = await app.issue({ actions: ['admin'] })
  const finish = slow('POST', '/api/v1/tokens', { Authorization: `Bearer ${secret}` }, JSON_TYPE, NEW_TOKEN)
  assert.equal((await app.ask('DELETE', `/api/v1/tokens/${made.id}`, { token })).status, 204)
  assert.equal(await finish(), 401)
  assert.equal(await lateTokens(), 0)
})

test('the password that was given counts when the body has come, however early the request began', async () => {
  const { cookie } = await app.person({ role: 'admin' })
  const finish = slow('POST', '/api/v1/tokens', { Cookie: cookie }, JSON_TYPE, NEW_TOKEN)
  await app.clock.advance(11 * 60_000)
  assert.equal(await finish(), 403)
  assert.equal(await lateTokens(), 0)
})

test('a session that was ended ends no others by a form that it had begun to send', async () => {
  const { cookie, sessionId, user } = await app.person({ role: 'viewer' })
  const finish = slow('POST', '/account/sessions/end-others', { Cookie: cookie }, FORM_TYPE, '')
  const { deps } = app
  await deps.store.write(async (tx) => {
    const row = await tx.selectFrom('sessions').selectAll().where('id', '=', sessionId).executeTakeFirstOrThrow()
    await tx
      .insertInto('sessions')
      .values({ ...row, id: createId('session', 1, deps.random(10)), hash: '00' })
      .execute()
    await tx.deleteFrom('sessions').where('id', '=', sessionId).execute()
  })
  assert.equal(await finish(), 401)
  const left = await deps.store.reads.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute()
  assert.equal(left.length, 1)
})
