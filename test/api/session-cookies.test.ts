import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSessionSecret } from '../../src/access/sessions.ts'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { createAdmin } from '../../src/people/setup.ts'
import { createFormBrowser } from '../helpers/form-browser.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { tableRows } from '../helpers/table-rows.ts'
import { createTestApp, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'

const PASSWORD = 'plum orchard ladder 7'
const MINUTE = 60_000
const FORM = 'application/x-www-form-urlencoded'

async function withAnna(run: (app: TestApp) => Promise<void>, options: TestAppOptions = {}): Promise<void> {
  const app = await createTestApp(options)
  try {
    await createAdmin(app.deps, 'anna', PASSWORD, SYSTEM_CAUSE)
    await run(app)
  } finally {
    await app.close()
  }
}

/** Signs in with these cookies; gives the fields that set cookies. */
async function setCookies(app: TestApp, origin: string, cookie?: string): Promise<string[]> {
  const request = new Request(`${origin}/login`, {
    method: 'POST',
    headers: { Origin: origin, 'Content-Type': FORM, ...(cookie === undefined ? {} : { Cookie: cookie }) },
    body: new URLSearchParams({ name: 'anna', password: PASSWORD }).toString(),
  })
  const response = await app.fetch(request)
  assert.equal(response.status, 303)
  return response.headers.getSetCookie()
}

const who = async (app: TestApp, cookie: string) => (await app.ask('GET', '/api/v1/whoami', { cookie })).json.kind

test('over https and on the machine itself cookies are __Host-, Secure, HttpOnly, Strict and of the whole host', () =>
  withAnna(async (app) => {
    for (const origin of [
      'https://distd.test',
      'http://localhost:8080',
      'http://127.0.0.1:8080',
      'http://[::1]:8080',
    ]) {
      const [session, device, ...more] = await setCookies(app, origin)
      const attributes = 'Path=/; HttpOnly; SameSite=Strict; Secure'
      // 43 characters of base64url are 256 bits. No Max-Age: it goes with the browser.
      assert.match(session!, new RegExp(`^__Host-dist=[A-Za-z0-9_-]{43}; ${attributes}$`), origin)
      assert.match(device!, new RegExp(`^__Host-dist-device=[A-Za-z0-9._-]+; ${attributes}; Max-Age=15552000$`), origin)
      assert.deepEqual(more, [])
    }
  }))

test('only where the operator allowed plain http a cookie goes without Secure, and it means nothing over https', () =>
  withAnna(
    async (app) => {
      const [session, device] = await setCookies(app, 'http://distd.test')
      assert.match(session!, /^dist=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
      assert.match(device!, /^dist-device=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=15552000$/)
      const cookie = session!.split(';')[0]!
      const over = async (origin: string) =>
        (await (await app.fetch(new Request(`${origin}/api/v1/whoami`, { headers: { Cookie: cookie } }))).json()).kind
      assert.equal(await over('http://distd.test'), 'user')
      assert.equal(await over('https://distd.test'), 'anonymous', 'what was read on the way does not open https')
      const [secure] = await setCookies(app, 'https://distd.test')
      assert.match(secure!, /^__Host-dist=/)
    },
    { config: { insecureHttp: true } },
  ))

test('the session of a cookie that was there before is not the one of who signs in (session fixation)', () =>
  withAnna(async (app) => {
    const planted = createSessionSecret(app.deps.random)
    const eve = await app.person({ name: 'eve' })
    for (const secret of [planted, eve.secret, '', 'x'.repeat(43)]) {
      const [session] = await setCookies(app, 'https://distd.test', `__Host-dist=${secret}`)
      const made = session!.slice('__Host-dist='.length, session!.indexOf(';'))
      assert.notEqual(made, secret)
      assert.equal(await who(app, `__Host-dist=${made}`), 'user')
      assert.equal(await who(app, `__Host-dist=${secret}`), 'anonymous', 'what was sent along is dead')
    }
    const values = new Set<string>()
    for (let i = 0; i < 5; i++) values.add((await setCookies(app, 'https://distd.test'))[0]!)
    assert.equal(values.size, 5, 'each time another one')
  }))

test('cookies that another host tossed, that stand twice or are no session are nobody', () =>
  withAnna(async (app) => {
    const eve = await app.person({ name: 'eve' })
    const bob = await app.person({ name: 'bob' })
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const nobody = [
      // A sibling host can set these names, for us too.
      `dist=${eve.secret}`,
      `__Secure-dist=${eve.secret}`,
      `__host-dist=${eve.secret}`,
      `__Host-dist-=${eve.secret}`,
      `__Host-dist-device=${eve.secret}`,
      `x=__Host-dist=${eve.secret}`,
      `${eve.cookie}; ${bob.cookie}`,
      `${eve.cookie}; ${eve.cookie}`,
      `${eve.cookie}; __Host-dist=`,
      `__Host-dist="${eve.secret}"`,
      `__Host-dist=${eve.secret}x`,
      `__Host-dist=${eve.secret.slice(0, -1)}`,
      `__Host-dist=${eve.secret.toLowerCase()}${eve.secret.toLowerCase() === eve.secret ? 'x' : ''}`,
      `__Host-dist=${eve.sessionId}`,
      `__Host-dist=${token}`,
      '__Host-dist=',
      '__Host-dist',
      ';;;=;',
      `${'a=b; '.repeat(100)}${eve.cookie}`,
    ]
    for (const cookie of nobody) assert.equal(await who(app, cookie), 'anonymous', cookie)
    // Beside the real one they change nothing.
    for (const cookie of [`dist=${bob.secret}; ${eve.cookie}`, `a=b;${eve.cookie};c`]) {
      const answer = await app.ask('GET', '/api/v1/whoami', { cookie })
      assert.equal(answer.json.user?.name, 'eve', cookie)
    }
  }))

test('without DISTD_INSECURE_HTTP no cookie opens anything over plain http', () =>
  withAnna(async (app) => {
    const eve = await app.person()
    for (const cookie of [eve.cookie, `dist=${eve.secret}`]) {
      const request = new Request('http://distd.test/api/v1/whoami', { headers: { Cookie: cookie } })
      assert.equal((await (await app.fetch(request)).json()).kind, 'anonymous')
    }
  }))

test('signing out removes the cookie and ends the session on the server', () =>
  withAnna(async (app) => {
    const eve = await app.person()
    const out = await app.ask('POST', '/logout', { cookie: eve.cookie, headers: { 'Content-Type': FORM }, raw: '' })
    assert.equal(out.status, 303)
    assert.deepEqual(out.headers.getSetCookie(), ['__Host-dist=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0'])
    assert.equal(await who(app, eve.cookie), 'anonymous')
    const bob = await app.person()
    const ended = await app.ask('DELETE', `/api/v1/sessions/${bob.sessionId}`, { cookie: bob.cookie })
    assert.equal(ended.status, 204)
    assert.match(ended.headers.getSetCookie()[0]!, /^__Host-dist=; .*Max-Age=0$/)
    assert.equal(await who(app, bob.cookie), 'anonymous')
  }))

test('a session ends after 30 minutes without a request, and 12 hours after signing in with them', () =>
  withAnna(async (app) => {
    const idle = await app.person()
    await app.clock.advance(29 * MINUTE)
    assert.equal(await who(app, idle.cookie), 'user')
    await app.deps.store.write(async () => undefined)
    await app.clock.advance(30 * MINUTE)
    assert.equal(await who(app, idle.cookie), 'anonymous')
    const busy = await app.person()
    for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
      await app.clock.advance(20 * MINUTE)
      assert.equal(await who(app, busy.cookie), 'user', `${minutes} minutes`)
      // That it was seen is written beside the answer.
      await app.deps.store.write(async () => undefined)
    }
    await app.clock.advance(20 * MINUTE)
    assert.equal(await who(app, busy.cookie), 'anonymous')
  }))

test('sessions are listed to the person alone, and nobody ends those of others', () =>
  withAnna(async (app) => {
    const eve = await app.person()
    const bob = await app.person()
    const own = await app.ask('GET', '/api/v1/sessions', { cookie: eve.cookie })
    assert.deepEqual(
      own.json.items.map(({ id, isCurrent }: { id: string; isCurrent: boolean }) => [id, isCurrent]),
      [[eve.sessionId, true]],
    )
    assert.ok(!own.text.includes(eve.secret))
    for (const id of [bob.sessionId, 'ses_0', eve.user.id]) {
      const ended = await app.ask('DELETE', `/api/v1/sessions/${id}`, { cookie: eve.cookie })
      assert.deepEqual([ended.status, ended.json.code], [404, 'session.not_found'], id)
    }
    assert.equal(await who(app, bob.cookie), 'user')
    const { secret: token } = await app.issue({ actions: ['admin'] })
    for (const [method, path] of [
      ['GET', '/api/v1/sessions'],
      ['GET', '/account'],
      ['DELETE', `/api/v1/sessions/${bob.sessionId}`],
      ['POST', '/api/v1/sessions/actions/end-others'],
    ] as const) {
      const refused = await app.ask(method, path, { token })
      assert.deepEqual([refused.status, refused.json.code], [403, 'access.denied'], `${method} ${path}`)
    }
  }))

test('neither the cookies nor the password are in the database', () =>
  withAnna(async (app) => {
    const browser = createFormBrowser(app)
    await browser.open('/login')
    await browser.submit('/login', { name: 'anna', password: PASSWORD })
    const database = (await currentRuntime()).openSqlite(`${app.folder}/test.sqlite`, { readonly: true })
    const text = JSON.stringify(tableRows(database))
    database.close()
    assert.ok(text.includes('session.started'))
    for (const secret of [...browser.cookies.values(), PASSWORD]) assert.ok(!text.includes(secret))
  }))
