import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { digestOf } from '../../src/bytes/digest.ts'
import { needPrograms } from '../helpers/debian.ts'
import { pageActions, pageFiles } from '../helpers/page-files.ts'
import { draft, type TestApp, upload, withNotes } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const html = { Accept: 'text/html' }

interface Given {
  readonly text: string
  readonly kind?: string
  readonly describes?: string
  readonly platform?: string
}

/** Publishes and announces files of several kinds. */
async function announce(
  app: TestApp,
  token: string,
  version: string,
  files: Readonly<Record<string, Given>>,
  slug = 'notes',
) {
  const { id } = await draft(app, token, slug, { version }, [])
  const path = `/api/v1/apps/${slug}/releases/${id}`
  for (const [fileName, { text, ...declared }] of Object.entries(files)) {
    const uploadId = await upload(app, token, { fileName, bytes: bytesOf(text) })
    const attached = await app.ask('POST', `${path}/artifacts`, { token, body: { uploadId, ...declared } })
    assert.equal(attached.status, 201, attached.text)
  }
  for (const action of ['publish', 'announce']) {
    const answer = await app.ask('POST', `${path}/actions/${action}`, { token })
    assert.equal(answer.status, 200, answer.text)
  }
  return (await app.ask('GET', path, { token })).json
}

const KINDS = {
  'notes.bin': { text: 'the app', platform: 'linux' },
  'notes.bin.sig': { text: 'a signature', kind: 'signature', describes: 'notes.bin' },
  'notes.debug': { text: 'symbols', kind: 'symbols', describes: 'notes.bin' },
  'notes.src.bin': { text: 'source', kind: 'source' },
} as const

test('what npm says of this project is taken as a bill of materials, and sha256sum accepts the list of sums', async () => {
  needPrograms({ npm: 'npm', sha256sum: 'coreutils' })
  const folder = await mkdtemp(join(tmpdir(), 'distd-sums-'))
  try {
    const { stdout } = await run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
      cwd: ROOT,
      maxBuffer: 64 << 20,
    })
    await withNotes({}, async (app, token) => {
      const made = await announce(app, token, '1.0.0', {
        ...KINDS,
        "it's  ünï (1).bin": { text: 'spaces and quotes', platform: 'linux' },
        'SHA256 (x) = y.bin': { text: 'the other form of such lists', platform: 'linux' },
        'bom.cdx.json': { text: stdout, kind: 'sbom', describes: 'notes.bin' },
      })
      const bom = made.artifacts.find((artifact: { fileName: string }) => artifact.fileName === 'bom.cdx.json')
      assert.deepEqual([bom.kind, bom.format, bom.describes, bom.platform], ['sbom', 'sbom', 'notes.bin', 'any'])
      assert.equal(bom.inspection.format, 'sbom')
      assert.deepEqual(
        bom.checks.filter((check: { level: string }) => check.level === 'error'),
        [],
      )

      for (const { fileName } of made.artifacts) {
        const got = await app.ask('GET', `/notes/releases/1.0.0/${encodeURIComponent(fileName)}`)
        await writeFile(join(folder, fileName), got.text)
      }
      await writeFile(join(folder, 'sha256.sum'), (await app.ask('GET', '/notes/releases/1.0.0/sha256.sum')).text)
      const checked = await run('sha256sum', ['--check', '--strict', 'sha256.sum'], { cwd: folder })
      assert.deepEqual(
        checked.stdout.trim().split('\n'),
        made.artifacts.map(({ fileName }: { fileName: string }) => `${fileName}: OK`),
      )
      await writeFile(join(folder, 'notes.bin'), 'another app')
      await assert.rejects(run('sha256sum', ['--check', '--strict', 'sha256.sum'], { cwd: folder }), /did NOT match/)
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('the files of a release are listed by kind and by what they describe, page by page', () =>
  withNotes({}, async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '0.1.0' }, [])
    const empty = await app.ask('GET', `/api/v1/apps/notes/releases/${id}/artifacts`, { token })
    assert.deepEqual([empty.status, empty.json], [200, { items: [], nextCursor: null }])
    assert.equal((await app.ask('GET', `/api/v1/apps/notes/releases/${id}/artifacts`)).status, 404, 'a draft')

    const made = await announce(app, token, '1.0.0', KINDS)
    const path = '/api/v1/apps/notes/releases/1.0.0/artifacts'
    const names = async (query: string) => {
      const answer = await app.ask('GET', `${path}?${query}`)
      assert.equal(answer.status, 200, answer.text)
      return answer.json.items.map((item: { fileName: string }) => item.fileName)
    }
    assert.deepEqual((await app.ask('GET', path)).json.items, made.artifacts)
    assert.deepEqual(await names('kind=signature'), ['notes.bin.sig'])
    assert.deepEqual(await names('kind=sbom'), [])
    assert.deepEqual(await names('describes=notes.bin'), ['notes.bin.sig', 'notes.debug'])
    assert.deepEqual(await names('describes=notes.bin&kind=symbols'), ['notes.debug'])
    assert.deepEqual(await names('describes=none'), [])

    const first = await app.ask('GET', `${path}?limit=3`)
    assert.equal(first.json.items.length, 3)
    assert.match(first.headers.get('link')!, /rel="next"/)
    assert.deepEqual(await names(`limit=3&cursor=${first.json.nextCursor}`), ['notes.src.bin'])
    for (const query of ['kind=apk', 'limit=0', 'cursor=LTE', `kind=sbom&cursor=${first.json.nextCursor}`]) {
      assert.equal((await app.ask('GET', `${path}?${query}`)).status, 422, query)
    }
  }))

test('a page tells attachments from what is installed, and says what each is about', () =>
  withNotes({}, async (app, token) => {
    await announce(app, token, '1.0.0', KINDS)
    const { text } = await app.ask('GET', '/notes/releases/1.0.0', { headers: html })
    assert.deepEqual(pageActions(text), ['Download notes.bin for Linux'])
    const files = pageFiles(text)
    assert.deepEqual([...files.keys()], ['notes.bin', 'notes.bin.sig', 'notes.debug', 'notes.src.bin'])
    const said = (name: string) => files.get(name)!.details[0]
    assert.equal(said('notes.bin.sig'), 'signature of notes.bin')
    assert.equal(said('notes.debug'), 'debug symbols of notes.bin')
    assert.equal(said('notes.src.bin'), 'source')
  }))

test('a library lives of its notes and its source: it is announced, the latest, and read without a binary', () =>
  withNotes({}, async (app, token) => {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'lib', visibility: 'public' } })
    const made = await announce(app, token, '1.0.0', { 'lib.src.bin': { text: 'source', kind: 'source' } }, 'lib')
    assert.deepEqual(
      made.artifacts.map(({ kind, platform, arch, digest }: Record<string, string>) => [kind, platform, arch, digest]),
      [['source', 'any', 'any', digestOf(bytesOf('source'))]],
    )
    assert.equal((await app.ask('GET', '/lib/latest/lib.src.bin')).text, 'source')
    assert.equal((await app.ask('GET', '/api/v1/apps/lib/releases/latest')).json.ref, '1.0.0')
    const page = await app.ask('GET', '/lib/releases/1.0.0', { headers: html })
    assert.doesNotMatch(page.text, /<article/)
    assert.match(page.text, /<h2>Attachments<\/h2>/)
  }))

test('no page tells a set URL, whoever looks and whatever state the release is in', () =>
  withNotes({}, async (app, token) => {
    const releases = []
    for (const [n, last] of ['publish', 'announce', 'yank'].entries()) {
      const made = await draft(app, token, 'notes', { version: `1.${n}.0` }, [
        { fileName: 'notes.bin', bytes: bytesOf(last) },
      ])
      releases.push(made)
      for (const action of ['publish', 'announce', 'yank'].slice(0, n + 1)) {
        const body = action === 'yank' ? { body: { reason: 'r' } } : {}
        await app.ask('POST', `/api/v1/apps/notes/releases/${made.id}/actions/${action}`, { token, ...body })
      }
    }
    const preview = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: '1.0.0' } })
    await app.ask('POST', '/api/v1/apps/notes/channels/stable/actions/promote', {
      token,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.1.0' },
    })
    const pages = [
      '/',
      '/notes',
      '/notes/latest',
      '/notes/stable',
      ...['1.0.0', '1.1.0', '1.2.0'].map((ref) => `/notes/releases/${ref}`),
      new URL(preview.json.preview.url).pathname,
      '/notes/announcements',
      new URL((await app.ask('GET', '/api/v1/apps/notes/announcements')).json.items[0].url).pathname,
      '/notes/announcements.atom',
    ]
    for (const page of pages) {
      for (const who of [undefined, token]) {
        const { status, text } = await app.ask('GET', page, { token: who, headers: html })
        assert.equal(status, 200, page)
        assert.ok(!text.includes('/sets/'), page)
        for (const { setUrl } of releases) assert.ok(!text.includes(setUrl.split('/').at(-1)), page)
      }
    }
  }))

test('set ids do not repeat and do not count', () =>
  withNotes({}, async (app, token) => {
    const ids: string[] = []
    for (let i = 0; i < 300; i++) {
      const { setUrl } = await draft(app, token, 'notes', { version: '1.0.0' }, [])
      ids.push(setUrl.split('/').at(-1)!)
    }
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(new Set(ids.map((id) => id.slice(0, 8))).size, ids.length, 'the first 32 bits alone tell them apart')
    assert.notDeepEqual(ids, ids.toSorted())
    // Each of the 128 bits is as often set as not: far from half of 300 is a bit that tells something.
    const values = ids.map((id) => BigInt(`0x${id}`))
    for (let bit = 0n; bit < 128n; bit++) {
      const set = values.filter((value) => ((value >> bit) & 1n) === 1n).length
      assert.ok(set > 75 && set < 225, `bit ${bit} is set in ${set} of 300`)
    }
  }))

test('a release whose tag has a slash is addressed by its version, and listed with what a client needs', () =>
  withNotes({}, async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0', tag: 'notes/v1.0.0', notes: '# First' }, [
      { fileName: 'notes.bin', bytes: bytesOf('a') },
    ])
    for (const action of ['publish', 'announce']) {
      await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/${action}`, { token })
    }
    assert.equal((await app.ask('GET', '/notes/releases/1.0.0/notes.bin')).text, 'a')
    const [item] = (await app.ask('GET', '/api/v1/apps/notes/releases')).json.items
    const { tag, version, notes, prerelease, announcedAt, artifacts } = item
    assert.deepEqual(
      [tag, version, notes, prerelease, announcedAt],
      ['notes/v1.0.0', '1.0.0', '# First', false, '2026-11-21T00:00:00.000Z'],
    )
    assert.deepEqual(
      artifacts.map(({ fileName, createdAt, url }: Record<string, string>) => [fileName, createdAt, url]),
      [['notes.bin', '2026-11-21T00:00:00.000Z', 'http://distd.test/notes/releases/1.0.0/notes.bin']],
    )
  }))
