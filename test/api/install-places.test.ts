import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildSignedIpa } from '../fixtures/build-signed-ipa.ts'
import { pageActions, pageFiles, textOf } from '../helpers/page-files.ts'
import { push } from '../helpers/push.ts'
import { createTestApp, draft, type PublishedFile, type TestApp } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'
import { AGENTS } from '../vectors/devices.ts'

const EXPIRES_AT = new Date('2027-01-01T00:00:00.000Z')
const TESTFLIGHT = 'https://testflight.apple.com/join/AbCdEf12'

const ipa = async (type: 'enterprise' | 'development'): Promise<PublishedFile> => ({
  fileName: `Notes-${type}.ipa`,
  platform: 'ios',
  bytes: await buildSignedIpa({ type, expiresAt: EXPIRES_AT }),
})

interface Scene {
  readonly app: TestApp
  readonly token: string
  readonly id: string
  /** Paths of all pages of the release that are there before it is announced. */
  readonly early: readonly string[]
  page(path: string, agent?: string): Promise<string>
  announce(): Promise<void>
}

/** A published release of the public app `notes`, with a file of each kind of platform and each way onto an iPhone. */
async function inScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const app = await createTestApp({ config: { publicUrl: 'https://distd.test', logLevel: 'debug' } })
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
      const answer = await app.ask(method, `/api/v1${path}`, { token, headers, ...(body && { body }) })
      assert.ok(answer.status < 300, answer.text)
      return answer.json
    }
    await call('POST', '/apps', { slug: 'notes', visibility: 'public' })
    const files = [await ipa('enterprise'), await ipa('development'), { fileName: 'notes.deb', bytes: buildDeb() }]
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, files)
    const path = `/apps/notes/releases/${id}`
    await call('POST', `${path}/links`, { platform: 'ios', kind: 'testflight', url: TESTFLIGHT })
    const { release } = await call('POST', `${path}/actions/publish`)
    const { preview } = await call('POST', '/previews', { app: 'notes', release: id })
    await work({
      app,
      token,
      id,
      early: [new URL(release.setUrl).pathname, new URL(preview.url).pathname],
      async page(path, agent = 'curl/8.5.0') {
        const answer = await app.ask('GET', path, { headers: { Accept: 'text/html', 'User-Agent': agent } })
        assert.equal(answer.status, 200, path)
        return answer.text
      },
      async announce() {
        await call('POST', `${path}/actions/announce`)
        const first = { 'If-None-Match': '*' }
        await call('POST', '/apps/notes/channels/stable/actions/promote', { release: '1.0.0' }, first)
      },
    })
  } finally {
    await app.close()
  }
}

/** What a device sends of which the server says so much. */
const agentOf = (label: string) => AGENTS.find(([, , , each]) => each === label)![1]

/** Addresses of the links of a page that are called so. */
function linksCalled(html: string, name: string): string[] {
  return [...html.matchAll(/<a [^>]*?href="([^"]*)"[^>]*>(.*?)<\/a>/gs)].flatMap(([, href = '', text = '']) =>
    textOf(text) === name ? [textOf(href)] : [],
  )
}

/** What a page says of files, whatever their address. */
function saidOf(html: string) {
  return [...pageFiles(html)].map(([name, { title, machine, details, facts, verdicts, sha256 }]) => ({
    ...{ name, title, machine, details, facts, sha256 },
    verdicts: verdicts.toSorted(),
  }))
}

test('a release says the same of its files at every address, and leads to its permanent page from all others', () =>
  inScene(async ({ early, page, announce, app, token, id }) => {
    const before = saidOf(await page(early[0]!))
    assert.equal(before.length, 3)
    for (const path of early) {
      const html = await page(path)
      assert.deepEqual(saidOf(html), before, path)
      assert.deepEqual(linksCalled(html, 'Permanent page'), [], 'it may be discarded')
      assert.ok(html.includes(`<img src="${path}/qr.svg"`), `${path} shows its code without a script`)
    }
    const stored = (await app.ask('GET', `/api/v1/apps/notes/releases/${id}`, { token })).json.artifacts
    await announce()
    for (const path of [...early, '/notes', '/notes/stable', '/notes/latest', '/notes/releases/1.0.0']) {
      const html = await page(path)
      assert.deepEqual(saidOf(html), before, path)
      const isPermanent = path === '/notes/releases/1.0.0'
      assert.deepEqual(linksCalled(html, 'Permanent page'), isPermanent ? [] : ['/notes/releases/1.0.0'], path)
      assert.ok(html.includes(`<img src="${path}/qr.svg"`), path)
    }
    assert.deepEqual(
      before.map(({ name, sha256 }) => [name, `sha256:${sha256}`]).toSorted(),
      stored.map(({ fileName, digest }: Record<string, string>) => [fileName, digest]).toSorted(),
    )
  }))

test('every page of a release is that of the device that asks, and holds what is for others', () =>
  inScene(async ({ early, page, announce }) => {
    await announce()
    const [iPhone, linux] = [agentOf('an iPhone with iOS 17.5.1'), agentOf('Linux on 64-bit Intel and AMD')]
    for (const path of [...early, '/notes', '/notes/stable', '/notes/latest', '/notes/releases/1.0.0']) {
      for (const [agent, first] of [
        [iPhone, 'Open in TestFlight for iPhone and iPad'],
        [linux, 'Download notes.deb for Linux'],
      ] as const) {
        const html = await page(path, agent)
        assert.equal(pageActions(html)[0], first, path)
        assert.equal(pageFiles(html).size, 3, path)
        assert.deepEqual(linksCalled(html, 'Linux').length, 1, path)
      }
    }
  }))

test('the line that installs is that of the address, of the channel of an app on its page, and of nothing that is not announced', () =>
  inScene(async ({ early, page, announce }) => {
    const lines = (html: string) =>
      [...html.matchAll(/<code>(curl [^<]* \| sh)<\/code>/g)].map(([, line = '']) => textOf(line))
    for (const path of early) assert.deepEqual(lines(await page(path)), [], path)
    await announce()
    for (const [path, folder] of [
      ['/notes', '/notes/latest'],
      ['/notes/latest', '/notes/latest'],
      ['/notes/stable', '/notes/stable'],
      ['/notes/releases/1.0.0', '/notes/releases/1.0.0'],
    ] as const)
      assert.deepEqual(lines(await page(path)), [`curl -fsSL https://distd.test${folder}/install.sh | sh`], path)
  }))

test('of one release API and page tell the three ways onto an iPhone apart', () =>
  inScene(async ({ app, token, page, announce }) => {
    await announce()
    const { json } = await app.ask('GET', '/api/v1/apps/notes/releases/1.0.0', { token })
    assert.deepEqual(
      json.artifacts.map(({ fileName, install }: { fileName: string; install: object | null }) => [fileName, install]),
      [
        ['Notes-development.ipa', { mode: 'download' }],
        ['Notes-enterprise.ipa', { mode: 'enterprise' }],
        ['notes.deb', { mode: 'file' }],
      ],
    )
    assert.deepEqual(
      json.links.map(({ kind, url }: Record<string, string>) => [kind, url]),
      [['testflight', TESTFLIGHT]],
    )
    const html = await page('/notes/stable', agentOf('an iPhone with iOS 17.5.1'))
    assert.deepEqual(
      pageActions(html).filter((name) => !name.includes('Linux')),
      [
        'Open in TestFlight for iPhone and iPad',
        'Install on an enrolled device Notes-enterprise.ipa for iPhone and iPad',
      ],
    )
    assert.deepEqual(linksCalled(html, 'Open in TestFlight for iPhone and iPad'), [TESTFLIGHT])
    const file = pageFiles(html).get('Notes-development.ipa')!
    assert.equal(file.url, null)
    assert.ok(file.verdicts.some((verdict) => verdict.includes('An iPhone does not install this from a web page')))
    assert.deepEqual(html.match(/href="\/[^"]*\.ipa"/g), null)
  }))

test('what is pushed to a branch build again is on its page at the same address, and what it replaced is not', () =>
  inScene(async ({ app, token, page }) => {
    const shown = async (text: string) => {
      const { status } = await push(app, token, 'pr-7', 'linux-x64', textFile(text))
      assert.ok(status === 201 || status === 200)
      const html = await page('/notes/branches/pr-7')
      const { sha256, url } = pageFiles(html).get('notes.bin')!
      assert.equal((await app.ask('GET', url!)).text, text)
      return { html, sha256: sha256! }
    }
    const [first, second] = [await shown('one'), await shown('two')]
    assert.notEqual(first.sha256, second.sha256)
    assert.ok(!second.html.includes(first.sha256))
    assert.deepEqual(linksCalled(second.html, 'Permanent page'), [])
  }))

test('a UDID that is asked about is kept nowhere: no log tells it at any level, and no event', () =>
  inScene(async ({ app, token, announce }) => {
    await announce()
    const udid = '00008030-00AB12CD34EF5678'
    const lines: string[] = []
    Object.assign(app.deps, { log: (...line: unknown[]) => lines.push(JSON.stringify(line)) })
    for (const [path, status] of [
      [`/notes/latest?udid=${udid}`, 200],
      [`/notes/latest?udid=${udid}&file=none.ipa`, 200],
      [`/notes/latest?udid=${udid}&platform=none`, 422],
      [`/notes/latest?udid=${udid}${'0'.repeat(300)}`, 422],
      [`/notes/none?udid=${udid}`, 404],
    ] as const) {
      const answer = await app.ask('GET', path, { headers: { Accept: 'text/html' } })
      assert.equal(answer.status, status, path)
      assert.match(answer.headers.get('cache-control')!, /\bno-store$/, path)
    }
    assert.ok(lines.filter((line) => line.includes('"/notes/')).length >= 5, 'requests are told')
    const audit = await app.ask('GET', '/api/v1/audit?limit=200', { token })
    for (const text of [...lines, audit.text]) assert.ok(!text.includes(udid), text)
  }))
