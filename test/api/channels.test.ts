import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildSigner, type TestSigner } from '../fixtures/build-certificate.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { type ChannelScene, inChannelScene } from '../helpers/channel-scene.ts'
import { type Answer, release } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

test('channels are named freely, and latest is a reserved word', () =>
  inChannelScene(['1.0.0'], async (scene) => {
    for (const channel of ['stable', 'beta', 'internal', 'nightly', '0', 'a'.repeat(32)]) {
      assert.equal((await scene.promote(channel, '1.0.0')).status, 200, channel)
    }
    const latest = await scene.promote('latest', '1.0.0')
    assert.deepEqual([latest.status, latest.json.code], [409, 'channel.reserved_name'])
    const edited = await scene.edit('latest', { protected: true })
    assert.equal(edited.json.code, 'channel.reserved_name')
    for (const channel of ['releases', 'download', 'update', 'Stable', '-x', 'a'.repeat(33), 'a_b', '%2e%2e']) {
      assert.equal((await scene.promote(channel, '1.0.0')).status, 404, channel)
    }
  }))

test('a move needs If-Match, or If-None-Match: * to create; stale ones are 412 and change nothing', () =>
  inChannelScene(['1.0.0', '1.1.0'], async ({ app, token, current }) => {
    const ask = (headers: Record<string, string>, ref = '1.0.0', action = 'promote') =>
      app.ask('POST', `/api/v1/apps/notes/channels/stable/actions/${action}`, {
        token,
        headers,
        body: action === 'promote' ? { release: ref } : {},
      })
    assert.deepEqual([(await ask({})).status, (await ask({})).json.code], [428, 'request.precondition_required'])
    assert.equal((await ask({ 'If-Match': '"channel-1"' })).json.code, 'channel.stale', 'it does not exist')
    assert.equal((await ask({ 'If-Match': '"channel-1"' })).status, 412)
    assert.equal((await ask({ 'If-Match': '*' })).status, 428, 'any state is none that was decided on')
    const created = await ask({ 'If-None-Match': '*' })
    assert.equal(created.status, 200)
    const etag = created.headers.get('etag')!
    assert.equal((await ask({ 'If-None-Match': '*' }, '1.1.0')).status, 412)
    assert.equal((await ask({ 'If-None-Match': etag }, '1.1.0')).status, 428)
    assert.equal((await ask({ 'If-Match': ' * ' }, '1.1.0')).json.code, 'request.precondition_required')
    assert.equal((await ask({ 'If-Match': `W/${etag}` }, '1.1.0')).status, 412, 'a weak tag proves nothing')
    assert.equal((await ask({ 'If-Match': etag.replaceAll('"', '') }, '1.1.0')).status, 412)
    const moved = await ask({ 'If-Match': `"x", ${etag}` }, '1.1.0')
    assert.deepEqual([moved.status, moved.json.previous, moved.json.channel.current], [200, '1.0.0', '1.1.0'])
    assert.notEqual(moved.headers.get('etag'), etag)
    assert.equal((await ask({ 'If-Match': etag }, '1.0.0')).json.code, 'channel.stale')
    assert.equal((await ask({}, '', 'rollback')).status, 428)
    assert.equal((await ask({ 'If-Match': etag }, '', 'rollback')).status, 412)
    assert.equal(await current('stable'), '1.1.0')
    const read = await app.ask('GET', '/api/v1/apps/notes/channels/stable', {
      headers: { 'If-None-Match': moved.headers.get('etag')! },
    })
    assert.equal(read.status, 304)
  }))

test('of many moves from one state exactly one wins, and readers always see a release', () =>
  inChannelScene(['1.0.0', '1.1.0', '1.2.0'], async (scene) => {
    const { app, token } = scene
    await scene.promote('stable', '1.0.0')
    const etag = (await app.ask('GET', '/api/v1/apps/notes/channels/stable')).headers.get('etag')!
    const moves = Array.from({ length: 16 }, (_, i) =>
      app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
        token,
        headers: { 'If-Match': etag },
        body: { release: i % 2 ? '1.1.0' : '1.2.0' },
      }),
    )
    const reads = Array.from({ length: 16 }, () => app.ask('GET', '/notes/stable/notes.bin'))
    const answers = await Promise.all(moves)
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, ...Array<number>(15).fill(412)])
    for (const read of await Promise.all(reads)) assert.ok(['1.0.0', '1.1.0', '1.2.0'].includes(read.text))
    const history = (await app.ask('GET', '/api/v1/apps/notes/channels/stable/moves')).json.items
    assert.equal(history.length, 2)
    const creations = await Promise.all(
      Array.from({ length: 8 }, () =>
        app.ask('POST', '/api/v1/apps/notes/channels/new/actions/promote', {
          token,
          headers: { 'If-None-Match': '*' },
          body: { release: '1.0.0' },
        }),
      ),
    )
    assert.equal(creations.filter((answer) => answer.status === 200).length, 1)
  }))

test('a channel points only at announced releases of its app that are not yanked', () =>
  inChannelScene(['1.0.0'], async (scene) => {
    const { app, token } = scene
    const drafted = await app.ask('POST', '/api/v1/apps/notes/releases', { token, body: { version: '2.0.0' } })
    await app.ask('POST', `/api/v1/apps/notes/releases/${drafted.json.id}/links`, {
      token,
      body: { platform: 'linux', kind: 'web', url: 'https://example.com/' },
    })
    assert.equal((await scene.promote('stable', drafted.json.id)).json.code, 'release.not_found')
    assert.equal((await scene.promote('stable', '9.9.9')).json.code, 'release.not_found')
    await app.ask('POST', `/api/v1/apps/notes/releases/${drafted.json.id}/actions/publish`, { token })
    assert.equal((await scene.promote('stable', '2.0.0')).json.code, 'release.wrong_state')
    await app.ask('POST', '/api/v1/apps/notes/releases/1.0.0/actions/yank', { token, body: { reason: 'broken' } })
    assert.equal((await scene.promote('stable', '1.0.0')).json.code, 'release.wrong_state')
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'other' } })
    const foreign = await release(app, token, 'other', { version: '1.0.0' }, [
      { fileName: 'x.bin', bytes: bytesOf('x') },
    ])
    assert.equal((await scene.promote('stable', foreign.id)).json.code, 'release.not_found')
    assert.equal(
      (await app.ask('GET', '/api/v1/apps/notes/channels/stable')).json.code,
      'channel.not_found',
      'nothing was created',
    )
  }))

test('rolling back twice goes two deep, passes over yanked releases, and ends with nothing left', () =>
  inChannelScene(['1.0.0', '1.1.0', '1.2.0', '1.3.0'], async (scene) => {
    for (const ref of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) await scene.promote('stable', ref)
    await scene.app.ask('POST', '/api/v1/apps/notes/releases/1.1.0/actions/yank', {
      token: scene.token,
      body: { reason: 'broken' },
    })
    const first = await scene.move('stable', 'rollback', { reason: 'crashes' })
    assert.deepEqual([first.json.previous, first.json.channel.current], ['1.3.0', '1.2.0'])
    assert.equal((await scene.move('stable', 'rollback', {})).json.channel.current, '1.0.0')
    assert.equal((await scene.move('stable', 'rollback', {})).json.code, 'channel.nothing_to_roll_back')
    assert.equal((await scene.move('stable', 'rollback', { to: '1.3.0' })).json.channel.current, '1.3.0')
    assert.equal((await scene.move('none', 'rollback', {})).json.code, 'channel.not_found')
    const moves = (await scene.app.ask('GET', '/api/v1/apps/notes/channels/stable/moves', { token: scene.token })).json
      .items
    assert.deepEqual(
      moves.map((m: { kind: string; to: string }) => `${m.kind} ${m.to}`),
      [
        'rollback 1.3.0',
        'rollback 1.0.0',
        'rollback 1.2.0',
        'promote 1.3.0',
        'promote 1.2.0',
        'promote 1.1.0',
        'promote 1.0.0',
      ],
    )
    assert.equal(moves[2].reason, 'crashes')
    const strangers = await scene.app.ask('GET', '/api/v1/apps/notes/channels/stable/moves')
    assert.ok(!strangers.text.includes('crashes') && !strangers.text.includes('tok_'), 'who and why is for colleagues')
    const same = await scene.promote('stable', '1.3.0')
    assert.deepEqual([same.json.moved, same.json.previous], [false, '1.3.0'])
    assert.equal((await scene.app.ask('GET', '/api/v1/apps/notes/channels/stable/moves')).json.items.length, 7)
  }))

test('a release that a channel holds is yanked only with rollback, all channels or none', () =>
  inChannelScene(['1.0.0', '1.1.0'], async (scene) => {
    const { app, token } = scene
    const yank = (body: object, by = token) =>
      app.ask('POST', '/api/v1/apps/notes/releases/1.1.0/actions/yank', { token: by, body })
    for (const channel of ['stable', 'beta']) for (const ref of ['1.0.0', '1.1.0']) await scene.promote(channel, ref)
    const refused = await yank({ reason: 'broken' })
    assert.deepEqual(
      [refused.status, refused.json.code, refused.json.details.channels],
      [409, 'release.in_use', ['beta', 'stable']],
    )
    await scene.promote('only', '1.1.0')
    assert.equal((await yank({ reason: 'broken', rollback: true })).json.code, 'channel.nothing_to_roll_back')
    assert.equal(await scene.current('stable'), '1.1.0', 'nothing moved')
    await scene.promote('only', '1.0.0', {})
    await scene.move('only', 'rollback', { to: '1.0.0' })
    const betaOnly = (await app.issue({ actions: ['promote'], channels: ['beta'] })).secret
    assert.equal(
      (await yank({ reason: 'broken', rollback: true }, betaOnly)).json.code,
      'access.denied',
      'it may not move stable',
    )
    assert.equal(await scene.current('beta'), '1.1.0')
    const promoter = (await app.issue({ actions: ['promote'], name: 'someone' })).secret
    await scene.edit('stable', { movers: ['boss'] })
    assert.equal((await yank({ reason: 'broken', rollback: true }, promoter)).json.code, 'channel.mover')
    const done = await yank({ reason: 'broken', rollback: true })
    assert.deepEqual(done.json.rolledBack, [
      { channel: 'beta', current: '1.0.0' },
      { channel: 'stable', current: '1.0.0' },
    ])
    assert.equal((await app.ask('GET', '/notes/stable/notes.bin')).text, '1.0.0')
    assert.equal((await app.ask('GET', '/notes/releases/1.1.0/notes.bin')).text, '1.1.0', 'its exact URL still serves')
    assert.ok(!(await app.ask('GET', '/api/v1/apps/notes/releases')).text.includes('"1.1.0"'))
    assert.equal((await app.ask('GET', '/notes/latest/notes.bin')).text, '1.0.0')
  }))

test('policy: protected, movers, downgrade, onlyNewer and prerelease', () =>
  inChannelScene(['1.0.0', '1.1.0', '2.0.0-rc.1'], async (scene) => {
    const publisher = (await scene.app.issue({ actions: ['publish'], name: 'ci' })).secret
    const promoter = (await scene.app.issue({ actions: ['promote'], name: 'release-bot' })).secret
    await scene.edit('stable', { protected: true, allowPrerelease: false })
    const protectedMove = await scene.promote('stable', '1.0.0', {}, publisher)
    assert.deepEqual([protectedMove.status, protectedMove.json.code], [403, 'channel.protected'])
    assert.equal((await scene.promote('stable', '1.0.0', {}, promoter)).status, 200)
    assert.equal((await scene.promote('stable', '2.0.0-rc.1')).json.code, 'channel.prerelease')
    await scene.promote('stable', '1.1.0')
    const newer = await scene.promote('stable', '1.0.0', { onlyNewer: true })
    assert.deepEqual([newer.status, newer.json.code], [409, 'channel.not_newer'])
    const down = await scene.promote('stable', '1.0.0')
    assert.deepEqual([down.status, down.json.code], [403, 'channel.downgrade'])
    await scene.edit('stable', { allowDowngrade: true })
    assert.equal((await scene.promote('stable', '1.0.0')).status, 200)
    await scene.edit('stable', { movers: ['release-bot'] })
    assert.equal((await scene.promote('stable', '1.1.0')).json.code, 'channel.mover', 'not even an admin')
    assert.equal((await scene.promote('stable', '1.1.0', {}, promoter)).status, 200)
    assert.equal((await scene.move('stable', 'rollback', {})).json.code, 'channel.mover')
    assert.equal((await scene.promote('beta', '2.0.0-rc.1', {}, publisher)).status, 200, 'an open channel')
    const rollback = await scene.move('beta', 'rollback', {}, publisher)
    assert.equal(rollback.status, 403, 'publish does not roll back')
    const narrow = (await scene.app.issue({ actions: ['promote'], channels: ['beta*'] })).secret
    assert.equal((await scene.promote('stable', '1.1.0', {}, narrow)).json.code, 'access.denied')
    for (const policy of [
      { unknown: 1 },
      { movers: [''] },
      { movers: ['a\u0000'] },
      { auto: 'always' },
      { protected: 'yes' },
    ]) {
      assert.equal((await scene.edit('stable', policy)).status, 422, JSON.stringify(policy))
    }
  }))

test('policy: minChecks keeps releases with warnings out', () =>
  inChannelScene(['1.0.0'], async (scene) => {
    const apk = { fileName: 'notes.apk', bytes: buildApk({ debuggable: true }), platform: 'android' }
    const shown = await release(scene.app, scene.token, 'notes', { version: '1.1.0' }, [apk])
    const levels = shown.artifacts[0].checks.map((check: { level: string }) => check.level)
    assert.ok(levels.includes('warning'), JSON.stringify(shown.artifacts[0].checks))
    await scene.edit('stable', { minChecks: 'no-warnings' })
    assert.equal((await scene.promote('stable', '1.0.0')).status, 200)
    const refused = await scene.promote('stable', '1.1.0')
    assert.deepEqual([refused.status, refused.json.code], [409, 'channel.checks'])
    assert.equal(refused.json.details.checks[0].fileName, 'notes.apk')
    assert.equal((await scene.promote('beta', '1.1.0')).status, 200)
  }))

test('policy: auto follows what is announced, upwards only', () =>
  inChannelScene(['1.0.0'], async (scene) => {
    await scene.edit('stable', { auto: 'latest' })
    await scene.edit('edge', { auto: 'prerelease' })
    await scene.edit('locked', { auto: 'latest', protected: true })
    const announce = (input: object, n: string) =>
      release(scene.app, scene.token, 'notes', input, [{ fileName: 'notes.bin', bytes: bytesOf(n) }])
    const all = async () => [await scene.current('stable'), await scene.current('edge'), await scene.current('locked')]
    await announce({ version: '1.1.0' }, 'a')
    assert.deepEqual(await all(), ['1.1.0', '1.1.0', null])
    await announce({ version: '1.0.5' }, 'b')
    await announce({ version: 'nightly' }, 'c')
    assert.deepEqual(await all(), ['1.1.0', '1.1.0', null])
    await announce({ version: '1.2.0-rc.1' }, 'd')
    assert.deepEqual(await all(), ['1.1.0', '1.2.0-rc.1', null])
    const moves = (await scene.app.ask('GET', '/api/v1/apps/notes/channels/edge/moves')).json.items
    assert.deepEqual(
      moves.map((m: { kind: string }) => m.kind),
      ['auto', 'auto'],
    )
  }))

/** Releases of one package, each with a version code, signed by a key. */
async function packages(
  scene: ChannelScene,
  ...builds: readonly (readonly [string, number, TestSigner])[]
): Promise<void> {
  for (const [version, versionCode, signer] of builds) {
    const bytes = await signApk(buildApk({ versionCode, minSdk: 26, targetSdk: 35 }), [{ scheme: 2, signer }])
    await release(scene.app, scene.token, 'notes', { version }, [{ fileName: 'notes.apk', platform: 'android', bytes }])
  }
}

test('what devices will say to a move is found at the move and kept with it', () =>
  inChannelScene([], async (scene) => {
    const signer = await buildSigner()
    await packages(scene, ['1.0.0', 7, signer], ['1.1.0', 8, signer], ['1.2.0', 8, await buildSigner()])
    const codes = (answer: Answer) =>
      answer.json.checks.map(({ fileName, level, code }: Record<string, string>) => `${fileName} ${level} ${code}`)
    assert.deepEqual(codes(await scene.promote('stable', '1.0.0')), [])
    assert.deepEqual(codes(await scene.promote('stable', '1.1.0')), [])
    const changed = ['notes.apk warning artifact.signer_changed', 'notes.apk warning artifact.version_code_not_growing']
    assert.deepEqual(codes(await scene.promote('stable', '1.2.0')), changed)
    const back = await scene.move('stable', 'rollback', {})
    assert.deepEqual(codes(back), changed, 'devices with 1.2.0 do not take 1.1.0')
    const history = await scene.app.ask('GET', '/api/v1/apps/notes/channels/stable/moves', { token: scene.token })
    const kept = history.json.items.map((move: { checks: unknown[] }) => move.checks.length)
    assert.deepEqual(kept, [2, 2, 0, 0])
    // The release itself says nothing of it: on another channel it is the first.
    assert.deepEqual(codes(await scene.promote('beta', '1.2.0')), [])
  }))

test('a channel without warnings refuses what its devices would refuse', () =>
  inChannelScene([], async (scene) => {
    await packages(scene, ['1.0.0', 7, await buildSigner()], ['1.1.0', 8, await buildSigner()])
    await scene.promote('stable', '1.0.0')
    await scene.edit('stable', { minChecks: 'no-warnings' })
    const refused = await scene.promote('stable', '1.1.0')
    assert.deepEqual([refused.status, refused.json.code], [409, 'channel.checks'])
    assert.equal(refused.json.details.checks[0].code, 'artifact.signer_changed')
    assert.equal(await scene.current('stable'), '1.0.0')
  }))

test('a rollback to what the channel never held does not lead past its policy', () =>
  inChannelScene([], async (scene) => {
    const signer = await buildSigner()
    await packages(scene, ['1.0.0', 7, signer], ['1.1.0', 8, signer], ['1.2.0', 9, await buildSigner()])
    await scene.promote('stable', '1.1.0')
    await scene.edit('stable', { minChecks: 'no-warnings' })
    const refused = await scene.move('stable', 'rollback', { to: '1.2.0' })
    assert.deepEqual([refused.status, refused.json.code], [409, 'channel.checks'])
    assert.equal(refused.json.details.checks[0].code, 'artifact.signer_changed')
    const back = await scene.move('stable', 'rollback', { to: '1.0.0' })
    assert.deepEqual([back.status, back.json.checks[0].code], [200, 'artifact.version_code_not_growing'])
  }))

test('a release without a product does not make its next signer the first', () =>
  inChannelScene([], async (scene) => {
    await packages(scene, ['1.0.0', 7, await buildSigner()])
    await scene.promote('stable', '1.0.0')
    const file = { fileName: 'notes.bin', bytes: bytesOf('notes'), platform: 'linux' }
    for (const version of ['1.1.0', '1.1.1']) {
      await release(scene.app, scene.token, 'notes', { version }, [file])
      await scene.promote('stable', version)
    }
    await packages(scene, ['1.2.0', 8, await buildSigner()])
    const { json } = await scene.promote('stable', '1.2.0')
    assert.deepEqual(
      json.checks.map(({ code }: { code: string }) => code),
      ['artifact.signer_changed'],
    )
  }))
