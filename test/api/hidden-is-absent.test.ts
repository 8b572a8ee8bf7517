import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Route } from '../../src/http/route.ts'
import { type AccessScene, accessScene, type Principal, UNENTITLED } from '../helpers/principals.ts'
import { askRoute, endsCredential, hasObject, keyOf, pathOf } from '../helpers/route-requests.ts'
import { shareOf } from '../helpers/share-cookie.ts'
import type { Answer } from '../helpers/test-app.ts'

/** Statements that were run since it was emptied, but for those of transactions. */
const statements: string[] = []

let scene: AccessScene
before(async () => {
  scene = await accessScene({
    onStatement: (text) => {
      if (!/^(?:begin|commit|rollback|pragma)\b/i.test(text)) statements.push(text)
    },
  })
})
after(() => scene.app.close())

const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** Everything of an answer but the id of the request and the words that were asked for. */
function fingerprint(answer: Answer, words: Readonly<Record<string, string>>): unknown {
  const plain = (text: string) =>
    Object.entries({ ...words, [answer.headers.get('x-request-id') ?? '-']: 'REQUEST' }).reduce(
      (all, [word, stand]) => all.replaceAll(word, stand),
      text,
    )
  const headers = [...answer.headers].filter(([name]) => name !== 'date' && name !== 'content-length')
  return {
    status: answer.status,
    headers: headers.map(([name, value]) => [name, plain(value)]).sort(),
    body: plain(answer.text),
  }
}

/** What stands for the hidden thing, and for the absent one, in a request. */
function wordsOf(object: 'private' | 'absent'): Record<string, string> {
  return {
    [scene.sets[object]!]: 'SET',
    [scene.previews[object]!]: 'PREVIEW',
    [`/${object}`]: '/APP',
    [`%2F${object}`]: '%2FAPP',
  }
}

interface Variant {
  readonly method?: string
  readonly headers?: Record<string, string>
}

async function assertSame(route: Route, principal: Principal, variant: Variant): Promise<void> {
  const credential = endsCredential(route) ? await scene.fresh(principal) : scene.of(principal)
  const [hidden, absent] = [
    await askRoute(scene, route, 'private', credential, variant),
    await askRoute(scene, route, 'absent', credential, variant),
  ]
  const where = `${keyOf(route)} ${JSON.stringify(variant)} as ${principal}`
  const shown = [fingerprint(hidden, wordsOf('private')), fingerprint(absent, wordsOf('absent'))]
  assert.deepEqual(shown[0], shown[1], where)
  assert.ok(hidden.status === 404 || hidden.status === 401, `${where}: ${hidden.status}`)
  assert.equal(hidden.headers.get('etag'), null, where)
}

const withObject = () => scene.app.app.routes.filter(hasObject)

test('an app that is hidden and one that is absent give the same bytes on every route, to programs and to browsers', async () => {
  for (const route of withObject()) {
    for (const principal of UNENTITLED) {
      await assertSame(route, principal, {})
      await assertSame(route, principal, { headers: BROWSER })
    }
  }
})

test('nothing is given away by HEAD, Range or conditions, also to who knows the ETag', async () => {
  for (const route of withObject().filter(({ method }) => method === 'GET')) {
    const known = await askRoute(scene, route, 'private', { token: scene.admin })
    const etag = known.headers.get('etag') ?? `"sha256-${'0'.repeat(64)}"`
    const since = known.headers.get('last-modified') ?? new Date(scene.app.clock.now()).toUTCString()
    const variants: Record<string, string>[] = [
      {},
      { Range: 'bytes=0-0' },
      { Range: 'bytes=0-0', 'If-Range': etag },
      { 'If-None-Match': etag },
      { 'If-None-Match': '*' },
      { 'If-Match': etag },
      { 'If-Match': '"other"' },
      { 'If-Modified-Since': since },
      { 'If-Unmodified-Since': new Date(0).toUTCString() },
    ]
    for (const principal of ['none', 'wrong-app', 'no-role', 'other-role', 'foreign-share', 'foreign-grant'] as const) {
      for (const headers of variants) {
        for (const method of ['GET', 'HEAD']) await assertSame(route, principal, { method, headers })
      }
    }
  }
})

test('routes that name an app in the query or the body tell a hidden one from an absent one in nothing', async () => {
  const { app } = scene
  const id = (await app.ask('GET', '/api/v1/apps/private/releases/1.0.0', { token: scene.admin })).json.id
  const asks: [string, (slug: string) => string, ((slug: string) => unknown)?][] = [
    ['GET', (slug) => `/api/v1/audit?app=${slug}`],
    ['GET', (slug) => `/api/v1/previews?app=${slug}`],
    ['GET', (slug) => `/api/v1/shares?app=${slug}`],
    ['POST', () => '/api/v1/previews', (slug) => ({ app: slug, release: '1.0.0' })],
    ['POST', () => '/api/v1/previews', (slug) => ({ app: slug, release: id })],
    ['POST', () => '/api/v1/shares', (slug) => ({ app: slug, channel: 'stable', label: 'x' })],
    ['POST', () => '/api/v1/shares', (slug) => ({ app: slug, release: '1.0.0', label: 'x' })],
    [
      'POST',
      () => '/api/v1/announcements',
      (slug) => ({ title: 'x', body: 'x', releases: [{ app: slug, release: '1.0.0' }] }),
    ],
    ['POST', () => '/api/v1/apps', (slug) => ({ slug })],
    ['GET', (slug) => `/${slug}/releases/${id}`],
    ['GET', (slug) => `/api/v1/apps/${slug}/releases/${id}`],
    ['GET', (slug) => `/api/v1/apps/${slug}/releases/1.0.0/changes?from=${id}`],
  ]
  for (const principal of UNENTITLED) {
    for (const [method, path, body] of asks) {
      const shown = []
      for (const slug of ['private', 'nothing'] as const) {
        const answer = await app.ask(method, path(slug), {
          ...scene.of(principal),
          ...(body === undefined ? {} : { body: body(slug) }),
        })
        assert.ok(answer.status >= 400, `${method} ${path(slug)} as ${principal}: ${answer.status}`)
        const plain = (text: string) => text.replaceAll(slug, 'APP').replaceAll(answer.headers.get('x-request-id')!, '')
        const headers = [...answer.headers].filter(([name]) => name !== 'content-length' && name !== 'x-request-id')
        shown.push({ status: answer.status, headers: headers.sort(), text: plain(answer.text) })
      }
      assert.deepEqual(shown[0], shown[1], `${method} ${path('private')} as ${principal}`)
    }
  }
})

let states = 0
/** Makes a state of the database that no answer was remembered of: SQLite sees no change in writing what is there. */
async function forget(): Promise<void> {
  await scene.app.deps.store.write((tx) =>
    tx
      .updateTable('apps')
      .set({ summary: `${++states}` })
      .where('slug', '=', 'elsewhere')
      .execute(),
  )
  statements.length = 0
}

/** Statements of one request, with nothing remembered from an earlier one. */
async function readsOf(route: Route, object: string, principal: Principal): Promise<string[]> {
  const credential = endsCredential(route) ? await scene.fresh(principal) : scene.of(principal)
  await forget()
  await askRoute(scene, route, object, credential)
  return [...statements]
}

test('a hidden app takes the same reads as an absent one, so that time tells nothing', async () => {
  let compared = 0
  for (const route of withObject()) {
    const strangers = ['none', 'wrong-app', 'other-admin', 'no-role', 'other-role', 'foreign-share'] as const
    for (const principal of [...strangers, 'other-grant', 'foreign-grant', 'expired-grant'] as const) {
      const hidden = await readsOf(route, 'private', principal)
      assert.deepEqual(await readsOf(route, 'absent', principal), hidden, `${keyOf(route)} as ${principal}`)
      compared += hidden.length
    }
  }
  assert.ok(compared > 100, 'statements are seen')
  const [page] = withObject().filter(({ path }) => path === '/:app')
  assert.notDeepEqual(await readsOf(page!, 'private', 'read'), await readsOf(page!, 'private', 'no-role'))
})

test('a credential that is unknown takes the same reads as one that is over', async () => {
  const [page] = withObject().filter(({ path }) => path === '/:app')
  const { deps } = scene.app
  const share = await shareOf(deps, { app: 'private', channel: 'stable' })
  const reads = async (cookie: string) => {
    await forget()
    const answer = await scene.app.ask('GET', pathOf(scene, page!, 'private'), { cookie })
    assert.equal(answer.status, 404)
    return [...statements]
  }
  const unknown = await reads(`__Host-dist=${'A'.repeat(43)}`)
  assert.equal(unknown.filter((text) => text.includes('from sessions')).length, 1)
  for (const dead of ['ended', 'idle', 'disabled'] as const)
    assert.deepEqual(await reads(scene.of(dead).cookie!), unknown, dead)
  // A signature that is not ours costs no read at all.
  const [name, grant] = share.cookie.split('=') as [string, string]
  const other = grant.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  assert.equal((await reads(`${name}=${other}`)).filter((text) => text.includes('from shares')).length, 0)
})
