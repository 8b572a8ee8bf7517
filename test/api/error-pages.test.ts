import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChannelScene, inChannelScene } from '../helpers/channel-scene.ts'
import { givenShare } from '../helpers/given-share.ts'
import { pictured, pictureOf } from '../helpers/pictured.ts'
import { accessScene, type Principal } from '../helpers/principals.ts'
import { askRoute, endsCredential, hasObject, keyOf } from '../helpers/route-requests.ts'
import { type Answer, draft, release, type TestApp } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

const HTML = { Accept: 'text/html' }
const DAY_MS = 86_400_000

/** What a page leads to below its error, in order. */
function waysOf({ text }: Answer): string[] {
  const [list = ''] = /<h2>What there is<\/h2>.*?<\/section>/s.exec(text) ?? []
  return [...list.matchAll(/href="([^"]*)"/g)].map(([, url = '']) => url)
}

const titleOf = ({ text }: Answer) => /<h1>(.*?)<\/h1>/s.exec(text)?.[1]

const inScene = (run: (scene: ChannelScene) => Promise<void>) =>
  inChannelScene(['1.0.0', '1.1.0', '1.2.0'], async (scene) => {
    await scene.promote('stable', '1.1.0')
    await scene.promote('old', '1.0.0')
    await run(scene)
  })

test('where something of an app is missing, the page leads to what there is of it', () =>
  inScene(async ({ app }) => {
    const offered = ['/notes/latest', '/notes/old', '/notes/stable', '/notes']
    for (const [path, title, ways] of [
      ['/notes/releases/9.9.9', 'There is no such release', offered],
      ['/notes/nightly', 'There is nothing in this channel', offered],
      ['/notes/releases/1.0.0/none.bin', 'There is no such file', ['/notes/releases/1.0.0', ...offered]],
      ['/notes/stable/none.bin', 'There is no such file', ['/notes/stable', '/notes/latest', '/notes/old', '/notes']],
      ['/notes/branches/none', 'There is no such branch build', offered],
      ['/nothing', 'There is no such app, or you may not see it', []],
      ['/notes/a/b/c', 'There is nothing at this URL', []],
    ] as const) {
      const page = await app.ask('GET', path, { headers: HTML })
      assert.equal(page.status, 404, path)
      assert.deepEqual([titleOf(page), waysOf(page)], [title, [...ways]], path)
      for (const way of waysOf(page)) assert.equal((await app.ask('GET', way)).status, 200, way)
      assert.ok(page.text.includes('href="/">All apps'), path)
    }
  }))

test('an error leads nobody to what he may not see', () =>
  inScene(async ({ app, token }) => {
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const strangers = await app.ask('GET', '/notes/releases/9.9.9', { headers: HTML })
    assert.deepEqual(waysOf(strangers), [])
    const { headers } = await givenShare(app, token, { app: 'notes', channel: 'stable' })
    const shared = await app.ask('GET', '/notes/stable/none.bin', { headers: { ...headers, ...HTML } })
    assert.deepEqual(waysOf(shared), ['/notes/stable'])
    assert.doesNotMatch(shared.text, /1\.0\.0|1\.2\.0|"\/notes"/)
  }))

test('what is gone for good, or has ended, says why and what is there now', () =>
  inScene(async ({ app, token }) => {
    const purge = { reason: 'Held a secret' }
    await app.ask('POST', '/api/v1/apps/notes/releases/1.2.0/actions/yank', { token, body: { reason: 'first' } })
    await app.ask('POST', '/api/v1/apps/notes/releases/1.2.0/actions/purge', { token, body: purge })
    const purged = await app.ask('GET', '/notes/releases/1.2.0', { headers: HTML })
    assert.deepEqual([purged.status, titleOf(purged)], [410, 'This release was removed'])
    assert.match(purged.text, /was purged: Held a secret/)
    assert.deepEqual(waysOf(purged), ['/notes/latest', '/notes/old', '/notes/stable', '/notes'])

    const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [textFile('next')])
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    const made = await app.ask('POST', '/api/v1/previews', {
      token,
      body: { app: 'notes', release: '2.0.0', expiresInDays: 1 },
    })
    const preview = new URL(made.json.preview.url).pathname
    assert.equal((await app.ask('GET', preview, { headers: HTML })).status, 200)
    const { path } = await givenShare(app, token, { app: 'notes', channel: 'stable', expiresInDays: 1 })
    await app.clock.advance(DAY_MS)
    const expired = await app.ask('GET', preview, { headers: HTML })
    assert.deepEqual([expired.status, titleOf(expired)], [410, 'The preview has expired'])
    assert.match(expired.text, /Ask whoever gave it to you/)
    assert.ok(waysOf(expired).includes('/notes/latest'))
    assert.doesNotMatch(expired.text, /2\.0\.0/)
    const ended = await app.ask('GET', path, { headers: HTML })
    assert.deepEqual([ended.status, titleOf(ended)], [410, 'The share link has ended'])
    assert.match(ended.text, /expired on 2026-11-22.*Ask whoever gave it to you/s)
  }))

test('a yanked release says so on its page, why, and what is the latest to who may see it', () =>
  inScene(async ({ app, token }) => {
    await app.ask('POST', '/api/v1/apps/notes/releases/1.2.0/actions/yank', { token, body: { reason: 'Loses notes' } })
    const notice = async (headers: Record<string, string> = {}) => {
      const { status, text } = await app.ask('GET', '/notes/releases/1.2.0', { headers: { ...headers, ...HTML } })
      assert.equal(status, 200)
      return /<p class="note error">.*?<\/p>/s.exec(text)?.[0] ?? ''
    }
    assert.match(
      await notice(),
      /This release was yanked.*Loses notes\. <a href="\/notes\/latest">1\.1\.0 is the latest</,
    )
    const { headers } = await givenShare(app, token, { app: 'notes', release: '1.2.0' })
    await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility: 'private' } })
    const shared = await notice(headers)
    assert.match(shared, /This release was yanked/)
    assert.doesNotMatch(shared, /1\.1\.0/)
  }))

test('who may not have a file, or asked too often, is told in plain words what to do', () =>
  inScene(async ({ app, token }) => {
    await release(app, token, 'notes', { version: '3.0.0' }, [pictured('Notes.ipa', pictureOf(60))])
    const ipa = await app.ask('GET', '/notes/latest/Notes.ipa', { headers: { ...HTML, 'X-Forwarded-Proto': 'https' } })
    assert.deepEqual([ipa.status, titleOf(ipa)], [401, 'This is for people who are signed in'])
    assert.match(ipa.text, /Sign in, or open the share link that you were given/)
    assert.doesNotMatch(ipa.text, /Bearer/)
    let last: Answer
    let tries = 0
    do last = await app.ask('GET', '/notes', { token: `distc_${'0'.repeat(10)}`, peer: '203.0.113.9', headers: HTML })
    while (last.status === 401 && tries++ < 500)
    assert.equal(last.status, 429)
    const [, seconds] = /Try again in (\d+) (?:seconds|minutes)\./.exec(last.text) ?? []
    assert.ok(Number(seconds) > 0, last.text)
  }))

test('a failure of the server tells nothing of itself but the number to give to who runs it', () =>
  inScene(async ({ app }) => {
    const secret = 'SQLITE_CORRUPT at /var/lib/distd'
    const broken = app.deps.blobs as { body: unknown }
    const body = broken.body
    broken.body = () => Promise.reject(new Error(secret))
    const failed = await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { headers: HTML })
    broken.body = body
    assert.deepEqual([failed.status, titleOf(failed)], [500, 'Something went wrong on the server'])
    assert.ok(failed.text.includes(failed.headers.get('x-request-id')!))
    assert.ok(!failed.text.includes('SQLITE') && !failed.text.includes('/var/'))
    assert.deepEqual(waysOf(failed), ['/notes'])
  }))

/** Who gets to see pages, and sees most on them. */
const READERS: readonly Principal[] = ['none', 'server-admin', 'admin', 'share-channel', 'share-release']

test('no page tells the id of a set but the page of that set', async () => {
  const scene = await accessScene()
  try {
    const { app } = scene
    const ids = Object.entries(scene.sets).flatMap(([slug, id]) => (slug === 'absent' ? [] : [id]))
    let pages = 0
    const look = (answer: Answer, where: string) => {
      if (!answer.headers.get('content-type')?.startsWith('text/html')) return
      pages++
      for (const id of ids) assert.ok(!answer.text.includes(id), where)
    }
    for (const route of app.app.routes) {
      if (route.method !== 'GET' || route.path.startsWith('/api/') || route.path.startsWith('/sets/')) continue
      for (const object of hasObject(route) ? ['private', 'unlisted', 'public'] : ['-']) {
        for (const reader of READERS) {
          const credential = endsCredential(route) ? await scene.fresh(reader) : scene.of(reader)
          look(
            await askRoute(scene, route, object, credential, { headers: HTML }),
            `${keyOf(route)} ${object} as ${reader}`,
          )
        }
      }
    }
    assert.ok(pages > 100, `${pages} pages`)
    const own = await pageOfSet(app, scene.sets.public!)
    assert.ok(own.includes(`/sets/${scene.sets.public}/`), 'its own page does')
  } finally {
    await scene.app.close()
  }
})

async function pageOfSet(app: TestApp, id: string): Promise<string> {
  return (await app.ask('GET', `/sets/${id}`, { headers: HTML })).text
}
