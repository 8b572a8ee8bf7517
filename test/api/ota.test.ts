import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GRANT_MS } from '../../src/access/grants.ts'
import type { Config } from '../../src/config.ts'
import { buildSignedIpa } from '../fixtures/build-signed-ipa.ts'
import { givenShare, shareDetails } from '../helpers/given-share.ts'
import { assetUrl, type ReadManifest, readManifest } from '../helpers/read-plist.ts'
import { type Answer, createTestApp, draft, type PublishedFile, release, type TestApp } from '../helpers/test-app.ts'
import { bytesOf, textFile } from '../helpers/text-file.ts'

const BASE = 'https://distd.test'
const EXPIRES = new Date('2027-01-01T00:00:00.000Z')

const IPA: PublishedFile = {
  fileName: 'Notes.ipa',
  platform: 'ios',
  bytes: await buildSignedIpa({ expiresAt: EXPIRES }),
}

interface Scene {
  readonly app: TestApp
  readonly token: string
  /** Asks as a device does: no cookie, no token, the whole URL. */
  fetch(url: string, headers?: Record<string, string>, method?: string): Promise<Answer>
}

/** A server with a public https URL, and the apps `notes` and `hidden` with release 1.0.0. */
async function inScene(
  work: (scene: Scene) => Promise<void>,
  files: readonly PublishedFile[] = [IPA, textFile('other')],
  config: Partial<Config> = { publicUrl: BASE },
): Promise<void> {
  const app = await createTestApp({ config })
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    for (const slug of ['notes', 'hidden']) {
      const visibility = slug === 'hidden' ? 'private' : 'public'
      await app.ask('POST', '/api/v1/apps', { token, body: { slug, name: 'Our <Notes>', visibility } })
      await release(app, token, slug, { version: '1.0.0' }, files)
    }
    await work({
      app,
      token,
      fetch: (url, headers = {}, method = 'GET') => {
        const { origin, pathname, search } = new URL(url)
        assert.ok(url.startsWith('https://'), url)
        assert.equal(origin, BASE)
        return app.ask(method, pathname + search, { headers })
      },
    })
  } finally {
    await app.close()
  }
}

function manifestIn(answer: Answer): ReadManifest {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers.get('content-type'), 'text/xml; charset=utf-8')
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(answer.headers.get('cache-control'), 'private, no-store')
  assert.match(answer.headers.get('content-security-policy')!, /^sandbox; default-src 'none'; frame-ancestors 'none'$/)
  return readManifest(answer.text)
}

/** What the page of a release offers of it to devices, and what it says instead. */
async function installOf(app: TestApp, path: string, ask: object = {}) {
  const page = await app.ask('GET', path, {
    ...ask,
    headers: { Accept: 'text/html', ...(ask as { headers?: object }).headers },
  })
  assert.equal(page.status, 200, page.text)
  const encoded = /itms-services:\/\/\?action=download-manifest&(?:amp;)?url=([^"<\s]+)/.exec(page.text)?.[1]
  return { text: page.text, manifestUrl: encoded === undefined ? undefined : decodeURIComponent(encoded) }
}

test('a manifest says of an IPA what its bytes say, and each of its URLs answers a device without a credential', () =>
  inScene(async ({ app, fetch }) => {
    for (const path of ['/notes/releases/1.0.0', '/notes/latest']) {
      const answer = await app.ask('GET', `${path}/manifest.plist`)
      const manifest = manifestIn(answer)
      assert.deepEqual(manifest.metadata, {
        'bundle-identifier': 'com.example.notes',
        'bundle-version': '1040',
        kind: 'software',
        title: 'Notes',
      })
      const url = assetUrl(manifest, 'software-package')
      assert.equal(new URL(url).pathname, '/notes/releases/1.0.0/Notes.ipa')
      const whole = await fetch(url)
      assert.deepEqual([whole.status, whole.headers.get('content-type')], [200, 'application/octet-stream'])
      assert.equal(whole.headers.get('cache-control'), 'private, no-store')
      assert.equal(whole.headers.get('content-length'), String(IPA.bytes.byteLength))
      const head = await fetch(url, {}, 'HEAD')
      assert.deepEqual([head.status, head.headers.get('repr-digest')], [200, whole.headers.get('repr-digest')])
      const part = await fetch(url, { Range: 'bytes=4-7' })
      assert.deepEqual([part.status, part.headers.get('content-range')], [206, `bytes 4-7/${IPA.bytes.byteLength}`])
      for (const kind of ['display-image', 'full-size-image']) {
        const icon = await fetch(assetUrl(manifest, kind))
        assert.deepEqual([icon.status, icon.headers.get('content-type')], [200, 'image/png'])
        assert.equal(icon.headers.get('cache-control'), 'private, no-store')
      }
    }
  }))

test('a grant opens the file that it was made for until its time is over, and nothing else', () =>
  inScene(async ({ app, fetch, token }) => {
    const asked = await app.ask('GET', '/hidden/releases/1.0.0/manifest.plist', { token })
    const urls = manifestIn(asked).assets.map(({ url }) => url)
    const url = assetUrl(manifestIn(asked), 'software-package')
    const query = new URL(url).search
    for (const one of urls) assert.equal((await fetch(one)).status, 200)
    const elsewhere = [
      '/hidden/releases/1.0.0/other.bin',
      '/hidden/releases/1.0.0/notes.bin',
      '/hidden/releases/1.0.0/NOTES.IPA',
      '/hidden/releases/1.0.0/icon.png',
      '/hidden/releases/1.0.0/manifest.plist',
      '/hidden/releases/1.0.0/sha256.sum',
      '/hidden/releases/1.0.0',
      '/hidden/latest/Notes.ipa',
      '/hidden/latest',
      '/hidden',
      '/api/v1/apps/hidden',
      '/api/v1/apps/hidden/releases/1.0.0',
      '/api/v1/apps/hidden/releases/1.0.0/artifacts',
    ]
    for (const path of elsewhere) assert.equal((await app.ask('GET', path + query)).status, 404, path)
    assert.equal((await app.ask('GET', `/notes/releases/1.0.0/Notes.ipa${query}`)).status, 401, 'of another app')
    for (const path of ['/api/v1/tokens', '/api/v1/audit', '/api/v1/users']) {
      assert.equal((await app.ask('GET', path + query)).status, 401, path)
    }
    const who = await app.ask('GET', `/api/v1/whoami${query}`)
    assert.equal(who.json.kind, 'anonymous')
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      assert.equal((await fetch(url, {}, method)).status, 405, method)
    }
    // Twice is not once, and a credential that was sent is what counts.
    assert.equal((await fetch(`${url}&${query.slice(1)}`)).status, 404)
    const { secret: foreign } = await app.issue({ actions: ['read'], apps: ['notes'] })
    assert.equal((await fetch(url, { Authorization: `Bearer ${foreign}` })).status, 404)
    assert.equal((await fetch(url, { Authorization: 'Bearer none' })).status, 401)

    await app.clock.advance(GRANT_MS)
    for (const one of urls) {
      for (const method of ['GET', 'HEAD']) assert.equal((await fetch(one, {}, method)).status, 404, one)
    }
    const open = assetUrl(manifestIn(await app.ask('GET', '/notes/latest/manifest.plist')), 'software-package')
    assert.equal((await fetch(open)).status, 200)
    await app.clock.advance(GRANT_MS)
    const over = await fetch(open)
    assert.deepEqual([over.status, over.json.code], [401, 'access.unauthenticated'])
    assert.ok(!over.text.includes(new URL(open).searchParams.get('grant')!))
    const page = await fetch(open, { Accept: 'text/html' })
    assert.ok(!page.text.includes('grant'), 'the way to sign in does not carry it either')
  }))

test('the manifest of one file that a page leads to gives no other file of the release, nor the names of others', async () => {
  const beta = {
    ...IPA,
    fileName: 'Beta.ipa',
    bytes: await buildSignedIpa({ bundleId: 'com.example.beta', expiresAt: EXPIRES }),
  }
  await inScene(
    async ({ app, fetch }) => {
      const { cookie } = await app.person({ apps: { hidden: 'viewer' } })
      const { text } = await installOf(app, '/hidden/latest?platform=ios', { cookie })
      const links = [...text.matchAll(/itms-services:[^"]*url=([^"]+)"/g)].map(([, url]) => decodeURIComponent(url!))
      const url = links.find((one) => one.includes('file=Notes.ipa'))!
      const manifest = manifestIn(await fetch(url))
      const icon = assetUrl(manifest, 'display-image')
      assert.equal((await fetch(icon)).status, 200)
      for (const one of [url, icon]) {
        for (const other of ['file=Beta.ipa', 'file=', 'x=']) {
          const answer = await fetch(one.replace('file=Notes.ipa', other))
          assert.deepEqual([answer.status, answer.json.code], [404, 'app.not_found'], `${one} ${other}`)
        }
      }
    },
    [IPA, beta],
  )
})

test('a grant that opens nothing is as if it were not there: a cookie counts then', () =>
  inScene(async ({ app, token }) => {
    const manifest = manifestIn(await app.ask('GET', '/hidden/releases/1.0.0/manifest.plist', { token }))
    const { search } = new URL(assetUrl(manifest, 'software-package'))
    const { cookie } = await app.person({ apps: { hidden: 'viewer' } })
    for (const query of ['?grant=', '?grant=none', `${search}x`, search]) {
      const answer = await app.ask('GET', `/hidden/releases/1.0.0/notes.bin${query}`, { cookie })
      assert.equal(answer.status, 200, query)
    }
  }))

test('the page of a private app leads devices to a manifest with a grant, that of a public one to a plain one', () =>
  inScene(async ({ app, fetch, token }) => {
    // A session ends before a grant does.
    const viewer = async () => ({ cookie: (await app.person({ apps: { hidden: 'viewer' } })).cookie })
    for (const [path, asker, hasGrant] of [
      ['/notes/latest', () => ({}), false],
      ['/notes/releases/1.0.0', viewer, false],
      ['/hidden/latest', viewer, true],
      ['/hidden/releases/1.0.0', () => ({ token }), true],
    ] as const) {
      const { manifestUrl } = await installOf(app, path, await asker())
      assert.ok(manifestUrl, path)
      assert.equal(new URL(manifestUrl).searchParams.has('grant'), hasGrant, path)
      const manifest = manifestIn(await fetch(manifestUrl))
      for (const { url } of manifest.assets) assert.equal((await fetch(url)).status, 200, url)
      // The way of a grant ends: the manifest opens files, and nothing opens a manifest again.
      for (const { url } of manifest.assets) assert.ok(!url.includes('manifest.plist'))
      await app.clock.advance(GRANT_MS)
      assert.equal((await fetch(manifestUrl)).status, hasGrant ? 404 : 200)
      for (const { url } of manifest.assets) {
        const isIcon = new URL(url).pathname.endsWith('.png')
        assert.equal((await fetch(url)).status, hasGrant ? 404 : isIcon ? 200 : 401, url)
      }
    }
  }))

test('what a share link leads to installs on its account, and ends with it', () =>
  inScene(async ({ app, fetch, token }) => {
    const LINKS: readonly { app: string; channel?: string; release?: string }[] = [
      { app: 'hidden', release: '1.0.0' },
      { app: 'hidden', channel: 'latest' },
      { app: 'notes', channel: 'latest' },
    ]
    for (const of of LINKS) {
      const given = await givenShare(app, token, of)
      const path = of.channel === undefined ? `/${of.app}/releases/1.0.0` : `/${of.app}/latest`
      const { manifestUrl } = await installOf(app, path, { headers: given.headers })
      assert.ok(manifestUrl, path)
      assert.ok(manifestUrl.includes(`.${given.share.id}.`), path)
      const manifest = manifestIn(await fetch(manifestUrl))
      const url = assetUrl(manifest, 'software-package')
      assert.equal((await fetch(url)).status, 200)
      assert.equal((await fetch(url, { Range: 'bytes=100-' })).status, 206)
      const { downloads, files } = await shareDetails(app, token, given.share)
      assert.deepEqual([downloads, files.map(({ fileName }) => fileName)], [1, ['Notes.ipa']])
      assert.equal((await app.ask('DELETE', `/api/v1/shares/${given.share.id}`, { token })).status, 204)
      const isHidden = of.app === 'hidden'
      assert.equal((await fetch(manifestUrl)).status, isHidden ? 404 : 200)
      assert.equal((await fetch(url)).status, isHidden ? 404 : 401)
    }
  }))

test('a link that is used up gives no more IPA by the grants that were made with it', () =>
  inScene(async ({ app, fetch, token }) => {
    const given = await givenShare(app, token, { app: 'hidden', release: '1.0.0', maxDownloads: 1 })
    const { manifestUrl } = await installOf(app, '/hidden/releases/1.0.0', { headers: given.headers })
    const urls = await Promise.all(
      [1, 2].map(async () => assetUrl(manifestIn(await fetch(manifestUrl!)), 'software-package')),
    )
    assert.equal((await fetch(urls[0]!)).status, 200)
    for (const url of urls)
      assert.deepEqual([(await fetch(url)).status, (await fetch(url)).json.code], [410, 'share.gone'])
    const after = await installOf(app, '/hidden/releases/1.0.0', { headers: given.headers })
    assert.equal(after.manifestUrl, undefined)
    assert.match(after.text, /All downloads that the share link allows were used/)
    const NOTICE = /All downloads that your link allows were used/
    assert.match(after.text, NOTICE, 'before a file is asked for')
    const another = await givenShare(app, token, { app: 'hidden', release: '1.0.0' })
    for (const Cookie of [another.headers.Cookie!, `${given.headers.Cookie}; ${another.headers.Cookie}`]) {
      assert.doesNotMatch((await installOf(app, '/hidden/releases/1.0.0', { headers: { Cookie } })).text, NOTICE)
    }
  }))

test('a yanked release installs by its exact address, says so, and is not the latest', () =>
  inScene(async ({ app, fetch, token }) => {
    const reason = { reason: 'Loses notes' }
    await app.ask('POST', '/api/v1/apps/notes/releases/1.0.0/actions/yank', { token, body: reason })
    assert.equal((await app.ask('GET', '/notes/latest/manifest.plist')).status, 404)
    const { text, manifestUrl } = await installOf(app, '/notes/releases/1.0.0')
    assert.match(text, /This release was yanked.*Loses notes/s)
    const answer = await fetch(manifestUrl!)
    assert.match(answer.headers.get('warning')!, /yanked/)
    assert.equal((await fetch(assetUrl(manifestIn(answer), 'software-package'))).status, 200)
  }))

test('of a public app a link that is used up takes nothing: the page leads devices where it leads everybody', () =>
  inScene(async ({ app, fetch, token }) => {
    const given = await givenShare(app, token, { app: 'notes', release: '1.0.0', maxDownloads: 1 })
    const path = '/notes/releases/1.0.0'
    const { manifestUrl: own } = await installOf(app, path, { headers: given.headers })
    assert.match(own!, /grant=/)
    assert.equal((await fetch(assetUrl(manifestIn(await fetch(own!)), 'software-package'))).status, 200)
    const { manifestUrl, text } = await installOf(app, path, { headers: given.headers })
    assert.equal(manifestUrl, (await installOf(app, path)).manifestUrl, text)
    assert.equal((await fetch(assetUrl(manifestIn(await fetch(manifestUrl!)), 'software-package'))).status, 200)
  }))

test('what visibility opened is closed when the app becomes private', () =>
  inScene(async ({ app, fetch, token }) => {
    const url = assetUrl(manifestIn(await app.ask('GET', '/notes/latest/manifest.plist')), 'software-package')
    assert.equal((await fetch(url)).status, 200)
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    assert.equal((await fetch(url)).status, 404)
    assert.equal((await app.ask('GET', '/notes/latest/manifest.plist')).status, 404)
  }))

const DAY_MS = 86_400_000

/** IPAs that devices do not install from here, and the reason that is told. */
const REFUSED: readonly [name: string, options: Parameters<typeof buildSignedIpa>[0], reason: RegExp][] = [
  ['of development', { type: 'development', expiresAt: EXPIRES }, /is for development/],
  ['of the App Store', { type: 'app-store', expiresAt: EXPIRES }, /is for the App Store/],
  ['that expired', { type: 'ad-hoc', expiresAt: new Date('2026-11-01T00:00:00Z') }, /expired on 2026-11-01/],
]

test('there is no manifest for an IPA that devices do not install, and the reason is told', async () => {
  for (const [name, options, reason] of REFUSED) {
    const file = { ...IPA, bytes: await buildSignedIpa(options) }
    await inScene(
      async ({ app, token }) => {
        const answer = await app.ask('GET', '/notes/releases/1.0.0/manifest.plist', { token })
        assert.deepEqual([answer.status, answer.json.code], [404, 'ota.not_offered'], name)
        assert.match(answer.json.detail, reason)
        const { text } = await installOf(app, '/notes/releases/1.0.0')
        assert.ok(!text.includes('itms-services') && !text.includes('grant='), name)
        assert.match(text, reason)
      },
      [file],
    )
  }
})

test('a profile ends at its instant', () =>
  inScene(async ({ app }) => {
    await app.clock.advance(EXPIRES.getTime() - app.clock.now() - 1)
    assert.equal((await app.ask('GET', '/notes/latest/manifest.plist')).status, 200)
    assert.match((await installOf(app, '/notes/latest')).text, /profile expires today/)
    await app.clock.advance(1)
    assert.equal((await app.ask('GET', '/notes/latest/manifest.plist')).json.code, 'ota.not_offered')
  }))

test('without a public https URL nothing is offered to devices, whatever a request claims', async () => {
  const spoofed = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.test' }
  for (const config of [{}, { publicUrl: 'http://distd.test' }, { trustedProxies: ['127.0.0.1'] }]) {
    await inScene(
      async ({ app, token }) => {
        const api = await app.ask('GET', '/api/v1/apps/notes/releases/1.0.0', { token })
        assert.equal(api.json.artifacts[0].install.mode, 'enterprise', 'the mode is kept')
        const answer = await app.ask('GET', '/notes/latest/manifest.plist', { headers: spoofed })
        assert.deepEqual([answer.status, answer.json.code], [404, 'ota.not_offered'])
        assert.match(answer.json.detail, /no public https address/)
        const { text } = await installOf(app, '/notes/latest', { headers: spoofed })
        assert.ok(!text.includes('itms-services'))
        assert.match(text, /no public https address/)
      },
      [IPA],
      config,
    )
  }
})

test('a manifest names the configured address alone, and the host of downloads for bytes when it is https', async () => {
  for (const [downloadUrl, expected] of [
    ['https://files.test', 'https://files.test'],
    ['http://files.test', BASE],
  ] as const) {
    await inScene(
      async ({ app }) => {
        const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.test', Forwarded: 'host=evil.test' }
        const manifest = manifestIn(await app.ask('GET', '/notes/latest/manifest.plist', { headers }))
        const url = new URL(assetUrl(manifest, 'software-package'))
        assert.equal(url.origin, expected)
        assert.equal(new URL(assetUrl(manifest, 'display-image')).origin, BASE)
        const request = new Request(url.href)
        assert.equal((await app.fetch(request)).status, 200)
      },
      [IPA],
      { publicUrl: BASE, downloadUrl, trustedProxies: ['127.0.0.1'] },
    )
  }
})

test('of several IPAs one has to be named, and other files are none', async () => {
  const beta = {
    ...IPA,
    fileName: 'Notes beta.ipa',
    bytes: await buildSignedIpa({ bundleId: 'com.example.beta', expiresAt: EXPIRES }),
  }
  await inScene(
    async ({ app }) => {
      const ask = (query: string) => app.ask('GET', `/notes/latest/manifest.plist${query}`)
      const several = await ask('')
      assert.deepEqual([several.status, several.json.code], [300, 'artifact.ambiguous'])
      assert.deepEqual(several.json.details.files.map(({ fileName }: { fileName: string }) => fileName).sort(), [
        'Notes beta.ipa',
        'Notes.ipa',
      ])
      const chosen = manifestIn(await ask('?file=Notes%20beta.ipa'))
      assert.equal(chosen.metadata['bundle-identifier'], 'com.example.beta')
      for (const file of ['notes.bin', 'NOTES.ipa', '', '../Notes.ipa', 'x'.repeat(200)]) {
        const answer = await ask(`?file=${file}`)
        assert.deepEqual([answer.status, answer.json.code], [404, 'artifact.not_found'], file)
      }
      const pages = await app.ask('GET', '/notes/latest?platform=ios', { headers: { Accept: 'text/html' } })
      const links = [...pages.text.matchAll(/itms-services:[^"]*url=([^"]+)"/g)].map(([, url]) =>
        decodeURIComponent(url!),
      )
      assert.deepEqual(links.map((url) => new URL(url).searchParams.get('file')).sort(), [
        'Notes beta.ipa',
        'Notes.ipa',
      ])
    },
    [IPA, beta, { fileName: 'notes.bin', bytes: bytesOf('x') }],
  )
})

test('a release without an IPA has no manifest, nor has a draft; one that is not announced has it at its own address', () =>
  inScene(async ({ app, token }) => {
    await release(app, token, 'notes', { version: '2.0.0' }, [textFile('two')])
    const none = await app.ask('GET', '/notes/latest/manifest.plist')
    assert.deepEqual([none.status, none.json.code], [404, 'artifact.not_found'])

    const { id, setUrl } = await draft(app, token, 'notes', { version: '3.0.0' }, [IPA])
    const set = await installOf(app, new URL(setUrl).pathname)
    assert.ok(!set.text.includes('itms-services'))
    assert.match(set.text, /not published yet/)
    assert.equal((await app.ask('GET', '/notes/releases/3.0.0/manifest.plist')).status, 404)
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    const { manifestUrl } = await installOf(app, new URL(setUrl).pathname)
    assert.equal(new URL(manifestUrl!).pathname, '/notes/releases/3.0.0/manifest.plist')
    manifestIn(await app.ask('GET', '/notes/releases/3.0.0/manifest.plist'))
  }))

test('names out of an IPA stand in the manifest as they are, whatever markup they look like', async () => {
  const name = '</string><key>url</key><string>https://evil.test & "x" \u{1f600} ]]>'
  const fileName = "Nötes & 'co' (1) [v2].ipa"
  const bytes = await buildSignedIpa({ name, build: '1 & <2>', isPlain: true, expiresAt: EXPIRES })
  await inScene(
    async ({ app, fetch }) => {
      const manifest = manifestIn(await app.ask('GET', '/notes/latest/manifest.plist'))
      assert.deepEqual([manifest.metadata.title, manifest.metadata['bundle-version']], [name, '1 & <2>'])
      assert.equal(manifest.assets.length, 1, 'no picture, no address of one')
      const answer = await fetch(assetUrl(manifest, 'software-package'))
      assert.equal(answer.status, 200)
    },
    [{ fileName, platform: 'ios', bytes }],
  )
})

test('a phone without a credential is offered no IPA of mode download, and nothing that is called installing', async () => {
  const file = { ...IPA, bytes: await buildSignedIpa({ type: 'development', expiresAt: EXPIRES }) }
  const agent =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'
  await inScene(
    async ({ app }) => {
      const { text } = await installOf(app, '/notes/latest', { headers: { 'User-Agent': agent } })
      assert.ok(!text.includes('itms-services'))
      assert.match(text, /An iPhone does not install this from a web page/)
      const names = [...text.matchAll(/<(a|button|summary)\b[^>]*>(.*?)<\/\1>|aria-label="([^"]*)"|title="([^"]*)"/gs)]
      assert.ok(names.length > 0)
      for (const [, , content = '', label = '', title = ''] of names) {
        assert.doesNotMatch(`${content.replace(/<[^>]*>/g, '')} ${label} ${title}`, /install/i)
      }
      assert.equal((await app.ask('GET', '/notes/latest/Notes.ipa')).status, 401)
    },
    [file],
  )
})

test('whether a phone is in a profile is told to whoever asks, and the list to nobody who may not see it', async () => {
  const known = '00008110-000A1B2C3D4E5F60'
  const bytes = await buildSignedIpa({ type: 'ad-hoc', expiresAt: EXPIRES })
  await inScene(
    async ({ app }) => {
      for (const udid of [known, known.toLowerCase(), ` ${known.replace('-', '')}\n`]) {
        const answer = await app.ask('GET', `/notes/latest?file=Notes.ipa&udid=${encodeURIComponent(udid)}`, {
          headers: { Accept: 'text/html' },
        })
        assert.match(answer.text, /This device is in the profile/, udid)
        assert.equal(answer.headers.get('cache-control'), 'private, no-store')
      }
      const other = await app.ask('GET', `/notes/latest?file=Notes.ipa&udid=${'0'.repeat(40)}`, {
        headers: { Accept: 'text/html' },
      })
      assert.match(other.text, /This device is not in the profile/)
      assert.ok(!other.text.includes(known) && !other.text.includes('0123456789abcdef'))
      assert.equal(
        other.text.split('0'.repeat(40)).length,
        2,
        'what was asked stands in the field alone, and in no link',
      )
      const json = await app.ask('GET', `/notes/latest?udid=${known}`, { headers: { Accept: 'application/json' } })
      assert.ok(!json.text.includes(known))
    },
    [{ ...IPA, bytes }],
  )
})

test('a grant is kept in no cache, log or event', () =>
  inScene(async ({ app, fetch, token }) => {
    const given = await givenShare(app, token, { app: 'hidden', channel: 'latest' })
    const { manifestUrl } = await installOf(app, '/hidden/latest', { headers: given.headers })
    await app.clock.advance(DAY_MS / 1440)
    const manifest = manifestIn(await fetch(manifestUrl!))
    const grant = new URL(assetUrl(manifest, 'software-package')).searchParams.get('grant')!
    assert.equal((await fetch(assetUrl(manifest, 'software-package'))).status, 200)
    const audit = await app.ask('GET', '/api/v1/audit?limit=200', { token })
    const downloaded = audit.json.items.filter(({ action }: { action: string }) => action === 'share.downloaded')
    assert.deepEqual([downloaded.length, downloaded[0].actor.id], [1, given.share.id])
    assert.ok(!audit.text.includes(grant.slice(-43)))
    // Put where it does not belong: logs and errors cut it, which the end of every test looks for.
    for (const path of [
      `/hidden/releases/1.0.0/${grant}`,
      `/hidden/${grant}/x`,
      `/login?next=%2Fx%3Fgrant%3D${grant}`,
    ]) {
      await app.ask('GET', path, { headers: { Accept: 'text/html' } })
    }
  }))
