import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { needPrograms } from '../helpers/debian.ts'
import { createTestApp, draft, type TestApp, type TestAppOptions } from '../helpers/test-app.ts'

const GRAMMAR = fileURLToPath(new URL('../vectors/atom.rng', import.meta.url))
const API = '/api/v1'

before(() => needPrograms({ xmllint: 'libxml2-utils', python3: 'python3-minimal' }))

function run(program: string, args: readonly string[], input: string) {
  const { status, stdout, stderr } = spawnSync(program, [...args], { input, encoding: 'utf8', maxBuffer: 64 << 20 })
  return { status, stdout, stderr }
}

interface ReadLink {
  readonly rel: string
  readonly type: string
  readonly href: string
  readonly title: string | null
}
interface ReadEntry {
  readonly id: string
  readonly title: string
  readonly updated: string
  readonly published: string
  readonly content: string
  readonly contentType: string
  readonly links: readonly ReadLink[]
}
interface ReadFeed extends Omit<ReadEntry, 'published' | 'content' | 'contentType'> {
  readonly authors: readonly string[]
  readonly entries: readonly ReadEntry[]
}

/** Another reader of XML than any of ours. */
const READER = `
import json, sys, xml.etree.ElementTree as E
N = '{http://www.w3.org/2005/Atom}'
root = E.fromstring(sys.stdin.buffer.read())
text = lambda e, name: e.findtext(N + name)
links = lambda e: [{'rel': l.get('rel'), 'type': l.get('type'), 'href': l.get('href'), 'title': l.get('title')} for l in e.findall(N + 'link')]
facts = lambda e: {'id': text(e, 'id'), 'title': text(e, 'title'), 'updated': text(e, 'updated'), 'links': links(e)}
assert root.tag == N + 'feed'
entries = [dict(facts(e), published=text(e, 'published'), content=text(e, 'content'), contentType=e.find(N + 'content').get('type')) for e in root.findall(N + 'entry')]
print(json.dumps(dict(facts(root), authors=[a.findtext(N + 'name') for a in root.findall(N + 'author')], entries=entries)))
`

/** The feed as two readers see it: it is valid by the grammar, and by what a grammar cannot say (RFC 4287 §4.1). */
function readFeed(xml: string): ReadFeed {
  const checked = run('xmllint', ['--noout', '--nonet', '--relaxng', GRAMMAR, '-'], xml)
  assert.equal(checked.status, 0, checked.stderr)
  const parsed = run('python3', ['-c', READER], xml)
  assert.equal(parsed.status, 0, parsed.stderr)
  const feed: ReadFeed = JSON.parse(parsed.stdout)
  assert.ok(feed.authors.length > 0, 'an author for entries without one')
  const ids = [feed.id, ...feed.entries.map(({ id }) => id)]
  assert.equal(new Set(ids).size, ids.length, 'ids are unique')
  for (const id of ids) assert.match(id, /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  for (const { links } of [feed, ...feed.entries]) {
    assert.equal(links.filter(({ rel }) => rel === 'alternate').length, 1)
    for (const { href } of links) assert.ok(URL.canParse(href), href)
  }
  const times = feed.entries.map(({ updated }) => updated)
  assert.deepEqual(times, [...times].sort().reverse(), 'newest first')
  return feed
}

async function inApp(options: TestAppOptions, run: (app: TestApp, token: string) => Promise<void>): Promise<void> {
  const app = await createTestApp(options)
  try {
    const { secret } = await app.issue({ actions: ['admin'] })
    await run(app, secret)
  } finally {
    await app.close()
  }
}

async function published(app: TestApp, token: string, slug: string, version: string, notes = ''): Promise<void> {
  const bytes = new TextEncoder().encode(`${slug} ${version}`)
  const { id } = await draft(app, token, slug, { version, notes }, [{ fileName: 'a.bin', bytes }])
  const sealed = await app.ask('POST', `${API}/apps/${slug}/releases/${id}/actions/publish`, { token })
  assert.equal(sealed.status, 200, sealed.text)
}

async function announce(app: TestApp, token: string, words: object, ...named: [string, string][]): Promise<string> {
  const body = { ...words, releases: named.map(([slug, release]) => ({ app: slug, release })) }
  const answer = await app.ask('POST', `${API}/announcements`, { token, body })
  assert.equal(answer.status, 201, answer.text)
  await app.clock.advance(60_000)
  return answer.json.id
}

const feedOf = async (app: TestApp, slug: string, token?: string) => {
  const answer = await app.ask('GET', `/${slug}/announcements.atom`, { token })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers.get('content-type'), 'application/atom+xml; charset=utf-8')
  return answer
}

test('the grammar refuses what RFC 4287 forbids', () => {
  const good = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:1</id><title>t</title><updated>2026-11-21T00:00:00Z</updated><author><name>n</name></author><link href="a"/><entry><id>urn:x:2</id><title>t</title><updated>2026-11-21T00:00:00Z</updated><content type="text">c</content></entry></feed>`
  const valid = (xml: string) => run('xmllint', ['--noout', '--nonet', '--relaxng', GRAMMAR, '-'], xml).status === 0
  assert.ok(valid(good))
  for (const [from, to] of [
    ['<id>urn:x:1</id>', ''],
    ['<title>t</title>', ''],
    ['<updated>2026-11-21T00:00:00Z</updated>', ''],
    ['<id>urn:x:2</id>', ''],
    ['<id>urn:x:1</id>', '<id>relative</id>'],
    ['<title>t</title>', '<title>t</title><title>t</title>'],
    ['2026-11-21T00:00:00Z', '2026-11-21'],
    ['2026-11-21T00:00:00Z', '2026-11-21 00:00:00Z'],
    ['<name>n</name>', ''],
    ['<link href="a"/>', '<link/>'],
    ['type="text"', 'type="markdown"'],
    ['<content type="text">c', '<content type="text"><b>c</b>'],
    ['<entry>', '<entry><other/>'],
    ['xmlns="http://www.w3.org/2005/Atom"', ''],
  ] as const) {
    assert.ok(good.includes(from))
    assert.ok(!valid(good.replace(from, to)), `${from} → ${to}`)
  }
})

test('an app without announcements has a feed without entries', () =>
  inApp({}, async (app, token) => {
    await app.ask('POST', `${API}/apps`, { token, body: { slug: 'notes', visibility: 'public', name: 'Notes' } })
    const feed = readFeed((await feedOf(app, 'notes')).text)
    assert.deepEqual([feed.entries, feed.title, feed.authors], [[], 'Notes: announcements', ['Notes']])
    assert.equal(feed.updated, '2026-11-21T00:00:00.000Z')
  }))

test('the feed of an app has an entry for each of its announcements, with what it says', () =>
  inApp({}, async (app, token) => {
    for (const slug of ['notes', 'sync']) {
      await app.ask('POST', `${API}/apps`, { token, body: { slug, visibility: 'public', owner: 'acme' } })
      for (const version of ['1.0.0', '1.1.0'])
        await published(app, token, slug, version, `Notes of ${slug} ${version}`)
    }
    const text = 'Line one\r\n\tline *two* & <three> ]]> "four"\n'
    const first = await announce(app, token, { title: 'Both', body: text }, ['notes', '1.0.0'], ['sync', '1.0.0'])
    const second = await announce(app, token, {}, ['notes', '1.1.0'])
    await announce(app, token, { body: 'not of notes' }, ['sync', '1.1.0'])

    const { text: xml, headers } = await feedOf(app, 'notes')
    const feed = readFeed(xml)
    assert.deepEqual(
      feed.entries.map(({ title, content, contentType, updated, published: at }) => [
        title,
        content,
        contentType,
        updated === at && at,
      ]),
      [
        ['notes 1.1.0', 'Notes of notes 1.1.0', 'text', '2026-11-21T00:01:00.000Z'],
        ['Both', text, 'text', '2026-11-21T00:00:00.000Z'],
      ],
    )
    assert.deepEqual([feed.updated, feed.authors], ['2026-11-21T00:01:00.000Z', ['acme']])
    const of = (links: readonly ReadLink[], rel: string) => links.filter((l) => l.rel === rel).map(({ href }) => href)
    assert.deepEqual(of(feed.links, 'self'), ['http://distd.test/notes/announcements.atom'])
    assert.deepEqual(of(feed.links, 'alternate'), ['http://distd.test/notes/announcements'])
    assert.deepEqual(
      feed.entries.flatMap(({ links }) => of(links, 'alternate')),
      [second, first].map((id) => `http://distd.test/notes/announcements/${id}`),
    )
    assert.deepEqual(of(feed.entries[1]!.links, 'related'), [
      'http://distd.test/notes/releases/1.0.0',
      'http://distd.test/sync/releases/1.0.0',
    ])
    // Every address answers.
    for (const href of [feed, ...feed.entries].flatMap(({ links }) => links.map((link) => link.href))) {
      assert.equal((await app.ask('GET', href.replace('http://distd.test', ''))).status, 200, href)
    }
    const again = await feedOf(app, 'notes')
    assert.deepEqual([again.text, again.headers.get('etag')], [xml, headers.get('etag')], 'the same bytes again')
    const sync = readFeed((await feedOf(app, 'sync')).text)
    assert.equal(sync.entries.length, 2)
    assert.equal(sync.entries[1]!.id, feed.entries[1]!.id, 'one announcement is one entry, in whatever feed')
    assert.notEqual(sync.id, feed.id)
  }))

test('an entry stays the same one when the server gets another address', () =>
  inApp({}, async (app, token) => {
    await app.ask('POST', `${API}/apps`, { token, body: { slug: 'notes', visibility: 'public' } })
    await published(app, token, 'notes', '1.0.0')
    await announce(app, token, {}, ['notes', '1.0.0'])
    const here = readFeed((await feedOf(app, 'notes')).text)
    const config = app.deps.config as { publicUrl?: string }
    config.publicUrl = 'https://dist.example/store'
    const request = new Request('https://dist.example/notes/announcements.atom')
    const moved = await app.fetch(request)
    assert.equal(moved.status, 200)
    const there = readFeed(await moved.text())
    assert.ok(there.links.every(({ href }) => href.startsWith('https://dist.example/store/')))
    assert.deepEqual(
      [there.id, there.entries.map(({ id, updated }) => [id, updated])],
      [here.id, here.entries.map(({ id, updated }) => [id, updated])],
    )
  }))

test('hostile names and texts come through as they are, and never as markup', () =>
  inApp({}, async (app, token) => {
    const names = [
      `</title><script>alert(1)</script>`,
      `"><x y='&amp;'>&#0;&#x1f;`,
      `<![CDATA[ ]]> <!-- -- --> <?xml?>`,
      `عربي 日本語 👩‍👩‍👧‍👦 e\u0301 \u{10ffff}`,
      `&lol9; %xxe; <!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`,
    ]
    const body = `${names.join('\n')}\r\n]]>\u0009<content type="html">&lt;img src=x onerror=alert(1)&gt;\ufffe\uffff`
    for (const [i, name] of names.entries()) {
      const slug = `app-${i}`
      const made = await app.ask('POST', `${API}/apps`, {
        token,
        body: { slug, visibility: 'public', name, owner: 'o' },
      })
      assert.equal(made.status, 201, made.text)
      await published(app, token, slug, '1.0.0')
      await published(app, token, slug, '1.0.1', body)
    }
    for (const [i, name] of names.entries()) {
      const slug = `app-${i}`
      await announce(app, token, { title: name, body }, [slug, '1.0.0'])
      await announce(app, token, {}, [slug, '1.0.1'])
      const feed = readFeed((await feedOf(app, slug)).text)
      assert.equal(feed.title, `${name}: announcements`)
      const shown = body.replace(/[\ufffe\uffff]/g, '\ufffd')
      assert.deepEqual(
        feed.entries.map(({ title, content }) => [title, content]),
        [
          [`${name} 1.0.1`, shown],
          [name, shown],
        ],
      )
      assert.equal(feed.entries[0]!.links.find(({ rel }) => rel === 'related')?.title, `${name} 1.0.1`)
    }
  }))

test('a feed has the newest fifty announcements', () =>
  inApp({}, async (app, token) => {
    await app.ask('POST', `${API}/apps`, { token, body: { slug: 'notes', visibility: 'public' } })
    for (let i = 0; i < 52; i++) {
      await published(app, token, 'notes', `1.0.${i}`)
      await announce(app, token, {}, ['notes', `1.0.${i}`])
    }
    const titles = readFeed((await feedOf(app, 'notes')).text).entries.map(({ title }) => title)
    assert.deepEqual([titles.length, titles[0], titles[49]], [50, 'notes 1.0.51', 'notes 1.0.2'])
  }))

test('a feed stays small, however much was said: entries are cut, and there are fewer', () =>
  inApp({}, async (app, token) => {
    await app.ask('POST', `${API}/apps`, { token, body: { slug: 'notes', visibility: 'public' } })
    const body = '&'.repeat(262_144)
    for (let i = 0; i < 52; i++) {
      await published(app, token, 'notes', `1.0.${i}`, i % 2 === 0 ? body : '')
      await announce(app, token, i % 2 === 0 ? {} : { body }, ['notes', `1.0.${i}`])
    }
    const { text } = await feedOf(app, 'notes')
    const feed = readFeed(text)
    assert.deepEqual(
      feed.entries.map(({ title }) => title),
      Array.from({ length: 15 }, (_, i) => `notes 1.0.${51 - i}`),
    )
    for (const { content } of feed.entries) assert.equal(content, `${'&'.repeat(32_768)}…`)
    assert.ok(text.length < 3_000_000)
  }))
