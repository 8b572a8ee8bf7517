import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { digestHex, digestOf, reprDigest } from '../../src/bytes/digest.ts'
import { STYLE } from '../../ui/assets.gen.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { createTestApp, draft, release, type TestApp } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

const SIZE = 5000
const bytes = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 8)) & 255)
const etag = `"sha256-${digestHex(digestOf(bytes))}"`
const URL_ = '/open/releases/1.0.0/notes.bin'

let app: TestApp
let admin: string

before(async () => {
  app = await createTestApp()
  admin = (await app.issue({ actions: ['admin'] })).secret
  for (const [slug, visibility] of [
    ['open', 'public'],
    ['quiet', 'unlisted'],
    ['hidden', 'private'],
  ]) {
    await app.ask('POST', '/api/v1/apps', { token: admin, body: { slug, visibility } })
    await release(app, admin, slug!, { version: '1.0.0', notes: '<script>alert(1)</script>' }, [
      { fileName: 'notes.bin', bytes },
      { fileName: 'page.html', bytes: bytesOf('<script>alert(1)</script>') },
      { fileName: "Ünïcode (1)'s & é.svg", bytes: bytesOf('<svg onload="alert(1)"/>') },
      { fileName: 'Notes.ipa', bytes: buildIpa(), platform: 'ios' },
    ])
    await app.ask('POST', `/api/v1/apps/${slug}/channels/stable/actions/promote`, {
      token: admin,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
  }
})
after(() => app.close())

async function get(path: string, headers: Record<string, string> = {}, method = 'GET', token?: string) {
  const all = token === undefined ? headers : { ...headers, Authorization: `Bearer ${token}` }
  const response = await app.fetch(new Request(`http://distd.test${path}`, { method, headers: all }))
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) }
}

test('a whole file comes with everything that RFC 9110 and a browser need', async () => {
  for (const method of ['GET', 'HEAD']) {
    const got = await get(URL_, {}, method)
    assert.equal(got.status, 200)
    assert.deepEqual(got.bytes, method === 'GET' ? bytes : new Uint8Array(0))
    const expected = {
      etag,
      'content-length': String(SIZE),
      'accept-ranges': 'bytes',
      'repr-digest': reprDigest(digestOf(bytes)),
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'application/octet-stream',
    }
    for (const [name, value] of Object.entries(expected))
      assert.equal(got.headers.get(name), value, `${method} ${name}`)
    assert.match(got.headers.get('content-security-policy')!, /sandbox; default-src 'none'/)
    assert.match(got.headers.get('content-disposition')!, /^attachment; .*filename="notes\.bin"$/)
    assert.equal(got.headers.get('set-cookie'), null)
  }
})

test('the table of ranges: status, Content-Range and bytes', async () => {
  const table: [string, Record<string, string>, number, [number, number]?][] = [
    ['bytes=0-0', {}, 206, [0, 1]],
    ['bytes=-1', {}, 206, [SIZE - 1, SIZE]],
    ['bytes=-0', {}, 416],
    ['bytes=5-2', {}, 200],
    ['bytes=100-', {}, 206, [100, SIZE]],
    [`bytes=${SIZE}-`, {}, 416],
    [`bytes=0-${'9'.repeat(30)}`, {}, 206, [0, SIZE]],
    [`bytes=${'9'.repeat(30)}-`, {}, 416],
    ['lines=1-2', {}, 200],
    ['bytes=0-,0-', {}, 200],
    [`bytes=${'0-,'.repeat(1000)}0-`, {}, 200],
    ['bytes=10-20', { 'If-Range': etag }, 206, [10, 21]],
    ['bytes=10-20', { 'If-Range': `W/${etag}` }, 200],
    ['bytes=10-20', { 'If-Range': '"other"' }, 200],
    ['bytes=10-20', { 'If-Range': new Date().toUTCString() }, 200],
    ['bytes=10-20', { 'Accept-Encoding': 'gzip, br, zstd' }, 206, [10, 21]],
    ['bytes=10-20', { 'If-None-Match': etag }, 304],
    ['bytes=10-20', { 'If-None-Match': `"x", W/${etag}` }, 304],
    ['bytes=10-20', { 'If-Match': etag }, 206, [10, 21]],
    ['bytes=10-20', { 'If-Match': '*' }, 206, [10, 21]],
    ['bytes=10-20', { 'If-Match': '"other"' }, 412],
    ['bytes=10-20', { 'If-Match': `W/${etag}` }, 412],
  ]
  for (const [range, headers, status, span] of table) {
    const got = await get(URL_, { Range: range, ...headers })
    const name = `${range.slice(0, 40)} ${JSON.stringify(headers)}`
    assert.equal(got.status, status, name)
    if (status < 400) assert.equal(got.headers.get('etag'), etag, name)
    if (status === 416) {
      assert.equal(got.headers.get('content-range'), `bytes */${SIZE}`)
      assert.equal(JSON.parse(new TextDecoder().decode(got.bytes)).code, 'request.range')
    }
    if (status === 412)
      assert.equal(JSON.parse(new TextDecoder().decode(got.bytes)).code, 'request.precondition_failed')
    if (status === 200) assert.deepEqual(got.bytes, bytes, name)
    if (span) {
      assert.deepEqual(got.bytes, bytes.slice(...span), name)
      assert.equal(got.headers.get('content-range'), `bytes ${span[0]}-${span[1] - 1}/${SIZE}`)
      assert.equal(got.headers.get('content-length'), String(span[1] - span[0]))
    }
    const head = await get(URL_, { Range: range, ...headers }, 'HEAD')
    assert.equal(head.status, status === 206 || status === 416 ? 200 : status, `HEAD ${name}`)
  }
})

test('several ranges come as multipart/byteranges and put together give the file', async () => {
  const cuts = [0, 1, 2, 700, 701, 2048, 4096, 4999]
  const spans = cuts.map((start, i) => [start, (cuts[i + 1] ?? SIZE) - 1] as const)
  const got = await get(URL_, { Range: `bytes=${spans.map(([a, b]) => `${a}-${b}`).join(', ')}` })
  assert.equal(got.status, 206)
  assert.equal(got.headers.get('content-length'), String(got.bytes.byteLength))
  const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(got.headers.get('content-type')!)![1]!
  const text = new TextDecoder('latin1').decode(got.bytes)
  const whole = new Uint8Array(SIZE)
  let at = 0
  for (const [start, end] of spans) {
    const head = `${at === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${start}-${end}/${SIZE}\r\n\r\n`
    assert.equal(text.slice(at, at + head.length), head)
    at += head.length
    whole.set(got.bytes.subarray(at, at + end - start + 1), start)
    at += end - start + 1
  }
  assert.equal(text.slice(at), `\r\n--${boundary}--\r\n`)
  assert.equal(digestOf(whole), digestOf(bytes))
  const hundreds = Array.from({ length: 1000 }, (_, i) => `${i * 5}-${i * 5 + 1}`).join(',')
  assert.equal((await get(URL_, { Range: `bytes=${hundreds}` })).status, 206)
})

test('files serve inertly whatever they are, and their names cannot split a header', async () => {
  for (const [name, plain] of [
    ['page.html', 'page.html'],
    ["Ünïcode (1)'s & é.svg", "_n_code (1)'s & _.svg"],
  ] as const) {
    const got = await get(`/open/releases/1.0.0/${encodeURIComponent(name)}`)
    assert.equal(got.status, 200)
    assert.equal(got.headers.get('content-type'), 'application/octet-stream')
    const disposition = got.headers.get('content-disposition')!
    assert.ok(disposition.endsWith(`filename="${plain}"`), disposition)
    const extended = /filename\*=UTF-8''([^;]+);/.exec(disposition)![1]!
    assert.equal(decodeURIComponent(extended), name)
    assert.match(extended, /^[A-Za-z0-9!#$&+.^_`|~%-]+$/, 'RFC 8187 attr-char')
  }
})

test('IPA bytes need a credential of the app at every URL, and are never kept by caches', async () => {
  const set = new URL((await app.ask('GET', '/api/v1/apps/open/releases/1.0.0', { token: admin })).json.setUrl).pathname
  const stranger = (await app.issue({ actions: ['read'], apps: ['elsewhere'] })).secret
  const reader = (await app.issue({ actions: ['read'], apps: ['open'] })).secret
  for (const path of [
    '/open/releases/1.0.0/Notes.ipa',
    '/open/stable/Notes.ipa',
    '/open/latest/Notes.ipa',
    '/open/stable/download?platform=ios',
    `${set}/Notes.ipa`,
  ]) {
    for (const headers of [{}, { Range: 'bytes=0-0' }, { 'If-None-Match': '*' }] as Record<string, string>[]) {
      for (const method of ['GET', 'HEAD']) {
        const none = await get(path, headers, method)
        assert.equal(none.status, 401, path)
        assert.match(none.headers.get('www-authenticate')!, /^Bearer/)
        assert.equal((await get(path, headers, method, stranger)).status, 403, path)
      }
    }
    const got = await get(path, {}, 'GET', reader)
    assert.equal(got.status, 200)
    assert.equal(got.headers.get('cache-control'), 'private, no-store')
    assert.equal((await get(path.replace('/open', '/hidden'))).status, path.startsWith('/sets') ? 401 : 404)
  }
  const list = await app.ask('GET', '/open/releases/1.0.0/sha256.sum')
  assert.match(list.text, /Notes\.ipa/)
})

test('IPA bytes cannot be had by declaring their digest as an upload of one own app', async () => {
  const { json } = await app.ask('GET', '/api/v1/apps/open/releases/1.0.0')
  const ipa = json.artifacts.find((artifact: { fileName: string }) => artifact.fileName === 'Notes.ipa')
  const page = json.artifacts.find((artifact: { fileName: string }) => artifact.fileName === 'page.html')
  const declare = async (actions: 'publish'[], apps: string[], { sizeBytes, digest }: typeof ipa) => {
    const token = (await app.issue({ actions, apps })).secret
    return app.ask('POST', '/api/v1/uploads', { token, body: { sizeBytes, digest, fileName: 'x' } })
  }
  assert.equal((await declare(['publish'], ['elsewhere'], ipa)).status, 201, 'the bytes have to be sent')
  assert.equal((await declare(['publish'], ['open'], ipa)).json.skipped, true)
  assert.equal((await declare(['publish'], ['elsewhere'], page)).json.skipped, true, 'everybody may read those')
})

test('the caching table: immutable, revalidated, private', async () => {
  const { id, setUrl } = await draft(app, admin, 'open', { version: '5.0.0' }, [
    { fileName: 'notes.bin', bytes: bytesOf('d') },
  ])
  const draftSet = new URL(setUrl).pathname
  const set = new URL((await app.ask('GET', '/api/v1/apps/open/releases/1.0.0', { token: admin })).json.setUrl).pathname
  const immutable = 'public, max-age=31536000, immutable'
  const secret = 'private, no-store'
  const check = async (path: string, expected: string) => {
    const got = await get(path, {}, 'GET', path.startsWith('/hidden') ? admin : undefined)
    assert.equal(got.status, 200, path)
    assert.equal(got.headers.get('cache-control'), expected, path)
    assert.equal(got.headers.get('x-robots-tag'), expected === secret ? 'noindex' : null, path)
    if (expected !== immutable && expected !== secret) assert.ok(got.headers.has('etag'), path)
  }
  for (const slug of ['open', 'quiet']) {
    for (const path of ['/releases/1.0.0/notes.bin', '/releases/1.0.0/sha256.sum'])
      await check(`/${slug}${path}`, immutable)
    for (const path of [
      '',
      '/stable',
      '/latest',
      '/releases/1.0.0',
      '/stable/notes.bin',
      '/latest/notes.bin',
      '/stable/qr.svg',
      '/stable/sha256.sum',
    ]) {
      await check(`/${slug}${path}`, 'no-cache')
    }
  }
  await check(`${set}/notes.bin`, immutable)
  for (const path of [
    '',
    '/stable',
    '/releases/1.0.0',
    '/releases/1.0.0/notes.bin',
    '/stable/notes.bin',
    '/releases/1.0.0/sha256.sum',
  ])
    await check(`/hidden${path}`, secret)
  await check(draftSet, secret)
  await check(`${draftSet}/notes.bin`, secret)
  await app.ask('POST', `/api/v1/apps/open/releases/${id}/actions/publish`, { token: admin })
  await check('/open/releases/5.0.0/notes.bin', secret)
  await check('/open/releases/5.0.0', secret)
  await app.ask('POST', `/api/v1/apps/open/releases/${id}/actions/discard`, { token: admin })
  for (const path of ['/open/nothing', '/open/releases/9.9.9/x', '/api/v1/apps']) {
    assert.equal((await get(path)).headers.get('cache-control'), 'no-store', path)
  }
  const page = await get('/open')
  assert.match(page.headers.get('vary')!, /Authorization/)
})

test('moving URLs tell where the bytes stay, sums verify, and 304 goes only to those who may read', async () => {
  for (const path of ['/open/stable/notes.bin', '/open/latest/notes.bin']) {
    const got = await get(path)
    assert.equal(got.headers.get('content-location'), URL_)
    assert.deepEqual(got.bytes, bytes)
    assert.equal((await get(path, { 'If-None-Match': etag })).status, 304)
  }
  for (const path of ['/open/stable/sha256.sum', '/open/releases/1.0.0/sha256.sum', '/open/latest/sha256.sum']) {
    const sums = await app.ask('GET', path)
    const lines = sums.text.trimEnd().split('\n')
    assert.equal(lines.length, 4)
    assert.ok(lines.includes(`${digestHex(digestOf(bytes))}  notes.bin`))
  }
  assert.equal((await get('/hidden/stable/notes.bin', { 'If-None-Match': etag })).status, 404)
  assert.equal((await get('/hidden/stable/notes.bin', { 'If-None-Match': etag }, 'GET', admin)).status, 304)
})

test('selectors give one file, 300 with the list, or 404', async () => {
  await app.ask('POST', '/api/v1/apps', { token: admin, body: { slug: 'many', visibility: 'public' } })
  const { id } = await draft(app, admin, 'many', { version: '1.0.0', build: '7' }, [])
  for (const [fileName, platform, arch] of [
    ['a.bin', 'linux', 'x64'],
    ['b.bin', 'linux', 'arm64'],
    ['c.bin', 'macos', 'universal'],
    ['d.bin', 'macos', 'arm64'],
  ]) {
    const body = bytesOf(fileName!)
    const opened = await app.ask('POST', '/api/v1/uploads', {
      token: admin,
      body: { sizeBytes: body.length, digest: digestOf(body), fileName },
    })
    await app.ask('PATCH', `/api/v1/uploads/${opened.json.id}`, {
      token: admin,
      headers: { 'Content-Type': 'application/partial-upload', 'Upload-Offset': '0' },
      raw: body,
    })
    const attached = await app.ask('POST', `/api/v1/apps/many/releases/${id}/artifacts`, {
      token: admin,
      body: { uploadId: opened.json.id, platform, arch },
    })
    assert.equal(attached.status, 201, attached.text)
  }
  for (const action of ['publish', 'announce'])
    await app.ask('POST', `/api/v1/apps/many/releases/${id}/actions/${action}`, { token: admin })
  const pick = async (query: string) => {
    const answer = await app.ask('GET', `/many/latest/download?${query}`)
    return answer.status === 200 ? answer.text : `${answer.status} ${answer.json.code}`
  }
  assert.equal(await pick('platform=linux&arch=x64'), 'a.bin')
  assert.equal(await pick('platform=linux&arch=aarch64'), 'b.bin', 'an alias')
  assert.equal(await pick('platform=darwin&arch=arm64'), 'd.bin', 'the exact one before universal')
  assert.equal(await pick('platform=macos&arch=x64'), 'c.bin')
  assert.equal(await pick('platform=linux'), '300 artifact.ambiguous')
  assert.equal(await pick('platform=windows'), '404 artifact.not_found')
  assert.equal(await pick('platform=beos'), '422 request.invalid')
  assert.equal(await pick('platform=linux&arch=x64&noCache=1'), 'a.bin')
  const several = await app.ask('GET', '/many/latest/download?platform=linux')
  assert.equal(several.json.code, 'artifact.ambiguous')
  assert.deepEqual(
    several.json.details.files.map((f: { fileName: string }) => f.fileName),
    ['a.bin', 'b.bin'],
  )
  const asPage = await app.ask('GET', '/many/latest/download?platform=linux', { headers: { Accept: 'text/html' } })
  assert.equal(asPage.status, 300)
  for (const name of ['a.bin', 'b.bin']) {
    const link = `href="http://distd.test/many/releases/1.0.0+7/${name}"`
    assert.ok(asPage.text.includes(link), asPage.text)
  }
  const bare = await app.ask('GET', '/many/releases/1.0.0')
  assert.deepEqual([bare.status, bare.headers.get('location')], [302, 'http://distd.test/many/releases/1.0.0+7'])
  for (const ref of ['1.0.0+7', '1.0.0%2B7', '1.0.0%2b7'])
    assert.equal((await app.ask('GET', `/many/releases/${ref}/a.bin`)).text, 'a.bin', ref)

  const update = (query: string) => app.ask('GET', `/many/latest/update?${query}`)
  assert.equal((await update('platform=linux&arch=x64&version=0.9.0')).json.ref, '1.0.0+7')
  assert.equal((await update('platform=linux&arch=x64&version=0.9.0')).json.artifacts.length, 1)
  for (const query of [
    'version=1.0.0',
    'version=1.0.0&build=7',
    'version=1.0.0&build=8',
    'version=2.0',
    'version=0.9&platform=windows',
  ]) {
    const none = await update(query)
    assert.deepEqual([none.status, none.text], [204, ''], query)
  }
  assert.equal((await update('version=1.0.0&build=6')).status, 200)
  assert.equal((await update('version=nightly')).status, 200, 'an unknown order and another version')
  assert.equal((await update('version=%2e%2e')).json.code, 'update.version_invalid')
  assert.equal((await update('')).json.code, 'request.invalid')
  assert.equal((await app.ask('GET', '/many/nothing/update?version=1')).json.code, 'channel.not_found')
})

test('pages list only what the visitor may see and escape what others wrote', async () => {
  const names = async (token?: string) => {
    const answer = await app.ask('GET', '/api/v1/apps', { token })
    return answer.json.items.map((item: { slug: string }) => item.slug)
  }
  assert.ok(!(await names()).includes('quiet') && !(await names()).includes('hidden'))
  assert.ok((await names(admin)).includes('hidden'))
  assert.ok(!(await app.ask('GET', '/')).text.includes('/hidden'))
  const page = await app.ask('GET', '/open/releases/1.0.0')
  assert.ok(!page.text.includes('<script>alert'), page.text)
  assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/)
  assert.ok(!page.headers.get('content-security-policy')!.includes('unsafe-inline'))
  assert.match(page.headers.get('content-security-policy')!, /frame-ancestors 'none'/)
  const data = await app.ask('GET', '/open/stable', { headers: { Accept: 'application/json' } })
  assert.equal(data.json.ref, '1.0.0')
  assert.equal(data.json.setUrl, null)
})

test('the page of an app offers its default channel first, and the others by name', async () => {
  const token = admin
  await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'pick', visibility: 'public' } })
  await release(app, admin, 'pick', { version: '1.0.0' }, [{ fileName: 'a', bytes: bytesOf('pick') }])
  for (const channel of ['beta', 'nightly', 'stable']) {
    const path = `/api/v1/apps/pick/channels/${channel}/actions/promote`
    const moved = await app.ask('POST', path, { token, headers: { 'If-None-Match': '*' }, body: { release: '1.0.0' } })
    assert.equal(moved.status, 200, moved.text)
  }
  for (const [defaultChannel, order] of [
    [null, ['beta', 'nightly', 'stable']],
    ['stable', ['stable', 'beta', 'nightly']],
    ['later', ['beta', 'nightly', 'stable']],
  ] as const) {
    assert.equal((await app.ask('PATCH', '/api/v1/apps/pick', { token, body: { defaultChannel } })).status, 200)
    const page = await app.ask('GET', '/pick', { headers: { Accept: 'text/html' } })
    const data = await app.ask('GET', '/pick', { headers: { Accept: 'application/json' } })
    const links = [...page.text.matchAll(/href="\/pick\/([a-z]+)"/g)].map(([, name]) => name)
    const linked = links.filter((name) => name !== 'announcements' && name !== 'latest')
    assert.deepEqual(linked, order)
    assert.deepEqual(
      data.json.channels.map((channel: { name: string }) => channel.name),
      order,
    )
  }
})

test('with a public URL only its host is answered, and URLs are made of it alone', async () => {
  const bound = await createTestApp({ config: { publicUrl: 'https://dist.example', trustedProxies: ['127.0.0.1'] } })
  try {
    const { secret } = await bound.issue({ actions: ['admin'] })
    const ask = async (host: string, path: string, headers: Record<string, string> = {}) => {
      const response = await bound.fetch(
        new Request(`http://${host}${path}`, { headers: { Authorization: `Bearer ${secret}`, ...headers } }),
      )
      return { status: response.status, text: await response.text() }
    }
    for (const host of [
      'evil.example',
      'dist.example.evil.example',
      'dist.example:8080',
      '127.0.0.1',
      'xdist.example',
    ]) {
      const refused = await ask(host, '/api/v1/apps', { 'X-Forwarded-Host': 'dist.example' })
      assert.equal(refused.status, 421, host)
      assert.equal(JSON.parse(refused.text).code, 'request.misdirected')
      assert.equal((await ask(host, '/healthz')).status, 200)
    }
    assert.equal((await ask('DIST.example', '/api/v1/apps')).status, 200)
    await bound.fetch(
      new Request('http://dist.example/api/v1/apps', {
        method: 'POST',
        headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
        body: '{"slug":"notes"}',
      }),
    )
    const shown = await ask('dist.example', '/api/v1/apps/notes', {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
    })
    assert.equal(JSON.parse(shown.text).url, 'https://dist.example/notes')
  } finally {
    await bound.close()
  }
})

test('with a download URL files are named by it, and its host answers files and nothing else', async () => {
  const two = await createTestApp({
    config: { publicUrl: 'https://dist.example', downloadUrl: 'https://files.example' },
  })
  try {
    const { secret } = await two.issue({ actions: ['admin'] })
    const ask = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
      const response = await two.fetch(new Request(url.replace('https:', 'http:'), { method, headers }))
      return { status: response.status, text: await response.text() }
    }
    // The helper asks another host.
    const { publicUrl, downloadUrl } = two.deps.config
    Object.assign(two.deps.config, { publicUrl: undefined, downloadUrl: undefined })
    await two.ask('POST', '/api/v1/apps', { token: secret, body: { slug: 'notes', visibility: 'public' } })
    await release(two, secret, 'notes', { version: '1.0.0' }, [
      { fileName: 'a.bin', bytes: bytesOf('a') },
      { fileName: 'b.bin', bytes: bytesOf('b') },
    ])
    Object.assign(two.deps.config, { publicUrl, downloadUrl })

    const shown = JSON.parse((await ask('https://dist.example/api/v1/apps/notes/releases/1.0.0')).text)
    assert.equal(shown.url, 'https://dist.example/notes/releases/1.0.0')
    assert.equal(shown.artifacts[0].url, 'https://files.example/notes/releases/1.0.0/a.bin')
    const page = await ask('https://dist.example/notes/latest', { Accept: 'text/html' })
    assert.match(page.text, /href="https:\/\/files\.example\/notes\/releases\/1\.0\.0\/b\.bin"/)
    for (const path of ['/notes/releases/1.0.0/a.bin', '/notes/latest/a.bin']) {
      assert.deepEqual(await ask(`https://files.example${path}`), { status: 200, text: 'a' })
      assert.deepEqual(await ask(`https://dist.example${path}`), { status: 200, text: 'a' })
    }
    const answersAt = async (host: string) => {
      const statuses: number[] = []
      for (const path of ['/', '/notes', '/notes/latest', '/notes/releases/1.0.0', '/api/v1/apps', STYLE.path])
        statuses.push((await ask(`https://${host}${path}`)).status)
      return [...new Set(statuses)]
    }
    assert.deepEqual(await answersAt('files.example'), [421])
    assert.deepEqual(await answersAt('dist.example'), [200])
    assert.equal((await ask('https://files.example/healthz')).status, 200)

    // A page would load a stylesheet that this host does not answer.
    const html = { Accept: 'text/html' }
    const html300 = await ask('https://dist.example/notes/latest/download', html)
    assert.deepEqual([html300.status, html300.text.startsWith('<!doctype html>')], [300, true])
    for (const [host, path, code] of [
      ['files.example', '/notes/latest/download', 'artifact.ambiguous'],
      ['files.example', '/notes/latest/c.bin', 'artifact.not_found'],
      ['files.example', '/notes', 'request.misdirected'],
      ['other.example', '/notes', 'request.misdirected'],
    ] as const)
      assert.equal(JSON.parse((await ask(`https://${host}${path}`, html)).text).code, code, host + path)
    // What no route answers is no way around the host.
    for (const [host, probe, unknown, method] of [
      ['files.example', 405, 421, 421],
      ['other.example', 405, 421, 421],
      ['dist.example', 405, 404, 405],
    ] as const) {
      const statuses = [
        await ask(`https://${host}/healthz`, {}, 'POST'),
        await ask(`https://${host}/a/b/c/d/e`),
        await ask(`https://${host}/notes/latest/a.bin`, {}, 'PUT'),
      ].map(({ status }) => status)
      assert.deepEqual(statuses, [probe, unknown, method], host)
    }
    Object.assign(two.deps.config, { publicUrl: undefined })
    assert.deepEqual(await answersAt('files.example'), [421])
    assert.deepEqual(await answersAt('any.example'), [200])
  } finally {
    await two.close()
  }
})

test('without a public URL forwarded headers count from a trusted proxy only', async () => {
  const forwarded = { 'X-Forwarded-Host': 'dist.example', 'X-Forwarded-Proto': 'https' }
  const plain = await app.ask('GET', '/api/v1/apps/open', { headers: forwarded })
  assert.equal(plain.json.url, 'http://distd.test/open')
  const proxied = await createTestApp({ config: { trustedProxies: ['127.0.0.1'] } })
  try {
    const { secret: token } = await proxied.issue({ actions: ['admin'] })
    await proxied.ask('POST', '/api/v1/apps', { token, body: { slug: 'open' } })
    const url = async (headers: Record<string, string>) =>
      (await proxied.ask('GET', '/api/v1/apps/open', { token, headers })).json.url
    assert.equal(await url(forwarded), 'https://dist.example/open')
    for (const [trustedProxies, expected] of [
      [['10.0.0.0/8', '127.0.0.0/8'], 'https://dist.example/open'],
      [['10.0.0.0/8', '::1'], 'http://distd.test/open'],
      [['127.0.0.1/32'], 'https://dist.example/open'],
    ] as const) {
      Object.assign(proxied.deps.config, { trustedProxies })
      assert.equal(await url(forwarded), expected)
    }
    for (const host of ['a.example, b.example', 'a.example/x', 'a b', '"><script>', 'user@host']) {
      assert.ok(!(await url({ ...forwarded, 'X-Forwarded-Host': host })).includes(host), host)
    }
    // A port that is none, addresses that are none: as good as not named, also where a page is made of them.
    for (const host of [':', '[', '::', '[::', 'a.example:99999', 'a:b', '256.1.1.1', '1.2.3.4.5']) {
      const headers = { ...forwarded, 'X-Forwarded-Host': host }
      assert.equal(await url(headers), 'https://distd.test/open', host)
      for (const path of ['/login', '/nothing']) {
        const page = await proxied.ask('GET', path, { headers: { ...headers, Accept: 'text/html' } })
        assert.equal(page.status, path === '/login' ? 200 : 404, host)
      }
    }
  } finally {
    await proxied.close()
  }
})
