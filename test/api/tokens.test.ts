import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

async function inApp(run: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await createTestApp()
  try {
    await run(app)
  } finally {
    await app.close()
  }
}

const start = Date.UTC(2026, 10, 21)

test('the last use of a token is noted at most once a minute', () =>
  inApp(async (app) => {
    const { secret, token } = await app.issue({ actions: ['read'] })
    const { store } = app.deps
    const write = store.write
    let writes = 0
    store.write = (work) => {
      writes++
      return write(work)
    }
    /** Asks so many times at once, and tells the writes that this caused and what is recorded then. */
    const use = async (times: number): Promise<[writes: number, lastUsedAt: string | null]> => {
      writes = 0
      const asked = Array.from({ length: times }, () => app.ask('GET', '/api/v1/whoami', { token: secret }))
      for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200)
      // Writes are made in order: when this one is through, the one that the request left behind is too.
      await write(async () => undefined)
      const row = await store.reads
        .selectFrom('tokens')
        .select('last_used_at')
        .where('id', '=', token.id)
        .executeTakeFirstOrThrow()
      return [writes, row.last_used_at]
    }
    const at = (ms: number) => new Date(start + ms).toISOString()
    assert.equal(token.lastUsedAt, null)
    assert.deepEqual(await use(10), [1, at(0)], 'ten requests at once')
    await app.clock.advance(1)
    assert.deepEqual(await use(1), [0, at(0)])
    await app.clock.advance(59_998)
    assert.deepEqual(await use(10), [0, at(0)], 'the last millisecond of the minute')
    await app.clock.advance(1)
    assert.deepEqual(await use(2), [1, at(60_000)])
    await app.clock.advance(59_999)
    assert.deepEqual(await use(1), [0, at(60_000)], 'the minute counts from what is recorded')
    await app.clock.advance(86_400_000)
    assert.deepEqual(await use(1), [1, at(86_400_000 + 119_999)])
  }))

test('a credential that is refused leaves no trace of a use, and one whose use cannot be noted works', () =>
  inApp(async (app) => {
    const { secret, token } = await app.issue({ actions: ['read'], expiresInDays: 1 })
    const { store } = app.deps
    const write = store.write
    let writes = 0
    const counted: typeof write = (work) => {
      writes++
      return write(work)
    }
    store.write = counted
    const forged = secret.slice(0, -8) + (secret.endsWith('0'.repeat(8)) ? '1' : '0').repeat(8)
    assert.equal((await app.ask('GET', '/api/v1/whoami', { token: forged })).status, 401)
    const lines: unknown[][] = []
    const deps = app.deps as { log: unknown }
    deps.log = (...line: unknown[]) => lines.push(line)
    store.write = () => Promise.reject(new Error('disk full'))
    assert.equal((await app.ask('GET', '/api/v1/whoami', { token: secret })).status, 200)
    store.write = counted
    await write(async () => undefined)
    assert.deepEqual(
      lines.filter(([level]) => level === 'warn'),
      [['warn', 'cannot note the use of a token', { token: token.id, error: 'Error: disk full' }]],
    )
    await app.clock.advance(86_400_000)
    assert.equal((await app.ask('GET', '/api/v1/whoami', { token: secret })).status, 401)
    assert.equal(writes, 0)
  }))

test('whoever is not known is asked for a credential, and told no more than that', () =>
  inApp(async (app) => {
    const admin = (await app.issue({ actions: ['admin'] })).secret
    const { secret, token } = await app.issue({ actions: ['admin'] })
    await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: admin })
    const details = new Set<string>()
    for (const header of [
      undefined,
      'Basic YTpi',
      'Bearer ',
      'Bearer x',
      `Bearer distc_${'0'.repeat(48)}`,
      `Bearer ${admin.slice(0, -1)}`,
      `Bearer ${admin} x`,
      `Bearer ${secret}`,
    ]) {
      const answer = await app.ask('GET', '/api/v1/tokens', { headers: header ? { Authorization: header } : {} })
      assert.deepEqual([answer.status, answer.json.code], [401, 'access.unauthenticated'], header)
      assert.match(answer.headers.get('www-authenticate')!, /^Bearer/)
      if (header !== undefined) details.add(answer.json.detail)
    }
    assert.equal(details.size, 1, 'unknown, malformed and revoked look the same')
  }))

test('a token that is not there, or that is wider than the one who asks, is not found', () =>
  inApp(async (app) => {
    const { secret: narrow } = await app.issue({ actions: ['admin'], apps: ['notes*'] })
    const wide = await app.issue({ actions: ['read'], apps: ['*'] })
    const own = await app.issue({ actions: ['read'], apps: ['notes-web'] })
    const absent = `tok_${'0'.repeat(26)}`
    for (const id of [absent, wide.token.id, 'tok_', 'x']) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await app.ask(method, `/api/v1/tokens/${id}`, { token: narrow })
        assert.deepEqual([answer.status, answer.json.code], [404, 'token.not_found'], `${method} ${id}`)
      }
    }
    assert.equal((await app.ask('GET', '/api/v1/whoami', { token: wide.secret })).status, 200, 'it was not revoked')
    assert.equal((await app.ask('DELETE', `/api/v1/tokens/${own.token.id}`, { token: narrow })).status, 204)
    assert.equal((await app.ask('GET', '/api/v1/whoami', { token: own.secret })).status, 401)
  }))

test('the API refuses restrictions of branch builds on tokens that cannot use them', () =>
  inApp(async (app) => {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const create = (actions: string[], branches: unknown) =>
      app.ask('POST', '/api/v1/tokens', { token, body: { name: 'x', actions, branches } })
    const ok = await create(['branch'], { prefix: '@a/b', category: 'tileset' })
    assert.equal(ok.status, 201)
    const read = await app.ask('GET', `/api/v1/tokens/${ok.json.token.id}`, { token })
    assert.deepEqual(read.json.branches, { prefix: '@a/b', category: 'tileset' })
    const cases: [actions: string[], branches: unknown, words: RegExp][] = [
      [['read'], { name: 'main' }, /only a token with "branch"/],
      [['read', 'publish', 'promote'], { category: 'other' }, /only a token with "branch"/],
      [['branch', 'admin'], { package: 'x' }, /cannot be restricted/],
      [['branch'], { name: 'dev', prefix: 'rel' }, /does not begin with the prefix/],
      [['branch'], { prefix: 'a\u0000' }, /U\+0000/],
      [['branch'], { prefix: '' }, /it is empty/],
      [['branch'], { pattern: 'x' }, /pattern/],
      [['branch'], 'main', /branches/],
    ]
    for (const [actions, branches, words] of cases) {
      const refused = await create(actions, branches)
      assert.deepEqual([refused.status, refused.json.code], [422, 'request.invalid'], JSON.stringify(branches))
      assert.match(refused.json.detail, words)
    }
    const listed = await app.ask('GET', '/api/v1/tokens', { token })
    assert.equal(listed.json.items.length, 2, 'what is refused leaves nothing')
  }))
