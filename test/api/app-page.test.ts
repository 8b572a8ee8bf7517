import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inChannelScene } from '../helpers/channel-scene.ts'
import { pictured, pictureOf } from '../helpers/pictured.ts'
import { push } from '../helpers/push.ts'
import { createTestApp, release, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const HTML = { Accept: 'text/html' }

/** Text of a page from the heading of a section to the next one. */
function sectionOf(html: string, id: string): string {
  return new RegExp(`<section id="${id}">.*?</section>`, 's').exec(html)?.[0] ?? ''
}

test('the page of an app offers the release of its default channel, else the latest, else of the first channel', () =>
  inChannelScene(['1.0.0', '1.1.0', '2.0.0-beta.1'], async ({ app, token, promote }) => {
    const shown = async () =>
      /<h1>notes <span>(.*?)<\/span>/.exec((await app.ask('GET', '/notes', { headers: HTML })).text)?.[1]
    assert.equal(await shown(), '1.1.0', 'the latest, without a channel')
    assert.equal((await promote('stable', '1.0.0')).status, 200)
    assert.equal(await shown(), '1.1.0', 'the latest, without a default channel')
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { defaultChannel: 'stable' } })
    assert.equal(await shown(), '1.0.0')
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { defaultChannel: 'later' } })
    assert.equal(await shown(), '1.1.0', 'the default channel holds nothing')
  }))

test('an app whose releases are all prereleases offers that of its first channel by name', () =>
  inChannelScene(['2.0.0-beta.1', '2.0.0-beta.2'], async ({ app, promote }) => {
    await promote('edge', '2.0.0-beta.2')
    await promote('beta', '2.0.0-beta.1')
    const { text } = await app.ask('GET', '/notes', { headers: HTML })
    assert.match(text, /<h1>notes <span>2\.0\.0-beta\.1</)
    assert.ok(!text.includes('href="/notes/latest"'))
  }))

test('the page of an app lists channels with what they hold, releases and branch builds, each marked as what it is', () =>
  inChannelScene(['1.0.0', '1.1.0', '2.0.0-beta.1'], async ({ app, token, promote }) => {
    await promote('stable', '1.0.0')
    await app.clock.advance(3_600_000)
    await promote('stable', '1.1.0')
    await app.ask('PATCH', '/api/v1/apps/notes/channels/stable', { token, body: { policy: { protected: true } } })
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { defaultChannel: 'stable' } })
    assert.equal((await push(app, token, 'main', 'linux-x64', textFile('branch'))).status, 201)
    const { text } = await app.ask('GET', '/notes', { headers: HTML })
    const channels = sectionOf(text, 'channels')
    assert.match(channels, /href="\/notes\/stable">stable<\/a>.*chip">default<.*1\.1\.0.*since 2026-11-21 01:00 UTC/s)
    assert.match(channels, /href="\/notes\/latest"/)
    const releases = sectionOf(text, 'releases')
    assert.deepEqual(
      [...releases.matchAll(/releases\/([^"]+)"/g)].map(([, ref]) => ref),
      ['2.0.0-beta.1', '1.1.0', '1.0.0'],
    )
    assert.match(releases, /2\.0\.0-beta\.1<\/a>.*?chip">prerelease/s)
    assert.match(
      sectionOf(text, 'branches'),
      /href="\/notes\/branches\/main">main<\/a>.*chip">branch<.*updated 2026-11-21/s,
    )
    assert.ok(text.includes('href="/notes/announcements"'))
    assert.match(text, /<link rel="alternate" type="application\/atom\+xml"/)
  }))

test('an app without a release says so, and leads to its branch builds', () =>
  withNotes({}, async (app, token) => {
    const empty = (await app.ask('GET', '/notes', { headers: HTML })).text
    assert.match(empty, /There is nothing to install here yet/)
    assert.doesNotMatch(empty, /id="(?:channels|releases|branches)"|There is no build for/)
    await push(app, token, 'main', 'linux-x64', textFile('branch'))
    const built = (
      await app.ask('GET', '/notes', {
        headers: { ...HTML, 'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)' },
      })
    ).text
    assert.match(built, /Its branch builds are below/)
    assert.match(built, /href="\/notes\/branches\/main"/)
    assert.doesNotMatch(built, /There is no build for/)
  }))

test('all releases of an app are listed page by page, as a page and as facts', () =>
  withNotes({}, async (app, token) => {
    for (let patch = 0; patch < 23; patch++)
      await release(app, token, 'notes', { version: `1.0.${patch}` }, [textFile(`${patch}`)])
    const { text } = await app.ask('GET', '/notes', { headers: HTML })
    assert.equal([...sectionOf(text, 'releases').matchAll(/\/releases\/1/g)].length, 20)
    assert.match(text, /href="\/notes\/releases">All releases/)
    const list = await app.ask('GET', '/notes/releases', { headers: HTML })
    assert.equal([...list.text.matchAll(/href="\/notes\/releases\/1/g)].length, 23)
    assert.match(list.text, /href="\/notes">notes</, 'a way up')
    const data = (await app.ask('GET', '/notes/releases', { headers: { Accept: 'application/json' } })).json
    assert.deepEqual([data.items.length, data.items[0].ref, data.nextCursor], [23, '1.0.22', null])
    assert.equal((await app.ask('GET', '/notes/releases?cursor=bm90aGluZw')).status, 422)
  }))

test('the list of apps shows picture, version and who sees it, in as many statements for many apps as for one', async () => {
  const statements: string[] = []
  const app = await createTestApp({ onStatement: (text) => statements.push(text) })
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const { cookie } = await app.person({ role: 'viewer' })
    const reads = async () => {
      statements.length = 0
      const { text } = await app.ask('GET', '/', { cookie, headers: HTML })
      return { text, count: statements.filter((statement) => /^\s*select/i.test(statement)).length }
    }
    const add = async (slug: string, visibility: string) => {
      await app.ask('POST', '/api/v1/apps', { token, body: { slug, visibility, summary: `What ${slug} is for` } })
      await release(app, token, slug, { version: '1.2.0' }, [pictured('A.ipa', pictureOf(60))])
    }
    await add('one', 'public')
    await reads()
    const { count } = await reads()
    for (const [slug, visibility] of [
      ['two', 'private'],
      ['three', 'unlisted'],
      ['four', 'public'],
    ] as const)
      await add(slug, visibility)
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'five', visibility: 'public' } })
    await reads()
    const many = await reads()
    assert.equal(many.count, count)
    for (const [slug, chip] of [
      ['one', null],
      ['two', 'private'],
      ['three', 'unlisted'],
    ] as const) {
      const [item = ''] = new RegExp(`<li>(?:(?!</li>).)*href="/${slug}".*?</li>`, 's').exec(many.text) ?? []
      assert.match(item, new RegExp(`src="/${slug}/icon\\.png\\?v=[0-9a-f]{16}".*1\\.2\\.0.*What ${slug} is for`, 's'))
      assert.equal(/class="chip">(.*?)</.exec(item)?.[1] ?? null, chip)
    }
    const [plain = ''] = /<li>(?:(?!<\/li>).)*href="\/five".*?<\/li>/s.exec(many.text) ?? []
    assert.match(plain, /<span class="icon" aria-hidden="true">F</)
    const strangers = (await app.ask('GET', '/', { headers: HTML })).text
    assert.ok(!strangers.includes('/two') && !strangers.includes('/three') && !strangers.includes('class="chip"'))
  } finally {
    await app.close()
  }
})

test('the list of apps goes on past its first page, and says when there is none', () =>
  withNotes({}, async (app) => {
    await app.deps.store.write(async (tx) => {
      const notes = await tx.selectFrom('apps').selectAll().where('slug', '=', 'notes').executeTakeFirstOrThrow()
      for (let n = 0; n < 203; n++)
        await tx
          .insertInto('apps')
          .values({ ...notes, id: `app_${n}`, slug: `many-${String(n).padStart(3, '0')}` })
          .execute()
    })
    const first = (await app.ask('GET', '/', { headers: HTML })).text
    assert.equal([...first.matchAll(/href="\/many-\d+"/g)].length, 200)
    const [, next = ''] = /href="(\/\?cursor=[^"]+)"/.exec(first) ?? []
    const rest = (await app.ask('GET', next, { headers: HTML })).text
    assert.equal([...rest.matchAll(/href="\/many-\d+"/g)].length, 3)
    assert.ok(rest.includes('href="/notes"') && !rest.includes('cursor='))
    const data = (await app.ask('GET', '/', { headers: { Accept: 'application/json' } })).json
    assert.equal(next, `/?cursor=${data.nextCursor}`)
    await app.deps.store.write((tx) => tx.updateTable('apps').set({ visibility: 'private' }).execute())
    assert.match((await app.ask('GET', '/', { headers: HTML })).text, /No app is public here/)
    assert.match(
      (
        await app.ask('GET', '/', {
          token: (await app.issue({ actions: ['read'], apps: ['x'] })).secret,
          headers: HTML,
        })
      ).text,
      /There is no app here that you may see/,
    )
  }))
