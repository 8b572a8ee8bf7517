import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestHex, digestOf } from '../../src/bytes/digest.ts'
import { release, type TestApp, withNotes } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

const etagOf = (text: string) => `"sha256-${digestHex(digestOf(bytesOf(text)))}"`

const announce = (app: TestApp, token: string, version: string) =>
  release(app, token, 'notes', { version }, [
    { fileName: 'notes.bin', bytes: bytesOf(`notes ${version}`) },
    { fileName: 'notes.app.bin', bytes: bytesOf(`app ${version}`), platform: 'macos' },
  ])

/** Asserts that the URL is the file of this version for every client, also for one that holds the file of another. */
async function holds(app: TestApp, path: string, version: string, other: string): Promise<void> {
  const file = path.includes('macos') || path.includes('.app') ? 'notes.app.bin' : 'notes.bin'
  const text = (of: string) => `${file === 'notes.bin' ? 'notes' : 'app'} ${of}`
  const [etag, old] = [etagOf(text(version)), etagOf(text(other))]
  const ask = (headers: Record<string, string> = {}, method = 'GET') => app.ask(method, path, { headers })

  for (const headers of [{}, { 'If-None-Match': old }, { 'If-None-Match': `${old}, "x"` }] as Record<
    string,
    string
  >[]) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(headers, method)
      const name = `${method} ${path} ${JSON.stringify(headers)}`
      assert.deepEqual([answer.status, answer.text], [200, method === 'GET' ? text(version) : ''], name)
      assert.equal(answer.headers.get('etag'), etag, name)
      assert.equal(answer.headers.get('content-location'), `/notes/releases/${version}/${file}`, name)
      assert.equal(answer.headers.get('cache-control'), 'no-cache', name)
    }
  }
  for (const given of [etag, `${old}, ${etag}`]) {
    const unchanged = await ask({ 'If-None-Match': given })
    assert.deepEqual([unchanged.status, unchanged.text, unchanged.headers.get('etag')], [304, '', etag], path)
  }
  const part = { Range: 'bytes=0-2' }
  const resumed = await ask({ ...part, 'If-Range': old })
  assert.deepEqual([resumed.status, resumed.text], [200, text(version)], 'a download that began before starts anew')
  assert.equal((await ask({ ...part, 'If-Range': etag })).status, 206)
  assert.equal((await ask({ ...part, 'If-Match': old })).status, 412)
  const permanent = await app.ask('GET', `/notes/releases/${version}/${file}`)
  assert.deepEqual([permanent.status, permanent.text, permanent.headers.get('etag')], [200, text(version), etag])
}

test('the URLs of a channel change body, ETag and Content-Location with a promotion, and back with a rollback', () =>
  withNotes({}, async (app, token) => {
    await announce(app, token, '1.0.0')
    await announce(app, token, '1.1.0')
    const move = async (action: string, body: object, headers: Record<string, string>) => {
      const path = `/api/v1/apps/notes/channels/stable/actions/${action}`
      const moved = await app.ask('POST', path, { token, headers, body })
      assert.equal(moved.status, 200, moved.text)
      return moved.headers.get('etag')!
    }
    const urls = [
      '/notes/stable/download?platform=linux',
      '/notes/stable/download?platform=macos',
      '/notes/stable/notes.bin',
      '/notes/stable/notes.app.bin',
    ]
    const first = await move('promote', { release: '1.0.0' }, { 'If-None-Match': '*' })
    for (const url of urls) await holds(app, url, '1.0.0', '1.1.0')
    const second = await move('promote', { release: '1.1.0' }, { 'If-Match': first })
    for (const url of urls) await holds(app, url, '1.1.0', '1.0.0')
    await move('rollback', {}, { 'If-Match': second })
    for (const url of urls) await holds(app, url, '1.0.0', '1.1.0')
  }))

test('the URLs of latest change with an announcement, and back when it is yanked', () =>
  withNotes({}, async (app, token) => {
    const urls = ['/notes/latest/download?platform=linux', '/notes/latest/notes.app.bin']
    await announce(app, token, '1.0.0')
    for (const url of urls) await holds(app, url, '1.0.0', '1.1.0')
    await announce(app, token, '1.1.0')
    for (const url of urls) await holds(app, url, '1.1.0', '1.0.0')
    const path = '/api/v1/apps/notes/releases/1.1.0/actions/yank'
    assert.equal((await app.ask('POST', path, { token, body: { reason: 'broken' } })).status, 200)
    for (const url of urls) await holds(app, url, '1.0.0', '1.1.0')
  }))

test('the sums of a channel are those of the release that it holds', () =>
  withNotes({}, async (app, token) => {
    let headers: Record<string, string> = { 'If-None-Match': '*' }
    let old: string | null = null
    for (const version of ['1.0.0', '1.1.0']) {
      await announce(app, token, version)
      const path = '/api/v1/apps/notes/channels/stable/actions/promote'
      const moved = await app.ask('POST', path, { token, headers, body: { release: version } })
      headers = { 'If-Match': moved.headers.get('etag')! }
      const sums = await app.ask('GET', '/notes/stable/sha256.sum', {
        headers: old === null ? {} : { 'If-None-Match': old },
      })
      assert.deepEqual(
        [sums.status, sums.text],
        [
          200,
          `${digestHex(digestOf(bytesOf(`app ${version}`)))}  notes.app.bin\n` +
            `${digestHex(digestOf(bytesOf(`notes ${version}`)))}  notes.bin\n`,
        ],
      )
      const etag = sums.headers.get('etag')
      assert.ok(etag !== null && etag !== old)
      const again = await app.ask('GET', '/notes/stable/sha256.sum', { headers: { 'If-None-Match': etag } })
      assert.equal(again.status, 304)
      old = etag
    }
  }))
