import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Route } from '../../src/http/route.ts'
import { type Answer, createTestApp, draft, release, type TestApp } from '../helpers/test-app.ts'

/**
 * Every route of the table, asked by every kind of principal about every kind of app, held against a reviewed table.
 * Run with UPDATE_MATRIX=1 to write the table anew, then read the difference before it is committed.
 */
const TABLE = new URL('../vectors/access-matrix.json', import.meta.url)
const PRINCIPALS = [
  'none',
  'malformed',
  'expired',
  'revoked',
  'wrong-app',
  'read',
  'publish',
  'promote',
  'branch',
  'admin',
  'other-admin',
] as const
type Principal = (typeof PRINCIPALS)[number]
const OBJECTS = ['private', 'unlisted', 'public', 'absent'] as const
type Outcome = 'A' | 'U' | 'F' | 'N'

interface Matrix {
  readonly legend: string
  readonly principals: readonly string[]
  readonly routes: Readonly<Record<string, Readonly<Record<string, string>>>>
}

let app: TestApp
const credentials = new Map<Principal, string | undefined>()
const sets = new Map<string, string>([['absent', '0'.repeat(32)]])
const previews = new Map<string, string>([['absent', '0'.repeat(32)]])

async function issue(principal: Principal): Promise<string | undefined> {
  switch (principal) {
    case 'none':
      return undefined
    case 'malformed':
      return `distc_${'0'.repeat(48)}`
    case 'expired': {
      const { secret } = await app.issue({ actions: ['admin'], expiresInDays: 1 })
      return secret
    }
    case 'revoked': {
      const { secret } = await app.issue({ actions: ['admin'] })
      const ended = await app.ask('POST', '/api/v1/tokens/revoke-self', { token: secret })
      assert.equal(ended.status, 204)
      return secret
    }
    case 'wrong-app':
      return (await app.issue({ actions: ['publish', 'promote'], apps: ['elsewhere'] })).secret
    case 'other-admin':
      return (await app.issue({ actions: ['admin'], apps: ['elsewhere'] })).secret
    default:
      return (await app.issue({ actions: [principal] })).secret
  }
}

before(async () => {
  app = await createTestApp()
  const { secret } = await app.issue({ actions: ['admin'] })
  for (const visibility of ['private', 'unlisted', 'public'] as const) {
    const made = await app.ask('POST', '/api/v1/apps', { token: secret, body: { slug: visibility, visibility } })
    assert.equal(made.status, 201, made.text)
    const announced = await release(app, secret, visibility, { version: '1.0.0' }, [
      { fileName: 'notes.bin', bytes: new TextEncoder().encode(visibility) },
    ])
    sets.set(visibility, announced.setUrl.split('/').at(-1))
    // Announced too, so that it stays when a row of the table ends its preview.
    const { id } = await draft(app, secret, visibility, { version: '1.1.0-rc.1' }, [
      { fileName: 'notes.bin', bytes: new TextEncoder().encode(`${visibility} preview`) },
    ])
    const act = (action: string) =>
      app.ask('POST', `/api/v1/apps/${visibility}/releases/${id}/actions/${action}`, { token: secret })
    await act('publish')
    const preview = await app.ask('POST', '/api/v1/previews', {
      token: secret,
      body: { app: visibility, release: id },
    })
    assert.equal(preview.status, 201, preview.text)
    previews.set(visibility, preview.json.preview.id)
    assert.equal((await act('announce')).status, 200)
    const moved = await app.ask('POST', `/api/v1/apps/${visibility}/channels/stable/actions/promote`, {
      token: secret,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
    assert.equal(moved.status, 200, moved.text)
  }
  credentials.set('expired', await issue('expired'))
  await app.clock.advance(2 * 86_400_000)
  for (const principal of PRINCIPALS) if (principal !== 'expired') credentials.set(principal, await issue(principal))
})
after(() => app.close())

const keyOf = (route: Route) => `${route.method} ${route.path}`
const hasObject = (route: Route) => route.object !== 'server' && route.object !== 'new-app'

/** A path that reads what exists, and changes nothing: writes name a release that is not there. */
function pathOf(route: Route, object: string): string {
  const words: Record<string, string> = {
    app: object,
    set: sets.get(object) ?? '',
    ref: route.method === 'GET' ? '1.0.0' : '9.9.9',
    channel: 'stable',
    file: 'notes.bin',
    link: 'lnk_0',
    token: 'tok_0',
    upload: 'upl_0',
    user: 'usr_0',
    preview: previews.get(object) ?? '',
    announcement: 'ann_0',
    branch: 'main',
    asset: 'icon.svg',
    slot: 'linux-x64',
  }
  return route.path.replace(/:([a-z]+)/g, (_, name: string) => words[name] ?? assert.fail(`no word for :${name}`))
}

/** A body that is refused after the decision, so that no row of the table changes anything. */
function bodyOf(route: Route): { body?: unknown } {
  if (route.object === 'new-app') return { body: { slug: 'public' } }
  return route.body === undefined ? {} : { body: { unknown: true } }
}

function askRoute(
  route: Route,
  object: string,
  token: string | undefined,
  headers: Record<string, string> = {},
  path?: string,
) {
  return app.ask(route.method, path ?? pathOf(route, object), { token, headers, ...bodyOf(route) })
}

/** What was decided: whatever comes after the decision (a missing release, a bad body, a conflict) counts as allowed. */
function outcomeOf(route: Route, answer: Answer): Outcome {
  if (answer.status === 401) return 'U'
  if (answer.status === 403) return 'F'
  assert.ok(answer.status < 500, `${keyOf(route)} answered ${answer.status}: ${answer.text}`)
  if (answer.status !== 404) return 'A'
  const hidden = { set: 'release.not_found', preview: 'preview.not_found' }[route.object as string] ?? 'app.not_found'
  return answer.json.code === hidden ? 'N' : 'A'
}

async function credentialFor(route: Route, principal: Principal): Promise<string | undefined> {
  // This one ends the token that asks.
  if (route.action === 'token.revoke_self' && !['expired', 'revoked'].includes(principal)) return issue(principal)
  return credentials.get(principal)
}

async function measure(): Promise<Matrix> {
  const routes: Record<string, Record<string, string>> = {}
  for (const route of app.app.routes) {
    const row: Record<string, string> = {}
    for (const object of hasObject(route) ? OBJECTS : ['-']) {
      let outcomes = ''
      for (const principal of PRINCIPALS) {
        outcomes += outcomeOf(route, await askRoute(route, object, await credentialFor(route, principal)))
      }
      row[object] = outcomes
    }
    routes[keyOf(route)] = row
  }
  const sorted = Object.fromEntries(Object.entries(routes).sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    legend: 'A allowed, U 401, F 403, N 404 as if absent; one letter per principal',
    principals: PRINCIPALS,
    routes: sorted,
  }
}

test('the access matrix of all routes equals the reviewed table', async () => {
  const measured = await measure()
  if (process.env.UPDATE_MATRIX === '1') await writeFile(TABLE, `${JSON.stringify(measured, null, 2)}\n`)
  const reviewed: Matrix = JSON.parse(await readFile(TABLE, 'utf8'))
  assert.deepEqual(
    Object.keys(measured.routes),
    Object.keys(reviewed.routes),
    'a route without a row, or a row without a route',
  )
  assert.deepEqual(measured, reviewed)
})

/** What two answers may differ in: the id of the request. */
function fingerprint(answer: Answer): unknown {
  const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date').sort()
  const isJson = answer.headers.get('content-type')?.includes('json') === true
  const body = isJson ? { ...answer.json, requestId: '' } : answer.text
  return { status: answer.status, headers, body }
}

test('an app that is hidden and one that is absent give the same bytes on every route', async () => {
  for (const route of app.app.routes.filter(hasObject)) {
    for (const principal of ['none', 'wrong-app', 'other-admin', 'malformed', 'revoked'] as const) {
      const token = credentials.get(principal)
      const hidden = await askRoute(route, 'private', token)
      const absent = await askRoute(route, 'absent', token)
      assert.deepEqual(fingerprint(hidden), fingerprint(absent), `${keyOf(route)} as ${principal}`)
      assert.ok(hidden.status === 404 || hidden.status === 401, `${keyOf(route)} as ${principal}: ${hidden.status}`)
    }
  }
})

test('a hidden file gives nothing away by HEAD, Range or If-None-Match', async () => {
  const admin = credentials.get('admin')
  const etag = (await app.ask('GET', '/private/releases/1.0.0/notes.bin', { token: admin })).headers.get('etag')!
  const paths = [
    '/releases/1.0.0/notes.bin',
    '/stable/notes.bin',
    '/latest/notes.bin',
    '/stable/download',
    '/stable/sha256.sum',
    '/stable',
  ]
  for (const path of paths) {
    for (const token of [undefined, credentials.get('wrong-app')]) {
      for (const headers of [
        {},
        { Range: 'bytes=0-0' },
        { 'If-None-Match': etag },
        { 'If-None-Match': '*' },
        { 'If-Match': etag },
      ] as Record<string, string>[]) {
        for (const method of ['GET', 'HEAD']) {
          const hidden = await app.ask(method, `/private${path}`, { token, headers })
          const absent = await app.ask(method, `/absent${path}`, { token, headers })
          assert.equal(hidden.status, 404, `${method} ${path} ${JSON.stringify(headers)}`)
          assert.equal(hidden.headers.get('etag'), null)
          assert.deepEqual([...hidden.headers.keys()].sort(), [...absent.headers.keys()].sort())
        }
      }
    }
  }
  const set = await app.ask('GET', `/sets/${sets.get('private')}/notes.bin`, { headers: { 'If-None-Match': etag } })
  assert.equal(set.status, 404)
})

test('no spelling of a path is allowed more than its canonical form', async () => {
  for (const route of app.app.routes) {
    if (route.action === 'token.revoke_self') continue
    const path = pathOf(route, 'private')
    const last = path.slice(path.lastIndexOf('/') + 1)
    const spellings = [
      `${path}/`,
      `${path}//`,
      `/${path}`,
      path.replace('/', '/./'),
      path.replace('/', '/%2e/'),
      path.replace('/', '/x/../'),
      path.replace('/', '/x/%2e%2e/'),
      path.toUpperCase(),
      path.replace(/.$/, (c) => c.toUpperCase()),
      `${path};x`,
      `${path};x=1`,
      `${path}%3bx`,
      `${path}?`,
      `${path}%3f`,
      `${path}%00`,
      `${path}%20`,
      `${path}.json`,
      `${path}/%2e`,
      path.replaceAll('/', '%2f').replace('%2f', '/'),
      last === ''
        ? path
        : path.slice(0, -last.length) + [...last].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(''),
    ]
    for (const principal of ['none', 'wrong-app', 'read'] as const) {
      const token = credentials.get(principal)
      const canonical = outcomeOf(route, await askRoute(route, 'private', token))
      for (const spelling of spellings) {
        const answer = await askRoute(route, 'private', token, {}, spelling)
        const isRefused = [400, 404, 405].includes(answer.status)
        if (!isRefused) assert.equal(outcomeOf(route, answer), canonical, `${route.method} ${spelling} as ${principal}`)
      }
    }
  }
})

test('no header turns a request into another one', async () => {
  const headers = {
    'X-HTTP-Method-Override': 'GET',
    'X-HTTP-Method': 'GET',
    'X-Method-Override': 'GET',
    'X-Original-URL': '/api/v1/system',
    'X-Rewrite-URL': '/api/v1/system',
    'X-Forwarded-For': '127.0.0.1',
    'X-Forwarded-User': 'admin',
    Cookie: `dist=${credentials.get('admin')}; __Host-dist=${credentials.get('admin')}`,
  }
  for (const route of app.app.routes) {
    for (const principal of ['none', 'wrong-app', 'read'] as const) {
      if (route.action === 'token.revoke_self' && principal !== 'none') continue
      const token = credentials.get(principal)
      const plain = await askRoute(route, 'private', token)
      const dressed = await askRoute(route, 'private', token, headers)
      assert.equal(dressed.status, plain.status, `${keyOf(route)} as ${principal}`)
    }
  }
  const override = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE' }
  await app.ask('GET', '/api/v1/apps/public', { token: credentials.get('admin'), headers: override })
  assert.equal((await app.ask('GET', '/api/v1/apps/public')).status, 200)
})

test('methods that the table does not name are 405 with Allow, or 404, for everybody', async () => {
  for (const path of new Set(app.app.routes.map((route) => route.path))) {
    const rows = app.app.routes.filter((route) => route.path === path)
    const named = new Set<string>(rows.map((route) => route.method))
    for (const method of ['PUT', 'DELETE', 'PATCH', 'POST', 'OPTIONS', 'PROPFIND', 'MKCOL']) {
      if (named.has(method)) continue
      const answer = await app.ask(method, pathOf(rows[0]!, 'public'), { token: credentials.get('publish') })
      // 403: the path is also one of another row, which this token may not use (`/tokens/:token`).
      assert.ok([403, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`)
      const code = { 403: 'access.denied', 404: 'route.not_found', 405: 'request.method_not_allowed' }[answer.status]
      assert.equal(answer.json.code, code, `${method} ${path}`)
      if (answer.status === 405)
        for (const name of named) assert.ok(answer.headers.get('allow')!.split(', ').includes(name))
    }
  }
})

test('every GET answers HEAD with the same status and headers and no body', async () => {
  for (const route of app.app.routes.filter((row) => row.method === 'GET')) {
    if (route.path.startsWith('/api/v1/uploads')) continue
    const path = pathOf(route, 'public') + (route.path.endsWith('/update') ? '?version=0.1' : '')
    const token = credentials.get('admin')
    const got = await app.ask('GET', path, { token })
    const head = await app.ask('HEAD', path, { token })
    assert.equal(head.status, got.status, path)
    assert.equal(head.text, '')
    assert.equal(head.headers.get('content-type'), got.headers.get('content-type'), path)
    assert.equal(head.headers.get('etag'), got.headers.get('etag'), path)
  }
})

test('an empty, blank or foreign credential is 401, never anonymous', async () => {
  const secret = credentials.get('admin')!
  const headers = [
    '',
    'Bearer',
    'Bearer ',
    'Bearer null',
    'Bearer undefined',
    'Bearer  ',
    `Bearer ${secret} `.replace(/ $/, ' x'),
    secret,
    `Basic ${btoa(':')}`,
    `Basic ${btoa(`x:${secret}`)}`,
    `Token ${secret}`,
    `Bearer ${secret}, Bearer ${secret}`,
    `Bearer eyJhbGciOiJIUzI1NiJ9.e30.${'A'.repeat(43)}`,
    `Bearer ${secret.slice(0, -1)}`,
    `Bearer ${secret}${secret}`,
  ]
  for (const Authorization of headers) {
    for (const path of ['/api/v1/whoami', '/public', '/healthz', '/api/v1/audit']) {
      const answer = await app.ask('GET', path, { headers: { Authorization } })
      assert.equal(answer.status, 401, `${JSON.stringify(Authorization)} at ${path}`)
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer /)
    }
  }
})

test('a revoked token is dead on the next request', async () => {
  const { secret, token } = await app.issue({ actions: ['read'] })
  assert.equal((await app.ask('GET', '/api/v1/apps/private', { token: secret })).status, 200)
  const ended = await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: credentials.get('admin') })
  assert.equal(ended.status, 204)
  assert.equal((await app.ask('GET', '/api/v1/apps/private', { token: secret })).status, 401)
  const again = await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: credentials.get('admin') })
  assert.equal(again.status, 204, 'revoking twice is success')
})

test('a token creates only tokens within its own apps, channels and life', async () => {
  const narrow = (await app.issue({ actions: ['admin'], apps: ['acme-*'], channels: ['beta'], expiresInDays: 10 }))
    .secret
  const create = (body: object) =>
    app.ask('POST', '/api/v1/tokens', { token: narrow, body: { name: 'child', actions: ['publish'], ...body } })
  const refused = [
    {},
    { apps: ['*'], channels: ['beta'] },
    { apps: ['acme-*'] },
    { apps: ['acme-*', 'other'], channels: ['beta'] },
    { apps: ['acm*'], channels: ['beta'] },
    { apps: ['acme-*'], channels: ['*'] },
    { apps: ['acme-*'], channels: ['beta'], expiresInDays: 11 },
    { apps: ['acme-*'], channels: ['beta'], expiresInDays: null },
  ]
  for (const body of refused) {
    const answer = await create(body)
    assert.equal(answer.status, 403, JSON.stringify(body))
    assert.equal(answer.json.code, 'token.too_wide')
  }
  const child = await create({ apps: ['acme-notes'], channels: ['beta'] })
  assert.equal(child.status, 201, child.text)
  const limit = (await app.ask('GET', '/api/v1/whoami', { token: narrow })).json.token.expiresAt
  assert.ok(child.json.token.expiresAt <= limit, 'a default expiry is cut to the life of the creator')
  for (const principal of ['read', 'publish', 'promote'] as const) {
    const answer = await app.ask('POST', '/api/v1/tokens', {
      token: credentials.get(principal),
      body: { name: 'x', actions: ['read'] },
    })
    assert.equal(answer.status, 403, principal)
  }
})

test('an admin of some apps neither sees nor ends the tokens of others', async () => {
  const { token } = await app.issue({ actions: ['publish'], apps: ['public'] })
  const other = credentials.get('other-admin')
  assert.equal((await app.ask('GET', `/api/v1/tokens/${token.id}`, { token: other })).json.code, 'token.not_found')
  assert.equal((await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: other })).json.code, 'token.not_found')
  const list = await app.ask('GET', '/api/v1/tokens?limit=200', { token: other })
  for (const item of list.json.items) assert.deepEqual(item.apps, ['elsewhere'])
  assert.ok((await app.ask('GET', `/api/v1/tokens/${token.id}`, { token: credentials.get('admin') })).status === 200)
})
