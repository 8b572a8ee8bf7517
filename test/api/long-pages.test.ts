import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draft, release, type TestApp, withNotes } from '../helpers/test-app.ts'

const RELEASES = 24
/** The longest text of a release and of an announcement. */
const LONG = 'x'.repeat(262_144)
const MAX_PAGE_BYTES = 4.5 * 2 ** 20
const file = { fileName: 'notes.bin', bytes: new TextEncoder().encode('notes') }

/** Refs or ids of a whole list, page after page; no page is long, and none is empty. */
async function wholeList(app: TestApp, path: string, idOf: (item: { ref: string; id: string }) => string) {
  const ids: string[] = []
  let pages = 0
  for (let cursor: string | null = ''; cursor !== null; pages++) {
    const page = await app.ask('GET', `${path}?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`)
    assert.equal(page.status, 200)
    assert.ok(page.text.length < MAX_PAGE_BYTES, `${page.text.length} bytes`)
    assert.ok(page.json.items.length > 0)
    ids.push(...page.json.items.map(idOf))
    cursor = page.json.nextCursor
  }
  assert.ok(pages > 1, 'it is cut')
  return ids
}

test('pages of lists are shorter where texts are long, and together they have everything', () =>
  withNotes({}, async (app, token) => {
    const announced: string[] = []
    for (let i = 0; i < RELEASES; i++) {
      const { id } = await draft(app, token, 'notes', { version: `1.0.${i}`, notes: LONG }, [file])
      await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
      const body = { body: LONG, releases: [{ app: 'notes', release: id }] }
      const made = await app.ask('POST', '/api/v1/announcements', { token, body })
      assert.equal(made.status, 201, made.text)
      announced.unshift(made.json.id)
      await app.clock.advance(1000)
    }
    const refs = announced.map((_, i) => `1.0.${RELEASES - 1 - i}`)
    assert.deepEqual(await wholeList(app, '/api/v1/apps/notes/releases', ({ ref }) => ref), refs)
    assert.deepEqual(await wholeList(app, '/api/v1/apps/notes/announcements', ({ id }) => id), announced)
    const page = await app.ask('GET', '/notes/announcements?limit=200', { headers: { Accept: 'text/html' } })
    assert.match(page.text, /Older announcements/)
    const feed = await app.ask('GET', '/notes/announcements.atom')
    assert.ok(feed.text.length < 600_000, `${feed.text.length} bytes`)
    const entries = feed.text.split('<entry>').length - 1
    assert.ok(entries >= 8 && entries < RELEASES, `${entries} entries`)
  }))

test('what one release knows of its files counts as its notes do', () =>
  withNotes({}, async (app, token) => {
    const made = await release(app, token, 'notes', { version: '1.0.0' }, [file])
    await release(app, token, 'notes', { version: '1.1.0' }, [file])
    // As long as facts get: the names of 2000 permissions of an app for Android.
    const facts = JSON.stringify({ format: 'file', permissions: Array.from({ length: 2000 }, () => 'p'.repeat(2300)) })
    await app.deps.store.write((tx) =>
      tx.updateTable('artifacts').set({ inspection: facts }).where('release_id', '=', made.id).execute(),
    )
    assert.deepEqual(await wholeListOfShort(app), ['1.1.0', '1.0.0'])
  }))

async function wholeListOfShort(app: TestApp): Promise<string[]> {
  const first = await app.ask('GET', '/api/v1/apps/notes/releases')
  const second = await app.ask('GET', `/api/v1/apps/notes/releases?cursor=${first.json.nextCursor}`)
  assert.deepEqual([first.json.items.length, second.json.items.length, second.json.nextCursor], [1, 1, null])
  return [...first.json.items, ...second.json.items].map(({ ref }: { ref: string }) => ref)
}
