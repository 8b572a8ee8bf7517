import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../fixtures/build-apk.ts'
import { type ChannelScene, inChannelScene } from '../helpers/channel-scene.ts'
import { type Answer, draft, type PublishedFile, release } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

const API = '/api/v1/apps/notes'
const code = ({ status, json }: Answer) => `${status} ${json.code ?? 'ok'}`

/** Everything that a move changes. */
async function everyMove({ app, token }: ChannelScene): Promise<unknown> {
  const channels = (await app.ask('GET', `${API}/channels`, { token })).json.items
  const moves = await Promise.all(
    channels.map(async ({ name }: { name: string }) => {
      return (await app.ask('GET', `${API}/channels/${name}/moves`, { token })).json.items
    }),
  )
  return [channels, moves, (await app.ask('GET', '/api/v1/audit/head', { token })).json.seq]
}

/** A sealed release that nobody announced. */
async function sealed({ app, token }: ChannelScene, input: object, file?: PublishedFile): Promise<string> {
  const { id } = await draft(app, token, 'notes', input, [
    file ?? { fileName: 'notes.bin', bytes: bytesOf(JSON.stringify(input)) },
  ])
  const answer = await app.ask('POST', `${API}/releases/${id}/actions/publish`, { token })
  assert.equal(answer.status, 200, answer.text)
  return answer.json.release.ref
}

test('a protected channel is moved by "publish" in no way, and by "promote" in every way', () =>
  inChannelScene(['1.0.0', '1.1.0'], async (scene) => {
    const { app, token } = scene
    const publisher = (await app.issue({ actions: ['publish'], name: 'ci' })).secret
    const promoter = (await app.issue({ actions: ['promote'], name: 'release-bot' })).secret
    await scene.promote('stable', '1.0.0')
    await scene.promote('stable', '1.1.0')
    await scene.edit('stable', { protected: true, auto: 'latest' })
    // Protected before it ever held anything.
    await scene.edit('vault', { protected: true, auto: 'prerelease' })
    const before = await everyMove(scene)
    assert.equal(code(await scene.promote('stable', '1.0.0', {}, publisher)), '403 channel.protected')
    assert.equal(
      code(await scene.promote('stable', '1.1.0', {}, publisher)),
      '403 channel.protected',
      'not even nowhere',
    )
    assert.equal(code(await scene.promote('stable', '1.0.0', { onlyNewer: true }, publisher)), '403 channel.protected')
    assert.equal(code(await scene.promote('vault', '1.0.0', {}, publisher)), '403 channel.protected')
    const created = await app.ask('POST', `${API}/channels/vault/actions/promote`, {
      token: publisher,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
    assert.equal(code(created), '403 channel.protected', 'it holds nothing, and still is no new channel')
    assert.equal(code(await scene.move('stable', 'rollback', {}, publisher)), '403 access.denied')
    assert.equal(code(await scene.move('stable', 'rollback', { to: '1.0.0' }, publisher)), '403 access.denied')
    assert.equal(code(await scene.edit('stable', { protected: false }, publisher)), '403 access.denied')
    assert.equal(code(await scene.edit('stable', { movers: ['ci'] }, publisher)), '403 access.denied')
    const yank = (ref: string, by: string) =>
      app.ask('POST', `${API}/releases/${ref}/actions/yank`, {
        token: by,
        body: { reason: 'broken', rollback: true },
      })
    assert.equal(code(await yank('1.1.0', publisher)), '403 access.denied')
    assert.deepEqual(await everyMove(scene), before)
    // An announcement moves what follows, in the name of whoever announces.
    const ref = await sealed(scene, { version: '2.0.0' })
    const other = await sealed(scene, { version: '3.0.0' })
    assert.equal(code(await app.ask('POST', `${API}/releases/${ref}/actions/announce`, { token: publisher })), '200 ok')
    const together = { releases: [{ app: 'notes', release: other }] }
    assert.equal(code(await app.ask('POST', '/api/v1/announcements', { token: publisher, body: together })), '201 ok')
    assert.deepEqual([await scene.current('stable'), await scene.current('vault')], ['1.1.0', null])

    assert.equal(code(await scene.promote('stable', '2.0.0', {}, promoter)), '200 ok')
    assert.equal(code(await scene.move('stable', 'rollback', {}, promoter)), '200 ok')
    assert.equal(code(await scene.promote('vault', '1.1.0', {}, promoter)), '200 ok')
    assert.equal(code(await yank('1.1.0', promoter)), '409 channel.nothing_to_roll_back', 'of the vault')
    assert.equal(code(await scene.promote('vault', '2.0.0', {}, promoter)), '200 ok')
    assert.equal(code(await yank('1.1.0', promoter)), '200 ok')
    assert.equal(await scene.current('stable'), '1.0.0')
    assert.equal(code(await scene.edit('stable', { protected: false }, promoter)), '403 access.denied')
    assert.equal(code(await scene.promote('stable', '3.0.0', {}, token)), '200 ok', 'an admin may')
  }))

test('named movers are the only ones, whatever else a token may, until the list is empty', () =>
  inChannelScene(['1.0.0', '1.1.0', '1.2.0'], async (scene) => {
    const { app } = scene
    const issue = async (name: string, ...actions: ('read' | 'publish' | 'promote')[]) =>
      (await app.issue({ actions, name })).secret
    const lead = await issue('lead', 'promote')
    const other = await issue('other', 'promote')
    const ci = await issue('ci', 'publish')
    const reader = await issue('reader', 'read')
    await scene.edit('stable', { movers: ['lead', 'ci', 'reader'], auto: 'latest' })
    assert.equal(code(await scene.promote('stable', '1.0.0', {}, other)), '403 channel.mover')
    assert.equal(code(await scene.promote('stable', '1.0.0')), '403 channel.mover', 'not even an admin')
    assert.equal(code(await scene.promote('stable', '1.0.0', {}, reader)), '403 access.denied', 'a name is no right')
    assert.equal(code(await scene.promote('stable', '1.0.0', {}, ci)), '200 ok')
    assert.equal(code(await scene.promote('stable', '1.1.0', {}, lead)), '200 ok')
    assert.equal(code(await scene.move('stable', 'rollback', {}, other)), '403 channel.mover')
    assert.equal(code(await scene.move('stable', 'rollback', {}, ci)), '403 access.denied')
    await release(app, scene.token, 'notes', { version: '2.0.0' }, [{ fileName: 'x.bin', bytes: bytesOf('x') }])
    assert.equal(await scene.current('stable'), '1.1.0', 'who may move it was chosen: it does not follow by itself')
    const yanked = await app.ask('POST', `${API}/releases/1.1.0/actions/yank`, {
      token: other,
      body: { reason: 'broken', rollback: true },
    })
    assert.equal(code(yanked), '403 channel.mover')
    assert.equal(code(await scene.move('stable', 'rollback', {}, lead)), '200 ok')
    await scene.edit('stable', { protected: true })
    assert.equal(code(await scene.promote('stable', '1.2.0', {}, ci)), '403 channel.protected', 'both rules hold')
    await scene.edit('stable', { protected: false, movers: [] })
    assert.equal(code(await scene.promote('stable', '1.2.0', {}, other)), '200 ok')
  }))

test('every name of a pointer needs the right for that channel, to create it as to move it', () =>
  inChannelScene(['1.0.0', '1.1.0'], async (scene) => {
    const { app } = scene
    const narrow = (await app.issue({ actions: ['publish', 'promote'], channels: ['beta*'] })).secret
    const elsewhere = (await app.issue({ actions: ['publish', 'promote'], apps: ['other'] })).secret
    await scene.promote('stable', '1.0.0')
    const before = await everyMove(scene)
    for (const by of [narrow, elsewhere]) {
      for (const channel of ['stable', 'new', 'latest']) {
        for (const headers of [{ 'If-None-Match': '*' }, { 'If-Match': '"channel-1"' }] as Record<string, string>[]) {
          for (const action of ['promote', 'rollback']) {
            const body = action === 'promote' ? { release: '1.1.0' } : {}
            const path = `${API}/channels/${channel}/actions/${action}`
            assert.equal(code(await app.ask('POST', path, { token: by, headers, body })), '403 access.denied', path)
          }
        }
      }
    }
    assert.deepEqual(await everyMove(scene), before)
    for (const action of ['promote', 'rollback'] as const) {
      const refused = await scene.move('latest', action, action === 'promote' ? { release: '1.1.0' } : {})
      assert.equal(code(refused), '409 channel.reserved_name', 'nobody moves latest: it is a function')
    }
    assert.equal(code(await scene.promote('beta-2', '1.0.0', {}, narrow)), '200 ok')
    assert.equal(code(await scene.promote('beta-2', '1.1.0', {}, narrow)), '200 ok')
    assert.equal(code(await scene.move('beta-2', 'rollback', {}, narrow)), '200 ok')
  }))

test('prereleases by version and by flag stay out where the policy says so, whichever way they come', () =>
  inChannelScene(['1.0.0', '2.0.0-rc.1'], async (scene) => {
    const { app, token } = scene
    const flagged = { version: '2.0.0', prerelease: true }
    await release(app, token, 'notes', flagged, [{ fileName: 'notes.bin', bytes: bytesOf('flagged') }])
    await scene.promote('stable', '2.0.0-rc.1')
    await scene.promote('stable', '2.0.0')
    await scene.edit('stable', { allowPrerelease: false, auto: 'prerelease' })
    for (const ref of ['2.0.0-rc.1', '2.0.0']) {
      await scene.edit('fresh', { allowPrerelease: false })
      assert.equal(code(await scene.promote('fresh', ref)), '409 channel.prerelease')
    }
    await release(app, token, 'notes', { version: '3.0.0-rc.1' }, [{ fileName: 'notes.bin', bytes: bytesOf('rc') }])
    assert.equal(await scene.current('stable'), '2.0.0', 'it follows nothing that it does not take')
    assert.equal(code(await scene.move('stable', 'rollback', { to: '3.0.0-rc.1' })), '409 channel.prerelease')
    // What it held passed its policy then.
    assert.equal((await scene.move('stable', 'rollback', {})).json.channel.current, '2.0.0-rc.1')
  }))

test('a promotion goes down only where the policy allows it, and "only newer" never', () =>
  inChannelScene(['1.9.0', '1.10.0', 'alpha'], async (scene) => {
    const { app, token } = scene
    for (const build of ['9', '10']) {
      const file = { fileName: 'notes.bin', bytes: bytesOf(build) }
      await release(app, token, 'notes', { version: '1.10.0', build }, [file])
    }
    await scene.promote('stable', '1.10.0+10')
    for (const ref of ['1.10.0+9', '1.10.0', '1.9.0']) {
      assert.equal(code(await scene.promote('stable', ref)), '403 channel.downgrade', ref)
      assert.equal(code(await scene.promote('stable', ref, { onlyNewer: true })), '409 channel.not_newer', ref)
    }
    // A version without an order stands where it was announced: all at one instant here, so nothing is below.
    assert.equal(code(await scene.promote('stable', 'alpha')), '200 ok')
    await app.clock.advance(1000)
    await release(app, token, 'notes', { version: 'beta' }, [{ fileName: 'notes.bin', bytes: bytesOf('beta') }])
    assert.equal(code(await scene.promote('stable', 'beta', { onlyNewer: true })), '200 ok')
    assert.equal(code(await scene.promote('stable', 'alpha')), '403 channel.downgrade')
    await scene.edit('stable', { allowDowngrade: true })
    assert.equal(code(await scene.promote('stable', 'alpha', { onlyNewer: true })), '409 channel.not_newer')
    assert.equal(code(await scene.promote('stable', 'alpha')), '200 ok')
    // Another way down needs no such right: a rollback is meant for it.
    await scene.edit('stable', { allowDowngrade: false })
    assert.equal(code(await scene.move('stable', 'rollback', { to: '1.9.0' })), '200 ok')
  }))

test('an announcement of several releases moves each follower to the highest that its policy takes', () =>
  inChannelScene(['1.0.0'], async (scene) => {
    const { app, token } = scene
    const policies = {
      latest: { auto: 'latest' },
      pre: { auto: 'prerelease' },
      stable: { auto: 'prerelease', allowPrerelease: false },
      clean: { auto: 'latest', minChecks: 'no-warnings' },
      still: { auto: null },
      locked: { auto: 'prerelease', protected: true },
      chosen: { auto: 'prerelease', movers: ['boss'] },
      ahead: { auto: 'latest' },
    }
    const name = (key: string) => `c-${key}`
    for (const [key, policy] of Object.entries(policies)) await scene.edit(name(key), policy)
    await release(app, token, 'notes', { version: '9.0.0', prerelease: true }, [
      { fileName: 'notes.bin', bytes: bytesOf('9') },
    ])
    for (const key of ['latest', 'pre', 'clean'])
      assert.equal((await scene.moves(name(key))).length, key === 'pre' ? 1 : 0)
    await scene.promote(name('ahead'), '9.0.0')
    const debuggable = { fileName: 'notes.apk', platform: 'android', bytes: buildApk({ debuggable: true }) }
    const refs = [
      await sealed(scene, { version: '1.1.0' }),
      await sealed(scene, { version: '1.3.0' }, debuggable),
      await sealed(scene, { version: '10.0.0-rc.1' }),
      await sealed(scene, { version: '1.2.0' }),
      await sealed(scene, { version: 'nightly' }),
    ]
    const announce = (releases: readonly string[]) =>
      app.ask('POST', '/api/v1/announcements', {
        token,
        body: { releases: releases.map((ref) => ({ app: 'notes', release: ref })) },
      })
    const before = await everyMove(scene)
    assert.equal((await announce([...refs, '9.9.9'])).json.code, 'release.not_found')
    assert.deepEqual(await everyMove(scene), before, 'all or nothing, the channels too')
    const answer = await announce(refs)
    assert.equal(answer.status, 201, answer.text)
    const moves = Object.fromEntries(
      await Promise.all(Object.keys(policies).map(async (key) => [key, await scene.moves(name(key))] as const)),
    )
    assert.deepEqual(moves, {
      latest: ['auto 1.3.0'],
      pre: ['auto 10.0.0-rc.1', 'auto 9.0.0'],
      stable: ['auto 1.3.0'],
      clean: ['auto 1.2.0'],
      still: [],
      locked: [],
      chosen: [],
      ahead: ['promote 9.0.0'],
    })
  }))

test('yanking with a rollback moves all channels that hold the release in one step, or changes nothing', () =>
  inChannelScene(['1.0.0', '1.1.0', '1.2.0'], async (scene) => {
    const { app, token } = scene
    const yank = () =>
      app.ask('POST', `${API}/releases/1.2.0/actions/yank`, { token, body: { reason: 'broken', rollback: true } })
    for (const channel of ['a', 'b']) for (const ref of ['1.0.0', '1.1.0', '1.2.0']) await scene.promote(channel, ref)
    await scene.promote('z', '1.2.0')
    const before = await everyMove(scene)
    assert.equal(code(await yank()), '409 channel.nothing_to_roll_back', 'z comes last, after a and b have moved')
    assert.deepEqual(await everyMove(scene), before)
    assert.equal((await app.ask('GET', `${API}/releases/1.2.0`)).json.state, 'announced')
    await scene.move('z', 'rollback', { to: '1.0.0' })
    await app.ask('POST', `${API}/releases/1.1.0/actions/yank`, { token, body: { reason: 'too' } })
    const done = await yank()
    assert.deepEqual(done.json.rolledBack, [
      { channel: 'a', current: '1.0.0' },
      { channel: 'b', current: '1.0.0' },
    ])
    for (const channel of ['a', 'b']) assert.equal((await scene.moves(channel))[0], 'rollback 1.0.0', 'past 1.1.0')
  }))

test('a rollback passes over what was purged, until nothing is left', () =>
  inChannelScene(['1.0.0', '1.1.0', '1.2.0', '1.3.0'], async (scene) => {
    const { app, token } = scene
    for (const ref of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) await scene.promote('stable', ref)
    const remove = (ref: string, action: 'purge' | 'yank') =>
      app.ask('POST', `${API}/releases/${ref}/actions/${action}`, { token, body: { reason: 'a key is in it' } })
    assert.equal(code(await remove('1.3.0', 'purge')), '409 release.in_use', 'what a channel holds stays')
    assert.equal((await remove('1.2.0', 'purge')).status, 200)
    assert.equal((await remove('1.1.0', 'yank')).status, 200)
    assert.equal(code(await scene.promote('stable', '1.2.0')), '410 release.purged')
    assert.equal(code(await scene.move('stable', 'rollback', { to: '1.2.0' })), '410 release.purged')
    assert.equal((await scene.move('stable', 'rollback', {})).json.channel.current, '1.0.0')
    assert.equal((await remove('1.3.0', 'purge')).status, 200)
    assert.equal(code(await scene.move('stable', 'rollback', {})), '409 channel.nothing_to_roll_back')
    await app.ask('POST', `${API}/releases/1.1.0/actions/unyank`, { token })
    assert.equal((await scene.move('stable', 'rollback', { to: '1.1.0' })).json.channel.current, '1.1.0')
    const history = await scene.moves('stable')
    assert.deepEqual(history.slice(0, 2), ['rollback 1.1.0', 'rollback 1.0.0'])
    assert.ok(history.includes('promote 1.2.0'), 'history keeps the names of what is gone')
  }))

test('a dry run decides as a move does, under the same conditions, and writes nothing', () =>
  inChannelScene(['1.0.0', '1.1.0', '2.0.0-rc.1'], async (scene) => {
    const { app, token } = scene
    const publisher = (await app.issue({ actions: ['publish'] })).secret
    await scene.promote('stable', '1.0.0')
    const before = await everyMove(scene)
    const path = `${API}/channels/stable/actions/promote`
    const dry = { release: '1.1.0', dryRun: true }
    assert.equal(code(await app.ask('POST', path, { token, body: dry })), '428 request.precondition_required')
    const stale = { token, headers: { 'If-Match': '"channel-9"' }, body: dry }
    assert.equal(code(await app.ask('POST', path, stale)), '412 channel.stale')
    const answer = await scene.promote('stable', '1.1.0', { dryRun: true })
    const { moved, previous, channel, changes } = answer.json
    assert.deepEqual([moved, previous, channel.current, changes.to], [false, '1.0.0', '1.0.0', '1.1.0'])
    const created = await scene.promote('fresh', '1.1.0', { dryRun: true })
    assert.deepEqual([created.status, created.headers.get('etag')], [200, null])
    assert.deepEqual(await everyMove(scene), before)
    // Its ETag is the state that it decided on: with it the move comes, or is refused.
    const headers = { 'If-Match': answer.headers.get('etag')! }
    const body = { release: '1.1.0' }
    assert.equal(code(await app.ask('POST', path, { token, headers, body })), '200 ok')
    assert.equal(code(await app.ask('POST', path, { token, headers, body })), '412 channel.stale')
    await scene.edit('stable', { protected: true, allowPrerelease: false })
    assert.equal(code(await scene.promote('stable', '1.0.0', { dryRun: true }, publisher)), '403 channel.protected')
    assert.equal(code(await scene.promote('stable', '1.0.0', { dryRun: true })), '403 channel.downgrade')
    assert.equal(code(await scene.promote('stable', '2.0.0-rc.1', { dryRun: true })), '409 channel.prerelease')
  }))
