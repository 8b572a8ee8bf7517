import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANONYMOUS, SYSTEM } from '../../src/access/actor.ts'
import { hashSession } from '../../src/access/sessions.ts'
import { checkAlive } from '../../src/access/tokens.ts'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { expireSessions } from '../../src/people/sessions.ts'
import { createAdmin } from '../../src/people/setup.ts'
import { createUser, editUser } from '../../src/people/users.ts'
import { listAuditEvents } from '../../src/store/audit.ts'
import { findSession } from '../../src/store/sessions.ts'
import { findUserByName } from '../../src/store/users.ts'
import { type CountingScrypt, countingScrypt } from '../helpers/counting-scrypt.ts'
import { type Answer, createTestApp, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'

const PASSWORD = 'plum orchard ladder 7'
const OTHER_PASSWORD = 'river gravel lantern 9'
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface Scene {
  readonly app: TestApp
  readonly calls: CountingScrypt['calls']
  /** Sends the form of the sign-in page. */
  signIn(tried?: Partial<Tried>): Promise<Answer>
}

interface Tried {
  readonly name: string
  readonly password: string
  readonly peer: string
  readonly cookie: string
  readonly headers: Readonly<Record<string, string>>
}

/** A server with the admin `anna`, whose password costs little to hash. */
async function withAnna(run: (scene: Scene) => Promise<void>, options: TestAppOptions = {}): Promise<void> {
  const { scrypt, calls } = countingScrypt()
  const app = await createTestApp({ scrypt, ...options })
  try {
    await createAdmin(app.deps, 'anna', PASSWORD, SYSTEM_CAUSE)
    await run({
      app,
      calls,
      signIn: ({ name = 'anna', password = PASSWORD, peer = '192.0.2.1', cookie = '', headers = {} } = {}) =>
        app.ask('POST', '/login', {
          peer,
          cookie,
          headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
          raw: new URLSearchParams({ name, password }).toString(),
        }),
    })
  } finally {
    await app.close()
  }
}

/** Values of the cookies that an answer sets. */
function cookiesOf(answer: Answer): { session: string; device: string } {
  const values = new Map(
    answer.headers.getSetCookie().map((field) => field.split(';')[0]!.split('=') as [string, string]),
  )
  const session = values.get('__Host-dist')
  const device = values.get('__Host-dist-device')
  assert.ok(session && device, `${answer.status} ${answer.text.slice(0, 200)}`)
  return { session, device }
}

const asSession = (secret: string) => `__Host-dist=${secret}`
const asDevice = (device: string) => `__Host-dist-device=${device}`

/** Whether the cookie is of a living session. */
async function isAlive(app: TestApp, secret: string): Promise<boolean> {
  const { status, text } = await app.ask('GET', '/api/v1/sessions', { cookie: asSession(secret) })
  assert.ok(status === 200 || status === 401, text)
  return status === 200
}

async function setDisabled(app: TestApp, name: string, disabled: boolean): Promise<void> {
  const { id } = (await findUserByName(app.deps.store.reads, name))!
  await editUser(app.deps, id, { disabled }, SYSTEM_CAUSE)
}

async function statusesOf(count: number, run: (n: number) => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < count; n++) statuses.push((await run(n)).status)
  return statuses
}

const times = <T>(count: number, value: T) => new Array<T>(count).fill(value)

test('the sixth try waits, each further wrong one for longer, and the right password works after the delay', () =>
  withAnna(async ({ app, signIn }) => {
    const wrong = () => signIn({ password: 'wrong' })
    assert.deepEqual(await statusesOf(6, wrong), [...times(5, 401), 429])
    for (const [seconds, words] of [
      [30, '30 seconds'],
      [60, '60 seconds'],
      [120, '2 minutes'],
    ] as const) {
      const refused = await signIn()
      assert.equal(refused.status, 429, 'also the right password')
      assert.equal(refused.headers.get('retry-after'), String(seconds))
      assert.match(refused.text, new RegExp(`Too many tries: try again in ${words}`))
      await app.clock.advance(seconds * SECOND - 1)
      assert.equal((await signIn()).status, 429)
      await app.clock.advance(1)
      if (seconds < 120) assert.equal((await wrong()).status, 401)
    }
    assert.equal((await signIn()).status, 303)
    // All is forgotten.
    assert.deepEqual(await statusesOf(6, wrong), [...times(5, 401), 429])
  }))

test('unknown, wrong, disabled and without a password are one answer after the same work, also over the limit', () =>
  withAnna(async ({ app, calls, signIn }) => {
    await createAdmin(app.deps, 'dora', PASSWORD, SYSTEM_CAUSE)
    await setDisabled(app, 'dora', true)
    const invited = { name: 'ines', role: null, apps: {} }
    await createUser(app.deps, SYSTEM, invited, null, SYSTEM_CAUSE)
    const answers: { status: number; text: string; work: unknown; retry: string | null }[][] = []
    for (const [at, name] of ['anna', 'nobody', 'dora', 'ines'].entries()) {
      const own: (typeof answers)[number] = []
      for (let n = 0; n < 7; n++) {
        const before = calls.length
        const password = name === 'dora' ? PASSWORD : 'wrong'
        const { status, text, headers } = await signIn({ name, password, peer: `192.0.2.${at + 1}` })
        own.push({
          status,
          // The page shows the name again.
          text: text.replaceAll(headers.get('x-request-id')!, 'REQUEST').replaceAll(name, 'NAME'),
          work: calls.slice(before),
          retry: headers.get('retry-after'),
        })
      }
      answers.push(own)
    }
    const [first, ...others] = answers
    for (const other of others) assert.deepEqual(other, first)
    const asked = [{ cost: { n: 32_768, r: 8, p: 3 }, saltBytes: 16, keyBytes: 32 }]
    assert.deepEqual(
      first!.map(({ work }) => work),
      [...times(5, asked), [], []],
    )
  }))

test('many tries at once are no more than one after another', () =>
  withAnna(async ({ calls, signIn }) => {
    const before = calls.length
    const answers = await Promise.all(Array.from({ length: 40 }, () => signIn({ password: 'wrong' })))
    assert.equal(answers.filter(({ status }) => status === 401).length, 5)
    assert.equal(answers.filter(({ status }) => status === 429).length, 35)
    assert.equal(calls.length - before, 5)
  }))

test('strangers lock nobody out of a browser that signed in before, and such a browser guesses no better', () =>
  withAnna(async ({ app, signIn }) => {
    const { device } = cookiesOf(await signIn())
    const cookie = asDevice(device)
    await createAdmin(app.deps, 'bert', PASSWORD, SYSTEM_CAUSE)
    // From everywhere, and from the address of the person too.
    for (let n = 1; n <= 5; n++)
      assert.equal((await signIn({ password: 'wrong', peer: `198.51.100.${n}` })).status, 401)
    await statusesOf(30, (n) => signIn({ name: `guess-${n}`, password: 'wrong' }))
    assert.equal((await signIn()).status, 429)
    assert.equal((await signIn({ peer: '203.0.113.1' })).status, 429)
    const again = await signIn({ cookie })
    assert.equal(again.status, 303)
    assert.equal((await signIn({ peer: '203.0.113.1' })).status, 429, 'strangers are not forgiven by it')
    // It is known for anna alone, and counts only as it was given.
    assert.equal((await signIn({ name: 'bert', cookie })).status, 429, 'the address has used up its tries')
    for (const forged of [`${device}x`, device.slice(0, -1), device.replace('usr_', 'usr-'), `${device}.${device}`]) {
      assert.equal((await signIn({ cookie: asDevice(forged) })).status, 429)
    }
    assert.deepEqual(await statusesOf(7, () => signIn({ cookie, password: 'wrong' })), [...times(5, 401), 429, 429])
    assert.equal((await signIn({ cookie: asDevice(cookiesOf(again).device) })).status, 303, 'another browser goes on')
    await app.clock.advance(181 * DAY)
    await statusesOf(5, () => signIn({ password: 'wrong' }))
    assert.equal((await signIn({ cookie })).status, 429, 'after half a year it is a stranger')
  }))

test('an address has 20 wrong tries in 15 minutes, whatever the names are, and right ones cost it nothing', () =>
  withAnna(async ({ app, signIn }) => {
    assert.deepEqual(await statusesOf(30, () => signIn()), times(30, 303))
    const guess = (peer: string) => (n: number) => signIn({ name: `guess-${n}`, password: 'wrong', peer })
    assert.deepEqual(await statusesOf(21, guess('192.0.2.1')), [...times(20, 401), 429])
    assert.equal((await signIn()).status, 429)
    assert.equal((await signIn({ peer: '192.0.2.2' })).status, 303)
    await app.clock.advance(45 * SECOND)
    assert.equal((await signIn()).status, 303)
    // IPv6: whoever has one address has 2^64 of them.
    const rotating = (n: number) => guess(`2001:db8:1:2:${n.toString(16)}::${n + 1}`)(n + 1000)
    assert.deepEqual(await statusesOf(21, rotating), [...times(20, 401), 429])
    assert.equal((await signIn({ peer: '2001:db8:1:3::1' })).status, 303)
  }))

test('X-Forwarded-For and Forwarded of whoever is no trusted proxy change nothing', () =>
  withAnna(async ({ signIn }) => {
    const spoof = (n: number) => ({ 'X-Forwarded-For': `10.0.0.${n}`, Forwarded: `for=10.0.0.${n}` })
    const guess = (n: number) => signIn({ name: `guess-${n}`, password: 'wrong', headers: spoof(n) })
    assert.deepEqual(await statusesOf(21, guess), [...times(20, 401), 429])
  }))

test('behind a trusted proxy each client is counted by what the proxy wrote, not by what the client did', () =>
  withAnna(
    async ({ signIn }) => {
      const at = (client: string) => (n: number) => {
        const headers = { 'X-Forwarded-For': `203.0.113.${n}, 127.0.0.1, ${client}, 10.0.0.2` }
        return signIn({ name: `guess-${n}`, password: 'wrong', peer: '127.0.0.1', headers })
      }
      assert.deepEqual(await statusesOf(21, at('198.51.100.1')), [...times(20, 401), 429])
      assert.equal((await at('198.51.100.2')(1)).status, 401)
    },
    { config: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } },
  ))

test('on loopback, where a proxy may be that nobody declared, only accounts are counted', () =>
  withAnna(async ({ signIn }) => {
    const guess = (n: number) => signIn({ name: `guess-${n}`, password: 'wrong', peer: '127.0.0.1' })
    assert.deepEqual(await statusesOf(40, guess), times(40, 401))
    const wrong = () => signIn({ password: 'wrong', peer: '127.0.0.1' })
    assert.deepEqual(await statusesOf(6, wrong), [...times(5, 401), 429])
  }))

test('a limit that is reached is in the audit log, tries are not, and strangers cannot fill it or write secrets into it', () =>
  withAnna(async ({ app, signIn }) => {
    const refusals = async () => {
      const events = await listAuditEvents(app.deps.store.reads, { order: 'asc', limit: 1000, app: null, after: null })
      return events.filter(({ action }) => action === 'session.refused')
    }
    await statusesOf(4, () => signIn({ password: 'wrong' }))
    assert.equal((await refusals()).length, 0)
    await statusesOf(3, () => signIn({ password: 'wrong' }))
    const [told, ...more] = await refusals()
    assert.equal(more.length, 0)
    assert.deepEqual(told!.actor, { kind: 'anonymous', id: null, name: null })
    assert.deepEqual(told!.after, { name: 'anna', address: '192.0.2.1', reason: 'too many wrong passwords' })
    assert.match(told!.object, /^user:usr_/)
    // People type their password into the field of the name.
    await statusesOf(6, () => signIn({ name: 'canary-Q7x-secret', password: 'wrong', peer: '192.0.2.2' }))
    assert.equal((await refusals()).length, 2)
    for (let n = 0; n < 50; n++) {
      await statusesOf(5, () => signIn({ name: `name-${n}`, password: 'wrong', peer: `198.51.100.${n}` }))
    }
    const all = await refusals()
    assert.equal(all.length, 20)
    assert.ok(!JSON.stringify(all).includes('canary'))
  }))

test('when too many passwords wait the answer is to come again, and the try is not counted', () =>
  withAnna(async ({ signIn }) => {
    const all = Array.from({ length: 24 }, (_, n) => signIn({ name: `name-${n}`, peer: `192.0.2.${n}` }))
    const busy = await Promise.all(all)
    assert.equal(busy.filter(({ status }) => status === 401).length, 17)
    for (const answer of busy.filter(({ status }) => status !== 401)) {
      assert.equal(answer.status, 503)
      assert.equal(answer.json.code, 'access.busy')
      assert.equal(answer.headers.get('retry-after'), '5')
    }
    assert.deepEqual(await statusesOf(6, () => signIn({ name: 'name-23', peer: '192.0.2.23' })), [
      ...times(5, 401),
      429,
    ])
  }))

test('signing in always gives another session: what was sent along is not kept, and ends', () =>
  withAnna(async ({ app, signIn }) => {
    const planted = 'A'.repeat(43)
    const first = cookiesOf(await signIn({ cookie: asSession(planted) })).session
    assert.notEqual(first, planted)
    assert.equal(await isAlive(app, planted), false)
    assert.ok(await isAlive(app, first))
    const second = cookiesOf(await signIn({ cookie: asSession(first) })).session
    assert.notEqual(second, first)
    assert.equal(await isAlive(app, first), false)
    assert.ok(await isAlive(app, second))
    // A wrong password ends nothing.
    assert.equal((await signIn({ cookie: asSession(second), password: 'wrong' })).status, 401)
    assert.ok(await isAlive(app, second))
    // Only its hash is kept.
    assert.equal(findSession(app.deps.store, second), undefined)
    assert.ok(findSession(app.deps.store, hashSession(second)))
  }))

test('a session ends after 30 minutes without a request, and after 12 hours whatever happens', () =>
  withAnna(async ({ app, signIn }) => {
    // The use is noted beside the answer.
    const noted = () => app.deps.store.write(async () => undefined)
    const [idle, used] = [cookiesOf(await signIn()).session, cookiesOf(await signIn()).session]
    await app.clock.advance(30 * MINUTE - 1)
    assert.ok(await isAlive(app, used))
    await noted()
    await app.clock.advance(1)
    assert.equal(await isAlive(app, idle), false)
    assert.ok(await isAlive(app, used))

    const busy = cookiesOf(await signIn()).session
    for (let passed = 0; passed < 12 * HOUR; passed += 20 * MINUTE) {
      assert.ok(await isAlive(app, busy), `after ${passed / MINUTE} minutes`)
      await noted()
      await app.clock.advance(20 * MINUTE)
    }
    assert.equal(await isAlive(app, busy), false)
  }))

test('a session is dead at once when it is signed out, the password is changed, or the person is disabled or deleted', () =>
  withAnna(async ({ app, signIn }) => {
    const post = (path: string, secret: string, fields: Record<string, string> = {}) =>
      app.ask('POST', path, {
        cookie: asSession(secret),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        raw: new URLSearchParams(fields).toString(),
      })
    const session = async (password = PASSWORD) => cookiesOf(await signIn({ password })).session

    const gone = await session()
    assert.equal((await post('/logout', gone)).status, 303)
    assert.equal(await isAlive(app, gone), false)

    const [here, there] = [await session(), await session()]
    const changed = await post('/account/password', here, { current: PASSWORD, new_password: OTHER_PASSWORD })
    assert.equal(changed.status, 303, changed.text)
    assert.equal(await isAlive(app, here), false, 'the cookie that was')
    assert.equal(await isAlive(app, there), false)
    assert.equal((await signIn()).status, 401, 'the old password')

    const alive = await session(OTHER_PASSWORD)
    await createAdmin(app.deps, 'bert', PASSWORD, SYSTEM_CAUSE)
    await setDisabled(app, 'anna', true)
    assert.equal(await isAlive(app, alive), false)
    await setDisabled(app, 'anna', false)
    assert.equal(await isAlive(app, alive), false, 'enabling brings no session back')
  }))

test('giving the password once more gives the session another cookie; wrong ones are counted', () =>
  withAnna(async ({ app, signIn }) => {
    const before = cookiesOf(await signIn()).session
    const confirm = (password: string, secret = before) =>
      app.ask('POST', '/api/v1/sessions/actions/confirm', { cookie: asSession(secret), body: { password } })
    await app.clock.advance(11 * MINUTE)
    const createToken = (secret: string) =>
      app.ask('POST', '/api/v1/tokens', { cookie: asSession(secret), body: { name: 'ci', actions: ['read'] } })
    const refused = await createToken(before)
    assert.equal(refused.status, 403)
    assert.equal(refused.json.code, 'access.reauthentication_required')
    const wrong = await confirm('wrong')
    assert.equal(wrong.status, 401)
    assert.equal(wrong.json.code, 'access.sign_in_failed')
    const confirmed = await confirm(PASSWORD)
    assert.equal(confirmed.status, 204, confirmed.text)
    const after = /__Host-dist=([^;]+)/.exec(confirmed.headers.get('set-cookie')!)![1]!
    assert.equal(await isAlive(app, before), false)
    assert.equal((await createToken(after)).status, 201)
    const statuses = await statusesOf(6, () => confirm('wrong', after))
    assert.deepEqual(statuses, [...times(5, 401), 429])
    const over = await confirm(PASSWORD, after)
    assert.equal(over.json.code, 'access.too_many_tries')
    const log = await listAuditEvents(app.deps.store.reads, { order: 'desc', limit: 1, app: null, after: null })
    assert.equal(log[0]!.action, 'session.refused')
    assert.equal(log[0]!.actor.name, 'anna', 'whoever sits there now')
    assert.equal(over.headers.get('retry-after'), '30')
    assert.equal((await signIn({ peer: '192.0.2.9' })).status, 303, 'signing in elsewhere is another matter')
  }))

test('one sees and ends one’s own sessions, an admin ends anybody’s, and no one else knows of them', () =>
  withAnna(async ({ app, signIn }) => {
    const anna = cookiesOf(await signIn({ headers: { 'User-Agent': 'x'.repeat(1000) } })).session
    await app.clock.advance(SECOND)
    const second = cookiesOf(await signIn({ peer: '2001:db8::1' })).session
    const bert = await app.person({ name: 'bert', role: 'manager' })
    const list = async (secret: string) =>
      (await app.ask('GET', '/api/v1/sessions', { cookie: asSession(secret) })).json.items
    const items = await list(second)
    assert.deepEqual(
      items.map(({ address, isCurrent, userAgent, user }: Record<string, unknown>) => ({
        address,
        isCurrent,
        userAgent: String(userAgent).length,
        name: (user as { name: string }).name,
      })),
      [
        { address: '2001:db8::1', isCurrent: true, userAgent: 4, name: 'anna' },
        { address: '192.0.2.1', isCurrent: false, userAgent: 300, name: 'anna' },
      ],
    )
    const end = (secret: string, id: string) =>
      app.ask('DELETE', `/api/v1/sessions/${id}`, { cookie: asSession(secret) })
    for (const id of [items[0].id, 'ses_00000000000000000000000000', 'nonsense']) {
      const { status, json } = await end(bert.secret, id)
      assert.equal(status, 404)
      assert.equal(json.code, 'session.not_found')
    }
    assert.equal((await end(second, items[1].id)).status, 204)
    assert.equal(await isAlive(app, anna), false)
    const listOf = (secret: string, user: string) =>
      app.ask('GET', `/api/v1/sessions?user=${user}`, { cookie: asSession(secret) })
    for (const user of ['anna', items[0].user.id, 'bert', 'nobody']) {
      const refused = await listOf(bert.secret, user)
      assert.deepEqual([refused.status, refused.json.code], [403, 'access.denied'], user)
    }
    for (const user of ['bert', bert.user.id]) {
      const { json } = await listOf(second, user)
      assert.deepEqual(
        json.items.map(({ id, isCurrent }: Record<string, unknown>) => [id, isCurrent]),
        [[bert.sessionId, false]],
      )
    }
    assert.equal((await listOf(second, 'nobody')).json.code, 'user.not_found')
    assert.equal((await end(second, bert.sessionId)).status, 204)
    assert.equal(await isAlive(app, bert.secret), false)
    assert.deepEqual((await listOf(second, 'bert')).json.items, [])
    assert.equal((await list(second)).length, 1)
  }))

test('nobody has more than 50 sessions: the one that was not used for longest ends', () =>
  withAnna(async ({ app, signIn }) => {
    const secrets: string[] = []
    for (let n = 0; n < 51; n++) {
      secrets.push(cookiesOf(await signIn()).session)
      await app.clock.advance(SECOND)
    }
    assert.equal(await isAlive(app, secrets[0]!), false)
    assert.ok(await isAlive(app, secrets[1]!))
    assert.ok(await isAlive(app, secrets[50]!))
  }))

test('rows of sessions that are over are cleaned away, and no others', () =>
  withAnna(async ({ app, signIn }) => {
    const rows = async () =>
      (await app.deps.store.reads.selectFrom('sessions').select('id').execute()).map(({ id }) => id)
    await signIn()
    await app.clock.advance(29 * MINUTE)
    await signIn()
    assert.equal(await expireSessions(app.deps), 0)
    await app.clock.advance(MINUTE)
    assert.equal(await expireSessions(app.deps), 1)
    assert.equal((await rows()).length, 1)
    await app.clock.advance(DAY)
    assert.equal(await expireSessions(app.deps), 1)
    assert.deepEqual(await rows(), [])
  }))

test('what takes long asks again at its end whether the session still lives', () =>
  withAnna(async ({ app }) => {
    const bert = await app.person({ name: 'bert', role: 'manager' })
    const session = findSession(app.deps.store, hashSession(bert.secret))!
    const actor = { kind: 'user', session, shares: [] } as const
    const check = () => app.deps.store.write((tx) => checkAlive(tx, actor, app.clock.now()))
    const ended = { code: 'access.unauthenticated' }
    await check()
    await setDisabled(app, 'bert', true)
    await assert.rejects(check(), ended)
    const carla = await app.person({ name: 'carla', role: 'manager' })
    const hers = { ...actor, session: findSession(app.deps.store, hashSession(carla.secret))! }
    await app.deps.store.write((tx) => checkAlive(tx, hers, app.clock.now()))
    await app.clock.advance(12 * HOUR)
    await assert.rejects(
      app.deps.store.write((tx) => checkAlive(tx, hers, app.clock.now())),
      ended,
    )
    await app.deps.store.write((tx) => checkAlive(tx, ANONYMOUS, app.clock.now()))
  }))

test('tokens that are not valid: 30 a minute for each address; one that is valid is never held up', () =>
  withAnna(async ({ app }) => {
    const { secret } = await app.issue({ actions: ['admin'] })
    const peer = '192.0.2.1'
    const ask = (token: string) => app.ask('GET', '/api/v1/apps', { token, peer })
    const wrong = (n: number) => ask(n % 2 === 0 ? 'nonsense' : `${secret.slice(0, -1)}${secret.endsWith('0') ? 1 : 0}`)
    assert.deepEqual(await statusesOf(32, wrong), [...times(30, 401), 429, 429])
    const over = await wrong(0)
    assert.equal(over.json.code, 'access.too_many_requests')
    assert.equal(over.headers.get('retry-after'), '2')
    assert.deepEqual(await statusesOf(100, () => ask(secret)), times(100, 200))
    assert.equal((await app.ask('GET', '/api/v1/apps', { token: 'nonsense', peer: '192.0.2.2' })).status, 401)
    await app.clock.advance(2 * SECOND)
    assert.deepEqual(await statusesOf(2, wrong), [401, 429])
  }))

test('requests to the API without a credential: 300 in 10 seconds for each address; pages, tokens and people go on', () =>
  withAnna(async ({ app }) => {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const bert = await app.person({ name: 'bert', role: 'viewer' })
    const peer = '192.0.2.1'
    const statuses = await statusesOf(301, () => app.ask('GET', '/api/v1/apps', { peer }))
    assert.deepEqual(statuses, [...times(300, 200), 429])
    const over = await app.ask('GET', '/api/v1/openapi.json', { peer })
    assert.equal(over.json.code, 'access.too_many_requests')
    assert.equal(over.headers.get('retry-after'), '1')
    // Another spelling of the path is no way around, nor does it make a page of the answer.
    for (const path of ['/%61pi/v1/apps', '/ap%69/v1/apps', '/api/v1/%61pps']) {
      const spelled = await app.ask('GET', path, { peer, headers: { Accept: 'text/html' } })
      assert.equal(spelled.status, 429, path)
      assert.equal(spelled.headers.get('content-type'), 'application/problem+json')
    }
    // A cookie that is none is no way around.
    assert.equal((await app.ask('GET', '/api/v1/apps', { peer, cookie: asSession('A'.repeat(43)) })).status, 429)
    assert.equal((await app.ask('GET', '/api/v1/apps', { peer, token })).status, 200)
    assert.equal((await app.ask('GET', '/api/v1/apps', { peer, cookie: bert.cookie })).status, 200)
    assert.equal((await app.ask('GET', '/', { peer })).status, 200)
    assert.equal((await app.ask('GET', '/healthz', { peer })).status, 200)
    assert.equal((await app.ask('GET', '/api/v1/apps', { peer: '192.0.2.2' })).status, 200)
    await app.clock.advance(10 * SECOND)
    assert.equal((await app.ask('GET', '/api/v1/apps', { peer })).status, 200)
  }))

test('one-time links: 20 wrong tries in 15 minutes for each address', () =>
  withAnna(async ({ app }) => {
    const tryLink = () =>
      app.ask('POST', '/setup/nonsense', {
        peer: '192.0.2.1',
        cookie: '',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        raw: new URLSearchParams({ password: PASSWORD }).toString(),
      })
    assert.deepEqual(await statusesOf(22, tryLink), [...times(20, 404), 429, 429])
    const over = await tryLink()
    assert.equal(over.json.code, 'access.too_many_tries')
    assert.equal(over.headers.get('retry-after'), '45')
  }))
