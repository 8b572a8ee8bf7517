import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACTIONS } from '../../src/access/policy.ts'
import { type ChannelScene, inChannelScene } from '../helpers/channel-scene.ts'
import { givenShare } from '../helpers/given-share.ts'
import { draft, release, upload as uploadBytes } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

/**
 * A token that may publish, and nothing else, asked to replace, change and delete what exists. The access matrix asks
 * about things that are not there; here each of them is, so that a right that is too wide would have an effect.
 */
const METHODS = ['DELETE', 'PATCH', 'PUT'] as const

/** Rows that a token with "publish" may use: what it began itself and nobody depends on. */
const ITS_OWN = [
  'DELETE /api/v1/apps/:app/releases/:ref/artifacts/:file',
  'DELETE /api/v1/apps/:app/releases/:ref/links/:link',
  'DELETE /api/v1/previews/:preview',
  'DELETE /api/v1/uploads/:upload',
  'PATCH /api/v1/uploads/:upload',
]

/** What exists of everything that a path can name. */
async function wordsOf({ app, token, promote }: ChannelScene): Promise<Record<string, string>> {
  await promote('stable', '1.0.0')
  await promote('stable', '1.1.0')
  const child = await app.issue({ actions: ['read'], name: 'somebody' })
  const upload = await app.ask('POST', '/api/v1/uploads', {
    token,
    body: { sizeBytes: 3, digest: `sha256:${'0'.repeat(64)}`, fileName: 'x.bin' },
  })
  const { id: drafted } = await draft(app, token, 'notes', { version: '2.0.0' }, [])
  const link = await app.ask('POST', `/api/v1/apps/notes/releases/${drafted}/links`, {
    token,
    body: { platform: 'linux', kind: 'web', url: 'https://example.com/' },
  })
  await app.ask('POST', `/api/v1/apps/notes/releases/${drafted}/actions/publish`, { token })
  const preview = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: '2.0.0' } })
  assert.equal(preview.status, 201, preview.text)
  const pushed = await app.ask('PUT', '/api/v1/apps/notes/branches/main/slots/linux-x64', {
    token,
    body: {
      uploadId: await uploadBytes(app, token, { fileName: 'main.bin', bytes: bytesOf('main') }),
    },
  })
  assert.equal(pushed.status, 201, pushed.text)
  const announced = (await app.ask('GET', '/api/v1/apps/notes/announcements')).json.items
  const person = await app.person({ role: 'viewer' })
  const { share, path: shared } = await givenShare(app, token, { app: 'notes', channel: 'stable' })
  const sessions = await app.ask('GET', '/api/v1/sessions', { cookie: person.cookie })
  return {
    app: 'notes',
    ref: '1.1.0',
    channel: 'stable',
    file: 'notes.bin',
    link: link.json.id,
    token: child.token.id,
    upload: upload.json.id,
    preview: preview.json.preview?.id ?? preview.json.id,
    announcement: announced[0].id,
    set: (await app.ask('GET', '/api/v1/apps/notes/releases/1.1.0', { token })).json.setUrl.split('/').at(-1),
    branch: 'main',
    slot: 'linux-x64',
    user: person.user.id,
    session: sessions.json.items[0].id,
    share: share.id,
    grant: shared.split('/').at(-1)!,
    key: 'key',
    asset: 'style.css',
  }
}

test('a token that may only publish deletes, changes and replaces nothing beyond its rights, at any address', () =>
  inChannelScene(['1.0.0', '1.1.0'], async (scene) => {
    const { app, token } = scene
    const words = await wordsOf(scene)
    const { secret } = await app.issue({ actions: ['publish'], name: 'ci' })
    const bodies = [undefined, { policy: { protected: false } }, { visibility: 'private' }, { release: '1.0.0' }]
    const head = async () => (await app.ask('GET', '/api/v1/audit/head', { token })).json.seq
    const before = await head()
    const used = new Set<string>()
    for (const path of new Set(app.app.routes.map((route) => route.path))) {
      for (const method of METHODS) {
        const row = app.app.routes.find((route) => route.path === path && route.method === method)
        const key = `${method} ${path}`
        if (row !== undefined && (ACTIONS[row.action].tokens as readonly string[]).includes('publish')) {
          used.add(key)
          continue
        }
        const address = path.replace(
          /:([a-z]+)/g,
          (_, name: string) => words[name] ?? assert.fail(`no word for :${name}`),
        )
        for (const body of bodies) {
          const answer = await app.ask(method, address, {
            token: secret,
            ...(body === undefined ? {} : { body }),
            headers: { 'If-None-Match': '*' },
          })
          const expected = row === undefined ? [403, 404, 405] : [403]
          assert.ok(expected.includes(answer.status), `${method} ${address}: ${answer.status} ${answer.text}`)
        }
      }
    }
    assert.deepEqual([...used].sort(), ITS_OWN, 'a row that "publish" may use: is it meant to?')
    assert.equal(await head(), before, 'nothing was done')
    assert.equal(await scene.current('stable'), '1.1.0')
    assert.equal((await app.ask('GET', '/notes/stable/notes.bin')).text, '1.1.0')
  }))

test('what "publish" may delete is its own or was never live', () =>
  inChannelScene(['1.0.0', '1.1.0'], async (scene) => {
    const { app, token } = scene
    const words = await wordsOf(scene)
    const { secret } = await app.issue({ actions: ['publish'], name: 'ci' })
    const ask = (method: string, path: string) => app.ask(method, `/api/v1${path}`, { token: secret })
    for (const path of ['/releases/1.0.0/artifacts/notes.bin', `/releases/2.0.0/links/${words.link}`]) {
      const answer = await ask('DELETE', `/apps/notes${path}`)
      assert.deepEqual([answer.status, answer.json.code], [409, 'release.sealed'], path)
    }
    for (const method of ['DELETE', 'PATCH']) {
      const answer = await app.ask(method, `/api/v1/uploads/${words.upload}`, {
        token: secret,
        headers: { 'Upload-Offset': '0', 'Content-Type': 'application/partial-upload' },
        ...(method === 'PATCH' ? { raw: bytesOf('abc') } : {}),
      })
      assert.deepEqual([answer.status, answer.json.code], [404, 'upload.not_found'], 'of another token')
    }
    const discarded = await ask('POST', '/apps/notes/releases/1.0.0/actions/discard')
    assert.deepEqual([discarded.status, discarded.json.code], [409, 'release.wrong_state'])
    // The end of a preview discards what nobody announced, and nothing else.
    await release(app, token, 'notes', { version: '3.0.0' }, [{ fileName: 'a.bin', bytes: bytesOf('a') }])
    await app.ask('POST', '/api/v1/apps/notes/releases/2.0.0/actions/announce', { token })
    const ended = await ask('DELETE', `/previews/${words.preview}`)
    assert.ok(ended.status < 300, ended.text)
    assert.equal((await app.ask('GET', '/api/v1/apps/notes/releases/2.0.0')).json.state, 'announced')
  }))
