import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildProfile } from '../fixtures/build-profile.ts'
import { givenShare } from '../helpers/given-share.ts'
import { type Ask, createTestApp, release } from '../helpers/test-app.ts'

test('devices of a profile are told to credentials of the app alone, and no shared cache keeps what tells them', async () => {
  const app = await createTestApp({ config: { publicUrl: 'https://distd.test' } })
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
    const profile = await buildProfile({ type: 'ad-hoc', signer: await buildSigner({ subject: [['2.5.4.3', 'A']] }) })
    const bytes = buildIpa({ version: '1.0.0', profile })
    const { id, setUrl } = await release(app, token, 'notes', { version: '1.0.0' }, [
      { fileName: 'Notes.ipa', platform: 'ios', bytes },
    ])
    const api = `/api/v1/apps/notes/releases/1.0.0`
    const [device] = (await app.ask('GET', api, { token })).json.artifacts[0].inspection.profile.devices
    assert.equal(typeof device, 'string')

    const asViewer: Ask = { cookie: (await app.person({ apps: { notes: 'viewer' } })).cookie }
    const asNobody: Ask = { cookie: (await app.person()).cookie }
    const readers: [string, Ask, boolean][] = [
      ['a token', { token }, true],
      ['a viewer', asViewer, true],
      ['a stranger', {}, false],
      ['a person without a role', asNobody, false],
      ['a share link', await givenShare(app, token, { app: 'notes', channel: 'latest' }), false],
    ]
    const pages = [
      '/notes/latest',
      '/notes/latest/update?version=0.1',
      '/notes/releases/1.0.0',
      new URL(setUrl).pathname,
    ]
    for (const path of [...pages, api, `${api}/artifacts`, `/api/v1/apps/notes/releases/${id}`]) {
      for (const [who, ask, tells] of readers) {
        const answer = await app.ask('GET', path, { ...ask, headers: { ...ask.headers, Accept: 'application/json' } })
        assert.equal(answer.status, 200, `${path} ${who}`)
        assert.equal(answer.text.includes(device), tells, `${path} ${who}`)
        const isPrivate = /\b(?:private|no-store)\b/.test(answer.headers.get('cache-control') ?? '')
        // What was asked for with Authorization is kept by no shared cache that is not told to (RFC 9111 §3.5).
        if (tells) assert.ok(isPrivate || ask.token !== undefined, `${path} ${who}`)
        if (!isPrivate) assert.match(answer.headers.get('vary') ?? '', /Authorization, Cookie/, `${path} ${who}`)
      }
    }
    const current = await app.ask('GET', '/notes/latest/update?version=1.0.0', asViewer)
    assert.deepEqual([current.status, current.headers.get('cache-control')], [204, 'private, no-store'])
  } finally {
    await app.close()
  }
})
