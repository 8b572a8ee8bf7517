import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLimits } from '../../src/access/limiter.ts'
import type { Role } from '../../src/model/role.ts'
import { expireAccountLinks, findAccountLink } from '../../src/people/account-links.ts'
import { completeAccountLink } from '../../src/people/setup.ts'
import { listAuditEvents } from '../../src/store/audit.ts'
import { countingScrypt } from '../helpers/counting-scrypt.ts'
import { type Answer, createTestApp, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'

const USERS = '/api/v1/users'
const DAY_MS = 86_400_000
const PASSWORD = 'correct horse battery'

async function inApp(run: (app: TestApp, token: string) => Promise<void>, options: TestAppOptions = {}): Promise<void> {
  const app = await createTestApp(options)
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    for (const slug of ['notes', 'other']) {
      await app.ask('POST', '/api/v1/apps', { token, body: { slug, visibility: 'private' } })
    }
    await run(app, token)
  } finally {
    await app.close()
  }
}

const secretOf = (answer: Answer): string => answer.json.link.url.split('/').at(-1)
const code = (answer: Answer) => [answer.status, answer.json.code]

async function invite(app: TestApp, token: string, body: object): Promise<Answer> {
  const answer = await app.ask('POST', USERS, { token, body })
  assert.equal(answer.status, 201, answer.text)
  return answer
}

/** Sets a password by a link; gives the cookie of the session that begins with it. */
async function complete(app: TestApp, secret: string, password = PASSWORD): Promise<string> {
  const deps = { ...app.deps, limits: createLimits(app.clock) }
  const done = await completeAccountLink(deps, { secret, password, address: '192.0.2.1', userAgent: null }, 'req_0')
  return `__Host-dist=${done.secret}`
}

const isNotFound = (error: { code?: string }) => error.code === 'setup.not_found'
const lastEvents = (app: TestApp, limit: number) =>
  listAuditEvents(app.deps.store.reads, { app: null, order: 'desc', after: null, limit })

test('who is created gets an invite link, which is in this answer alone, and no password', () =>
  inApp(
    async (app, token) => {
      const apps = { notes: 'manager' }
      const created = await invite(app, token, { name: ' Ada@Example.ORG ', role: 'viewer', apps })
      const { user, link } = created.json
      assert.deepEqual(user, {
        id: user.id,
        name: 'ada@example.org',
        role: 'viewer',
        apps,
        hasPassword: false,
        createdAt: '2026-11-21T00:00:00.000Z',
        createdBy: (await app.ask('GET', '/api/v1/whoami', { token })).json.token.id,
        disabledAt: null,
        lastSignedInAt: null,
      })
      assert.equal(created.headers.get('cache-control'), 'no-store')
      assert.deepEqual([link.kind, link.expiresAt], ['invite', '2026-11-28T00:00:00.000Z'])
      assert.match(link.url, /^http:\/\/distd\.test\/dist\/setup\/distb_[0-9A-Za-z]{48}$/)
      for (const path of [user.id, 'ada@example.org', 'ADA@example.org']) {
        assert.deepEqual((await app.ask('GET', `${USERS}/${path}`, { token })).json, user, path)
      }
      assert.deepEqual((await app.ask('GET', USERS, { token })).json, { items: [user], nextCursor: null })
      assert.deepEqual(findAccountLink(app.deps, secretOf(created)), { kind: 'invite', userName: 'ada@example.org' })

      const [event] = await lastEvents(app, 1)
      const { link: linkId, ...after } = event!.after as Record<string, unknown>
      assert.match(String(linkId), /^inv_/)
      assert.deepEqual([event!.action, event!.object, event!.app], ['user.created', `user:${user.id}`, null])
      assert.deepEqual(after, { name: user.name, role: 'viewer', apps, disabledAt: null, expiresAt: link.expiresAt })
      const kept = await app.deps.store.reads.selectFrom('account_links').selectAll().execute()
      assert.equal(kept.length, 1)
      assert.ok(!JSON.stringify([kept, event]).includes(secretOf(created).slice(16)), 'only the hash is kept')
    },
    { config: { publicUrl: 'http://distd.test/dist' } },
  ))

test('names that are taken, not names, or ids are refused; an unknown app too, and nothing is made', () =>
  inApp(async (app, token) => {
    await invite(app, token, { name: 'ada' })
    const create = async (body: object) => code(await app.ask('POST', USERS, { token, body }))
    assert.deepEqual(await create({ name: 'ADA' }), [409, 'user.exists'])
    for (const name of [
      '',
      ' ',
      'a b',
      '-a',
      'ä',
      'a\u0000',
      'x'.repeat(101),
      `usr_${'0'.repeat(26)}`,
      'a/b',
      7,
      null,
    ]) {
      assert.deepEqual(await create({ name }), [422, 'request.invalid'], JSON.stringify(name))
    }
    const bob = (body: object) => create({ name: 'bob', ...body })
    assert.deepEqual(await bob({ role: 'owner' }), [422, 'request.invalid'])
    assert.deepEqual(await bob({ apps: { notes: 'owner' } }), [422, 'request.invalid'])
    assert.deepEqual(await bob({ apps: { __proto__x: 'viewer' } }), [422, 'request.invalid'])
    assert.deepEqual(await bob({ password: 'x' }), [422, 'request.invalid'])
    assert.deepEqual(await bob({ apps: { notes: 'viewer', absent: 'viewer' } }), [404, 'app.not_found'])
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`app-${i}`, 'viewer']))
    assert.deepEqual(await bob({ apps: many }), [422, 'request.invalid'])
    assert.deepEqual(
      (await app.ask('GET', USERS, { token })).json.items.map(({ name }: { name: string }) => name),
      ['ada'],
    )
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/actions/link'],
    ] as const) {
      for (const user of ['bob', `usr_${'0'.repeat(26)}`, 'usr_', "' or 1=1"]) {
        const answer = await app.ask(method, `${USERS}/${encodeURIComponent(user)}${path}`, {
          token,
          body: method === 'GET' ? undefined : {},
        })
        assert.deepEqual(code(answer), [404, 'user.not_found'], `${method} ${user}`)
      }
    }
  }))

test('a repeated creation tells whom it made; the link is not shown again', () =>
  inApp(async (app, token) => {
    const headers = { 'Idempotency-Key': 'k1' }
    const body = { name: 'ada', role: 'viewer' }
    const first = await app.ask('POST', USERS, { token, body, headers })
    assert.equal(first.status, 201)
    const again = await app.ask('POST', USERS, { token, body, headers })
    assert.deepEqual(code(again), [409, 'request.idempotency_conflict'])
    assert.equal(again.json.details.user, first.json.user.id)
    assert.ok(!again.text.includes('distb_'))
    const other = await app.ask('POST', USERS, { token, body: { name: 'bob' }, headers })
    assert.deepEqual(code(other), [409, 'request.idempotency_conflict'])
    assert.equal((await app.ask('GET', `${USERS}/bob`, { token })).status, 404)
  }))

test('people are listed in order of name, page by page', () =>
  inApp(async (app, token) => {
    const names = ['z', 'ada', 'm2', 'm10', 'ada@x', '0']
    for (const name of names) await invite(app, token, { name })
    const seen: string[] = []
    let cursor: string | null = null
    let pages = 0
    do {
      const answer: Answer = await app.ask('GET', `${USERS}?limit=4${cursor === null ? '' : `&cursor=${cursor}`}`, {
        token,
      })
      seen.push(...answer.json.items.map(({ name }: { name: string }) => name))
      cursor = answer.json.nextCursor
      assert.equal(answer.headers.get('link') !== null, cursor !== null)
      pages++
    } while (cursor !== null)
    assert.deepEqual([seen, pages], [[...names].sort(), 2])
    assert.equal((await app.ask('GET', `${USERS}?limit=201`, { token })).json.code, 'request.invalid')
  }))

test('people are for admins of the server: no token of some apps or channels, nor an admin of some apps', () =>
  inApp(async (app) => {
    const tokens = await Promise.all([
      app.issue({ actions: ['publish', 'promote', 'read'] }),
      app.issue({ actions: ['admin'], apps: ['notes'] }),
      app.issue({ actions: ['admin'], channels: ['beta'] }),
    ])
    const people = await Promise.all([
      app.person({ role: 'manager' }),
      app.person({ apps: { notes: 'admin', other: 'admin' } }),
      app.person(),
    ])
    const asks = [...tokens.map(({ secret }) => ({ token: secret })), ...people.map(({ cookie }) => ({ cookie }))]
    for (const [i, as] of asks.entries()) {
      for (const [method, path] of [
        ['GET', ''],
        ['POST', ''],
        ['GET', '/ada'],
        ['PATCH', '/ada'],
        ['DELETE', '/ada'],
        ['POST', '/ada/actions/link'],
      ] as const) {
        const body = method === 'GET' ? undefined : { name: 'eve', role: 'admin' }
        assert.deepEqual(
          code(await app.ask(method, USERS + path, { ...as, body })),
          [403, 'access.denied'],
          `${i} ${method} ${path}`,
        )
      }
    }
    assert.equal((await app.ask('GET', USERS)).status, 401)
  }))

test('a person who is admin of the server manages people, with the password given at most ten minutes ago', () =>
  inApp(async (app) => {
    const { cookie, user } = await app.person({ role: 'admin', name: 'root' })
    const created = await app.ask('POST', USERS, { cookie, body: { name: 'ada' } })
    assert.equal(created.status, 201, created.text)
    assert.equal(created.json.user.createdBy, user.id)
    assert.deepEqual((await lastEvents(app, 1))[0]!.actor, { kind: 'user', id: user.id, name: 'root' })
    await app.clock.advance(10 * 60_000 - 1)
    assert.equal((await app.ask('PATCH', `${USERS}/ada`, { cookie, body: { role: 'viewer' } })).status, 200)
    await app.clock.advance(1)
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', '/ada'],
      ['DELETE', '/ada'],
      ['POST', '/ada/actions/link'],
    ] as const) {
      const answer = await app.ask(method, USERS + path, { cookie, body: { name: 'eve' } })
      assert.deepEqual(code(answer), [403, 'access.reauthentication_required'], `${method} ${path}`)
    }
    assert.equal((await app.ask('GET', `${USERS}/ada`, { cookie })).json.role, 'viewer')
    const foreign = { 'Sec-Fetch-Site': 'cross-site' }
    const forged = await app.ask('POST', USERS, { cookie, headers: foreign, body: { name: 'eve' } })
    assert.deepEqual(code(forged), [403, 'request.cross_site'])
  }))

test('roles change what is named and nothing else, and the log has them before and after', () =>
  inApp(async (app, token) => {
    await invite(app, token, { name: 'ada', role: 'viewer', apps: { notes: 'manager' } })
    const edit = async (body: object) => {
      const answer = await app.ask('PATCH', `${USERS}/ada`, { token, body })
      assert.equal(answer.status, 200, answer.text)
      return { role: answer.json.role, apps: answer.json.apps }
    }
    assert.deepEqual(await edit({ apps: { other: 'admin' } }), {
      role: 'viewer',
      apps: { notes: 'manager', other: 'admin' },
    })
    assert.deepEqual(await edit({ apps: { notes: null } }), { role: 'viewer', apps: { other: 'admin' } })
    assert.deepEqual(await edit({ role: null }), { role: null, apps: { other: 'admin' } })
    const [event] = await lastEvents(app, 1)
    assert.deepEqual(
      [event!.action, event!.before, event!.after],
      [
        'user.edited',
        { name: 'ada', role: 'viewer', apps: { other: 'admin' }, disabledAt: null },
        { name: 'ada', role: null, apps: { other: 'admin' }, disabledAt: null },
      ],
    )
    assert.deepEqual(await edit({}), { role: null, apps: { other: 'admin' } })
    assert.deepEqual(await edit({ apps: { notes: null, other: 'viewer' } }), { role: null, apps: { other: 'viewer' } })
    const lost = await app.ask('PATCH', `${USERS}/ada`, { token, body: { role: 'admin', apps: { absent: 'viewer' } } })
    assert.deepEqual(code(lost), [404, 'app.not_found'])
    assert.equal((await app.ask('GET', `${USERS}/ada`, { token })).json.role, null, 'all or nothing')
    assert.equal(
      (await app.ask('PATCH', `${USERS}/ada`, { token, body: { name: 'bob' } })).json.code,
      'request.invalid',
    )
  }))

test('an edit that changes nothing is no event', () =>
  inApp(async (app, token) => {
    await invite(app, token, { name: 'ada', role: 'viewer', apps: { notes: 'manager' } })
    const before = await lastEvents(app, 100)
    const same = [{}, { role: 'viewer' }, { apps: { notes: 'manager', other: null } }, { disabled: false }]
    for (const body of same) {
      const answer = await app.ask('PATCH', `${USERS}/ada`, { token, body })
      assert.deepEqual([answer.status, answer.json.apps], [200, { notes: 'manager' }])
    }
    const rules = { androidPackage: 'com.example.notes' }
    for (const body of [{ summary: 'For notes', identityRules: rules }, {}, { summary: 'For notes' }]) {
      assert.equal((await app.ask('PATCH', '/api/v1/apps/notes', { token, body })).status, 200)
    }
    const after = await lastEvents(app, 100)
    assert.deepEqual(
      after.slice(0, after.length - before.length).map(({ action }) => action),
      ['app.edited'],
    )
  }))

test('two hundred apps are the most that one person has roles on', () =>
  inApp(async (app, token) => {
    const { store } = app.deps
    await store.write(async (tx) => {
      const notes = await tx.selectFrom('apps').selectAll().where('slug', '=', 'notes').executeTakeFirstOrThrow()
      for (let i = 0; i < 200; i++) {
        await tx
          .insertInto('apps')
          .values({ ...notes, id: `app_${i}`, slug: `app-${i}` })
          .execute()
      }
    })
    const apps = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`app-${i}`, 'viewer']))
    await invite(app, token, { name: 'ada', apps })
    const more = await app.ask('PATCH', `${USERS}/ada`, { token, body: { apps: { notes: 'viewer' } } })
    assert.deepEqual(code(more), [422, 'request.invalid'])
    const swap = { apps: { notes: 'viewer', 'app-0': null } }
    assert.equal((await app.ask('PATCH', `${USERS}/ada`, { token, body: swap })).status, 200)
  }))

test('a role that is given or taken, and disabling, hold on the next request', () =>
  inApp(async (app, token) => {
    const link = secretOf(await invite(app, token, { name: 'ada' }))
    const cookie = await complete(app, link)
    const read = async (slug: string) => (await app.ask('GET', `/api/v1/apps/${slug}`, { cookie })).status
    const edit = async (body: object) =>
      assert.equal((await app.ask('PATCH', `${USERS}/ada`, { token, body })).status, 200)
    assert.deepEqual([await read('notes'), await read('other')], [404, 404])
    await edit({ apps: { notes: 'viewer' } })
    assert.deepEqual([await read('notes'), await read('other')], [200, 404])
    await edit({ role: 'viewer', apps: { notes: null } })
    assert.deepEqual([await read('notes'), await read('other')], [200, 200])
    const patch = async () => (await app.ask('PATCH', '/api/v1/apps/notes', { cookie, body: { summary: 's' } })).status
    assert.equal(await patch(), 403)
    await edit({ apps: { notes: 'admin' } })
    assert.equal(await patch(), 200)
    await edit({ apps: { notes: 'manager' } })
    assert.equal(await patch(), 403)
    await edit({ role: null, apps: { notes: null } })
    assert.deepEqual([await read('notes'), await read('other')], [404, 404])

    await edit({ role: 'viewer' })
    assert.equal(await read('notes'), 200)
    const reset = await app.ask('POST', `${USERS}/ada/actions/link`, { token })
    await edit({ disabled: true })
    assert.equal(await read('notes'), 404)
    assert.deepEqual(code(await app.ask('GET', USERS, { cookie })), [401, 'access.unauthenticated'])
    const events = await lastEvents(app, 2)
    assert.deepEqual(events.map(({ action }) => action).sort(), ['session.ended', 'user.edited'])
    const { endedSessions, endedLinks } = events.find(({ action }) => action === 'user.edited')!.after as {
      endedSessions: number
      endedLinks: number
    }
    assert.deepEqual([endedSessions, endedLinks], [1, 1])
    assert.deepEqual(code(await app.ask('POST', `${USERS}/ada/actions/link`, { token })), [409, 'user.disabled'])
    await edit({ disabled: true })
    await edit({ disabled: false })
    assert.equal(await read('notes'), 404, 'what was ended does not come back')
    await assert.rejects(complete(app, secretOf(reset)), isNotFound)
  }))

test('links work once, until they expire, and until a newer one is made', () =>
  inApp(async (app, token) => {
    const first = secretOf(await invite(app, token, { name: 'ada' }))
    const again = await app.ask('POST', `${USERS}/ada/actions/link`, { token })
    assert.deepEqual([again.status, again.json.link.kind, again.json.user.hasPassword], [200, 'invite', false])
    await assert.rejects(complete(app, first), isNotFound, 'replaced')
    const second = secretOf(again)
    for (const wrong of ['', 'x', first.slice(0, -1), `distb_${'0'.repeat(48)}`, second.toLowerCase()]) {
      assert.equal(findAccountLink(app.deps, wrong), undefined)
      await assert.rejects(complete(app, wrong), isNotFound)
    }
    const cookie = await complete(app, second)
    assert.equal((await app.ask('GET', '/api/v1/whoami', { cookie })).json.user.name, 'ada')
    const ada = (await app.ask('GET', `${USERS}/ada`, { token })).json
    assert.deepEqual([ada.hasPassword, ada.lastSignedInAt], [true, new Date(app.clock.now()).toISOString()])
    await assert.rejects(complete(app, second), isNotFound, 'used')

    const reset = await app.ask('POST', `${USERS}/ada/actions/link`, { token })
    assert.deepEqual([reset.json.link.kind, reset.json.link.expiresAt], ['reset', '2026-11-22T00:00:00.000Z'])
    assert.equal((await app.ask('GET', '/api/v1/whoami', { cookie })).json.kind, 'user', 'until the link is used')
    const renewed = await complete(app, secretOf(reset), 'other horse battery')
    assert.equal((await app.ask('GET', '/api/v1/whoami', { cookie })).json.kind, 'anonymous')
    assert.equal((await app.ask('GET', '/api/v1/whoami', { cookie: renewed })).json.kind, 'user')

    const late = secretOf(await app.ask('POST', `${USERS}/ada/actions/link`, { token }))
    await app.clock.advance(DAY_MS - 1)
    assert.equal(findAccountLink(app.deps, late)?.kind, 'reset')
    await app.clock.advance(1)
    assert.equal(findAccountLink(app.deps, late), undefined)
    await assert.rejects(complete(app, late), isNotFound)
    const invited = secretOf(await invite(app, token, { name: 'bob' }))
    await app.clock.advance(7 * DAY_MS - 1)
    assert.equal(findAccountLink(app.deps, invited)?.kind, 'invite')
    await expireAccountLinks(app.deps)
    assert.equal(findAccountLink(app.deps, invited)?.kind, 'invite', 'what works is not cleaned away')
    await app.clock.advance(1)
    await assert.rejects(complete(app, invited), isNotFound)
    assert.equal(await expireAccountLinks(app.deps), 1)
    assert.deepEqual(await app.deps.store.reads.selectFrom('account_links').selectAll().execute(), [])
  }))

test('changing the own password ends a link for a new one', () =>
  inApp(async (app, token) => {
    const cookie = await complete(app, secretOf(await invite(app, token, { name: 'ada' })))
    const reset = secretOf(await app.ask('POST', `${USERS}/ada/actions/link`, { token }))
    const changed = await app.ask('POST', '/account/password', {
      cookie,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      raw: new URLSearchParams({ current: PASSWORD, new_password: 'other horse battery' }).toString(),
    })
    assert.equal(changed.status, 303, changed.text)
    await assert.rejects(complete(app, reset), isNotFound)
  }))

test('of many who use one link at once, one sets the password', () =>
  inApp(async (app, token) => {
    const secret = secretOf(await invite(app, token, { name: 'ada' }))
    const tries = await Promise.allSettled(
      ['one', 'two', 'three'].map((n) => complete(app, secret, `${n} horse battery`)),
    )
    const done = tries.filter(({ status }) => status === 'fulfilled')
    assert.equal(done.length, 1)
    for (const tried of tries) if (tried.status === 'rejected') assert.equal(tried.reason.code, 'setup.not_found')
    const sessions = await app.deps.store.reads.selectFrom('sessions').selectAll().execute()
    assert.equal(sessions.length, 1)
    const events = await lastEvents(app, 3)
    assert.deepEqual(
      events.map(({ action }) => action),
      ['session.started', 'user.password_set', 'user.created'],
    )
  }))

test('a weak password uses no link, and a person who is disabled while it is hashed gets none', async () => {
  const { scrypt } = countingScrypt()
  let asked: () => void = () => undefined
  let goOn: () => void = () => undefined
  const hashing = new Promise<void>((resolve) => {
    asked = resolve
  })
  const disabled = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const options: TestAppOptions = {
    async scrypt(...work) {
      asked()
      await disabled
      return scrypt(...work)
    },
  }
  await inApp(async (app, token) => {
    const secret = secretOf(await invite(app, token, { name: 'ada' }))
    for (const weak of ['short', 'ada', 'aaaaaaaaaaaaaaaa']) {
      await assert.rejects(complete(app, secret, weak), (error: { code?: string }) => error.code === 'password.weak')
    }
    assert.equal(findAccountLink(app.deps, secret)?.userName, 'ada')
    const setting = assert.rejects(complete(app, secret), isNotFound)
    await hashing
    assert.equal((await app.ask('PATCH', `${USERS}/ada`, { token, body: { disabled: true } })).status, 200)
    goOn()
    await setting
    assert.equal((await app.ask('GET', `${USERS}/ada`, { token })).json.hasPassword, false)
  }, options)
})

test('the last admin who can sign in is not disabled, demoted or deleted', () =>
  inApp(async (app, token) => {
    const admin = async (name: string) => complete(app, secretOf(await invite(app, token, { name, role: 'admin' })))
    const cookie = await admin('ada')
    await invite(app, token, { name: 'invited', role: 'admin' })
    await invite(app, token, { name: 'of-an-app', apps: { notes: 'admin' } })
    const edit = async (name: string, body: object) => code(await app.ask('PATCH', `${USERS}/${name}`, { token, body }))
    const remove = async (name: string, as: object = { token }) =>
      (await app.ask('DELETE', `${USERS}/${name}`, as)).status
    const kept = async () => {
      for (const role of ['manager', 'viewer', null] as (Role | null)[]) {
        assert.deepEqual(await edit('ada', { role }), [409, 'user.last_admin'])
      }
      assert.deepEqual(await edit('ada', { disabled: true }), [409, 'user.last_admin'])
      assert.equal(await remove('ada'), 409)
      assert.equal(await remove('ada', { cookie }), 409, 'nor by oneself')
    }
    await kept()
    await admin('bob')
    assert.equal((await edit('bob', { disabled: true }))[0], 200)
    await kept()
    assert.equal((await edit('bob', { disabled: false }))[0], 200)
    assert.equal((await edit('ada', { role: 'viewer' }))[0], 200)
    assert.deepEqual(await edit('bob', { disabled: true }), [409, 'user.last_admin'])
    assert.equal((await edit('ada', { role: 'admin' }))[0], 200)
    // Both at once: the second sees what the first did.
    const both = await Promise.all(['ada', 'bob'].map((name) => remove(name)))
    assert.deepEqual(both.sort(), [204, 409])
    assert.equal(await remove('invited'), 204, 'who cannot sign in is no loss')
  }))

test('who is deleted leaves no role, session or link; what was made stays, and the log keeps the name', () =>
  inApp(async (app, token) => {
    const created = await invite(app, token, { name: 'ada', role: 'admin', apps: { notes: 'viewer' } })
    await complete(app, secretOf(await invite(app, token, { name: 'bob', role: 'admin' })))
    const cookie = await complete(app, secretOf(created))
    const made = await app.ask('POST', '/api/v1/tokens', { cookie, body: { name: 'ci', actions: ['read'] } })
    assert.equal(made.status, 201, made.text)
    await app.ask('POST', `${USERS}/ada/actions/link`, { token })
    const { id } = created.json.user
    assert.equal((await app.ask('DELETE', `${USERS}/ada`, { token })).status, 204)
    assert.deepEqual(code(await app.ask('GET', `${USERS}/${id}`, { token })), [404, 'user.not_found'])
    const { reads } = app.deps.store
    for (const table of ['user_roles', 'sessions', 'account_links'] as const) {
      const rows = await reads.selectFrom(table).selectAll().where('user_id', '=', id).execute()
      assert.deepEqual(rows, [], table)
    }
    assert.equal((await app.ask('GET', '/api/v1/whoami', { cookie })).json.kind, 'anonymous')
    assert.equal((await app.ask('GET', '/api/v1/whoami', { token: made.json.secret })).status, 200)
    const events = await lastEvents(app, 2)
    const deleted = events.find(({ action }) => action === 'user.deleted')!
    const before = { name: 'ada', role: 'admin', apps: { notes: 'viewer' }, disabledAt: null, endedSessions: 1 }
    assert.deepEqual([deleted.object, deleted.before, deleted.after], [`user:${id}`, before, null])
    // The name is free again, and is somebody else.
    assert.notEqual((await invite(app, token, { name: 'ada' })).json.user.id, id)
  }))

test('deleting an app takes its share links and the roles on it away, and a new app of its slug has none', () =>
  inApp(async (app, token) => {
    await invite(app, token, { name: 'ada', apps: { notes: 'admin', other: 'viewer' } })
    await app.ask('POST', '/api/v1/apps/notes/releases', { token, body: { version: '1.0.0' } })
    const body = { app: 'notes', channel: 'latest', label: 'ACME' }
    const shared = await app.ask('POST', '/api/v1/shares', { token, body })
    assert.equal(shared.status, 201, shared.text)
    assert.equal((await app.ask('DELETE', '/api/v1/apps/notes', { token })).status, 204)
    const { endedRoles, endedShares } = (await lastEvents(app, 1))[0]!.before as Record<string, unknown>
    assert.deepEqual([endedRoles, (endedShares as unknown[]).length], [{ ada: 'admin' }, 1])
    assert.deepEqual((await app.ask('GET', `${USERS}/ada`, { token })).json.apps, { other: 'viewer' })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
    assert.deepEqual((await app.ask('GET', `${USERS}/ada`, { token })).json.apps, { other: 'viewer' })
  }))
