import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLimits, type Limits } from '../../src/access/limiter.ts'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { findAccountLink } from '../../src/people/account-links.ts'
import {
  completeAccountLink,
  completeSetupToken,
  createAdmin,
  createSetupLink,
  hasAdmin,
} from '../../src/people/setup.ts'
import { signIn } from '../../src/people/sign-in.ts'
import { listAuditEvents } from '../../src/store/audit.ts'
import { createTestApp, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'

const PASSWORD = 'correct horse battery'
const SETUP_TOKEN = 'a setup token of 32 characters or more'
const FROM = { address: '192.0.2.1', userAgent: 'test' }

async function inApp(
  run: (app: TestApp, deps: TestApp['deps'] & { limits: Limits }) => Promise<void>,
  options: TestAppOptions = {},
): Promise<void> {
  const app = await createTestApp(options)
  try {
    await run(app, { ...app.deps, limits: createLimits(app.clock) })
  } finally {
    await app.close()
  }
}

type SetupDeps = Parameters<typeof completeAccountLink>[0]

const byLink = (deps: SetupDeps, secret: string, name: string, password = PASSWORD) =>
  completeAccountLink(deps, { ...FROM, secret, name, password }, 'req_0')
const byToken = (deps: Parameters<typeof completeSetupToken>[0], token: string, name: string, password = PASSWORD) =>
  completeSetupToken(deps, { ...FROM, token, name, password }, 'req_0')
const refused = (code: string) => (error: { code?: string }) => error.code === code
const actionsOf = async (app: TestApp) =>
  (await listAuditEvents(app.deps.store.reads, { app: null, order: 'asc', after: null, limit: 100 })).map(
    ({ action, actor }) => `${action} by ${actor.kind === 'user' ? actor.name : actor.kind}`,
  )
const names = async (app: TestApp) => {
  const users = await app.deps.store.reads.selectFrom('users').select(['name', 'role']).orderBy('name').execute()
  return users.map(({ name, role }) => `${name} ${role}`)
}

test('a setup link makes the first admin, who is signed in; then it is as if it had never been', () =>
  inApp(async (app, deps) => {
    assert.equal(hasAdmin(deps.store), false)
    const link = (await createSetupLink(deps))!
    assert.deepEqual([link.kind, link.expiresAt], ['setup', '2026-11-21T00:30:00.000Z'])
    assert.deepEqual(findAccountLink(deps, link.secret), { kind: 'setup', userName: null })
    const done = await byLink(deps, link.secret, ' Root ')
    assert.equal(done.user.name, 'root')
    assert.equal(hasAdmin(deps.store), true)
    const who = (await app.ask('GET', '/api/v1/whoami', { cookie: `__Host-dist=${done.secret}` })).json
    assert.deepEqual([who.kind, who.user.name, who.user.role], ['user', 'root', 'admin'])
    const again = await signIn(deps, { ...FROM, name: 'ROOT', password: PASSWORD, device: done.device }, 'req_1')
    assert.equal(again.user.id, done.user.id)
    assert.deepEqual(await actionsOf(app), [
      'user.created by root',
      'session.started by root',
      'session.started by root',
    ])

    assert.equal(await createSetupLink(deps), undefined)
    assert.equal(findAccountLink(deps, link.secret), undefined)
    await assert.rejects(byLink(deps, link.secret, 'eve'), refused('setup.not_found'))
    assert.deepEqual(await names(app), ['root admin'])
    assert.equal((await verifyAudit(deps.store.reads)).broken, undefined)
  }))

test('of many who use the setup link and the setup token at once, one becomes admin', () =>
  inApp(
    async (app, deps) => {
      const { secret } = (await createSetupLink(deps))!
      const tries = await Promise.allSettled([
        byLink(deps, secret, 'a'),
        byToken(deps, SETUP_TOKEN, 'b'),
        byLink(deps, secret, 'c'),
        byToken(deps, SETUP_TOKEN, 'd'),
        byLink(deps, secret, 'a'),
      ])
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const tried of tries) if (tried.status === 'rejected') assert.equal(tried.reason.code, 'setup.not_found')
      assert.equal((await names(app)).length, 1)
      assert.equal((await deps.store.reads.selectFrom('sessions').selectAll().execute()).length, 1)
      assert.equal((await actionsOf(app)).length, 2)
    },
    { config: { setupToken: SETUP_TOKEN } },
  ))

test('a setup link ends after 30 minutes, and when a newer one is made', () =>
  inApp(async (app, deps) => {
    const first = (await createSetupLink(deps))!.secret
    const second = (await createSetupLink(deps))!.secret
    await assert.rejects(byLink(deps, first, 'root'), refused('setup.not_found'))
    await app.clock.advance(30 * 60_000 - 1)
    assert.equal(findAccountLink(deps, second)?.kind, 'setup')
    await app.clock.advance(1)
    assert.equal(findAccountLink(deps, second), undefined)
    await assert.rejects(byLink(deps, second, 'root'), refused('setup.not_found'))
    assert.deepEqual(await names(app), [])
    // Time that passes while the password is hashed counts too.
    const third = (await createSetupLink(deps))!.secret
    const late = assert.rejects(byLink(deps, third, 'root'), refused('setup.not_found'))
    await app.clock.advance(30 * 60_000)
    await late
    assert.deepEqual(await names(app), [])
  }))

test('the setup token works once, only as it was configured, and not where none is', () =>
  inApp(
    async (app, deps) => {
      for (const token of [
        '',
        ' ',
        SETUP_TOKEN.slice(0, -1),
        `${SETUP_TOKEN} `,
        SETUP_TOKEN.toUpperCase(),
        'x'.repeat(5000),
      ]) {
        await assert.rejects(byToken(deps, token, 'root'), refused('setup.not_found'))
      }
      await assert.rejects(byToken(deps, SETUP_TOKEN, 'root', 'root'), refused('password.weak'))
      await assert.rejects(byToken(deps, SETUP_TOKEN, 'no name'), refused('request.invalid'))
      const { config, ...rest } = deps
      const { setupToken: _none, ...without } = config
      for (const token of ['', 'undefined', SETUP_TOKEN]) {
        await assert.rejects(byToken({ ...rest, config: without }, token, 'root'), refused('setup.not_found'))
      }
      assert.deepEqual(await names(app), [])
      const { secret } = (await createSetupLink(deps))!
      await byToken(deps, SETUP_TOKEN, 'root')
      assert.deepEqual(await names(app), ['root admin'])
      await assert.rejects(byToken(deps, SETUP_TOKEN, 'eve'), refused('setup.not_found'))
      await assert.rejects(byLink(deps, secret, 'eve'), refused('setup.not_found'))
      assert.deepEqual(await deps.store.reads.selectFrom('account_links').selectAll().execute(), [])
    },
    { config: { setupToken: SETUP_TOKEN } },
  ))

test('guesses at links and at the setup token are counted together by address; what goes right is not', () =>
  inApp(
    async (app, deps) => {
      const guess = (n: number) =>
        n % 2 === 0 ? byToken(deps, `${n}${SETUP_TOKEN}`, 'root') : byLink(deps, `distb_${'0'.repeat(48)}`, 'root')
      const { secret } = (await createSetupLink(deps))!
      for (let n = 0; n < 30; n++) await assert.rejects(byLink(deps, secret, 'root', 'weak'), refused('password.weak'))
      for (let n = 0; n < 20; n++) await assert.rejects(guess(n), refused('setup.not_found'))
      for (const n of [0, 1]) {
        await assert.rejects(guess(n), (error: { code?: string; headers?: Record<string, string> }) => {
          assert.equal(error.code, 'access.too_many_tries')
          assert.ok(Number(error.headers?.['Retry-After']) > 0)
          return true
        })
      }
      await assert.rejects(byToken(deps, SETUP_TOKEN, 'root'), refused('access.too_many_tries'))
      const elsewhere = { ...FROM, address: '198.51.100.7' }
      await completeAccountLink(deps, { ...elsewhere, secret, name: 'root', password: PASSWORD }, 'req_0')
      assert.deepEqual(await names(app), ['root admin'])
    },
    { config: { setupToken: SETUP_TOKEN } },
  ))

test('the way to the first admin stays closed when the admin is disabled, and is open while one is only invited', () =>
  inApp(async (app, deps) => {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const invited = await app.ask('POST', '/api/v1/users', { token, body: { name: 'ada', role: 'admin' } })
    assert.equal(invited.status, 201)
    assert.equal(hasAdmin(deps.store), false)
    const { secret } = (await createSetupLink(deps))!
    await assert.rejects(byLink(deps, secret, 'ADA'), refused('user.exists'))
    assert.equal(findAccountLink(deps, secret)?.kind, 'setup', 'a name that is taken uses no link')
    await byLink(deps, secret, 'root')
    // By other hands than those of the product, which keeps the last one.
    await deps.store.write(async (tx) => {
      await tx.updateTable('users').set({ disabled_at: '2026-11-21T00:00:00.000Z' }).execute()
    })
    assert.equal(hasAdmin(deps.store), true)
    assert.equal(await createSetupLink(deps), undefined)
  }))

test('an admin made on the host has a password or an invite link, however many admins there are', () =>
  inApp(async (app, deps) => {
    const open = (await createSetupLink(deps))!.secret
    const first = await createAdmin(deps, 'Root', PASSWORD, SYSTEM_CAUSE)
    assert.deepEqual([first.user.name, first.user.role, first.link], ['root', 'admin', null])
    assert.equal(findAccountLink(deps, open), undefined, 'the setup link has ended')
    await signIn(deps, { ...FROM, name: 'root', password: PASSWORD, device: undefined }, 'req_0')
    const second = await createAdmin(deps, 'other', null, SYSTEM_CAUSE)
    assert.equal(second.link!.kind, 'invite')
    await byLink(deps, second.link!.secret, 'ignored')
    assert.deepEqual(await names(app), ['other admin', 'root admin'])
    await assert.rejects(createAdmin(deps, 'ROOT', PASSWORD, SYSTEM_CAUSE), refused('user.exists'))
    await assert.rejects(createAdmin(deps, 'third', 'password', SYSTEM_CAUSE), refused('password.weak'))
    await assert.rejects(createAdmin(deps, 'not a name', PASSWORD, SYSTEM_CAUSE), refused('request.invalid'))
    const actions = await actionsOf(app)
    assert.deepEqual(
      actions.filter((action) => action.startsWith('user.')),
      ['user.created by system', 'user.created by system', 'user.password_set by other'],
    )
  }))

test('nobody without a password signs in, whatever they send', () =>
  inApp(async (app, deps) => {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/users', { token, body: { name: 'ada', role: 'admin' } })
    for (const password of ['', 'null', 'undefined', PASSWORD]) {
      const tried = signIn(deps, { ...FROM, name: 'ada', password, device: undefined }, 'req_0')
      await assert.rejects(tried, refused('access.sign_in_failed'))
    }
  }))

test('links and passwords are in no event, no log line and no file', () =>
  inApp(
    async (app, deps) => {
      const lines: string[] = []
      const log = { log: (...line: unknown[]) => void lines.push(JSON.stringify(line)) }
      Object.assign(app.deps, log)
      const { secret: token } = await app.issue({ actions: ['admin'] })
      const setup = (await createSetupLink(deps))!.secret
      await byLink({ ...deps, ...log }, setup, 'root', 'canary of the first')
      const invited = await app.ask('POST', '/api/v1/users', { token, body: { name: 'ada' } })
      const invite = invited.json.link.url.split('/').at(-1)
      await app.ask('GET', `/api/v1/users/${invite}`, { token })
      await app.ask('GET', `/api/v1/users?x=${invite}`, { token })
      await app.ask('GET', `/setup/${invite}`)
      await app.ask('PATCH', '/api/v1/users/ada', { token, body: { [invite]: true } })
      await byLink({ ...deps, ...log }, invite, '', 'canary of the second')
      const hidden = [setup.slice(16), invite.slice(16), 'canary of']
      const events = JSON.stringify(
        await listAuditEvents(deps.store.reads, { app: null, order: 'asc', after: null, limit: 100 }),
      )
      const texts = [events, ...lines]
      for (const entry of await readdir(app.folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) texts.push(await readFile(join(entry.parentPath, entry.name), 'latin1'))
      }
      assert.ok(lines.length > 0 && texts.length > lines.length + 1)
      for (const text of texts)
        for (const secret of hidden) assert.ok(!text.includes(secret), `${secret} in ${text.slice(0, 300)}`)
    },
    { config: { logLevel: 'debug' } },
  ))
