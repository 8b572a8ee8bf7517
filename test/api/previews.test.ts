import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expireReleases } from '../../src/releases/expire.ts'
import { act, codeOf } from '../helpers/release-actions.ts'
import {
  createTestApp,
  draft,
  type PublishedFile,
  release,
  type TestApp,
  upload,
  withNotes,
} from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const DAY_MS = 86_400_000

const preview = (app: TestApp, token: string, release: string, expiresInDays?: number) =>
  app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release, expiresInDays } })

/** A published release of `notes` with its preview. */
async function previewed(app: TestApp, token: string, version: string, files: PublishedFile[] = [textFile(version)]) {
  const { id } = await draft(app, token, 'notes', { version }, files)
  const published = await act(app, token, id, 'publish')
  assert.equal(published.status, 200, published.text)
  const made = await preview(app, token, id)
  assert.deepEqual([made.status, made.json.created], [201, true], made.text)
  const { pathname } = new URL(made.json.preview.url)
  return { id, setUrl: published.json.release.setUrl as string, path: pathname, preview: made.json.preview }
}

const html = { Accept: 'text/html' }

test('a preview shows a published release to whoever has its address, and to no list, feed or cache', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, [textFile('old')])
    const { path, preview: made } = await previewed(app, token, '2.0.0', [
      textFile('new'),
      textFile('more', 'more.bin'),
    ])
    assert.match(path, /^\/preview\/[0-9a-f]{32}$/)
    assert.deepEqual(
      [made.app, made.ref, made.state, made.createdAt, made.expiresAt],
      ['notes', '2.0.0', 'published', '2026-11-21T00:00:00.000Z', '2026-12-05T00:00:00.000Z'],
    )
    const page = await app.ask('GET', path, { headers: html })
    assert.equal(page.status, 200)
    assert.match(page.text, /not announced/)
    assert.match(page.text, /<dt>Preview until<\/dt><dd>2026-12-05 00:00 UTC<\/dd>/)
    assert.ok(page.text.includes(`href="${path}/notes.bin"`), 'files are offered below the preview')
    const got = await app.ask('GET', `${path}/notes.bin`)
    assert.deepEqual([got.status, got.text], [200, 'new'])
    const sums = await app.ask('GET', `${path}/sha256.sum`)
    assert.match(sums.text, /^[0-9a-f]{64} {2}more\.bin\n[0-9a-f]{64} {2}notes\.bin\n$/)
    const facts = await app.ask('GET', path, { headers: { Accept: 'application/json' } })
    assert.deepEqual([facts.json.ref, facts.json.setUrl, facts.json.previewUrl], ['2.0.0', null, null])
    for (const answer of [page, got, sums, facts]) {
      assert.equal(answer.headers.get('cache-control'), 'private, no-store')
      assert.equal(answer.headers.get('x-robots-tag'), 'noindex')
    }
    assert.deepEqual(codeOf(await app.ask('GET', `${path}/none.bin`)), [404, 'artifact.not_found'])

    for (const where of ['/', '/notes', '/notes/latest', '/api/v1/apps/notes/releases']) {
      const listed = await app.ask('GET', where, where.startsWith('/api') ? {} : { headers: html })
      assert.ok(!listed.text.includes('2.0.0') && !listed.text.includes('/preview/'), where)
    }
    assert.equal((await app.ask('GET', '/notes/latest/notes.bin')).text, 'old')
  }))

test('a preview becomes a release without a rebuild: the same bytes at the same set URL, and it goes on to serve', () =>
  withNotes({}, async (app, token) => {
    const { id, path, setUrl } = await previewed(app, token, '2.0.0')
    const before = (await app.ask('GET', `/api/v1/apps/notes/releases/${id}`, { token })).json
    assert.equal(before.previewUrl, `http://distd.test${path}`)
    assert.equal((await act(app, token, id, 'announce')).status, 200)
    const after = (await app.ask('GET', `/api/v1/apps/notes/releases/${id}`, { token })).json
    assert.equal(after.state, 'announced')
    assert.equal(after.setUrl, setUrl)
    assert.deepEqual(after.artifacts, before.artifacts)
    const got = await app.ask('GET', `${path}/notes.bin`)
    assert.equal(got.text, '2.0.0')
    assert.equal(got.headers.get('cache-control'), 'private, no-store', 'its address is no public one')
    assert.equal((await app.ask('GET', '/notes/latest/notes.bin')).text, '2.0.0')
    // Its page now reads as that of the release.
    assert.doesNotMatch((await app.ask('GET', path, { headers: html })).text, /not announced/)
    await act(app, token, id, 'yank', { reason: 'broken' })
    const yanked = await app.ask('GET', `${path}/notes.bin`)
    assert.deepEqual([yanked.text, yanked.headers.get('cache-control')], ['2.0.0', 'private, no-store'])
    assert.match(yanked.headers.get('warning')!, /yanked/)

    await app.clock.advance(14 * DAY_MS)
    for (const below of ['', '/notes.bin', '/sha256.sum']) {
      assert.deepEqual(codeOf(await app.ask('GET', path + below)), [410, 'preview.expired'], below)
    }
    assert.equal(await expireReleases(app.deps), 0)
    assert.equal((await app.ask('GET', '/notes/releases/2.0.0/notes.bin')).text, '2.0.0', 'the release stays')
  }))

test('an expired preview that nobody announced is 410 at once, and the job gives its version back', () =>
  withNotes({}, async (app, token) => {
    const { id, path } = await previewed(app, token, '2.0.0')
    await app.clock.advance(14 * DAY_MS - 1)
    assert.equal(await expireReleases(app.deps), 0)
    assert.equal((await app.ask('GET', `${path}/notes.bin`)).status, 200)
    await app.clock.advance(1)
    assert.deepEqual(codeOf(await app.ask('GET', path)), [410, 'preview.expired'])
    const gone = await app.ask('GET', `/api/v1/previews/${path.split('/').at(-1)}`, { token })
    assert.deepEqual(codeOf(gone), [410, 'preview.expired'])
    const shown = await app.ask('GET', `/api/v1/apps/notes/releases/${id}`, { token })
    assert.deepEqual([shown.json.state, shown.json.previewUrl], ['published', null])
    assert.deepEqual((await app.ask('GET', '/api/v1/previews?app=notes', { token })).json.items, [])

    assert.equal(await expireReleases(app.deps), 1)
    assert.equal((await app.ask('GET', '/notes/releases/2.0.0')).status, 404)
    assert.deepEqual(codeOf(await app.ask('GET', `${path}/notes.bin`)), [410, 'preview.expired'])
    const [event] = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items
    assert.deepEqual(
      [event.actor.kind, event.action, event.object, event.before.ref, event.after.because],
      ['system', 'release.discarded', `release:${id}`, '2.0.0', 'the preview expired'],
    )
    const again = await release(app, token, 'notes', { version: '2.0.0' }, [textFile('other')])
    assert.equal(again.state, 'announced')
    assert.equal(await expireReleases(app.deps), 0)
  }))

test('a release has one preview, which gets a new end each time it is asked for', () =>
  withNotes({}, async (app, token) => {
    const { id, preview: first } = await previewed(app, token, '2.0.0')
    await app.clock.advance(DAY_MS)
    const longer = await preview(app, token, '2.0.0', 30)
    assert.deepEqual([longer.status, longer.json.created], [200, false])
    assert.deepEqual(longer.json.preview, { ...first, expiresAt: '2026-12-22T00:00:00.000Z' })
    assert.equal(longer.headers.get('location'), `http://distd.test/api/v1/previews/${first.id}`)
    await app.clock.advance(20 * DAY_MS)
    assert.equal(await expireReleases(app.deps), 0, 'the first end counts no more')
    const shorter = await preview(app, token, id, 0.5)
    assert.equal(shorter.json.preview.expiresAt, '2026-12-12T12:00:00.000Z')
    await app.clock.advance(DAY_MS)
    // It is over, and nobody came to discard the release yet: whoever still wants it has it back.
    assert.equal((await preview(app, token, id)).status, 200)
    assert.equal(await expireReleases(app.deps), 0)
    for (const days of [0, -1, 366, '14']) {
      const refused = await app.ask('POST', '/api/v1/previews', {
        token,
        body: { app: 'notes', release: id, expiresInDays: days },
      })
      assert.deepEqual(codeOf(refused), [422, 'request.invalid'], String(days))
    }
  }))

test('only what is published and not announced is previewed', () =>
  withNotes({}, async (app, token) => {
    const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [textFile('a')])
    assert.deepEqual(codeOf(await preview(app, token, id)), [409, 'release.wrong_state'])
    assert.deepEqual(codeOf(await preview(app, token, '1.0.0')), [404, 'release.not_found'], 'a draft has no ref')
    await act(app, token, id, 'publish')
    await act(app, token, id, 'announce')
    assert.deepEqual(codeOf(await preview(app, token, '1.0.0')), [409, 'release.wrong_state'])
    await act(app, token, id, 'purge', { reason: 'r' })
    assert.deepEqual(codeOf(await preview(app, token, '1.0.0')), [410, 'release.purged'])
    const absent = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'absent', release: '1.0.0' } })
    assert.deepEqual(codeOf(absent), [404, 'app.not_found'])
    assert.deepEqual(codeOf(await app.ask('GET', `/preview/${'0'.repeat(32)}`)), [404, 'preview.not_found'])
  }))

test('ending a preview discards its release unless it was announced, and ending twice is success', () =>
  withNotes({}, async (app, token) => {
    const one = await previewed(app, token, '1.0.0')
    const two = await previewed(app, token, '2.0.0')
    await act(app, token, two.id, 'announce')
    for (const { preview: made } of [one, two, one, two]) {
      assert.equal((await app.ask('DELETE', `/api/v1/previews/${made.id}`, { token })).status, 204)
    }
    for (const { path } of [one, two]) {
      assert.deepEqual(codeOf(await app.ask('GET', `${path}/notes.bin`)), [410, 'preview.expired'])
    }
    assert.equal((await app.ask('GET', '/notes/releases/1.0.0')).status, 404)
    assert.equal((await app.ask('GET', '/notes/releases/2.0.0/notes.bin')).text, '2.0.0')
    const absent = await app.ask('DELETE', `/api/v1/previews/${'0'.repeat(32)}`, { token })
    assert.deepEqual(codeOf(absent), [404, 'preview.not_found'])
  }))

test('a preview ends with its release, and keeps no app from being deleted', () =>
  withNotes({}, async (app, token) => {
    const { id, path } = await previewed(app, token, '1.0.0')
    assert.equal((await act(app, token, id, 'discard')).status, 204)
    assert.deepEqual(codeOf(await app.ask('GET', path)), [410, 'preview.expired'])
    assert.deepEqual((await app.ask('GET', '/api/v1/previews?app=notes', { token })).json.items, [])
    assert.deepEqual(codeOf(await preview(app, token, id)), [404, 'release.not_found'])
    assert.equal((await app.ask('DELETE', '/api/v1/apps/notes', { token })).status, 204)
    assert.deepEqual(codeOf(await app.ask('GET', path)), [404, 'preview.not_found'])
  }))

test('previews of an app are listed page by page, and told only to those who publish it', () =>
  withNotes({}, async (app, token) => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await previewed(app, token, `1.0.${i}`)).preview.id)
    const first = ids[0]!
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/api/v1/previews?app=notes&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`
      const page = await app.ask('GET', path, { token })
      assert.equal(page.status, 200, page.text)
      seen.push(...page.json.items.map((item: { id: string }) => item.id))
      cursor = page.json.nextCursor
    }
    assert.deepEqual(seen, ids.toSorted())
    assert.equal((await app.ask('GET', '/api/v1/previews?app=notes&cursor=LTE', { token })).status, 422)
    const one = `/api/v1/previews/${first}`
    const secretOf = async (input: Parameters<TestApp['issue']>[0]) => (await app.issue(input)).secret
    const reader = await secretOf({ actions: ['read'] })
    const stranger = await secretOf({ actions: ['publish'], apps: ['other'] })
    const publisher = await secretOf({ actions: ['publish'], apps: ['notes'] })
    for (const path of ['/api/v1/previews?app=notes', one]) {
      assert.equal((await app.ask('GET', path)).status, 401, path)
      assert.equal((await app.ask('GET', path, { token: reader })).status, 403, path)
      assert.equal((await app.ask('GET', path, { token: stranger })).status, 403, path)
      assert.equal((await app.ask('GET', path, { token: publisher })).status, 200, path)
    }
    const shown = async (who: string | undefined) =>
      (await app.ask('GET', '/api/v1/apps/notes/releases/1.0.0', { token: who })).json.previewUrl
    assert.equal(await shown(publisher), `http://distd.test/preview/${first}`)
    assert.equal(await shown(reader), null)
    assert.equal(await shown(undefined), null)
  }))

test('a preview of a private app needs a credential of it, and IPA bytes need one of any app', async () => {
  const app = await createTestApp()
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    const { secret: stranger } = await app.issue({ actions: ['admin'], apps: ['other'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'private' } })
    const hidden = await previewed(app, token, '1.0.0')
    for (const below of ['', '/notes.bin', '/sha256.sum', '/none']) {
      for (const who of [undefined, stranger]) {
        const answer = await app.ask('GET', hidden.path + below, { token: who })
        const absent = await app.ask('GET', `/preview/${'0'.repeat(32)}${below}`, { token: who })
        assert.deepEqual(codeOf(answer), [404, 'preview.not_found'])
        assert.deepEqual({ ...answer.json, requestId: '' }, { ...absent.json, requestId: '' })
      }
      assert.equal((await app.ask('GET', hidden.path + below, { token })).status, below === '/none' ? 404 : 200)
    }
    const made = await app.ask('POST', '/api/v1/previews', {
      token: stranger,
      body: { app: 'notes', release: '1.0.0' },
    })
    assert.deepEqual(codeOf(made), [404, 'app.not_found'])
    const ended = await app.ask('DELETE', `/api/v1/previews/${hidden.preview.id}`, { token: stranger })
    assert.deepEqual(codeOf(ended), [404, 'preview.not_found'])

    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'public' } })
    const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [])
    const uploadId = await upload(app, token, textFile('not read by anybody', 'notes.ipa'))
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/artifacts`, {
      token,
      body: { uploadId, platform: 'ios' },
    })
    // Bytes that are no IPA cannot be released as one: only the record says that these are.
    await app.deps.store.write((tx) =>
      tx.updateTable('artifacts').set({ format: 'ipa', checks: '[]' }).where('release_id', '=', id).execute(),
    )
    assert.equal((await act(app, token, id, 'publish')).status, 200)
    const ipa = new URL((await preview(app, token, id)).json.preview.url).pathname
    assert.equal((await app.ask('GET', ipa)).status, 200)
    assert.equal((await app.ask('GET', `${ipa}/notes.ipa`)).status, 401)
    assert.equal((await app.ask('GET', `${ipa}/notes.ipa`, { token: stranger })).status, 403)
    assert.equal((await app.ask('GET', `${ipa}/notes.ipa`, { token })).status, 200)
  } finally {
    await app.close()
  }
})
