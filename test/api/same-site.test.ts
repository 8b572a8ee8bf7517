import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import type { Route } from '../../src/http/route.ts'
import { createAdmin } from '../../src/people/setup.ts'
import { auditHead } from '../../src/store/audit.ts'
import { createFormBrowser } from '../helpers/form-browser.ts'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

const PASSWORD = 'plum orchard ladder 7'
const FORM = 'application/x-www-form-urlencoded'
const OWN = 'https://distd.test'

let app: TestApp
before(async () => {
  app = await createTestApp()
  await createAdmin(app.deps, 'anna', PASSWORD, SYSTEM_CAUSE)
})
after(() => app.close())

/** What a browser says when a page of another site makes it send something; and what no browser says. */
const CROSS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'another site': { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' },
  'another site that lies about Origin': { 'Sec-Fetch-Site': 'cross-site', Origin: OWN },
  'a sibling host': { 'Sec-Fetch-Site': 'same-site', Origin: 'https://evil.distd.test' },
  'two pages at once': { 'Sec-Fetch-Site': 'same-origin, cross-site', Origin: OWN },
  'no page that is known': { 'Sec-Fetch-Site': 'nowhere', Origin: OWN },
  'an empty word': { 'Sec-Fetch-Site': '', Origin: OWN },
  'an old browser on another site': { Origin: 'https://evil.test' },
  'an old browser on a sibling host': { Origin: 'https://evil.distd.test' },
  'an old browser at another port': { Origin: 'https://distd.test:8443' },
  'a host that begins like ours': { Origin: 'https://distd.test.evil.test' },
  'our host as a user name': { Origin: 'https://distd.test@evil.test' },
  'a sandboxed frame': { Origin: 'null' },
  'a sandboxed frame in a new browser': { 'Sec-Fetch-Site': 'cross-site', Origin: 'null' },
  'no address': { Origin: 'evil' },
  'an origin without a host': { Origin: 'file:///x' },
  'an empty origin': { Origin: '' },
  'nothing at all': {},
  'another method in a header': { 'Sec-Fetch-Site': 'cross-site', 'X-HTTP-Method-Override': 'GET', Origin: OWN },
}

const SAME: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a page of this server': { 'Sec-Fetch-Site': 'same-origin', Origin: OWN },
  'the person, by hand': { 'Sec-Fetch-Site': 'none' },
  'an old browser': { Origin: OWN },
}

const writes = () => app.app.routes.filter(({ method }) => method !== 'GET')
const keyOf = ({ method, path }: Route) => `${method} ${path}`
/** Nothing is there: what is asked for is refused at last, and changes nothing. */
const pathOf = ({ path }: Route) =>
  path.replace(/:([a-z]+)/g, (_, name: string) => (name === 'slot' ? 'linux-x64' : `no-${name}`))

interface Sent {
  readonly cookie?: string
  readonly token?: string
  readonly headers: Readonly<Record<string, string>>
}

function send(route: Route, { cookie, token, headers }: Sent) {
  const isForm = route.isForm === true
  const request = new Request(OWN + pathOf(route), {
    method: route.method,
    headers: {
      'Content-Type': isForm ? FORM : 'application/json',
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: isForm ? '' : '{}',
  })
  return app.fetch(request)
}

const codeOf = async (response: Response) =>
  response.headers.get('content-type') === 'application/problem+json' ? (await response.json()).code : undefined

test('no other site makes the browser of who is signed in change anything, on any route', async () => {
  const { cookie } = await app.person({ role: 'admin' })
  const { seq } = await auditHead(app.deps.store.reads)
  assert.ok(writes().length > 40)
  for (const route of writes()) {
    for (const [from, headers] of Object.entries(CROSS)) {
      const response = await send(route, { cookie, headers })
      const told = [response.status, await codeOf(response), response.headers.getSetCookie().length]
      assert.deepEqual(told, [403, 'request.cross_site', 0], `${keyOf(route)} from ${from}`)
    }
  }
  assert.equal((await auditHead(app.deps.store.reads)).seq, seq)
  assert.equal((await app.ask('GET', '/api/v1/sessions', { cookie })).status, 200, 'and the session lives on')
})

test('what a page of this server sends is taken, on every route', async () => {
  for (const route of writes()) {
    for (const [from, headers] of Object.entries(SAME)) {
      const { cookie } = await app.person({ role: 'admin' })
      const response = await send(route, { cookie, headers })
      assert.notEqual(await codeOf(response), 'request.cross_site', `${keyOf(route)} from ${from}`)
      assert.ok(response.status < 500, keyOf(route))
    }
  }
})

test('no other site signs a browser in or out, or sets anybody up (login CSRF)', async () => {
  const forms = writes().filter(({ isForm }) => isForm === true)
  assert.deepEqual(
    forms.map(keyOf).sort(),
    writes()
      .filter(({ path }) => !path.startsWith('/api/'))
      .map(keyOf)
      .sort(),
    'every write beside the API is a form',
  )
  for (const route of forms) {
    for (const [from, headers] of Object.entries(CROSS)) {
      const response = await send(route, { headers })
      assert.deepEqual(
        [response.status, await codeOf(response)],
        [403, 'request.cross_site'],
        `${keyOf(route)} ${from}`,
      )
    }
  }
  const attacker = createFormBrowser(app, OWN, CROSS['another site'])
  const page = await attacker.post('/login', { name: 'anna', password: PASSWORD })
  assert.equal(page.status, 403)
  assert.match(page.text, /comes from another site/)
  assert.equal(attacker.cookies.size, 0)
})

test('a simple request that other sites can send is no JSON, from wherever it comes', async () => {
  const { cookie } = await app.person({ role: 'admin' })
  for (const type of ['text/plain', FORM, 'multipart/form-data; boundary=x', 'text/plain; application/json', '']) {
    for (const headers of Object.values(SAME)) {
      const answer = await app.ask('POST', '/api/v1/apps', {
        cookie,
        headers: { ...headers, 'Content-Type': type },
        raw: '{"slug":"evil"}',
      })
      assert.deepEqual([answer.status, answer.json.code], [415, 'request.unsupported_media_type'], type)
    }
  }
  const json = { 'Content-Type': 'text/plain', 'Sec-Fetch-Site': 'cross-site' }
  const answer = await app.ask('POST', '/api/v1/apps', { cookie, headers: json, raw: '{"slug":"evil"}' })
  assert.deepEqual([answer.status, answer.json.code], [403, 'request.cross_site'])
  assert.equal((await app.ask('GET', '/api/v1/apps/evil', { cookie })).status, 404)
})

test('no method in a header or field turns a read, or a form, into another request', async () => {
  const { cookie, sessionId } = await app.person()
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
    await app.ask('GET', `/api/v1/sessions/${sessionId}`, { cookie, headers: { [name]: 'DELETE' } })
    await app.ask('GET', `/logout`, { cookie, headers: { [name]: 'POST' } })
  }
  const form = { 'Content-Type': FORM }
  await app.ask('POST', '/account', { cookie, headers: form, raw: '_method=DELETE' })
  await app.ask('POST', `/api/v1/sessions/${sessionId}?_method=DELETE`, {
    cookie,
    headers: form,
    raw: '_method=DELETE',
  })
  assert.equal((await app.ask('GET', '/api/v1/sessions', { cookie })).status, 200)
})

test('a token is sent by nobody else: where it comes from does not matter, and cookies beside it do not either', async () => {
  const { secret: token } = await app.issue({ actions: ['admin'] })
  const { cookie } = await app.person({ role: 'viewer' })
  for (const route of writes()) {
    if (route.action === 'token.revoke_self') continue
    const code = await codeOf(await send(route, { token, headers: {} }))
    for (const headers of Object.values(CROSS)) {
      for (const beside of [undefined, cookie]) {
        const response = await send(route, { token, headers, ...(beside === undefined ? {} : { cookie: beside }) })
        const told = await codeOf(response)
        assert.notEqual(told, 'request.cross_site', keyOf(route))
        if (!keyOf(route).startsWith('POST /api/v1/')) assert.equal(told, code, keyOf(route))
      }
    }
  }
  assert.equal((await app.ask('GET', '/api/v1/sessions', { cookie })).status, 200, 'nobody was signed out')
})

test('reading is not asked where it comes from: a link of another site leads here', async () => {
  const { cookie } = await app.person()
  for (const headers of Object.values(CROSS)) {
    assert.equal((await app.ask('GET', '/account', { cookie, headers })).status, 200)
  }
})

test('behind a proxy the public host is this server too, for browsers that say only their Origin', async () => {
  const behind = await createTestApp({ config: { trustedProxies: ['127.0.0.1'] } })
  try {
    const { cookie } = await behind.person()
    const end = (origin: string) =>
      behind.fetch(
        new Request('http://10.0.0.7:8080/api/v1/sessions/actions/end-others', {
          method: 'POST',
          headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'apps.test', Cookie: cookie, Origin: origin },
        }),
      )
    assert.equal((await end('https://apps.test')).status, 204)
    assert.equal((await end('https://evil.test')).status, 403)
  } finally {
    await behind.close()
  }
})
