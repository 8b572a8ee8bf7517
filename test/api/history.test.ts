import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inChannelScene } from '../helpers/channel-scene.ts'
import { givenShare } from '../helpers/given-share.ts'

const HTML = { Accept: 'text/html' }

/** The lines of the history of a page, as text. */
function historyOf(html: string): string[] {
  const [section = ''] = /<section id="history">.*?<\/section>/s.exec(html) ?? []
  return [...section.matchAll(/<li>(.*?)<\/li>/gs)].map(([, item = '']) =>
    item
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
}

test('a channel tells what it held, newest first, and how it came to it; who and why for those who work on the app', () =>
  inChannelScene(['1.0.0', '1.1.0'], async ({ app, promote, move }) => {
    await promote('stable', '1.0.0')
    assert.deepEqual(
      historyOf((await app.ask('GET', '/notes/stable', { headers: HTML })).text),
      [],
      'nothing came before',
    )
    await promote('stable', '1.1.0', { reason: 'tested for a week' })
    await app.clock.advance(60_000)
    await move('stable', 'rollback', { reason: 'crashes on start' })
    const strangers = (await app.ask('GET', '/notes/stable', { headers: HTML })).text
    assert.deepEqual(historyOf(strangers), [
      '1.0.0 rolled back 2026-11-21 00:01 UTC',
      '1.1.0 promoted 2026-11-21 00:00 UTC',
      '1.0.0 promoted 2026-11-21 00:00 UTC',
    ])
    assert.ok(strangers.includes('href="/notes/releases/1.1.0"'))
    assert.doesNotMatch(strangers, /boss|crashes on start/)
    const { cookie } = await app.person({ apps: { notes: 'viewer' } })
    const [first] = historyOf((await app.ask('GET', '/notes/stable', { cookie, headers: HTML })).text)
    assert.match(first!, /^1\.0\.0 rolled back .* by token:tok_\w+ \(boss\) crashes on start$/)
  }))

test('rolling back twice goes two deep, as the history says, and what became of a release since is told with it', () =>
  inChannelScene(['1.0.0', '1.1.0', '1.2.0'], async ({ app, token, promote, move }) => {
    for (const ref of ['1.0.0', '1.1.0', '1.2.0']) await promote('stable', ref)
    for (const to of ['1.1.0', '1.0.0']) {
      assert.equal((await move('stable', 'rollback', { reason: 'a test' })).json.channel.current, to)
    }
    await app.ask('POST', '/api/v1/apps/notes/releases/1.2.0/actions/yank', { token, body: { reason: 'bad' } })
    await app.ask('POST', '/api/v1/apps/notes/releases/1.1.0/actions/purge', { token, body: { reason: 'bad' } })
    const { text } = await app.ask('GET', '/notes/stable', { headers: HTML })
    assert.deepEqual(
      historyOf(text).map((line) => line.replace(/ 2026-11-21 00:00 UTC/, '')),
      [
        '1.0.0 rolled back',
        '1.1.0 rolled back purged',
        '1.2.0 promoted yanked',
        '1.1.0 promoted purged',
        '1.0.0 promoted',
      ],
    )
    assert.ok(!text.includes('href="/notes/releases/1.1.0"'), 'nothing is there')
    assert.ok(text.includes('href="/notes/releases/1.2.0"'))
  }))

test('a history is cut after twenty moves, and is for who may read all of the app', () =>
  inChannelScene(['1.0.0', '1.1.0'], async ({ app, token, promote, move }) => {
    await promote('stable', '1.0.0')
    for (let i = 0; i < 11; i++) {
      await promote('stable', '1.1.0')
      await move('stable', 'rollback', { reason: 'a test' })
    }
    assert.equal(historyOf((await app.ask('GET', '/notes/stable', { headers: HTML })).text).length, 20)
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const { headers } = await givenShare(app, token, { app: 'notes', channel: 'stable' })
    const shared = (await app.ask('GET', '/notes/stable', { headers: { ...headers, ...HTML } })).text
    assert.match(shared, /1\.0\.0/)
    assert.deepEqual(historyOf(shared), [])
    assert.ok(!shared.includes('1.1.0'))
  }))

test('the latest lists the releases before it, without what was yanked', () =>
  inChannelScene(['1.0.0', '1.1.0-rc.1', '1.1.0', '1.2.0', '2.0.0-beta.1'], async ({ app, token }) => {
    await app.ask('POST', '/api/v1/apps/notes/releases/1.1.0/actions/yank', { token, body: { reason: 'bad' } })
    const lines = historyOf((await app.ask('GET', '/notes/latest', { headers: HTML })).text)
    assert.deepEqual(lines, ['1.1.0-rc.1 prerelease 2026-11-21 00:00 UTC', '1.0.0 2026-11-21 00:00 UTC'])
  }))
