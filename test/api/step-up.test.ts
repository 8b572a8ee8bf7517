import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Route } from '../../src/http/route.ts'
import { hashPassword } from '../../src/people/passwords.ts'
import { type AccessScene, accessScene } from '../helpers/principals.ts'
import { askRoute, keyOf } from '../helpers/route-requests.ts'
import type { Answer, Ask } from '../helpers/test-app.ts'

/** What a person confirms with the password: credentials and people, rules that guard, and what cannot be taken back. */
const DANGEROUS = ['app.edit', 'app.delete', 'release.purge', 'channel.edit', 'token.manage', 'user.manage']
/** Writes of these actions that give nothing and take nothing for good: revoking is never held up. */
const NOT_HELD_UP = ['DELETE /api/v1/tokens/:token']
const LATE = 11 * 60_000

let scene: AccessScene
before(async () => {
  scene = await accessScene()
})
after(() => scene.app.close())

const isWrite = (route: Route) => route.method !== 'GET'
const codeOf = (answer: Answer) => (answer.status < 300 ? 'done' : answer.json.code)

/** Takes the password back by eleven minutes; other than by waiting, so that nothing else ends. */
async function forgetPassword(sessionId: string): Promise<void> {
  const { deps } = scene.app
  const confirmed_at = new Date(deps.clock.now() - LATE).toISOString()
  await deps.store.write((tx) => tx.updateTable('sessions').set({ confirmed_at }).where('id', '=', sessionId).execute())
}

async function confirm(sessionId: string): Promise<void> {
  const { deps } = scene.app
  const confirmed_at = new Date(deps.clock.now()).toISOString()
  await deps.store.write((tx) => tx.updateTable('sessions').set({ confirmed_at }).where('id', '=', sessionId).execute())
}

test('every dangerous row of the table wants the password lately, and no other row does', () => {
  for (const route of scene.app.app.routes) {
    const isDangerous = isWrite(route) && DANGEROUS.includes(route.action) && !NOT_HELD_UP.includes(keyOf(route))
    assert.equal(route.stepUp === true, isDangerous, keyOf(route))
  }
})

test('a dangerous act eleven minutes after the password is refused until it is given again; tokens have none to give', async () => {
  const { cookie, sessionId } = await scene.app.person({ role: 'admin' })
  const rows = scene.app.app.routes.filter(({ stepUp }) => stepUp === true)
  assert.ok(rows.length >= 8)
  for (const route of rows) {
    await forgetPassword(sessionId)
    const late = await askRoute(scene, route, 'private', { cookie })
    assert.deepEqual([late.status, codeOf(late)], [403, 'access.reauthentication_required'], keyOf(route))
    await confirm(sessionId)
    const fresh = await askRoute(scene, route, 'private', { cookie })
    assert.notEqual(codeOf(fresh), 'access.reauthentication_required', keyOf(route))
    const byToken = await askRoute(scene, route, 'private', scene.of('admin'))
    assert.notEqual(codeOf(byToken), 'access.reauthentication_required', keyOf(route))
  }
})

test('who may not do it is not asked for the password: the app stays hidden', async () => {
  const { cookie, sessionId } = await scene.app.person({ apps: { elsewhere: 'admin' } })
  await forgetPassword(sessionId)
  const answer = await scene.app.ask('PATCH', '/api/v1/apps/private', { cookie, body: { summary: 'x' } })
  assert.equal(codeOf(answer), 'app.not_found')
  const viewer = await scene.app.person({ apps: { private: 'viewer' } })
  await forgetPassword(viewer.sessionId)
  const denied = await scene.app.ask('PATCH', '/api/v1/apps/private', { cookie: viewer.cookie, body: { summary: 'x' } })
  assert.equal(codeOf(denied), 'access.denied')
})

test('moving a protected channel, and yanking what it holds, want the password lately; others do not', async () => {
  const { app, admin: token } = scene
  const { cookie, sessionId } = await app.person({ apps: { private: 'manager' } })
  const api = '/api/v1/apps/private/channels/guarded'
  const guard = (policy: object) => app.ask('PATCH', api, { token, body: { policy } })
  assert.equal((await guard({ protected: true, allowDowngrade: true, allowPrerelease: true })).status, 200)
  const act = async (action: string, ask: Ask = { cookie }) => {
    const etag = (await app.ask('GET', api, { token })).headers.get('etag')!
    const body = action === 'promote' ? { release: '1.0.0' } : {}
    return codeOf(await app.ask('POST', `${api}/actions/${action}`, { ...ask, headers: { 'If-Match': etag }, body }))
  }
  await forgetPassword(sessionId)
  assert.equal(await act('promote'), 'access.reauthentication_required')
  await confirm(sessionId)
  assert.equal(await act('promote'), 'done')
  await forgetPassword(sessionId)
  assert.equal(await act('rollback'), 'access.reauthentication_required')
  const yank = () =>
    app.ask('POST', '/api/v1/apps/private/releases/1.0.0/actions/yank', {
      cookie,
      body: { reason: 'bad', rollback: true },
    })
  assert.equal(codeOf(await yank()), 'access.reauthentication_required')
  await guard({ protected: false })
  assert.equal(await act('promote'), 'done', 'an unprotected channel wants no password')
})

test('the password given again opens it, for ten minutes and for this session alone; a wrong one does not', async () => {
  const { app } = scene
  const { cookie, sessionId, user } = await app.person({ role: 'admin' })
  const password = 'quiet-lantern-over-the-bay'
  const hash = await hashPassword(app.deps, password)
  await app.deps.store.write((tx) =>
    tx.updateTable('users').set({ password: hash }).where('id', '=', user.id).execute(),
  )
  const create = async (ask: Ask) =>
    codeOf(await app.ask('POST', '/api/v1/tokens', { ...ask, body: { name: 'x', actions: ['read'] } }))
  await forgetPassword(sessionId)
  assert.equal(await create({ cookie }), 'access.reauthentication_required')
  const give = (text: string) =>
    app.ask('POST', '/api/v1/sessions/actions/confirm', { cookie, body: { password: text } })
  assert.ok((await give('quiet-lantern-over-the-hay')).status >= 400)
  assert.equal(await create({ cookie }), 'access.reauthentication_required')
  const given = await give(password)
  assert.equal(given.status, 204, given.text)
  const renewed = { cookie: given.headers.get('set-cookie')!.split(';')[0]! }
  assert.notEqual(renewed.cookie, cookie)
  assert.equal(await create(renewed), 'done')
  assert.equal(await create({ cookie }), 'access.unauthenticated', 'the cookie from before is worth nothing')
  await app.clock.advance(10 * 60_000)
  assert.equal(await create(renewed), 'access.reauthentication_required')
})
