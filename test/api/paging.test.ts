import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, release, type TestApp } from '../helpers/test-app.ts'

/** Walks a list by its cursors. */
async function walk(app: TestApp, token: string, path: string, limit: number): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`
    const page = await app.ask('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`, { token })
    assert.equal(page.status, 200, page.text)
    assert.ok(page.json.items.length <= limit)
    items.push(...page.json.items)
    cursor = page.json.nextCursor
    assert.equal(page.headers.has('link'), cursor !== null)
  }
  return items
}

test('lists give every item once and in order, whatever the size of a page', async () => {
  const app = await createTestApp()
  try {
    const token = (await app.issue({ actions: ['admin'] })).secret
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'zebra' } })
    // Ties (1.2 and 1.2.0), versions without an order, and drafts without an announcement.
    for (const version of ['1.0.0', '2.0.0', 'night-a', '1.2', '1.2.0', 'night-b', '3.0.0-rc.1', '10.0.0']) {
      await app.clock.advance(1000)
      await release(app, token, 'notes', { version }, [{ fileName: 'a', bytes: new TextEncoder().encode(version) }])
    }
    for (const version of ['5', '6', 'draft']) {
      await app.ask('POST', '/api/v1/apps/notes/releases', { token, body: { version } })
    }
    for (const name of ['beta', 'nightly', 'stable']) {
      await app.ask('PATCH', `/api/v1/apps/notes/channels/${name}`, { token, body: { policy: {} } })
    }
    const lists = {
      '/api/v1/apps': 2,
      '/api/v1/apps/notes/releases': 8,
      '/api/v1/apps/notes/releases?state=all': 11,
      '/api/v1/apps/notes/channels': 3,
      '/api/v1/tokens': 1,
      '/api/v1/audit': 55,
    }
    for (const [path, least] of Object.entries(lists)) {
      const whole = await walk(app, token, path, 200)
      assert.ok(whole.length >= least, `${path} has ${whole.length}`)
      for (const limit of [1, 2, 3, 7])
        assert.deepEqual(await walk(app, token, path, limit), whole, `${path} by ${limit}`)
    }
    const refs = (await walk(app, token, '/api/v1/apps/notes/releases', 3)).map((item) => item.ref)
    assert.deepEqual(refs, ['10.0.0', '3.0.0-rc.1', '2.0.0', '1.2.0', '1.2', '1.0.0', 'night-b', 'night-a'])
  } finally {
    await app.close()
  }
})
