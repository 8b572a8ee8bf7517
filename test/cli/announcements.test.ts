import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Announcement } from '../../src/model/announcement.ts'
import { PageOf } from '../../src/model/page.ts'
import { type DistOptions, type DistRun, dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { draft } from '../helpers/test-app.ts'

interface World {
  readonly app: ServedApp
  readonly folder: string
  /** Runs with the token of an admin, in `folder`. */
  readonly run: (argv: readonly string[] | string, options?: DistOptions) => Promise<DistRun>
  /** Seals a release; gives its id. */
  readonly published: (slug: string, version: string, build?: string) => Promise<string>
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const { secret: token } = await app.issue({ actions: ['admin'], name: 'root' })
    const run: World['run'] = (argv, options) =>
      dist(typeof argv === 'string' ? argv.split(' ') : argv, { server: app.url, token, cwd: folder, ...options })
    for (const slug of ['notes', 'sync']) {
      assert.equal((await run(['app', 'create', slug, '--name', `Acme ${slug}`, '--visibility', 'public'])).code, 0)
    }
    const published: World['published'] = async (slug, version, build) => {
      const bytes = new TextEncoder().encode(`${slug} ${version} ${build}`)
      const { id } = await draft(app, token, slug, { version, build }, [{ fileName: 'a.bin', bytes }])
      assert.equal((await run(`release publish ${slug} ${id}`)).code, 0)
      return id
    }
    await work({ app, folder, run, published })
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

test('dist announcement create makes releases of several apps live, list and show tell of it', async () => {
  await inWorld(async ({ app, folder, run, published }) => {
    await published('notes', '1.4.0', '1040')
    const id = await published('sync', '2.0.0')
    await writeFile(join(folder, 'NEWS.md'), '# News\n\nSync is here.\n')
    const created = await run([
      ...'announcement create notes@1.4.0+1040'.split(' '),
      `sync@${id}`,
      ...['--title', 'Sync is here', '--body', 'NEWS.md', '--json'],
    ])
    assert.equal(created.code, 0, created.stderr)
    const announcement = Announcement.parse(created.json)
    assert.deepEqual(
      announcement.releases.map(({ app: slug, ref, state }) => `${slug} ${ref} ${state}`),
      ['notes 1.4.0+1040 announced', 'sync 2.0.0 announced'],
    )
    assert.equal(announcement.body, '# News\n\nSync is here.\n')

    await published('notes', '1.4.1')
    const plain = await run('announcement create notes@1.4.1')
    assert.equal(plain.code, 0, plain.stderr)
    assert.match(
      plain.stdout,
      /^announced notes 1\.4\.1: http:\S+\/notes\/releases\/1\.4\.1\nannouncement ann_[0-9a-z]{26}: http:\S+\/notes\/announcements\/ann_[0-9a-z]{26}\n$/,
    )
    const list = await run('announcement list notes')
    const lines = list.stdout.split('\n').map((line) => line.split(/ {2,}/))
    assert.deepEqual(lines[0], ['ANNOUNCEMENT', 'AGE', 'RELEASES', 'TITLE'])
    assert.deepEqual(
      new Set(lines.slice(1, 3).map((cells) => cells.slice(2).join(' '))),
      new Set(['2 Sync is here', '1 Acme notes 1.4.1']),
    )
    const { items } = PageOf(Announcement).parse(
      (await run('announcement list sync --json', { token: undefined })).json,
    )
    assert.deepEqual(
      items.map((item) => item.id),
      [announcement.id],
    )
    const shown = await run(`announcement show ${announcement.id}`, { token: undefined })
    assert.equal(shown.code, 0, shown.stderr)
    for (const line of [
      /^announcement {2}ann_/m,
      /^title {9}Sync is here$/m,
      /^notes {2}1\.4\.0\+1040 {2}announced {2}http/m,
      /^\| # News$/m,
    ])
      assert.match(shown.stdout, line)
    assert.deepEqual((await run(`announcement show ${announcement.id} --json`)).json, announcement)
    for (const address of [announcement.url, `${announcement.url}/`])
      assert.deepEqual((await run(`announcement show ${address} --json`)).json, announcement)
    const word = await run('announcement show news --json')
    assert.deepEqual([word.code, word.error.code], [2, 'usage.invalid'])
    assert.match(word.error.message, /"news": expected its address or its id/)
    const none = await run(`announcement show ann_${'0'.repeat(26)} --json`)
    assert.deepEqual([none.code, none.error.code], [5, 'announcement.not_found'])
    assert.ok(app.requests.includes('POST /api/v1/announcements'))
  })
})

test('dist announcement create announces nothing when one release is not published, and names it', async () => {
  await inWorld(async ({ app, run, published }) => {
    await published('notes', '1.0.0')
    await published('sync', '1.0.0')
    assert.equal((await run('release announce sync 1.0.0')).code, 0)
    const refused = await run('announcement create notes@1.0.0 sync@1.0.0 --json')
    assert.deepEqual([refused.code, refused.error.code], [6, 'release.wrong_state'])
    assert.match(refused.error.message, /"1\.0\.0" of "sync"/)
    const absent = await run('announcement create notes@1.0.0 other@1.0.0 --json')
    assert.deepEqual([absent.code, absent.error.code], [5, 'release.not_found'])
    assert.equal((await run('release show notes 1.0.0 --json')).json.state, 'published')
    assert.deepEqual((await app.ask('GET', '/api/v1/apps/notes/announcements')).json.items, [])
  })
})

test('dist announcement create refuses what is wrong with the command line before it asks the server', async () => {
  await inWorld(async ({ app, folder, run }) => {
    await writeFile(join(folder, 'latin1.md'), new Uint8Array([0x67, 0xfc, 0x6e]))
    await writeFile(join(folder, 'large.md'), 'x'.repeat(262_145))
    const before = app.requests.length
    for (const [argv, code, error] of [
      ['announcement create', 2, 'usage.invalid'],
      ['announcement create notes', 2, 'usage.invalid'],
      ['announcement create notes@', 2, 'usage.invalid'],
      ['announcement create @1.0.0', 2, 'usage.invalid'],
      [`announcement create notes@1.0.0 --title ${'x'.repeat(201)}`, 2, 'usage.invalid'],
      ['announcement create notes@1.0.0 --body absent.md', 5, 'file.unreadable'],
      ['announcement create notes@1.0.0 --body latin1.md', 5, 'file.unreadable'],
      ['announcement create notes@1.0.0 --body large.md', 5, 'file.unreadable'],
    ] as const) {
      const refused = await run(`${argv} --json`)
      assert.deepEqual([refused.code, refused.error.code], [code, error], argv)
    }
    assert.equal(app.requests.length, before)
  })
})
