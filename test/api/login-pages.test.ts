import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM } from '../../src/access/actor.ts'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { createAccountLink } from '../../src/people/account-links.ts'
import { createAdmin, createSetupLink } from '../../src/people/setup.ts'
import { createFormBrowser, type FormBrowser } from '../helpers/form-browser.ts'
import { type Answer, createTestApp, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'

const PASSWORD = 'plum orchard ladder 7'
const OTHER_PASSWORD = 'river gravel lantern 9'
const MINUTE = 60_000

async function withApp(run: (app: TestApp) => Promise<void>, options: TestAppOptions = {}): Promise<void> {
  const app = await createTestApp(options)
  try {
    await run(app)
  } finally {
    await app.close()
  }
}

/** An admin `anna`, made on the host. */
const withAnna = (run: (app: TestApp, browser: FormBrowser) => Promise<void>, options: TestAppOptions = {}) =>
  withApp(async (app) => {
    await createAdmin(app.deps, 'anna', PASSWORD, SYSTEM_CAUSE)
    await run(app, createFormBrowser(app))
  }, options)

async function signIn(browser: FormBrowser, next = '/account', password = PASSWORD): Promise<Answer> {
  await browser.open(`/login?next=${encodeURIComponent(next)}`)
  return browser.submit('/login', { name: 'anna', password })
}

const isSignedIn = ({ page }: FormBrowser) => page.text.includes('action="/logout"')

/** What every page about people says to caches, search engines and browsers. */
function checkPrivate({ headers }: Answer, where: string): void {
  assert.match(headers.get('cache-control') ?? '', /no-store/, where)
  assert.equal(headers.get('x-robots-tag'), 'noindex', where)
  if (headers.get('content-type') === null) return
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8', where)
  assert.equal(headers.get('x-content-type-options'), 'nosniff', where)
  const policy = headers.get('content-security-policy') ?? ''
  for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
    assert.ok(policy.includes(part), where)
  assert.ok(!policy.includes('unsafe-inline'), where)
}

test('the first admin comes to be by the setup link, in a browser without scripts, and the link is gone then', () =>
  withApp(async (app) => {
    const { secret: older } = (await createSetupLink(app.deps))!
    const { secret } = (await createSetupLink(app.deps))!
    const browser = createFormBrowser(app)
    const dead = await browser.open(`/setup/${older}`)
    assert.equal(dead.status, 404)
    assert.match(dead.text, /Start distd again: it writes a new setup link/, 'there is no admin to ask yet')
    const page = await browser.open(`/setup/${secret}`)
    assert.equal(page.status, 200)
    checkPrivate(page, 'setup')
    const weak = await browser.submit(`/setup/${secret}`, { name: 'anna', password: 'short' })
    assert.equal(weak.status, 422)
    assert.match(weak.text, /value="anna"/, 'what was typed stays')
    assert.ok(!weak.text.includes('short"'), 'but no password')
    const misnamed = await browser.submit(`/setup/${secret}`, { name: '<b>', password: PASSWORD })
    assert.equal(misnamed.status, 422)
    assert.match(misnamed.text, /Name: must be/)
    assert.ok(!misnamed.text.includes('<b>'))

    await browser.submit(`/setup/${secret}`, { name: ' Anna ', password: PASSWORD })
    assert.equal(browser.path, '/')
    assert.ok(isSignedIn(browser))
    assert.match((await browser.open('/account')).text, /<h1>anna<\/h1>/)

    for (const path of [`/setup/${secret}`, '/setup']) {
      const again = await createFormBrowser(app).open(path)
      assert.equal(again.status, 404, path)
      checkPrivate(again, path)
      assert.doesNotMatch(again.text, /Start distd again/)
      assert.match(again.text, /<a href="\/login">Sign in<\/a>/, 'there is somebody to sign in')
      const answer = await app.ask('GET', path)
      assert.equal(answer.json.code, 'setup.not_found')
    }
    const used = await browser.post(`/setup/${secret}`, { name: 'bob', password: PASSWORD })
    assert.equal(used.status, 404)
  }))

test('without a link the setup page tells where to find it; with a setup token it takes that one, once', async () => {
  await withApp(async (app) => {
    const browser = createFormBrowser(app)
    const page = await browser.open('/setup')
    assert.equal(page.status, 200)
    assert.match(page.text, /distd admin create/)
    const sent = { token: 'x'.repeat(40), name: 'anna', password: PASSWORD }
    assert.equal((await browser.post('/setup', sent)).status, 404)
    assert.equal(browser.cookies.size, 0)
  })
  const setupToken = 'a-token-that-the-operator-chose-1234'
  await withApp(
    async (app) => {
      const browser = createFormBrowser(app)
      const page = await browser.open('/setup')
      assert.ok(!page.text.includes(setupToken))
      const wrong = await browser.submit('/setup', { token: 'x'.repeat(40), name: 'anna', password: PASSWORD })
      assert.equal(wrong.status, 404)
      assert.match(wrong.text, /The setup token is wrong/)
      assert.match(wrong.text, /value="anna"/)
      assert.ok(!wrong.text.includes(PASSWORD) && !wrong.text.includes('x'.repeat(40)))
      await browser.submit('/setup', { token: setupToken, name: 'anna', password: PASSWORD })
      assert.ok(isSignedIn(browser))
      const again = await createFormBrowser(app).post('/setup', { token: setupToken, name: 'eve', password: PASSWORD })
      assert.equal(again.status, 404)
      assert.match(again.text, /This server is set up/)
    },
    { config: { setupToken } },
  )
})

test('signing in leads to the page that was wanted, signing out ends it, and a wrong password says no more than that', () =>
  withAnna(async (app, browser) => {
    const wanted = '/nothing/here?tab=1'
    const page = await browser.open(`/login?next=${encodeURIComponent(wanted)}`)
    checkPrivate(page, 'sign-in')
    const answers = []
    for (const [name, password] of [
      ['anna', 'wrong password 1'],
      ['nobody', PASSWORD],
      ['', ''],
      ['Ånna\u202e', PASSWORD],
    ] as const) {
      const refused = await browser.submit('/login', { name, password })
      assert.equal(refused.status, 401, name)
      checkPrivate(refused, 'refused')
      if (password !== '') assert.ok(!refused.text.includes(password))
      answers.push(
        refused.text.replace(/(<input id="name"[^>]*) value(?:="[^"]*")?/, '$1').replace(/ autofocus(?:="")?/g, ''),
      )
    }
    assert.equal(new Set(answers).size, 1, 'unknown and wrong look the same')
    assert.equal(browser.cookies.size, 0)
    const json = await app.ask('POST', '/login', {
      cookie: '',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      raw: 'name=anna&password=wrong',
    })
    assert.deepEqual([json.status, json.json.code], [401, 'access.sign_in_failed'])

    const there = await browser.submit('/login', { name: ' ANNA', password: PASSWORD })
    assert.equal(browser.path, wanted)
    assert.equal(there.status, 404)
    assert.ok(isSignedIn(browser))
    await browser.open('/login?next=/account')
    assert.equal(browser.path, '/account', 'whoever is signed in goes on at once')
    const kept = new Map(browser.cookies)

    await browser.submit('/logout')
    assert.equal(browser.path, '/')
    assert.ok(!isSignedIn(browser))
    assert.deepEqual([...browser.cookies.keys()], ['__Host-dist-device'])
    for (const [name, value] of kept) browser.cookies.set(name, value)
    await browser.open('/account')
    assert.equal(browser.path, '/login?next=%2Faccount', 'the session is over, not only forgotten')
    await browser.post('/logout', {})
    assert.equal(browser.path, '/', 'signing out twice is no error')
  }))

test('a page tells too many tries, with the time to wait, and keeps what was typed', () =>
  withAnna(async (_app, browser) => {
    await browser.open('/login')
    for (let i = 0; i < 5; i++) await browser.submit('/login', { name: 'anna', password: `wrong ${i}` })
    const page = await browser.submit('/login', { name: 'anna', password: PASSWORD })
    assert.equal(page.status, 429)
    assert.match(page.headers.get('retry-after') ?? '', /^\d+$/)
    assert.match(page.text, /Too many tries/)
    assert.match(page.text, /value="anna"/)
  }))

test('over plain http to another machine the pages say why nobody can sign in, and what to set; never in a circle', () =>
  withAnna(async (app) => {
    const { secret } = (await createAccountLink(app.deps, SYSTEM, await idOf(app, 'anna'), SYSTEM_CAUSE)).link
    const browser = createFormBrowser(app, 'http://distd.test')
    for (const path of ['/login', '/account', '/account/confirm', `/setup/${secret}`]) {
      const page = await browser.open(path)
      assert.equal(page.status, 200, path)
      assert.match(page.text, /Signing in is off over plain http/, path)
      for (const name of ['DISTD_PUBLIC_URL', 'DISTD_TRUSTED_PROXIES', 'DISTD_INSECURE_HTTP'])
        assert.ok(page.text.includes(name), `${path}: ${name}`)
      assert.ok(!page.text.includes('<input'), 'there is nothing to type a password into')
      checkPrivate(page, path)
    }
    for (const [path, fields] of [
      ['/login', { name: 'anna', password: PASSWORD }],
      [`/setup/${secret}`, { password: PASSWORD }],
    ] as const) {
      const refused = await browser.post(path, fields)
      assert.equal(refused.status, 403, path)
      assert.match(refused.text, /Signing in is off over plain http/)
      const headers = { Origin: 'http://distd.test', 'Content-Type': 'application/x-www-form-urlencoded' }
      const answer = await app.ask('POST', path, { headers, raw: new URLSearchParams(fields).toString() })
      assert.deepEqual([answer.status, answer.json.code], [403, 'access.insecure'])
      assert.match(answer.json.hint, /DISTD_INSECURE_HTTP/)
    }
    assert.equal(browser.cookies.size, 0)
    // Behind a proxy the advice is about the proxy.
    for (const headers of [{ 'X-Forwarded-Proto': 'https' }, { Via: '1.1 caddy' }]) {
      const page = await browser.open('/login', headers as unknown as Record<string, string>)
      assert.match(page.text, /A proxy stands before this server/)
      for (const name of ['DISTD_PUBLIC_URL', 'DISTD_TRUSTED_PROXIES']) assert.ok(page.text.includes(name), name)
      assert.ok(!page.text.includes('DISTD_INSECURE_HTTP'))
    }
    assert.ok(!(await browser.open('/')).text.includes('href="/login'), 'no link leads to where nobody can sign in')
  }))

test('with the public URL, or a trusted proxy, people behind a proxy sign in over https', async () => {
  const config = { publicUrl: 'https://distd.test' }
  await withAnna(
    async (app) => {
      const browser = createFormBrowser(app)
      await signIn(browser)
      assert.ok(isSignedIn(browser))
    },
    { config },
  )
  await withAnna(
    async (app) => {
      // The proxy speaks http to the server; what the browser sees is https.
      const browser = createFormBrowser(
        { app: app.app, fetch: (request) => app.fetch(new Request(request.url.replace('https:', 'http:'), request)) },
        'https://distd.test',
        { 'X-Forwarded-Proto': 'https' },
      )
      await signIn(browser)
      assert.ok(isSignedIn(browser))
      assert.ok(browser.cookies.has('__Host-dist'))
    },
    { config: { trustedProxies: ['127.0.0.1'] } },
  )
})

test('DISTD_INSECURE_HTTP lets people sign in over plain http, and every page says what that means', () =>
  withAnna(
    async (app) => {
      const browser = createFormBrowser(app, 'http://distd.test')
      await signIn(browser)
      assert.ok(isSignedIn(browser))
      assert.deepEqual([...browser.cookies.keys()], ['dist', 'dist-device'])
      for (const path of ['/', '/login?next=/', '/account', '/nothing']) {
        assert.match((await browser.open(path)).text, /plain http|not encrypted|can be read/i, path)
      }
      // The browser behind a proxy that nobody declared keeps it too.
      const https = createFormBrowser(app)
      await signIn(https)
      assert.ok(https.cookies.has('__Host-dist'))
    },
    { config: { insecureHttp: true } },
  ))

test('a browser that keeps no cookie is told so, and what to do', () =>
  withAnna(async (app) => {
    const forgetful = createFormBrowser(app)
    forgetful.cookies.set = () => forgetful.cookies
    const page = await signIn(forgetful, '/account')
    assert.equal(forgetful.path, '/login?next=%2Faccount&kept=1')
    assert.equal(page.status, 200)
    assert.match(page.text, /Your browser did not keep the cookie/)
    assert.match(page.text, /https:\/\/distd\.test\/login/)
    assert.match(page.text, /<a href="\/login\?next=%2Faccount">Try again<\/a>/)

    const twice = createFormBrowser(app, 'https://distd.test', { Cookie: '__Host-dist=a; __Host-dist=b' })
    const tossed = await signIn(twice)
    assert.match(tossed.text, /more than one session/)

    // A session that came back and has ended since is signed in again as ever.
    const late = createFormBrowser(app)
    await signIn(late)
    await app.clock.advance(31 * MINUTE)
    assert.match((await late.open('/login?kept=1')).text, /action="\/login"/)
  }))

test('whoever follows a link of another site is asked for once more by the page itself, which a Strict cookie comes with', () =>
  withAnna(async (_app, browser) => {
    const stranger = await browser.open('/account', { 'Sec-Fetch-Site': 'cross-site' })
    assert.equal(stranger.status, 200)
    const page = await browser.open('/login?next=%2Faccount', { 'Sec-Fetch-Site': 'cross-site' })
    assert.equal(page.headers.get('refresh'), '0; url=/login?next=%2Faccount')
    assert.equal((await browser.open('/login?next=%2Faccount')).headers.get('refresh'), null, 'once')
    await signIn(browser)
    await browser.open('/login?next=%2Faccount')
    assert.equal(browser.path, '/account')
  }))

test('pages of people lead strangers to signing in and back; programs are told 401', () =>
  withAnna(async (app, browser) => {
    for (const path of ['/account', '/account?done=session', '/account/confirm?next=%2Fnotes']) {
      await browser.open(path)
      assert.equal(browser.path, `/login?next=${encodeURIComponent(path)}`)
      const answer = await app.ask('GET', path)
      assert.deepEqual([answer.status, answer.json.code], [401, 'access.unauthenticated'])
      assert.ok(answer.headers.has('www-authenticate'))
    }
    await browser.submit('/login', { name: 'anna', password: PASSWORD })
    assert.equal(browser.path, '/notes', 'the password was given just now')

    // Idle in the middle of work: the form leads to signing in, and from there to its page.
    await browser.open('/account')
    await app.clock.advance(31 * MINUTE)
    await browser.submit('/account/password', { current: PASSWORD, new_password: OTHER_PASSWORD })
    assert.equal(browser.path, '/login?next=%2Faccount')
    await browser.submit('/login', { name: 'anna', password: PASSWORD })
    assert.equal(browser.path, '/account')
    assert.ok(isSignedIn(browser))
  }))

test('a page that asks for a credential, or shows nothing, offers to sign in', () =>
  withAnna(async (app, browser) => {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'private' } })
    const hidden = await browser.open('/notes')
    assert.equal(hidden.status, 404)
    assert.match(hidden.text, /href="\/login\?next=%2Fnotes"/)
    await browser.open('/login?next=%2Fnotes')
    assert.equal((await browser.submit('/login', { name: 'anna', password: PASSWORD })).status, 200)
    assert.equal(browser.path, '/notes')
  }))

test('the account tells where one is signed in, and ends one session or all others', () =>
  withAnna(async (app, browser) => {
    const phone = createFormBrowser(app, 'https://distd.test', {
      'User-Agent':
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1',
    })
    const script = createFormBrowser(app, 'https://distd.test', { 'User-Agent': '<script>x</script>' })
    for (const each of [phone, script, browser]) await signIn(each)
    const page = await browser.open('/account')
    checkPrivate(page, 'account')
    for (const name of ['Firefox on Linux', 'Safari on iPhone', '&lt;script>'])
      assert.ok(page.text.includes(name), name)
    const ends = [...page.text.matchAll(/action="(\/account\/sessions\/ses_[^"]+\/end)"/g)].map(([, action]) => action!)
    assert.equal(ends.length, 2)

    const done = await browser.submit(ends[0]!)
    assert.equal(browser.path, '/account?done=session')
    assert.match(done.text, /The session was ended/)
    assert.equal((await browser.post(ends[0]!, {})).status, 404)
    assert.equal((await app.ask('POST', ends[0]!, ending(browser))).json.code, 'session.not_found')
    await browser.open('/account')
    await browser.submit('/account/sessions/end-others')
    for (const each of [phone, script]) {
      await each.open('/account')
      assert.ok(!isSignedIn(each))
    }
    assert.ok(isSignedIn(browser))

    const own = await app.ask('GET', '/api/v1/sessions', { cookie: cookieOf(browser) })
    await browser.open('/account')
    await browser.post(`/account/sessions/${own.json.items[0].id}/end`, {})
    assert.equal(browser.path, '/')
    assert.ok(!isSignedIn(browser))
  }))

const cookieOf = ({ cookies }: FormBrowser) => `__Host-dist=${cookies.get('__Host-dist')}`

const ending = (browser: FormBrowser) => ({
  cookie: cookieOf(browser),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  raw: '',
})

test('the password is changed with the one that there is, and everywhere else one is signed out', () =>
  withAnna(async (app, browser) => {
    const other = createFormBrowser(app)
    await signIn(other)
    await signIn(browser)
    const before = cookieOf(browser)
    const change = async (current: string, new_password: string) => {
      await browser.open('/account')
      return browser.submit('/account/password', { current, new_password })
    }
    const wrong = await change('not my password', OTHER_PASSWORD)
    assert.equal(wrong.status, 401)
    assert.match(wrong.text, /The password is wrong/)
    const weak = await change(PASSWORD, 'anna')
    assert.equal(weak.status, 422)
    for (const page of [wrong, weak]) {
      checkPrivate(page, 'change')
      for (const typed of [PASSWORD, OTHER_PASSWORD, 'not my password']) assert.ok(!page.text.includes(typed))
    }
    const json = { ...ending(browser), raw: `current=${encodeURIComponent(PASSWORD)}&new_password=x` }
    assert.equal((await app.ask('POST', '/account/password', json)).json.code, 'password.weak')

    const done = await change(PASSWORD, OTHER_PASSWORD)
    assert.match(done.text, /The password was changed/)
    assert.notEqual(cookieOf(browser), before, 'the session goes on under another secret')
    assert.equal((await app.ask('GET', '/api/v1/sessions', { cookie: before })).status, 401)
    await other.open('/account')
    assert.ok(!isSignedIn(other))
    assert.equal((await signIn(other)).status, 401)
    await signIn(other, '/account', OTHER_PASSWORD)
    assert.ok(isSignedIn(other))
  }))

test('dangerous acts ask for the password once more after ten minutes, and go on with it under a new cookie', () =>
  withAnna(async (app, browser) => {
    await signIn(browser)
    const create = () =>
      app.ask('POST', '/api/v1/tokens', { cookie: cookieOf(browser), body: { name: 'ci', actions: ['read'] } })
    assert.equal((await create()).status, 201)
    await app.clock.advance(11 * MINUTE)
    const asked = await create()
    assert.deepEqual([asked.status, asked.json.code], [403, 'access.reauthentication_required'])

    await browser.open('/account/confirm?next=/notes')
    checkPrivate(browser.page, 'confirm')
    const wrong = await browser.submit('/account/confirm', { password: 'not my password' })
    assert.equal(wrong.status, 401)
    const before = cookieOf(browser)
    await browser.submit('/account/confirm', { password: PASSWORD })
    assert.equal(browser.path, '/notes', 'where it was to go on to was kept over the wrong password')
    assert.equal((await app.ask('GET', '/api/v1/sessions', { cookie: before })).status, 401)
    assert.equal((await create()).status, 201)
    await browser.open('/account/confirm?next=/notes')
    assert.equal(browser.path, '/notes')

    // The same for programs that run in pages.
    await app.clock.advance(11 * MINUTE)
    const confirm = (password: string) =>
      app.ask('POST', '/api/v1/sessions/actions/confirm', { cookie: cookieOf(browser), body: { password } })
    assert.equal((await confirm('not my password')).json.code, 'access.sign_in_failed')
    const confirmed = await confirm(PASSWORD)
    assert.equal(confirmed.status, 204)
    const renewed = confirmed.headers.getSetCookie()[0]!.split(';')[0]!
    assert.equal((await create()).status, 401, 'the old secret is dead')
    browser.cookies.set('__Host-dist', renewed.slice(renewed.indexOf('=') + 1))
    assert.equal((await create()).status, 201)
  }))

test('invitations and resets set a password once, for the person they name', () =>
  withAnna(async (app, browser) => {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const invited = await app.ask('POST', '/api/v1/users', { token, body: { name: 'bob', role: 'viewer' } })
    const path = new URL(invited.json.link.url).pathname
    await signIn(browser)
    // The admin tries the link in the own browser: another person is signed in there from then on, and the old session ends.
    const before = cookieOf(browser)
    await browser.open(path)
    assert.match(browser.page.text, /value="bob"/)
    await browser.submit(path, { password: PASSWORD })
    assert.match((await browser.open('/account')).text, /<h1>bob<\/h1>/)
    assert.equal((await app.ask('GET', '/api/v1/sessions', { cookie: before })).status, 401)
    const who = await app.ask('GET', '/api/v1/whoami', { cookie: cookieOf(browser) })
    assert.deepEqual(
      [who.json.kind, who.json.token, who.json.user.name, who.json.user.role],
      ['user', null, 'bob', 'viewer'],
    )
    assert.equal((await createFormBrowser(app).open(path)).status, 404)
  }))

test('forms take what a form sends, and nothing else', () =>
  withAnna(async (app) => {
    const send = (raw: BodyInit, type = 'application/x-www-form-urlencoded') =>
      app.ask('POST', '/login', { cookie: '', headers: { 'Content-Type': type }, raw })
    const name = 'name=anna'
    const cases: [status: number, code: string, raw: BodyInit, type?: string][] = [
      [415, 'request.unsupported_media_type', '{"name":"anna","password":"x"}', 'application/json'],
      [415, 'request.unsupported_media_type', `${name}&password=x`, 'text/plain'],
      [415, 'request.unsupported_media_type', `${name}&password=x`, 'multipart/form-data; boundary=x'],
      [413, 'request.too_large', `${name}&password=${'x'.repeat(16 * 1024)}`],
      [422, 'request.invalid', `${name}&password=x&extra=1`],
      [422, 'request.invalid', `${name}&password=x&password=y`],
      [422, 'request.invalid', `${name}&password=x&__proto__=1`],
      [422, 'request.invalid', name],
      [422, 'request.invalid', ''],
      [400, 'request.invalid_utf8', `${name}&password=%ff`],
      [400, 'request.invalid_utf8', `${name}&password=%zz`],
      [400, 'request.invalid_utf8', new Uint8Array([0x6e, 0x3d, 0xff])],
      [401, 'access.sign_in_failed', `&&${name}&password=x&`],
      [401, 'access.sign_in_failed', `${name}&password=${'x'.repeat(16 * 1024 - 100)}`],
    ]
    for (const [status, code, raw, type] of cases) {
      const answer = await send(raw, type)
      assert.deepEqual([answer.status, answer.json.code], [status, code], String(raw).slice(0, 60))
    }
    // A password is the same text however it is encoded.
    const encoded = [...new TextEncoder().encode(PASSWORD)].map((byte) => `%${byte.toString(16)}`).join('')
    for (const password of [encoded, PASSWORD.replaceAll(' ', '+')])
      assert.equal((await send(`${name}&password=${password}`)).status, 303)
  }))

async function idOf(app: TestApp, name: string): Promise<string> {
  const { secret: token } = await app.issue({ actions: ['admin'] })
  return (await app.ask('GET', `/api/v1/users/${name}`, { token })).json.id
}
