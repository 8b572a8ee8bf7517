import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Route } from '../../src/http/route.ts'
import { type GivenShare, givenShare } from '../helpers/given-share.ts'
import { pictured, pictureOf } from '../helpers/pictured.ts'
import { push } from '../helpers/push.ts'
import { type Answer, createTestApp, draft, release, type TestApp, upload } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

/**
 * What share links open: every route that reads, with every name of a private app in the place of its parameters, asked
 * with a link of a channel, of a release, and of another app.
 */
let app: TestApp
let token: string
const links = new Map<string, GivenShare>()
/** Words for the parameters of paths; those of `absent` name nothing. */
const WORDS: Record<string, string[]> = {
  app: ['notes'],
  channel: ['beta', 'stable', 'latest'],
  ref: ['1.0.0', '1.1.0', '2.0.0+7', '2.0.0'],
  file: ['notes.bin', 'Notes.ipa'],
  branch: ['main'],
  slot: ['linux-x64'],
  token: ['tok_0'],
  upload: ['upl_0'],
  user: ['usr_0'],
  session: ['ses_0'],
  share: ['shr_0'],
  grant: ['shr_0.0'],
  key: ['distb_0'],
  asset: ['none.css'],
  link: ['lnk_0'],
}

async function promote(channel: string, ref: string): Promise<void> {
  const moved = await app.ask('POST', `/api/v1/apps/notes/channels/${channel}/actions/promote`, {
    token,
    headers: { 'If-None-Match': '*' },
    body: { release: ref },
  })
  assert.equal(moved.status, 200, moved.text)
}

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  for (const slug of ['notes', 'other']) await app.ask('POST', '/api/v1/apps', { token, body: { slug } })
  const sets: string[] = []
  for (const version of ['1.0.0', '1.1.0']) {
    const { id, setUrl } = await draft(app, token, 'notes', { version }, [textFile(version)])
    const uploadId = await upload(app, token, {
      fileName: 'Notes.ipa',
      bytes: pictured('Notes.ipa', pictureOf(60), version).bytes,
    })
    const attached = await app.ask('POST', `/api/v1/apps/notes/releases/${id}/artifacts`, { token, body: { uploadId } })
    assert.equal(attached.status, 201, attached.text)
    const act = (action: string) => app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/${action}`, { token })
    assert.equal((await act('publish')).status, 200)
    const preview = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: id } })
    WORDS.preview = [preview.json.preview.id]
    assert.equal((await act('announce')).status, 200)
    sets.push(setUrl.split('/').at(-1))
  }
  WORDS.set = sets
  await release(app, token, 'notes', { version: '2.0.0', build: '7' }, [textFile('built')])
  await release(app, token, 'other', { version: '1.0.0' }, [textFile('other')])
  await promote('beta', '1.0.0')
  await promote('stable', '1.1.0')
  const pushed = await push(app, token, 'main', 'linux-x64', textFile('branch'))
  assert.equal(pushed.status, 201, pushed.text)
  const announcements = await app.ask('GET', '/api/v1/apps/notes/announcements', { token })
  WORDS.announcement = [announcements.json.items[0].id]
  links.set('beta', await givenShare(app, token, { app: 'notes', channel: 'beta' }))
  links.set('latest', await givenShare(app, token, { app: 'notes', channel: 'latest' }))
  links.set('1.0.0', await givenShare(app, token, { app: 'notes', release: '1.0.0' }))
  links.set('2.0.0+7', await givenShare(app, token, { app: 'notes', release: '2.0.0+7' }))
  links.set('other', await givenShare(app, token, { app: 'other', channel: 'latest' }))
  const dead = await givenShare(app, token, { app: 'notes', channel: 'beta' })
  await app.ask('DELETE', `/api/v1/shares/${dead.share.id}`, { token })
  links.set('revoked', dead)
})
after(() => app.close())

/** Every path of a route, with every word in the place of each parameter. */
function pathsOf(route: Route): string[] {
  let paths = [route.path.endsWith('/update') ? `${route.path}?version=0.1` : route.path]
  for (const [, name] of route.path.matchAll(/:([a-z]+)/g)) {
    const words = WORDS[name!] ?? assert.fail(`no word for :${name}`)
    paths = paths.flatMap((path) => words.map((word) => path.replace(`:${name}`, word)))
  }
  return paths
}

function fingerprint(answer: Answer): unknown {
  const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id').sort()
  const isJson = answer.text !== '' && answer.headers.get('content-type')?.includes('json') === true
  return { status: answer.status, headers, body: isJson ? { ...answer.json, requestId: '' } : answer.text }
}

/** What a link opens, and that it is there. */
const OPENED: Readonly<Record<string, RegExp>> = {
  beta: /^\/notes\/beta(?:$|\/)/,
  latest: /^\/notes\/latest(?:$|\/)/,
  '1.0.0': /^\/notes\/releases\/1\.0\.0(?:$|\/)/,
  '2.0.0+7': /^\/notes\/releases\/2\.0\.0\+7(?:$|\/)/,
  other: /^\/nothing$/,
  revoked: /^\/nothing$/,
}

/** What a release may be without, and then says so to whoever may see it. */
const MAY_LACK = /\/(?:icon\.png|manifest\.plist)$/

test('a link opens what it is of, and with it every other path answers byte for byte as without', async () => {
  for (const [of, { headers }] of links) {
    let opened = 0
    for (const route of app.app.routes.filter(({ method }) => method === 'GET')) {
      for (const path of pathsOf(route)) {
        const answer = await app.ask('GET', path, { headers })
        if (OPENED[of]!.test(path)) {
          const isThere = [200, 300].includes(answer.status) || path.endsWith('.ipa')
          assert.ok(
            isThere || (MAY_LACK.test(path) && answer.json.code !== 'app.not_found'),
            `${of}: ${path}: ${answer.text}`,
          )
          opened++
        } else {
          const without = await app.ask('GET', path)
          assert.deepEqual(fingerprint(answer), fingerprint(without), `${of}: ${path}`)
        }
      }
    }
    assert.ok(['other', 'revoked'].includes(of) ? opened === 0 : opened >= 3, `${of}: ${opened}`)
  }
})

test('with a link of one thing the rest of its app looks like an app that is absent', async () => {
  for (const [of, { headers }] of links) {
    for (const route of app.app.routes.filter(({ method, path }) => method === 'GET' && path.startsWith('/:app'))) {
      for (const path of pathsOf(route)) {
        if (OPENED[of]!.test(path)) continue
        for (const method of ['GET', 'HEAD']) {
          for (const extra of [{}, { 'If-None-Match': '*' }, { Range: 'bytes=0-0' }] as Record<string, string>[]) {
            const hidden = await app.ask(method, path, { headers: { ...headers, ...extra } })
            const absent = await app.ask(method, path.replace('/notes', '/absent'), {
              headers: { ...headers, ...extra },
            })
            assert.deepEqual(fingerprint(hidden), fingerprint(absent), `${of}: ${method} ${path}`)
            assert.equal(hidden.status, 404)
          }
        }
      }
    }
  }
})

test('what is shown by a link leads nowhere that it does not open, and tells of no other release', async () => {
  const paths: [string, string[]][] = [
    ['beta', ['/notes/beta', '/notes/beta/update?version=0.1', '/notes/beta/download', '/notes/beta/notes.bin']],
    ['1.0.0', ['/notes/releases/1.0.0', '/notes/releases/1.0.0/notes.bin']],
  ]
  for (const [of, shown] of paths) {
    const { headers } = links.get(of)!
    for (const path of shown) {
      for (const Accept of ['text/html', 'application/json']) {
        const answer = await app.ask('GET', path, { headers: { ...headers, Accept } })
        const text = answer.text + [...answer.headers].flat().join(' ')
        for (const [url] of text.matchAll(/\/notes\/[^\s"'<>?]*/g)) {
          assert.ok(OPENED[of]!.test(url), `${of}: ${path} as ${Accept} leads to ${url}`)
        }
        assert.ok(!text.includes('1.1.0') && !text.includes('/sets/'), `${path} as ${Accept}`)
      }
    }
  }
})

test('a channel that moved shows by a link what it holds now, and nothing of what it held before', async () => {
  const { headers } = await givenShare(app, token, { app: 'notes', channel: 'stable' })
  const etag = (await app.ask('GET', '/api/v1/apps/notes/channels/stable', { token })).headers.get('etag')!
  const moved = await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
    token,
    headers: { 'If-Match': etag },
    body: { release: '2.0.0+7' },
  })
  assert.equal(moved.status, 200, moved.text)
  for (const Accept of ['text/html', 'application/json']) {
    const shown = await app.ask('GET', '/notes/stable', { headers: { ...headers, Accept } })
    assert.match(shown.text, /2\.0\.0(?:\+7|.*build 7)/s)
    assert.ok(!shown.text.includes('1.1.0'), shown.text)
    const entitled = await app.ask('GET', '/notes/stable', { token, headers: { Accept } })
    assert.match(entitled.text, /1\.1\.0/)
  }
})

test('the bytes of an IPA go with a link that reaches them; of a public app they are 401 without one', async () => {
  const edit = async (visibility: string) =>
    assert.equal((await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility } })).status, 200)
  const reached: [string, string][] = [
    ['beta', '/notes/beta/Notes.ipa'],
    ['beta', '/notes/beta/download?platform=ios'],
    ['1.0.0', '/notes/releases/1.0.0/Notes.ipa'],
  ]
  for (const visibility of ['private', 'unlisted', 'public']) {
    await edit(visibility)
    for (const [of, path] of reached) {
      const { headers } = links.get(of)!
      const answer = await app.ask('GET', path, { headers })
      assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'private, no-store'], path)
      const refused = visibility === 'private' ? 404 : 401
      for (const foreign of ['other', 'revoked', of === 'beta' ? '1.0.0' : 'beta']) {
        const without = await app.ask('GET', path, { headers: links.get(foreign)!.headers })
        assert.equal(without.status, refused, `${visibility}: ${foreign}: ${path}`)
      }
    }
  }
  await edit('public')
  const limited = await givenShare(app, token, { app: 'notes', release: '1.0.0', maxDownloads: 1 })
  const [first, second] = await Promise.all(
    [1, 2].map(() => app.ask('GET', reached[2]![1], { headers: limited.headers })),
  )
  assert.deepEqual([first!.status, second!.status].sort(), [200, 410])
  await edit('private')
})

test('a link changes nothing: every write is refused with it as without', async () => {
  for (const [, { headers }] of links) {
    for (const route of app.app.routes.filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/'))) {
      for (const path of pathsOf(route)) {
        const ask = route.body === undefined ? {} : { body: {} }
        const site = { 'Sec-Fetch-Site': 'same-origin' }
        const answer = await app.ask(route.method, path, { headers: { ...headers, ...site }, ...ask })
        const without = await app.ask(route.method, path, { headers: site, ...ask })
        assert.deepEqual(fingerprint(answer), fingerprint(without), `${route.method} ${path}`)
        assert.ok(answer.status === 401 || answer.status >= 400, `${route.method} ${path}: ${answer.status}`)
      }
    }
  }
})

test('who was given a dozen links of an app has all of them, whatever the order in which they were opened', async () => {
  const given: string[] = [links.get('1.0.0')!.headers.Cookie]
  for (let i = 0; i < 11; i++)
    given.push((await givenShare(app, token, { app: 'notes', channel: 'beta' })).headers.Cookie)
  // A browser keeps a cookie in its place when its link is opened again (RFC 6265 §5.3): this one stays the first.
  for (const Cookie of [given.join('; '), given.toReversed().join('; ')]) {
    assert.equal((await app.ask('GET', '/notes/releases/1.0.0', { headers: { Cookie } })).status, 200)
    assert.equal((await app.ask('GET', '/notes/beta', { headers: { Cookie } })).status, 200)
  }
})

test('who was given more links than are looked at has the last of them', async () => {
  const given: string[] = []
  for (let i = 0; i < 40; i++) {
    given.push((await givenShare(app, token, { app: 'notes', channel: i < 39 ? 'beta' : 'latest' })).headers.Cookie)
  }
  const status = async (path: string, Cookie: string) => (await app.ask('GET', path, { headers: { Cookie } })).status
  assert.equal(await status('/notes/latest', given.join('; ')), 200)
  assert.equal(await status('/notes/beta', given.join('; ')), 200)
  assert.equal(await status('/notes/latest', given.toReversed().join('; ')), 404)
})

test('links to files stay on the host that the cookie is for', async () => {
  const config = { publicUrl: 'http://distd.test', downloadUrl: 'http://files.test' }
  const other = await createTestApp({ config })
  try {
    const { secret } = await other.issue({ actions: ['admin'] })
    await other.ask('POST', '/api/v1/apps', { token: secret, body: { slug: 'notes' } })
    await release(other, secret, 'notes', { version: '1.0.0' }, [textFile('one')])
    const { headers } = await givenShare(other, secret, { app: 'notes', release: '1.0.0' })
    const Accept = 'application/json'
    const shared = await other.ask('GET', '/notes/releases/1.0.0', { headers: { ...headers, Accept } })
    const [{ url }] = shared.json.artifacts
    assert.equal(url, 'http://distd.test/notes/releases/1.0.0/notes.bin')
    assert.equal((await other.ask('GET', new URL(url).pathname, { headers })).text, 'one')
    const plain = await other.ask('GET', '/notes/releases/1.0.0', { token: secret, headers: { Accept } })
    assert.equal(plain.json.artifacts[0].url, 'http://files.test/notes/releases/1.0.0/notes.bin')
  } finally {
    await other.close()
  }
})
