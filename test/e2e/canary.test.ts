import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { publishClient } from '../helpers/publish-client.ts'
import { distd, inFolder, startServer, type TestServer, testRuntime } from '../helpers/server.ts'

const SETUP_TOKEN = 'canary-setup-token-5Yq0Zr8e1Lk3Vn7Tb2Xc'
/** Given to a form; what was typed wrong is a secret too, since it is often another one of the same person. */
const PASSWORDS = {
  'password of ada': 'canary harbour seven lanterns ada',
  'new password of ada': 'canary harbour eight lanterns ada',
  'password of bob': 'canary harbour nine lanterns bob',
  'new password of bob': 'canary harbour ten lanterns bob',
  'wrong password': 'canary harbour wrong lanterns',
  'password typed as a name': 'canary-harbour-typed-as-a-name',
} as const
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** Secrets by what they are. */
type Secrets = Map<string, string>

interface Exchange {
  readonly what: string
  /** Of the answer: headers and body. */
  readonly text: string
  /** Secrets that this answer shows, or that the request asked by, in its address or as a name that the form keeps. */
  readonly shows: readonly string[]
}

interface Asked {
  readonly cookies?: Map<string, string>
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly form?: Record<string, string>
  readonly json?: unknown
  /** Names of the secrets that the answer may show. */
  readonly shows?: readonly string[]
}

/** One client that remembers every answer, and every secret that it was given. */
function recorder(server: () => TestServer) {
  const exchanges: Exchange[] = []
  const secrets: Secrets = new Map()
  let made = 0
  const ask = async (method: string, path: string, { cookies, headers, body, form, json, shows = [] }: Asked = {}) => {
    const answer = await fetch(server().url + path, {
      method,
      redirect: 'manual',
      headers: {
        'sec-fetch-site': 'same-origin',
        Accept: path.startsWith('/api/') ? 'application/json' : 'text/html',
        ...(cookies?.size ? { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
        ...(form ? FORM : json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(body === undefined ? {} : { body }),
    })
    const given: string[] = [...shows]
    for (const text of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      if (value === '') {
        cookies?.delete(name)
        continue
      }
      cookies?.set(name, value)
      // A share link's cookie holds what its address holds.
      const known = [...secrets].find(([, secret]) => secret === value)?.[0]
      const what = known ?? `cookie ${name} ${++made}`
      secrets.set(what, value)
      given.push(what)
    }
    const body_ = await answer.text()
    const text = `${[...answer.headers].map((field) => field.join(': ')).join('\n')}\n\n${body_}`
    exchanges.push({ what: `${method} ${path}`, text, shows: given })
    return { status: answer.status, text: body_, json: () => JSON.parse(body_), headers: answer.headers }
  }
  /** A secret that the last answer showed. */
  const learn = (what: string, secret: string) => {
    secrets.set(what, secret)
    const last = exchanges.pop()!
    assert.ok(last.text.includes(secret), `${last.what} shows the ${what}`)
    exchanges.push({ ...last, shows: [...last.shows, what] })
  }
  return { ask, learn, secrets, exchanges }
}

/** As it may stand somewhere: as it is, in an address or a form, and as base64. */
function spellingsOf(secret: string): string[] {
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ a: secret }).toString().slice(2),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ]),
  ]
}

/** Names of the secrets that stand in some bytes. */
function found(secrets: Secrets, bytes: Buffer | string, except: readonly string[] = []): string[] {
  return [...secrets]
    .filter(([what, secret]) => !except.includes(what) && spellingsOf(secret).some((text) => bytes.includes(text)))
    .map(([what]) => what)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

test(`no secret stands in the logs, the data, the audit log or an answer of distd on ${testRuntime}, whatever was done with it`, () =>
  inFolder(async (folder) => {
    const data = join(folder, 'data')
    const env = { DISTD_LOG_LEVEL: 'debug' }
    let server = await startServer({ data, env })
    const servers = [server]
    try {
      const { ask, learn, secrets, exchanges } = recorder(() => server)
      const key = readFileSync(join(data, 'config/signing.key'), 'utf8').trim()
      const keyBytes = Buffer.from(key, 'hex')
      assert.equal(keyBytes.length, 32)
      secrets.set('signing key', key)
      secrets.set('signing key as base64', keyBytes.toString('base64').replace(/=+$/, ''))
      secrets.set('signing key as base64url', keyBytes.toString('base64url'))
      secrets.set('setup token', SETUP_TOKEN)
      for (const [what, password] of Object.entries(PASSWORDS)) secrets.set(what, password)
      const wrong = PASSWORDS['wrong password']

      /** Every way in which somebody gets an address with a secret in it wrong. */
      const misread = async (path: string, what: string) => {
        const secret = secrets.get(what)!
        for (const other of [
          `${path}/`,
          `${path}/x`,
          path.toUpperCase().replace(secret.toUpperCase(), secret),
          `${path};x`,
        ]) {
          await ask('GET', other, { shows: [what] })
        }
        await ask('GET', `/api/v1/apps/${secret}`, { shows: [what] })
        await ask('GET', `/nothing/${secret}`, { shows: [what] })
        await ask('DELETE', path, { shows: [what] })
        await ask('HEAD', path, { shows: [what] })
      }

      // The setup link of the first start, got wrong in every way and never used; then the setup token, after another start.
      const setupPath = new URL(readFileSync(join(data, 'config/setup-link'), 'utf8').trim()).pathname
      secrets.set('setup link', setupPath.split('/').at(-1)!)
      await ask('GET', setupPath, { shows: ['setup link'] })
      await misread(setupPath, 'setup link')
      await ask('POST', setupPath, { form: { name: 'ada', password: 'short' }, shows: ['setup link'] })
      await ask('POST', setupPath, { form: { nobody: wrong }, shows: ['setup link'] })
      await ask('POST', setupPath, { json: { name: 'ada', password: wrong }, shows: ['setup link'] })
      assert.deepEqual(found(secrets, server.output()), [], 'the output of the server')
      assert.equal(await server.stop(), 0)
      server = await startServer({ data, env: { ...env, DISTD_SETUP_TOKEN: SETUP_TOKEN } })
      servers.push(server)
      await ask('GET', '/setup')
      await ask('POST', '/setup', { form: { token: wrong, name: 'ada', password: PASSWORDS['password of ada'] } })
      await ask('POST', '/setup', { form: { token: SETUP_TOKEN, name: 'ada', password: 'short' } })
      await ask('POST', '/setup', { form: { token: SETUP_TOKEN, name: '!', password: wrong } })
      await ask('POST', '/setup', { form: { password: SETUP_TOKEN, name: 'ada', token: wrong } })
      const ada = new Map<string, string>()
      const first = await ask('POST', '/setup', {
        cookies: ada,
        form: { token: SETUP_TOKEN, name: 'ada', password: PASSWORDS['password of ada'] },
      })
      assert.equal(first.status, 303, first.text)
      await ask('POST', '/setup', { form: { token: SETUP_TOKEN, name: 'eve', password: wrong } })
      await ask('GET', setupPath, { shows: ['setup link'] })
      const asAda = (method: string, path: string, asked: Asked = {}) => ask(method, path, { ...asked, cookies: ada })
      const api = async (method: string, path: string, json?: unknown) => {
        const answer = await asAda(method, `/api/v1${path}`, json === undefined ? {} : { json })
        assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
        return answer
      }

      // A token, used and put where none belongs.
      await api('POST', '/apps', { slug: 'notes', visibility: 'private' })
      const { secret: token } = (await api('POST', '/tokens', { name: 'ci', actions: ['admin'] })).json()
      learn('token', token)
      const bearer = { Authorization: `Bearer ${token}` }
      assert.equal((await ask('GET', '/api/v1/whoami', { headers: bearer })).status, 200)
      await ask('GET', `/api/v1/apps?token=${token}`, { shows: ['token'] })
      await ask('GET', `/notes?anything=${token}`, { shows: ['token'] })
      await ask('GET', '/api/v1/apps', { headers: { Authorization: `Basic ${token}` } })
      await ask('GET', '/api/v1/apps', { headers: { Authorization: `Bearer ${token}x` } })
      await ask('POST', '/login', { headers: bearer, form: { name: 'ada', password: wrong } })
      await misread(`/sets/${token}`, 'token')
      await publishClient(server.url, token).release('notes', '1.0.0', {
        'notes.bin': new TextEncoder().encode('notes'),
      })
      await ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
        headers: { ...bearer, 'If-None-Match': '*' },
        json: { release: '1.0.0' },
      })

      // Bob is invited, and asked for a new password.
      const bob = new Map<string, string>()
      let userId = ''
      for (const [what, password] of [
        ['invite link', PASSWORDS['password of bob']],
        ['reset link', PASSWORDS['new password of bob']],
      ] as const) {
        const made =
          userId === ''
            ? await api('POST', '/users', { name: 'bob', apps: { notes: 'viewer' } })
            : await api('POST', `/users/${userId}/actions/link`)
        const { user, link: given } = made.json()
        userId = user.id
        const path = new URL(given.url).pathname
        learn(what, path.split('/').at(-1)!)
        await ask('GET', path, { shows: [what] })
        await misread(path, what)
        await ask('POST', path, { form: { password: 'bob' }, shows: [what] })
        await ask('POST', path, { form: { password: wrong, unknown: wrong }, shows: [what] })
        await ask('POST', path, { body: `password=${encodeURIComponent(wrong)}%zz`, headers: FORM, shows: [what] })
        await ask('POST', path, { form: { password }, headers: { 'sec-fetch-site': 'cross-site' }, shows: [what] })
        const used = await ask('POST', path, { cookies: bob, form: { password } })
        assert.equal(used.status, 303, used.text)
        await ask('POST', path, { form: { password: wrong }, shows: [what] })
      }

      // Wrong passwords to the end of the patience, forms that are none, a password in the field of the name.
      for (const form of [
        { name: 'bob', password: wrong },
        { name: 'nobody', password: wrong },
        { name: 'bob', password: wrong, next: '//evil.example' },
        { name: 'bob', passwort: wrong },
      ]) {
        await ask('POST', '/login', { form: form as unknown as Record<string, string> })
      }
      await ask('POST', '/login', {
        body: JSON.stringify({ name: 'bob', password: wrong }),
        headers: { 'Content-Type': 'text/plain' },
      })
      await ask('POST', '/login', { json: { name: 'bob', password: wrong } })
      const typed = 'password typed as a name'
      let last = 0
      for (let i = 0; i < 8; i++) {
        const form = { name: PASSWORDS[typed], password: wrong }
        last = (await ask('POST', '/login', { form, shows: [typed] })).status
      }
      assert.equal(last, 429, 'the limit is reached, and told')

      // The password is given again, wrong and right, and changed.
      await asAda('POST', '/account/confirm', { form: { password: wrong, next: '/account' } })
      await asAda('POST', '/api/v1/sessions/actions/confirm', { json: { password: wrong } })
      await asAda('POST', '/api/v1/sessions/actions/confirm', { json: { password: wrong, more: 1 } })
      await asAda('POST', '/api/v1/sessions/actions/confirm', {
        body: `{"password": "${wrong}"`,
        headers: { 'Content-Type': 'application/json' },
      })
      await asAda('POST', '/api/v1/tokens', { json: { name: 1, password: wrong } })
      await api('POST', '/sessions/actions/confirm', { password: PASSWORDS['password of ada'] })
      const change = (current: string, new_password: string) =>
        asAda('POST', '/account/password', { form: { current, new_password } })
      await change(wrong, PASSWORDS['new password of ada'])
      await change(PASSWORDS['password of ada'], 'short')
      assert.equal((await change(PASSWORDS['password of ada'], PASSWORDS['new password of ada'])).status, 303)

      // A share link, opened, passed on wrongly, revoked.
      const shared = (await api('POST', '/shares', { app: 'notes', channel: 'stable', label: 'for a test' })).json()
      const sharePath = new URL(shared.url).pathname
      learn('share grant', sharePath.split('/').at(-1)!)
      const guest = new Map<string, string>()
      assert.equal((await ask('GET', sharePath, { cookies: guest })).status, 303)
      assert.equal((await ask('GET', '/notes/stable', { cookies: guest })).status, 200)
      await misread(sharePath, 'share grant')
      await api('DELETE', `/shares/${shared.share.id}`)
      await ask('GET', sharePath, { shows: ['share grant'] })

      // Pages and lists that tell of all this, then the ends.
      for (const path of ['/', '/account', '/account?done=password', '/notes', '/login', '/account/confirm?next=/']) {
        await asAda('GET', path)
      }
      for (const path of [
        '/users',
        '/tokens',
        '/sessions',
        '/shares',
        `/shares/${shared.share.id}`,
        `/users/${userId}`,
        '/whoami',
      ]) {
        await api('GET', path)
      }
      await api('PATCH', `/users/${userId}`, { disabled: true })
      await ask('GET', '/account', { cookies: bob })
      const events = (await api('GET', '/audit?limit=1000')).json()
      assert.equal(events.nextCursor, null)
      const actions = new Set(events.items.map(({ action }: { action: string }) => action))
      for (const action of [
        'session.started',
        'user.password_set',
        'token.created',
        'share.created',
        'session.refused',
      ]) {
        assert.ok(actions.has(action), `${action} is in the log: ${[...actions].join()}`)
      }
      await asAda('POST', '/logout', { form: {} })
      const command = await distd(['token', 'list', '--data', data])

      const cookies = [...secrets.keys()].filter((what) => what.startsWith('cookie'))
      assert.ok(cookies.length >= 6 && cookies.some((what) => what.includes('device')), cookies.join())
      for (const { what, text, shows } of exchanges) assert.deepEqual(found(secrets, text, shows), [], what)
      assert.deepEqual(found(secrets, command.stdout + command.stderr), [])
      assert.ok(server.output().includes('"level":"debug"'), 'everything is told')

      const own: Readonly<Record<string, string>> = {
        'config/signing.key': 'signing key',
        'config/setup-link': 'setup link',
      }
      const scan = () => {
        for (const file of filesBelow(data)) {
          const name = relative(data, file)
          const bytes = readFileSync(file)
          assert.deepEqual(found(secrets, bytes, own[name] === undefined ? [] : [own[name]]), [], name)
          assert.ok(!bytes.includes(keyBytes), name)
        }
        for (const { output } of servers) assert.deepEqual(found(secrets, output()), [], 'the output of the server')
      }
      scan()
      assert.equal(await server.stop(), 0)
      scan()
    } finally {
      for (const started of servers) await started.kill()
    }
  }))
