import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { shareOf } from '../helpers/share-cookie.ts'
import { type Ask, createTestApp, release, type TestApp } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

let app: TestApp
let token: string
let admin: Ask

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  for (const slug of ['notes', 'other']) {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug, visibility: 'private' } })
    await release(app, token, slug, { version: '1.0.0' }, [textFile(slug)])
    await app.ask('POST', `/api/v1/apps/${slug}/channels/stable/actions/promote`, {
      token,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
  }
  admin = { cookie: (await app.person({ role: 'admin' })).cookie }
})
after(() => app.close())

const FILE = '/notes/releases/1.0.0/notes.bin'
const READS = [
  FILE,
  '/notes',
  '/notes/stable',
  '/notes/stable/notes.bin',
  '/api/v1/apps/notes',
  '/notes/announcements.atom',
]

async function statuses(ask: Ask, paths = READS): Promise<number[]> {
  const answers = await Promise.all(paths.map((path) => app.ask('GET', path, ask)))
  return answers.map(({ status }) => status)
}

async function done(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await app.ask(method, path, { ...admin, ...(body === undefined ? {} : { body }) })
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
}

test('a token that was revoked opens nothing with the next request', async () => {
  const { secret, token: made } = await app.issue({ actions: ['read'] })
  assert.deepEqual(
    await statuses({ token: secret }),
    READS.map(() => 200),
  )
  await done('DELETE', `/api/v1/tokens/${made.id}`)
  assert.deepEqual(
    await statuses({ token: secret }),
    READS.map(() => 401),
  )
})

test('a role that was taken away is gone with the next request, on the server and on an app', async () => {
  const { cookie, user } = await app.person({ role: 'viewer' })
  assert.deepEqual(
    await statuses({ cookie }),
    READS.map(() => 200),
  )
  await done('PATCH', `/api/v1/users/${user.id}`, { role: null })
  assert.deepEqual(
    await statuses({ cookie }),
    READS.map(() => 404),
  )
  await done('PATCH', `/api/v1/users/${user.id}`, { apps: { notes: 'viewer' } })
  assert.deepEqual(
    await statuses({ cookie }),
    READS.map(() => 200),
  )
  assert.equal((await app.ask('GET', '/other', { cookie })).status, 404)
  await done('PATCH', `/api/v1/users/${user.id}`, { apps: { notes: null, other: 'viewer' } })
  assert.deepEqual(
    await statuses({ cookie }),
    READS.map(() => 404),
  )
})

test('a lower role may do at once no more what the higher one could', async () => {
  const { cookie, user } = await app.person({ apps: { notes: 'manager' } })
  const list = () => app.ask('GET', '/api/v1/apps/notes/releases?state=all', { cookie })
  assert.equal((await list()).status, 200)
  await done('PATCH', `/api/v1/users/${user.id}`, { apps: { notes: 'viewer' } })
  assert.equal((await list()).json.code, 'access.denied')
})

test('who was disabled or removed is nobody with the next request, and stays out when enabled again', async () => {
  const disabled = await app.person({ role: 'admin' })
  assert.deepEqual(
    await statuses(disabled),
    READS.map(() => 200),
  )
  await done('PATCH', `/api/v1/users/${disabled.user.id}`, { disabled: true })
  assert.deepEqual(
    await statuses({ cookie: disabled.cookie }),
    READS.map(() => 404),
  )
  assert.equal((await app.ask('GET', '/api/v1/sessions', { cookie: disabled.cookie })).status, 401)
  await done('PATCH', `/api/v1/users/${disabled.user.id}`, { disabled: false })
  assert.deepEqual(
    await statuses({ cookie: disabled.cookie }),
    READS.map(() => 404),
    'the session has ended',
  )

  const removed = await app.person({ role: 'viewer' })
  await done('DELETE', `/api/v1/users/${removed.user.id}`)
  assert.deepEqual(
    await statuses({ cookie: removed.cookie }),
    READS.map(() => 404),
  )
})

test('a session that was ended by another one of the same person, or by an admin, is over at once', async () => {
  const person = await app.person({ role: 'viewer' })
  const ended = await app.ask('DELETE', `/api/v1/sessions/${person.sessionId}`, { cookie: person.cookie })
  assert.equal(ended.status, 204)
  assert.deepEqual(
    await statuses({ cookie: person.cookie }),
    READS.map(() => 404),
  )
  const other = await app.person({ role: 'viewer' })
  await done('DELETE', `/api/v1/sessions/${other.sessionId}`)
  assert.deepEqual(
    await statuses({ cookie: other.cookie }),
    READS.map(() => 404),
  )
})

test('a share link that was revoked, or whose time is over, opens nothing with the next request', async () => {
  const shared = ['/notes/stable', '/notes/stable/notes.bin']
  const share = await shareOf(app.deps, { app: 'notes', channel: 'stable' })
  assert.deepEqual(await statuses({ cookie: share.cookie }, shared), [200, 200])
  const etag = (await app.ask('GET', shared[1]!, { cookie: share.cookie })).headers.get('etag')!
  await done('DELETE', `/api/v1/shares/${share.id}`)
  assert.deepEqual(await statuses({ cookie: share.cookie }, shared), [404, 404])
  const known = await app.ask('GET', shared[1]!, { cookie: share.cookie, headers: { 'If-None-Match': etag } })
  assert.equal(known.status, 404)
  const short = await shareOf(app.deps, { app: 'notes', channel: 'stable' })
  await app.clock.advance(30 * 86_400_000 - 1)
  assert.deepEqual(await statuses({ cookie: short.cookie }, shared), [200, 200])
  await app.clock.advance(1)
  assert.deepEqual(await statuses({ cookie: short.cookie }, shared), [404, 404])
})

test('an app that becomes private is closed at once, also to who has its set id, its ETag or a link to another app', async () => {
  const root = { token: (await app.issue({ actions: ['admin'] })).secret }
  await app.ask('POST', '/api/v1/apps', { ...root, body: { slug: 'open', visibility: 'public' } })
  const announced = await release(app, root.token, 'open', { version: '1.0.0' }, [textFile('open')])
  const set = new URL(announced.setUrl).pathname
  const paths = [set, `${set}/notes.bin`, '/open', '/open/releases/1.0.0/notes.bin', '/open/latest/notes.bin']
  const foreign = await shareOf(app.deps, { app: 'other', channel: 'stable' })
  const etags = await Promise.all(paths.map(async (path) => (await app.ask('GET', path)).headers.get('etag')!))
  await app.ask('PATCH', '/api/v1/apps/open', { ...root, body: { visibility: 'private' } })
  for (const ask of [{}, { cookie: foreign.cookie }, { cookie: (await app.person()).cookie }]) {
    for (const [i, path] of paths.entries()) {
      assert.equal((await app.ask('GET', path, ask)).status, 404, path)
      assert.equal((await app.ask('GET', path, { ...ask, headers: { 'If-None-Match': etags[i]! } })).status, 404, path)
    }
  }
})
