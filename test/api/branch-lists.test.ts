import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createId } from '../../src/model/ids.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { push } from '../helpers/push.ts'
import { type TestApp, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const API = '/api/v1/apps/notes/branches'
const permissions = Array.from({ length: 1500 }, (_, i) => `com.example.permission.${'X'.repeat(60)}${i}`)

/** Every page of a list, by its cursors. */
async function pagesOf(app: TestApp, path: string, headers: Record<string, string> = {}) {
  const pages: { names: string[]; bytes: number }[] = []
  for (let cursor = ''; ; ) {
    const { json, text } = await app.ask(
      'GET',
      `${path}${cursor && `${path.includes('?') ? '&' : '?'}cursor=${cursor}`}`,
      {
        headers,
      },
    )
    pages.push({ names: json.items.map(({ name }: { name: string }) => name), bytes: text.length })
    if (json.nextCursor === null) return pages
    cursor = json.nextCursor
  }
}

/** Copies of the only branch build, as many pushes would make. */
async function copy({ clock, deps: { store, random } }: TestApp, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `n${String(i).padStart(4, '0')}`)
  await store.write(async (tx) => {
    const branch = await tx.selectFrom('branches').selectAll().executeTakeFirstOrThrow()
    const slot = await tx.selectFrom('branch_slots').selectAll().executeTakeFirstOrThrow()
    for (const [i, name] of names.entries()) {
      const id = createId('branch', clock.now() + 1 + i, random(10))
      await tx
        .insertInto('branches')
        .values({ ...branch, id, name })
        .execute()
      await tx
        .insertInto('branch_slots')
        .values({ ...slot, branch_id: id })
        .execute()
    }
  })
  return names
}

test('a page of branch builds with long facts is short, and all of them come', () =>
  withNotes({}, async (app, token) => {
    const apk = { fileName: 'n.apk', bytes: buildApk({ versionCode: 7, permissions }) }
    assert.equal((await push(app, token, 'a', 'android-any', apk)).status, 201)
    const names = ['a', ...(await copy(app, 80))]
    const pages = await pagesOf(app, `${API}?limit=200`)
    assert.ok(pages.length > 1)
    for (const { bytes } of pages) assert.ok(bytes < 8 << 20, `${bytes} bytes`)
    assert.deepEqual(
      pages.flatMap((page) => page.names),
      names,
    )
    for (const path of ['/notes', '/notes/branches'])
      for (const accept of ['application/json', 'text/html'])
        assert.ok((await app.ask('GET', path, { headers: { Accept: accept } })).text.length < 100_000, path)
  }))

test('the page of branch builds leads to all of them', () =>
  withNotes({}, async (app, token) => {
    assert.equal((await push(app, token, 'a', 'any-any', textFile('one'))).status, 201)
    const names = ['a', ...(await copy(app, 450))]
    const json = { Accept: 'application/json' }
    const pages = await pagesOf(app, '/notes/branches', json)
    assert.deepEqual(
      pages.map((page) => page.names.length),
      [200, 200, 51],
    )
    assert.deepEqual(
      pages.flatMap((page) => page.names),
      names,
    )
    const seen: string[] = []
    for (let next: string | undefined = '/notes/branches'; next !== undefined; ) {
      const { text } = await app.ask('GET', next, { headers: { Accept: 'text/html' } })
      seen.push(...[...text.matchAll(/href="\/notes\/branches\/([^"]+)"/g)].map(([, name]) => name!))
      next = /href="(\/notes\/branches\?cursor=[^"]+)"/.exec(text)?.[1]
    }
    assert.deepEqual(seen, names)
    assert.equal((await app.ask('GET', '/notes/branches?cursor=%21', { headers: json })).json.code, 'request.invalid')
  }))

test('a name that no branch build has is not repeated where it may hide what it says', () =>
  withNotes({}, async (app) => {
    for (const name of ['\u202efdp', '\u200bx', 'a\u0007', '../x']) {
      const { text, status } = await app.ask('GET', `/notes/branches?branch=${encodeURIComponent(name)}`, {
        headers: { Accept: 'text/html' },
      })
      assert.equal(status, 404)
      assert.ok(!text.includes(name), JSON.stringify(name))
    }
  }))
