import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessScene, type Principal, VISIBILITIES } from '../helpers/principals.ts'
import { askRoute, endsCredential, hasObject, keyOf, pathOf } from '../helpers/route-requests.ts'
import { type Answer, draft } from '../helpers/test-app.ts'

/** One of each kind whose answers may differ from those of a stranger. */
const READERS: readonly Principal[] = [
  'read',
  'admin',
  'no-role',
  'app-viewer',
  'server-admin',
  'share-channel',
  'grant',
]

/** Whether a cache between the server and its readers may keep the answer (RFC 9111 §3). */
function isKept({ headers }: Answer): boolean {
  return !/\b(?:no-store|private)\b/.test(headers.get('cache-control') ?? '')
}

/** What of a request an answer was chosen by. */
function variesBy({ headers }: Answer): readonly string[] {
  return (headers.get('vary') ?? '').toLowerCase().split(/,\s*/)
}

/** What a reader gets to see. The id of a request is another one each time. */
function shown({ status, headers, text }: Answer): string {
  return `${status} ${headers.get('location')} ${text.replace(/req_[0-9a-z]{26}/g, 'req')}`
}

test('no cache that follows Vary gives one reader what another was shown, on any route', async () => {
  const scene = await accessScene()
  const { app, admin } = scene
  try {
    // One announcement of which each reader sees his part.
    const releases: { app: string; release: string }[] = []
    for (const slug of VISIBILITIES) {
      const files = [{ fileName: 'notes.bin', bytes: new TextEncoder().encode(`${slug} 2`) }]
      const { id } = await draft(app, admin, slug, { version: '2.0.0' }, files)
      await app.ask('POST', `/api/v1/apps/${slug}/releases/${id}/actions/publish`, { token: admin })
      releases.push({ app: slug, release: id })
    }
    const announced = await app.ask('POST', '/api/v1/announcements', {
      token: admin,
      body: { title: 'Spring', body: '', releases },
    })
    assert.equal(announced.status, 201, announced.text)

    const mixed: string[] = []
    let [kept, differing] = [0, 0]
    for (const route of app.app.routes) {
      if (route.method !== 'GET' || endsCredential(route)) continue
      for (const object of hasObject(route) ? VISIBILITIES : ['-']) {
        const path = pathOf(scene, route, object).replace('ann_0', announced.json.id)
        for (const Accept of ['text/html', 'application/json']) {
          // A cookie of something else: so all are asked over https.
          const ask = (principal: Principal) =>
            askRoute(
              scene,
              route,
              object,
              { cookie: 'theme=dark', ...scene.of(principal) },
              { path, headers: { Accept } },
            )
          const stranger = await ask('none')
          for (const reader of READERS) {
            if (reader === 'grant' && route.takesGrant !== true) continue
            const answer = await ask(reader)
            const field = scene.of(reader).token === undefined ? 'cookie' : 'authorization'
            const where = `${keyOf(route)} ${object} as ${Accept}, ${reader}`
            if (isKept(answer)) kept++
            if (shown(stranger) === shown(answer)) continue
            if (reader === 'grant' && isKept(answer)) mixed.push(`${where}: kept longer than the grant`)
            differing++
            // A grant stands in the address: no answer to another address is mixed up with it, but it goes with the grant.
            for (const one of reader === 'grant' ? [] : [stranger, answer]) {
              if (isKept(one) && !variesBy(one).includes(field)) mixed.push(`${where}: kept, and not by ${field}`)
            }
          }
        }
      }
    }
    assert.deepEqual(mixed, [])
    assert.ok(kept > 100 && differing > 100, `${kept} answers may be kept, ${differing} differ`)
  } finally {
    await app.close()
  }
})
