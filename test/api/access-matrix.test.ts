import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Route } from '../../src/http/route.ts'
import {
  type AccessScene,
  accessScene,
  BEARERS,
  type Credential,
  GROUPS,
  PRINCIPALS,
  type Principal,
  SIGNED_IN,
  UNENTITLED,
  VISIBILITIES,
} from '../helpers/principals.ts'
import {
  askRoute,
  endsCredential,
  hasObject,
  keyOf,
  type Outcome,
  outcomeOf,
  pathOf,
} from '../helpers/route-requests.ts'
import type { TestApp } from '../helpers/test-app.ts'

/**
 * Every route of the table, asked by every kind of principal about every kind of app, held against a reviewed table.
 * Run with UPDATE_MATRIX=1 to write the table anew, then read the difference before it is committed.
 */
const TABLE = new URL('../vectors/access-matrix.json', import.meta.url)
const OBJECTS = [...VISIBILITIES, 'absent'] as const

const LEGEND = [
  'One row per route and kind of app (private, unlisted, public, absent; "-" where a route is about no app).',
  'One column per principal, in groups. A small letter is that principal, and allowed; a capital says how it is refused:',
  'U 401 (asks for a credential), F 403 (it is there, and not for you), N 404 (as if it were absent).',
]

interface Matrix {
  readonly legend: readonly string[]
  readonly groups: Readonly<Record<string, string>>
  readonly routes: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Outcome by route, object and principal. */
type Outcomes = ReadonlyMap<Route, ReadonlyMap<string, ReadonlyMap<Principal, Outcome>>>

let scene: AccessScene
let app: TestApp
let measured: Promise<Outcomes> | undefined

before(async () => {
  scene = await accessScene()
  app = scene.app
})
after(() => app.close())

const tokenOf = (principal: Principal) => scene.of(principal).token
const objectsOf = (route: Route): readonly string[] => (hasObject(route) ? OBJECTS : ['-'])

function credentialFor(route: Route, principal: Principal): Credential | Promise<Credential> {
  const isUsed = SIGNED_IN.includes(principal) || Object.hasOwn(GROUPS.tokens, principal)
  return endsCredential(route) && isUsed ? scene.fresh(principal) : scene.of(principal)
}

async function measure(): Promise<Outcomes> {
  const outcomes = new Map<Route, Map<string, Map<Principal, Outcome>>>()
  for (const route of app.app.routes) {
    const row = new Map<string, Map<Principal, Outcome>>()
    outcomes.set(route, row)
    for (const object of objectsOf(route)) {
      const cell = new Map<Principal, Outcome>()
      row.set(object, cell)
      for (const principal of PRINCIPALS) {
        const answer = await askRoute(scene, route, object, await credentialFor(route, principal))
        cell.set(principal, outcomeOf(route, answer))
      }
    }
  }
  return outcomes
}

function outcomes(): Promise<Outcomes> {
  measured ??= measure()
  return measured
}

/** `nUUUsdig NrpmbaN NN vma vma crN` */
function textOf(cell: ReadonlyMap<Principal, Outcome>): string {
  const letterOf = ([principal, letter]: [string, string]) => {
    const outcome = cell.get(principal as Principal)!
    return outcome === 'A' ? letter : outcome
  }
  return Object.values(GROUPS)
    .map((group) => Object.entries(group).map(letterOf).join(''))
    .join(' ')
}

function tableOf(all: Outcomes): Matrix {
  const groups = Object.entries(GROUPS).map(([name, group]) => [
    name,
    Object.entries(group)
      .map(([principal, letter]) => `${letter} ${principal}`)
      .join(', '),
  ])
  const routes: Record<string, Record<string, string>> = {}
  for (const route of [...all.keys()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    const row: Record<string, string> = {}
    // Kinds of apps with the same line share it.
    for (const [object, cell] of all.get(route)!) {
      const text = textOf(cell)
      const same = Object.keys(row).find((name) => row[name] === text)
      if (same !== undefined) delete row[same]
      row[same === undefined ? object : `${same}, ${object}`] = text
    }
    routes[keyOf(route)] = row
  }
  return { legend: LEGEND, groups: Object.fromEntries(groups), routes }
}

test('the access matrix of all routes equals the reviewed table', async () => {
  const table = tableOf(await outcomes())
  if (process.env.UPDATE_MATRIX === '1') await writeFile(TABLE, `${JSON.stringify(table, null, 2)}\n`)
  const reviewed: Matrix = JSON.parse(await readFile(TABLE, 'utf8'))
  assert.deepEqual(
    Object.keys(table.routes),
    Object.keys(reviewed.routes),
    'a route without a row, or a row without a route',
  )
  assert.deepEqual(table, reviewed)
})

/** Calls `check` with each route, each object, and how to ask for an outcome there. */
async function eachCell(check: (route: Route, object: string, of: (principal: Principal) => Outcome) => void) {
  for (const [route, row] of await outcomes()) {
    for (const [object, cell] of row) check(route, object, (principal) => cell.get(principal)!)
  }
}

const allows = (outcome: Outcome) => outcome === 'A'

test('a higher role is allowed at least what a lower one is, and a role on the server at least what one on an app is', async () => {
  const ladders: Principal[][] = [
    ['no-role', 'app-viewer', 'app-manager', 'app-admin', 'server-admin'],
    ['no-role', 'viewer', 'manager', 'server-admin'],
    ['app-viewer', 'viewer'],
    ['app-manager', 'manager'],
  ]
  await eachCell((route, object, of) => {
    for (const ladder of ladders) {
      for (const [i, lower] of ladder.slice(0, -1).entries()) {
        const higher = ladder[i + 1]!
        assert.ok(!allows(of(lower)) || allows(of(higher)), `${keyOf(route)} ${object}: ${lower} but not ${higher}`)
      }
    }
  })
})

test('an admin token is allowed what any other token is, and whoever may write may read', async () => {
  await eachCell((route, object, of) => {
    for (const action of ['read', 'publish', 'promote', 'branch'] as const) {
      assert.ok(!allows(of(action)) || allows(of('admin')), `${keyOf(route)} ${object}: ${action} but not admin`)
      assert.ok(!allows(of('read')) || allows(of(action)), `${keyOf(route)} ${object}: read but not ${action}`)
    }
  })
})

test('what is over allows nothing: a dead token is 401 everywhere, a dead session and a revoked link are nobody', async () => {
  await eachCell((route, object, of) => {
    const where = `${keyOf(route)} ${object}`
    for (const dead of ['malformed', 'expired', 'revoked'] as const) assert.equal(of(dead), 'U', `${where} ${dead}`)
    for (const dead of ['ended', 'idle', 'disabled', 'revoked-share', 'expired-grant'] as const) {
      assert.equal(of(dead), of('none'), `${where} ${dead}`)
    }
  })
})

test('share links allow reading, and only what they are of', async () => {
  const OPEN = ['app.read', 'release.read', 'channel.read', 'branch.read']
  await eachCell((route, object, of) => {
    const where = `${keyOf(route)} ${object}`
    assert.equal(of('foreign-share'), of('none'), where)
    for (const share of ['share-channel', 'share-release'] as const) {
      if (of(share) === of('none')) continue
      assert.ok(allows(of(share)), where)
      assert.equal(object, 'private', where)
      assert.ok(route.method === 'GET' && OPEN.includes(route.action), where)
      assert.match(route.path, share === 'share-channel' ? /\/:channel(?:\/|$)/ : /\/releases\/:ref(?:\/|$)/, where)
    }
  })
})

test('a grant allows one file, at its one address, and nothing beside it', async () => {
  const ADDRESSES = {
    grant: 'GET /:app/releases/:ref/:file',
    'share-grant': 'GET /:app/releases/:ref/:file',
    'manifest-grant': 'GET /:app/releases/:ref/manifest.plist',
    'icon-grant': 'GET /:app/releases/:ref/icon.png',
    'other-grant': undefined,
    'foreign-grant': undefined,
  } as const
  const opened = new Set<string>()
  await eachCell((route, object, of) => {
    for (const principal of Object.keys(GROUPS.grants) as (keyof typeof GROUPS.grants)[]) {
      const isOpened = keyOf(route) === ADDRESSES[principal] && object === 'private'
      if (isOpened) opened.add(principal)
      assert.equal(of(principal), isOpened ? 'A' : of('none'), `${keyOf(route)} ${object} ${principal}`)
    }
  })
  assert.deepEqual([...opened].sort(), ['grant', 'icon-grant', 'manifest-grant', 'share-grant'])
})

test('people publish nothing: what CI does is refused to every session', async () => {
  const PUBLISHING = ['upload.write', 'release.draft', 'release.publish', 'branch.push', 'token.revoke_self']
  const seen = new Set<string>()
  await eachCell((route, object, of) => {
    if (!PUBLISHING.includes(route.action)) return
    seen.add(route.action)
    for (const principal of SIGNED_IN) {
      assert.ok(!allows(of(principal)), `${keyOf(route)} ${object} ${principal}`)
    }
  })
  assert.deepEqual([...seen].sort(), PUBLISHING.sort())
})

test('tokens reach nothing of people: no session, no form', async () => {
  let rows = 0
  await eachCell((route, object, of) => {
    if (route.action !== 'session.own' && route.isForm !== true) return
    rows++
    for (const principal of BEARERS) assert.ok(!allows(of(principal)), `${keyOf(route)} ${object} ${principal}`)
  })
  assert.ok(rows > 0)
})

test('without a right on it a private app is absent: no outcome differs between the two', async () => {
  for (const [route, row] of await outcomes()) {
    if (!hasObject(route)) continue
    for (const principal of UNENTITLED) {
      const [hidden, absent] = [row.get('private')!.get(principal)!, row.get('absent')!.get(principal)!]
      assert.equal(hidden, absent, `${keyOf(route)} ${principal}`)
      assert.ok(hidden === 'N' || hidden === 'U', `${keyOf(route)} ${principal}: ${hidden}`)
    }
  }
})

test('what exists nowhere is allowed to nobody', async () => {
  await eachCell((route, object, of) => {
    if (object !== 'absent') return
    for (const principal of PRINCIPALS) assert.ok(!allows(of(principal)), `${keyOf(route)} ${principal}`)
  })
})

test('no spelling of a path is allowed more than its canonical form', async () => {
  for (const route of app.app.routes) {
    if (endsCredential(route)) continue
    const path = pathOf(scene, route, 'private')
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
    for (const principal of ['none', 'wrong-app', 'read', 'no-role', 'app-viewer', 'share-release', 'grant'] as const) {
      const credential = scene.of(principal)
      const canonical = outcomeOf(route, await askRoute(scene, route, 'private', credential))
      for (const spelling of spellings) {
        const answer = await askRoute(scene, route, 'private', credential, { path: spelling })
        const isRefused = [400, 404, 405].includes(answer.status)
        if (!isRefused) assert.equal(outcomeOf(route, answer), canonical, `${route.method} ${spelling} as ${principal}`)
      }
    }
  }
})

test('no header turns a request into another one', async () => {
  const secret = scene.admin
  const headers = {
    'X-HTTP-Method-Override': 'GET',
    'X-HTTP-Method': 'GET',
    'X-Method-Override': 'GET',
    'X-Original-URL': '/api/v1/system',
    'X-Rewrite-URL': '/api/v1/system',
    'X-Forwarded-For': '127.0.0.1',
    'X-Forwarded-User': 'admin',
  }
  for (const route of app.app.routes) {
    for (const principal of ['none', 'wrong-app', 'read', 'no-role', 'app-viewer'] as const) {
      if (endsCredential(route) && principal !== 'none') continue
      const credential = scene.of(principal)
      const Cookie = credential.cookie ?? `dist=${secret}; __Host-dist=${secret}`
      const plain = await askRoute(scene, route, 'private', credential)
      const dressed = await askRoute(scene, route, 'private', credential, { headers: { ...headers, Cookie } })
      assert.equal(dressed.status, plain.status, `${keyOf(route)} as ${principal}`)
    }
  }
  const override = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE' }
  await app.ask('GET', '/api/v1/apps/public', { token: secret, headers: override })
  await app.ask('GET', '/api/v1/apps/public', { ...scene.of('server-admin'), headers: override })
  assert.equal((await app.ask('GET', '/api/v1/apps/public')).status, 200)
})

test('methods that the table does not name are 405 with Allow, or 404, for everybody', async () => {
  for (const path of new Set(app.app.routes.map((route) => route.path))) {
    const rows = app.app.routes.filter((route) => route.path === path)
    const named = new Set<string>(rows.map((route) => route.method))
    for (const method of ['PUT', 'DELETE', 'PATCH', 'POST', 'OPTIONS', 'PROPFIND', 'MKCOL']) {
      if (named.has(method)) continue
      const answer = await app.ask(method, pathOf(scene, rows[0]!, 'public'), { token: tokenOf('publish') })
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
    const path = pathOf(scene, route, 'public') + (route.path.endsWith('/update') ? '?version=0.1' : '')
    const token = tokenOf('admin')
    const got = await app.ask('GET', path, { token })
    const head = await app.ask('HEAD', path, { token })
    assert.equal(head.status, got.status, path)
    assert.equal(head.text, '')
    assert.equal(head.headers.get('content-type'), got.headers.get('content-type'), path)
    assert.equal(head.headers.get('etag'), got.headers.get('etag'), path)
  }
})

test('an empty, blank or foreign credential is 401, never anonymous', async () => {
  const secret = tokenOf('admin')!
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
  const ended = await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: tokenOf('admin') })
  assert.equal(ended.status, 204)
  assert.equal((await app.ask('GET', '/api/v1/apps/private', { token: secret })).status, 401)
  const again = await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: tokenOf('admin') })
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
      token: tokenOf(principal),
      body: { name: 'x', actions: ['read'] },
    })
    assert.equal(answer.status, 403, principal)
  }
})

test('an admin of some apps neither sees nor ends the tokens of others', async () => {
  const { token } = await app.issue({ actions: ['publish'], apps: ['public'] })
  const other = tokenOf('other-admin')
  assert.equal((await app.ask('GET', `/api/v1/tokens/${token.id}`, { token: other })).json.code, 'token.not_found')
  assert.equal((await app.ask('DELETE', `/api/v1/tokens/${token.id}`, { token: other })).json.code, 'token.not_found')
  const list = await app.ask('GET', '/api/v1/tokens?limit=200', { token: other })
  for (const item of list.json.items) assert.deepEqual(item.apps, ['elsewhere'])
  assert.ok((await app.ask('GET', `/api/v1/tokens/${token.id}`, { token: tokenOf('admin') })).status === 200)
})
