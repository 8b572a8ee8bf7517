import assert from 'node:assert/strict'
import { test } from 'node:test'
import { act } from '../helpers/release-actions.ts'
import { draft, type TestApp, withNotes } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const HOUR_MS = 3_600_000

const RELEASES = '/api/v1/apps/notes/releases'
const reserve = (app: TestApp, token: string, version: string, key?: string, more: object = {}) =>
  app.ask('POST', RELEASES, {
    token,
    body: { version, reserve: true, ...more },
    ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
  })

async function attach(app: TestApp, token: string, id: string): Promise<void> {
  const link = { platform: 'linux', kind: 'web', url: 'https://example.com/' }
  assert.equal((await app.ask('POST', `${RELEASES}/${id}/links`, { token, body: link })).status, 201)
}

test('a planned draft knows its final URLs, and holds its ref against every other draft until it is sealed', () =>
  withNotes({}, async (app, token) => {
    const planned = await reserve(app, token, '1.0.0')
    assert.equal(planned.status, 201, planned.text)
    assert.equal(planned.json.reservedUntil, '2026-11-22T00:00:00.000Z')
    assert.equal(planned.json.url, 'http://distd.test/notes/releases/1.0.0')
    assert.deepEqual(planned.json.artifacts, [])

    const second = await reserve(app, token, '1.0.0')
    assert.deepEqual([second.status, second.json.code], [409, 'release.reserved'])
    assert.deepEqual(second.json.details, {
      ref: '1.0.0',
      draft: planned.json.id,
      reservedUntil: planned.json.reservedUntil,
    })
    // A draft claims nothing, so another one may be begun; sealing it is what is refused.
    const other = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('other')])
    assert.equal(other.reservedUntil, null)
    const sealed = await act(app, token, other.id, 'publish')
    assert.deepEqual([sealed.status, sealed.json.code], [409, 'release.reserved'])
    assert.equal((await app.ask('GET', `${RELEASES}/${other.id}`, { token })).json.state, 'draft')

    await attach(app, token, planned.json.id)
    const published = await act(app, token, planned.json.id, 'publish')
    assert.deepEqual([published.status, published.json.created], [200, true], published.text)
    assert.equal(published.json.release.url, planned.json.url)
    assert.equal(published.json.release.setUrl, planned.json.setUrl)
    assert.equal(published.json.release.reservedUntil, null)
    assert.equal((await act(app, token, other.id, 'publish')).json.code, 'release.conflict')
  }))

test('a reservation is of one ref of one app', () =>
  withNotes({}, async (app, token) => {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'other' } })
    assert.equal((await reserve(app, token, '1.0.0')).status, 201)
    assert.equal((await reserve(app, token, '1.0.0', undefined, { build: '7' })).status, 201)
    assert.equal((await reserve(app, token, '1.0.1')).status, 201)
    const elsewhere = await app.ask('POST', '/api/v1/apps/other/releases', {
      token,
      body: { version: '1.0.0', reserve: true },
    })
    assert.equal(elsewhere.status, 201)
  }))

test('a reservation ends when its draft is discarded, and to the millisecond after 24 hours', () =>
  withNotes({}, async (app, token) => {
    const first = await reserve(app, token, '1.0.0')
    assert.equal((await act(app, token, first.json.id, 'discard')).status, 204)
    const second = await reserve(app, token, '1.0.0')
    assert.equal(second.status, 201, second.text)

    await app.clock.advance(24 * HOUR_MS - 1)
    assert.equal((await reserve(app, token, '1.0.0')).json.code, 'release.reserved')
    await app.clock.advance(1)
    const third = await reserve(app, token, '1.0.0')
    assert.equal(third.status, 201, third.text)
    // Whoever came late finds the ref held, and takes it when it is free: the draft itself was not touched.
    await attach(app, token, second.json.id)
    assert.equal((await act(app, token, second.json.id, 'publish')).json.code, 'release.reserved')
    await act(app, token, third.json.id, 'discard')
    assert.equal((await act(app, token, second.json.id, 'publish')).status, 200)
  }))

test('the same key of the same principal renews a reservation, and takes it from nobody', () =>
  withNotes({}, async (app, token) => {
    const first = await reserve(app, token, '1.0.0', 'plan')
    await app.clock.advance(20 * HOUR_MS)
    const renewed = await reserve(app, token, '1.0.0', 'plan')
    assert.deepEqual([renewed.status, renewed.json.id], [200, first.json.id])
    assert.equal(renewed.json.reservedUntil, '2026-11-22T20:00:00.000Z')
    const stranger = (await app.issue({ actions: ['publish'] })).secret
    assert.equal((await reserve(app, stranger, '1.0.0', 'plan')).json.code, 'release.reserved')
    // The key alone resumes the draft and leaves what it holds.
    const resumed = await app.ask('POST', RELEASES, {
      token,
      headers: { 'Idempotency-Key': 'plan' },
      body: { version: '1.0.0' },
    })
    assert.deepEqual([resumed.status, resumed.json.reservedUntil], [200, renewed.json.reservedUntil])

    await app.clock.advance(25 * HOUR_MS)
    assert.equal((await reserve(app, stranger, '1.0.0', 'plan')).status, 201)
    const late = await reserve(app, token, '1.0.0', 'plan')
    assert.deepEqual([late.status, late.json.code], [409, 'release.reserved'])
  }))

test('what a release has cannot be reserved, in any state after the seal', () =>
  withNotes({}, async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('a')])
    const steps: [action: string, body: object | undefined, state: string][] = [
      ['publish', undefined, 'published'],
      ['announce', undefined, 'announced'],
      ['yank', { reason: 'r' }, 'yanked'],
      ['purge', { reason: 'r' }, 'purged'],
    ]
    for (const [action, body, state] of steps) {
      assert.equal((await act(app, token, id, action, body)).status, 200)
      const refused = await reserve(app, token, '1.0.0')
      assert.deepEqual([refused.status, refused.json.code], [409, 'release.conflict'], state)
      assert.deepEqual(refused.json.details, { ref: '1.0.0', state })
    }
  }))

test('of many planners of one version at once exactly one holds it', () =>
  withNotes({}, async (app, token) => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => reserve(app, token, '1.0.0', `plan-${i}`)))
    const codes = answers.map((answer) => (answer.status === 201 ? 'held' : answer.json.code))
    assert.equal(codes.filter((code) => code === 'held').length, 1)
    assert.equal(codes.filter((code) => code === 'release.reserved').length, 29)
  }))

test('the audit log tells who holds a ref, until when, and that it was given up', () =>
  withNotes({}, async (app, token) => {
    const { id } = (await reserve(app, token, '1.0.0', 'plan')).json
    await app.clock.advance(HOUR_MS)
    await reserve(app, token, '1.0.0', 'plan')
    await act(app, token, id, 'discard')
    const events = (await app.ask('GET', '/api/v1/audit?limit=3', { token })).json.items
    type Event = { action: string; object: string; before: object | null; after: Record<string, unknown> }
    assert.deepEqual(
      events.map(({ action, object }: Event) => [action, object]),
      ['discarded', 'reserved', 'drafted'].map((verb) => [`release.${verb}`, `release:${id}`]),
    )
    const [discarded, reserved, drafted] = events as Event[]
    assert.equal(drafted!.after.reservedUntil, '2026-11-22T00:00:00.000Z')
    assert.deepEqual(reserved!.before, { reservedUntil: '2026-11-22T00:00:00.000Z' })
    assert.deepEqual(reserved!.after, { ref: '1.0.0', reservedUntil: '2026-11-22T01:00:00.000Z' })
    assert.deepEqual(discarded!.before, { state: 'draft', ref: '1.0.0', reservedUntil: '2026-11-22T01:00:00.000Z' })
  }))

test('a flag that denies what the version says is refused before anything is stored', () =>
  withNotes({}, async (app, token) => {
    const begin = (body: object) => app.ask('POST', RELEASES, { token, body })
    for (const version of ['1.0.0-rc.1', '2.0.0-0']) {
      const refused = await begin({ version, prerelease: false })
      assert.deepEqual([refused.status, refused.json.code], [422, 'release.prerelease_mismatch'], version)
    }
    assert.equal((await app.ask('GET', `${RELEASES}?state=draft`, { token })).json.items.length, 0)
    const shown = async (body: object) => (await begin(body)).json.prerelease
    assert.equal(await shown({ version: '1.0.0-rc.1' }), true)
    assert.equal(await shown({ version: '1.0.0-rc.1', prerelease: true }), true)
    // A stable version may be kept from `latest` by the flag, and a version of another form says nothing.
    assert.equal(await shown({ version: '1.0.0', prerelease: true }), true)
    assert.equal(await shown({ version: '1.0.0', prerelease: false }), false)
    assert.equal(await shown({ version: 'nightly-9', prerelease: false }), false)
  }))
