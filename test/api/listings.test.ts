import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AccessScene, accessScene, PRINCIPALS, type Principal, VISIBILITIES } from '../helpers/principals.ts'
import { draft } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

let scene: AccessScene
before(async () => {
  scene = await accessScene()
  const releases = []
  for (const app of [...VISIBILITIES, 'elsewhere']) {
    const { id: release } = await draft(scene.app, scene.admin, app, { version: '2.0.0' }, [textFile(app)])
    await scene.app.ask('POST', `/api/v1/apps/${app}/releases/${release}/actions/publish`, { token: scene.admin })
    releases.push({ app, release })
  }
  const made = await scene.app.ask('POST', '/api/v1/announcements', {
    token: scene.admin,
    body: { title: 'All at once', body: 'Together.', releases },
  })
  assert.ok(made.status < 300, made.text)
  id = made.json.id
})
after(() => scene.app.close())
let id: string

/** Apps that lists name, by principal. What is unlisted is listed for who has a right on it. */
const LISTED: Readonly<Partial<Record<Principal, string>>> = {
  'wrong-app': 'elsewhere public',
  'other-admin': 'elsewhere public',
  'other-role': 'elsewhere public',
  read: 'elsewhere private public unlisted',
  publish: 'elsewhere private public unlisted',
  promote: 'elsewhere private public unlisted',
  branch: 'elsewhere private public unlisted',
  admin: 'elsewhere private public unlisted',
  viewer: 'elsewhere private public unlisted',
  manager: 'elsewhere private public unlisted',
  'server-admin': 'elsewhere private public unlisted',
  'app-viewer': 'private public unlisted',
  'app-manager': 'private public unlisted',
  'app-admin': 'private public unlisted',
}
const DEAD_TOKENS: Principal[] = ['malformed', 'expired', 'revoked']

test('lists of apps name what is listed for who asks, as a page, as its facts and by the API', async () => {
  for (const principal of PRINCIPALS) {
    const expected = (LISTED[principal] ?? 'public').split(' ')
    for (const [path, accept] of [
      ['/', 'application/json'],
      ['/', 'text/html'],
      ['/api/v1/apps', '*/*'],
    ] as const) {
      const answer = await scene.app.ask('GET', path, { ...scene.of(principal), headers: { Accept: accept } })
      if (DEAD_TOKENS.includes(principal)) {
        assert.equal(answer.status, 401)
        continue
      }
      const named =
        accept === 'text/html'
          ? [...answer.text.matchAll(/href="\/([a-z]+)"/g)].map((match) => match[1]!)
          : answer.json.items.map(({ slug }: { slug: string }) => slug)
      const apps = ['elsewhere', ...VISIBILITIES]
      assert.deepEqual(
        named.filter((slug: string) => apps.includes(slug)).sort(),
        expected,
        `${path} ${accept} ${principal}`,
      )
    }
  }
})

test('an announcement of several apps names to each reader the ones that are listed for him, and the one he came by', async () => {
  for (const principal of PRINCIPALS) {
    if (DEAD_TOKENS.includes(principal)) continue
    const listed = (LISTED[principal] ?? 'public').split(' ')
    const ask = scene.of(principal)
    const byId = await scene.app.ask('GET', `/api/v1/announcements/${id}`, ask)
    assert.equal(byId.status, 200, principal)
    const slugsOf = (releases: { app: string }[]) => releases.map(({ app }) => app).sort()
    assert.deepEqual(slugsOf(byId.json.releases), listed, principal)
    for (const slug of VISIBILITIES) {
      const isSeen = slug !== 'private' || listed.includes('private')
      const feed = await scene.app.ask('GET', `/${slug}/announcements.atom`, ask)
      const list = await scene.app.ask('GET', `/api/v1/apps/${slug}/announcements`, ask)
      const page = await scene.app.ask('GET', `/${slug}/announcements/${id}`, ask)
      assert.deepEqual(
        [feed, list, page].map(({ status }) => status),
        isSeen ? [200, 200, 200] : [404, 404, 404],
        `${slug} ${principal}`,
      )
      if (!isSeen) continue
      const expected = [...new Set([...listed, slug])].sort()
      const item = list.json.items.find((announcement: { id: string }) => announcement.id === id)
      assert.deepEqual(slugsOf(item.releases), expected, `${slug} ${principal}`)
      for (const other of ['elsewhere', ...VISIBILITIES]) {
        for (const { text } of [feed, page]) {
          assert.equal(
            text.includes(`/${other}/releases/2.0.0`),
            expected.includes(other),
            `${slug}, ${other}: ${principal}`,
          )
        }
      }
    }
  }
})

test('being listed grants no bytes, and bytes that are granted need no list', async () => {
  const file = (slug: string, ask: object) => scene.app.ask('GET', `/${slug}/releases/1.0.0/notes.bin`, ask)
  // Not listed, and read by its address; nor by a link whose app is in no list.
  assert.equal((await file('unlisted', scene.of('none'))).status, 200)
  assert.equal((await file('private', scene.of('share-release'))).status, 200)
  assert.equal((await scene.app.ask('GET', '/private', scene.of('share-release'))).status, 404)
  for (const principal of ['no-role', 'foreign-share', 'other-role', 'none'] as const) {
    assert.equal((await file('private', scene.of(principal))).status, 404, principal)
  }
})
