import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { expireReleases } from '../../src/releases/expire.ts'
import { findBlob } from '../../src/store/blobs.ts'
import { draft, type PublishedFile, release, type TestApp, upload, withNotes } from '../helpers/test-app.ts'
import { bytesOf, textFile } from '../helpers/text-file.ts'

const DAY_MS = 86_400_000

const statusOf = async (app: TestApp, token: string, id: string) =>
  (await app.ask('GET', `/api/v1/apps/notes/releases/${id}`, { token })).status

async function attach(app: TestApp, token: string, id: string, one: PublishedFile): Promise<void> {
  const uploadId = await upload(app, token, one)
  const path = `/api/v1/apps/notes/releases/${id}/artifacts`
  assert.equal((await app.ask('POST', path, { token, body: { uploadId, platform: 'linux' } })).status, 201)
}

test('a draft that nobody touched is kept to day 29 and gone on day 31, by the server itself, and bytes in use stay', () =>
  withNotes({ config: { draftDays: 30 } }, async (app, token) => {
    const kept = await release(app, token, 'notes', { version: '1.0.0' }, [textFile('shared')])
    const orphan = await draft(app, token, 'notes', { version: '2.0.0' }, [textFile('shared')])
    const set = new URL(orphan.setUrl).pathname
    await app.clock.advance(29 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 0)
    assert.equal((await app.ask('GET', `${set}/notes.bin`)).text, 'shared')

    await app.clock.advance(2 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 1)
    assert.equal(await statusOf(app, token, orphan.id), 404)
    assert.equal((await app.ask('GET', set)).status, 404)
    assert.equal((await app.ask('GET', `${set}/notes.bin`)).status, 404)
    const blob = await findBlob(app.deps.store.reads, digestOf(bytesOf('shared')))
    assert.equal(blob?.state, 'live')
    assert.equal((await app.ask('GET', `/notes/releases/${kept.ref}/notes.bin`)).text, 'shared')
    const [event] = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items
    assert.deepEqual(
      [event.actor, event.action, event.object, event.app, event.requestId],
      [{ kind: 'system', id: null, name: null }, 'release.discarded', `release:${orphan.id}`, 'notes', null],
    )
    assert.deepEqual(event.before, { state: 'draft', ref: '2.0.0' })
    assert.deepEqual(event.after, { state: 'discarded', because: 'nobody touched the draft' })
    assert.equal(await expireReleases(app.deps), 0, 'once')
  }))

test('the days of an app come before those of the server', () =>
  withNotes({ config: { draftDays: 14 } }, async (app, token) => {
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { retention: { draftDays: 2 } } })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'patient' } })
    await app.ask('PATCH', '/api/v1/apps/patient', { token, body: { retention: { draftDays: 60 } } })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'other' } })
    for (const slug of ['notes', 'patient', 'other']) await draft(app, token, slug, { version: '1.0.0' }, [])
    const left = async () => {
      const found = await Promise.all(
        ['notes', 'other', 'patient'].map(async (slug) => {
          const page = await app.ask('GET', `/api/v1/apps/${slug}/releases?state=draft`, { token })
          return page.json.items.length === 0 ? [] : [slug]
        }),
      )
      return found.flat()
    }
    for (const [day, expected] of [
      [2, ['notes', 'other', 'patient']],
      [3, ['other', 'patient']],
      [14, ['other', 'patient']],
      [15, ['patient']],
      [61, []],
    ] as const) {
      app.clock.setNow(Date.UTC(2026, 10, 21) + day * DAY_MS)
      await expireReleases(app.deps)
      assert.deepEqual(await left(), expected, `day ${day}`)
    }
  }))

test('a file that comes starts the days of a draft again, and a live reservation keeps it', () =>
  withNotes({ config: { draftDays: 1 } }, async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('a')])
    await app.clock.advance(0.9 * DAY_MS)
    await attach(app, token, id, textFile('b', 'b.bin'))
    await app.clock.advance(0.9 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 0)
    const reserve = () =>
      app.ask('POST', '/api/v1/apps/notes/releases', {
        token,
        headers: { 'Idempotency-Key': 'plan' },
        body: { version: '2.0.0', reserve: true },
      })
    const planned = await reserve()
    await app.clock.advance(0.2 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 1, 'the file is old too')
    assert.equal(await statusOf(app, token, id), 404)

    await app.clock.advance(0.7 * DAY_MS)
    await reserve()
    await app.clock.advance(0.7 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 0, 'old, and still held')
    assert.equal(await statusOf(app, token, planned.json.id), 200)
    await app.clock.advance(0.3 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 1)
    const again = await app.ask('POST', '/api/v1/apps/notes/releases', {
      token,
      body: { version: '2.0.0', reserve: true },
    })
    assert.equal(again.status, 201)
  }))

test('nothing that was sealed expires without a preview', () =>
  withNotes({ config: { draftDays: 1 } }, async (app, token) => {
    const sealed = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('a')])
    await app.ask('POST', `/api/v1/apps/notes/releases/${sealed.id}/actions/publish`, { token })
    await release(app, token, 'notes', { version: '2.0.0' }, [textFile('b')])
    await app.clock.advance(3000 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 0)
  }))

test('more than one run takes at once goes run by run', () =>
  withNotes({}, async (app, token) => {
    const { slug } = (await app.ask('GET', '/api/v1/apps/notes', { token })).json
    for (let i = 0; i < 520; i++) {
      await app.ask('POST', `/api/v1/apps/${slug}/releases`, { token, body: { version: `1.0.${i}` } })
    }
    await app.clock.advance(15 * DAY_MS)
    assert.deepEqual(
      [await expireReleases(app.deps), await expireReleases(app.deps), await expireReleases(app.deps)],
      [500, 20, 0],
    )
  }))

test('whoever comes while the server discards gets the whole release or none', () =>
  withNotes({}, async (app, token) => {
    const path = (id: string) => `/api/v1/apps/notes/releases/${id}`
    /** @returns how many of forty releases were saved while the server discarded them */
    const race = async (round: number): Promise<number> => {
      const ids: string[] = []
      for (let i = 0; i < 40; i++) {
        const { id } = await draft(app, token, 'notes', { version: `1.${round}.${i}` }, [textFile(`${round} ${i}`)])
        await app.ask('POST', `${path(id)}/actions/publish`, { token })
        await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: id, expiresInDays: 1 } })
        ids.push(id)
      }
      await app.clock.advance(2 * DAY_MS)
      const expired = expireReleases(app.deps)
      // Every other one is announced, the rest get another day, from the last to the first: some come in time.
      const answers = await Promise.all(
        ids
          .toReversed()
          .map((id, i) =>
            i % 2 === 0
              ? app.ask('POST', `${path(id)}/actions/announce`, { token })
              : app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: id } }),
          ),
      )
      const saved = answers.filter(({ status }) => status === 200).length
      assert.equal(saved + (await expired), ids.length)
      for (const [i, id] of ids.toReversed().entries()) {
        const { status, json } = await app.ask('GET', path(id), { token })
        if (answers[i]!.status === 200) {
          const state = i % 2 === 0 ? 'announced' : 'published'
          assert.deepEqual([status, json.state, json.artifacts.length], [200, state, 1])
        } else {
          assert.deepEqual([answers[i]!.status, answers[i]!.json.code, status], [404, 'release.not_found', 404])
        }
      }
      return saved
    }
    // On a busy machine one side may be through before the other begins.
    const rounds: number[] = []
    while (!rounds.some((saved) => saved > 0 && saved < 40)) {
      assert.ok(rounds.length < 10, `${rounds} of 40 came in time`)
      rounds.push(await race(rounds.length))
    }
  }))
