import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildSigner, type TestSigner } from '../fixtures/build-certificate.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { type ChannelScene, inChannelScene } from '../helpers/channel-scene.ts'
import { givenShare } from '../helpers/given-share.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { createTestApp, release } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const [first, second] = [await buildSigner(), await buildSigner()]

async function announceApk(
  { app, token }: Pick<ChannelScene, 'app' | 'token'>,
  version: string,
  by: TestSigner,
  code: number,
) {
  const bytes = await signApk(buildApk({ versionName: version, versionCode: code, minSdk: 28 }), [
    { scheme: 2, signer: by },
  ])
  await release(app, token, 'notes', { version }, [{ fileName: 'notes.apk', bytes, platform: 'android' }])
}

/** Sentences of a page that tell of the release before. */
async function told(
  { app }: Pick<ChannelScene, 'app'>,
  path: string,
  headers: Record<string, string> = {},
): Promise<string[]> {
  const { text, status } = await app.ask('GET', path, { headers: { Accept: 'text/html', ...headers } })
  assert.equal(status, 200, text)
  const sentences = text.match(
    /(?:Signed by (?:the same|another) key (?:as|than)|version code (?:is lower than that )?of) \d+\.\d+\.\d+/g,
  )
  return [...new Set(sentences ?? [])]
}

test('the page of a channel says of a package what the move to it found', () =>
  inChannelScene([], async (scene) => {
    await announceApk(scene, '1.0.0', first, 1)
    await announceApk(scene, '1.1.0', first, 2)
    await announceApk(scene, '1.2.0', second, 3)
    await announceApk(scene, '1.3.0', second, 3)
    const move = async (ref: string) =>
      (await scene.promote('stable', ref)).json.checks.map(({ code }: { code: string }) => code)

    assert.deepEqual(await move('1.0.0'), [])
    assert.deepEqual(await told(scene, '/notes/stable'), [], 'there was nothing before')
    assert.deepEqual(await move('1.1.0'), [])
    assert.deepEqual(await told(scene, '/notes/stable'), ['Signed by the same key as 1.0.0'])
    assert.deepEqual(await move('1.2.0'), ['artifact.signer_changed'])
    assert.deepEqual(await told(scene, '/notes/stable'), ['Signed by another key than 1.1.0'])
    assert.deepEqual(await move('1.3.0'), ['artifact.version_code_not_growing'])
    assert.deepEqual(await told(scene, '/notes/stable'), ['version code of 1.2.0', 'Signed by the same key as 1.2.0'])
    assert.equal((await scene.move('stable', 'rollback', {})).status, 200)
    assert.deepEqual(await told(scene, '/notes/stable'), ['version code of 1.3.0', 'Signed by the same key as 1.3.0'])

    assert.deepEqual(await told(scene, '/notes/latest'), ['version code of 1.2.0', 'Signed by the same key as 1.2.0'])
    assert.deepEqual(await told(scene, '/notes/releases/1.2.0'), [], 'a release is always itself')
  }))

test('a package succeeds the last one that the channel held, also when releases without one lay between', () =>
  inChannelScene(['1.1.0', '1.2.0'], async (scene) => {
    await announceApk(scene, '1.0.0', first, 1)
    await announceApk(scene, '1.3.0', second, 2)
    for (const ref of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) await scene.promote('stable', ref, { onlyNewer: false })
    assert.deepEqual(await told(scene, '/notes/stable'), ['Signed by another key than 1.0.0'])
    assert.deepEqual(await told(scene, '/notes/latest'), [], 'the release below has none')
    const body = { defaultChannel: 'stable' }
    assert.equal((await scene.app.ask('PATCH', '/api/v1/apps/notes', { token: scene.token, body })).status, 200)
    assert.deepEqual(
      await told(scene, '/notes'),
      ['Signed by another key than 1.0.0'],
      'the app offers what stable holds',
    )
  }))

test('who was given a link to a channel is not told of releases before', async () => {
  const app = await createTestApp()
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'private' } })
    const channel = '/api/v1/apps/notes/channels/stable'
    for (const [version, code] of [
      ['1.0.0', 1],
      ['1.1.0', 2],
    ] as const) {
      await announceApk({ app, token }, version, first, code)
      const etag = (await app.ask('GET', channel, { token })).headers.get('etag')
      const headers: Record<string, string> = etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag }
      const moved = await app.ask('POST', `${channel}/actions/promote`, { token, headers, body: { release: version } })
      assert.equal(moved.status, 200, moved.text)
    }
    const { headers } = await givenShare(app, token, { app: 'notes', channel: 'stable' })
    assert.deepEqual(await told({ app }, '/notes/stable', headers), [])
    const authorization = { Authorization: `Bearer ${token}` }
    assert.deepEqual(await told({ app }, '/notes/stable', authorization), ['Signed by the same key as 1.0.0'])
  } finally {
    await app.close()
  }
})

test('what was before is looked up by indexes, and not in all of the history', async () => {
  const texts = new Set<string>()
  const app = await createTestApp({ onStatement: (text) => texts.add(text) })
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
    const channel = '/api/v1/apps/notes/channels/stable'
    await release(app, token, 'notes', { version: '1.0.0' }, [textFile('one')])
    await announceApk({ app, token }, '1.1.0', first, 1)
    for (const version of ['1.0.0', '1.1.0']) {
      const etag = (await app.ask('GET', channel, { token })).headers.get('etag')
      const headers: Record<string, string> = etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag }
      await app.ask('POST', `${channel}/actions/promote`, { token, headers, body: { release: version } })
    }
    texts.clear()
    await told({ app }, '/notes/stable')
    const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: true })
    const asked = [...texts].filter((text) => /^select/i.test(text) && /channel_moves|artifacts/.test(text))
    const plans = asked.flatMap((text) => {
      const values = text.match(/\?/g)?.map(() => null) ?? []
      return (database.prepare(`explain query plan ${text}`).all(values) as { detail: string }[]).map(
        ({ detail }) => detail,
      )
    })
    database.close()
    assert.ok(
      asked.some((text) => /channel_moves/.test(text) && /limit/.test(text)),
      'the history is asked for in part',
    )
    assert.deepEqual(
      plans.filter((detail) => /^SCAN (?!CONSTANT)/.test(detail)),
      [],
    )
  } finally {
    await app.close()
  }
})
