import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEVICE_FIELDS, DEVICE_HINTS } from '../../src/install/device/device.ts'
import { push } from '../helpers/push.ts'
import { type Answer, release, type TestApp, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'
import { AGENTS, chromeAgent, HINTS } from '../vectors/devices.ts'

const FILES = ['linux', 'windows', 'macos', 'android'].map((platform) => ({
  fileName: `notes-${platform}.bin`,
  bytes: new TextEncoder().encode(platform),
  platform,
}))

/** Runs on a release for several platforms and a branch build, with the paths of all pages that offer them. */
async function withPages(run: (app: TestApp, paths: readonly string[], token: string) => Promise<void>): Promise<void> {
  await withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, FILES)
    await push(app, token, 'main', 'linux-x64', textFile('one'))
    await push(app, token, 'main', 'windows-x64', textFile('two'))
    const paths = ['', '/latest', '/releases/1.0.0', '/branches/main', '/branches?branch=main']
    await run(
      app,
      paths.map((path) => `/notes${path}`),
      token,
    )
  })
}

/** Who asks: each is another device to the server, or none. */
const DEVICES: readonly Readonly<Record<string, string>>[] = [
  ...AGENTS.map(([, agent]) => ({ 'User-Agent': agent })),
  ...HINTS.map(([system, hints]) => ({
    'User-Agent': chromeAgent(system),
    ...Object.fromEntries(
      (hints.match(/"[^"]*"|\S+/g) ?? []).flatMap((value, at) => (value === '-' ? [] : [[DEVICE_HINTS[at]!, value]])),
    ),
  })),
]

function variesBy({ headers }: Answer): string[] {
  return (headers.get('vary') ?? '').toLowerCase().split(/,\s*/)
}

test('every page that offers something names all that it was chosen by, and asks for the hints', () =>
  withPages(async (app, paths) => {
    for (const path of paths) {
      for (const Accept of ['text/html', 'application/json']) {
        const answer = await app.ask('GET', path, { headers: { Accept } })
        assert.equal(answer.status, 200, path)
        for (const field of DEVICE_FIELDS) assert.ok(variesBy(answer).includes(field.toLowerCase()), `${path} ${field}`)
        assert.deepEqual(new Set(variesBy(answer)).size, variesBy(answer).length, 'each field once')
        assert.equal(answer.headers.get('accept-ch'), DEVICE_HINTS.join(', '))
        assert.equal(answer.headers.get('critical-ch'), 'Sec-CH-UA-Arch, Sec-CH-UA-Bitness')
      }
      const known = await app.ask('GET', path, { headers: { Accept: 'text/html' } })
      const again = await app.ask('GET', path, {
        headers: { Accept: 'text/html', 'If-None-Match': known.headers.get('etag')! },
      })
      assert.equal(again.status, 304)
      // A cache goes by what the newest answer says.
      assert.equal(again.headers.get('vary'), known.headers.get('vary'))
      assert.equal(again.headers.get('accept-ch'), known.headers.get('accept-ch'))
    }
  }))

test('no cache that follows Vary gives one device the page of another, nor takes one for the other by its ETag', () =>
  withPages(async (app, paths) => {
    let differing = 0
    for (const path of paths) {
      // As a cache keeps them (RFC 9111 §4.1): by the fields that Vary names.
      const kept = new Map<string, string>()
      const byEtag = new Map<string, string>()
      for (const headers of DEVICES) {
        const answer = await app.ask('GET', path, { headers: { Accept: 'text/html', ...headers } })
        const sent = new Headers({ Accept: 'text/html', ...headers })
        const key = JSON.stringify(variesBy(answer).map((field) => sent.get(field)))
        assert.equal(kept.get(key) ?? answer.text, answer.text, `${path} ${key}`)
        kept.set(key, answer.text)
        const etag = answer.headers.get('etag')!
        assert.equal(byEtag.get(etag) ?? answer.text, answer.text, 'one ETag is of one page')
        byEtag.set(etag, answer.text)
      }
      differing += byEtag.size
    }
    assert.ok(differing > paths.length * 10, `${differing} pages`)
  }))

test('programs are told the same whatever device they run on', () =>
  withPages(async (app, paths) => {
    for (const path of paths) {
      const answers = new Set<string>()
      for (const headers of DEVICES.slice(0, 30)) {
        answers.add((await app.ask('GET', path, { headers: { Accept: 'application/json', ...headers } })).text)
      }
      assert.equal(answers.size, 1, path)
    }
  }))

test('every file is on the page of every device, and the address may ask for another device', () =>
  withPages(async (app, paths) => {
    const [android] = AGENTS
    const page = async (path: string) =>
      (await app.ask('GET', path, { headers: { Accept: 'text/html', 'User-Agent': android![1] } })).text
    for (const path of paths.slice(0, 3)) {
      const html = await page(path)
      for (const { fileName } of FILES) assert.ok(html.includes(fileName), `${path} ${fileName}`)
      const place = (text: string, platform: string) => text.indexOf(`notes-${platform}.bin`)
      assert.ok(place(html, 'android') < place(html, 'windows'))
      const asked = await page(`${path}?platform=windows`)
      assert.ok(place(asked, 'windows') < place(asked, 'android'))
    }
    const build = await page('/notes/branches?branch=main&platform=ios')
    assert.match(build, /There is no build for iPhone and iPad/)
    assert.match(build, /This is for Windows and Linux\./)
    assert.equal((await app.ask('GET', '/notes/latest?platform=amiga')).status, 422)
    assert.equal((await app.ask('GET', '/notes/branches/main?platform=amiga')).status, 422)
  }))

test('the page of a branch build is one of a build: it says so, when it was replaced, and when it ends', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'linux-x64', textFile('one'), { expiresInDays: 2, category: 'catalog' })
    await app.clock.advance(60_000)
    await push(app, token, 'main', 'linux-arm64', textFile('two'))
    const html = async (path: string) => (await app.ask('GET', path, { headers: { Accept: 'text/html' } })).text
    const page = await html('/notes/branches/main')
    for (const text of [
      'This is a build, not a release',
      'Its files are replaced without notice.',
      'catalog',
      '2026-11-21 00:01 UTC',
      '2026-11-23 00:00 UTC',
      'branch',
      'href="/notes/branches/main/download?platform=linux&amp;arch=x64"',
      'href="/notes/branches/main/download?platform=linux&amp;arch=arm64"',
    ])
      assert.ok(page.includes(text), text)
    assert.doesNotMatch(page, /sha256\.sum/, 'a list of checksums would be of files that are replaced')
    for (const path of ['/notes', '/notes/branches']) {
      const list = await html(path)
      assert.match(list, /<span class="chip">branch<\/span>/, path)
      assert.ok(list.includes('updated 2026-11-21 00:01 UTC') && list.includes('expires 2026-11-23 00:00 UTC'), path)
    }
  }))
