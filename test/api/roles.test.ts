import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '../../src/model/role.ts'
import { shareOf } from '../helpers/share-cookie.ts'
import { type Answer, type Ask, createTestApp, draft, release, type TestApp } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

/** Who asks about the private app `notes`. */
const COLUMNS = [
  'nobody',
  'no role',
  'viewer',
  'manager',
  'admin',
  'server viewer',
  'server manager',
  'server admin',
] as const

interface Row {
  /** What is there before each try, made by a token that may do everything. */
  readonly make?: () => Promise<string>
  readonly ask: (made: string) => [method: string, path: string, ask?: Ask]
  /** By column: `+` allowed, `-` refused. */
  readonly who: string
}

let app: TestApp
let token: string
let asks: Record<(typeof COLUMNS)[number], Ask>
let version = 1

const API = '/api/v1/apps/notes'
const admin = (method: string, path: string, ask: Ask = {}) => app.ask(method, path, { token, ...ask })
const person = async (input: { role?: Role; apps?: Record<string, Role> }): Promise<Ask> => ({
  cookie: (await app.person(input)).cookie,
})

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  for (const slug of ['notes', 'other']) {
    await admin('POST', '/api/v1/apps', { body: { slug, visibility: 'private' } })
  }
  await release(app, token, 'notes', { version: '0.1.0' }, [textFile('a')])
  await release(app, token, 'notes', { version: '0.2.0' }, [textFile('b')])
  await move('0.1.0')
  asks = {
    nobody: {},
    'no role': await person({ apps: { other: 'admin' } }),
    viewer: await person({ apps: { notes: 'viewer' } }),
    manager: await person({ apps: { notes: 'manager' } }),
    admin: await person({ apps: { notes: 'admin' } }),
    'server viewer': await person({ role: 'viewer' }),
    'server manager': await person({ role: 'manager' }),
    'server admin': await person({ role: 'admin' }),
  }
})
after(() => app.close())

async function etag(): Promise<Record<string, string>> {
  const tag = (await admin('GET', `${API}/channels/stable`)).headers.get('etag')
  return tag === null ? { 'If-None-Match': '*' } : { 'If-Match': tag }
}

async function move(to: string): Promise<Record<string, string>> {
  await admin('POST', `${API}/channels/stable/actions/promote`, { headers: await etag(), body: { release: to } })
  return etag()
}

async function published(): Promise<string> {
  const { id } = await draft(app, token, 'notes', { version: `${++version}.0.0` }, [textFile(`${version}`)])
  assert.equal((await admin('POST', `${API}/releases/${id}/actions/publish`)).status, 200)
  return id
}

const announced = async () =>
  (await release(app, token, 'notes', { version: `${++version}.0.0` }, [textFile('y')])).ref as string
const personId = async () => (await app.person()).user.id as string

const read = (path: string): Row => ({ ask: () => ['GET', path], who: '- - + + + + + +' })

/** Rows: what people do. Columns as above. */
const ROWS: Readonly<Record<string, Row>> = {
  'read the page': read('/notes'),
  'read a release page': read('/notes/releases/0.1.0'),
  download: read('/notes/releases/0.1.0/notes.bin'),
  'download from a channel': read('/notes/stable/notes.bin'),
  'read the feed': read('/notes/announcements.atom'),
  'read by the API': read(`${API}/releases/0.1.0`),
  'read checks and changes': read(`${API}/releases/0.2.0/changes`),
  'read history': read(`${API}/channels/stable/moves`),
  'list what is not announced': { ask: () => ['GET', `${API}/releases?state=all`], who: '- - - + + - + +' },
  'read the audit log of the app': { ask: () => ['GET', '/api/v1/audit?app=notes'], who: '- - - + + - + +' },
  'read the whole audit log': { ask: () => ['GET', '/api/v1/audit'], who: '- - - - - - + +' },
  announce: {
    make: published,
    ask: (id) => ['POST', `${API}/releases/${id}/actions/announce`],
    who: '- - - + + - + +',
  },
  'announce several': {
    make: published,
    ask: (id) => [
      'POST',
      '/api/v1/announcements',
      { body: { title: 'x', body: 'x', releases: [{ app: 'notes', release: id }] } },
    ],
    who: '- - - + + - + +',
  },
  promote: {
    make: async () => JSON.stringify(await move('0.1.0')),
    ask: (headers) => [
      'POST',
      `${API}/channels/stable/actions/promote`,
      { headers: JSON.parse(headers), body: { release: '0.2.0' } },
    ],
    who: '- - - + + - + +',
  },
  'roll back': {
    make: async () => JSON.stringify(await move('0.2.0')),
    ask: (headers) => ['POST', `${API}/channels/stable/actions/rollback`, { headers: JSON.parse(headers), body: {} }],
    who: '- - - + + - + +',
  },
  yank: {
    make: announced,
    ask: (ref) => ['POST', `${API}/releases/${ref}/actions/yank`, { body: { reason: 'bad' } }],
    who: '- - - + + - + +',
  },
  preview: {
    make: published,
    ask: (id) => ['POST', '/api/v1/previews', { body: { app: 'notes', release: id } }],
    who: '- - - + + - + +',
  },
  share: {
    ask: () => ['POST', '/api/v1/shares', { body: { app: 'notes', channel: 'stable', label: 'x' } }],
    who: '- - - + + - + +',
  },
  'revoke a share link': {
    make: async () => (await shareOf(app.deps, { app: 'notes', channel: 'stable' })).id,
    ask: (id) => ['DELETE', `/api/v1/shares/${id}`],
    who: '- - - + + - + +',
  },
  discard: { make: published, ask: (id) => ['POST', `${API}/releases/${id}/actions/discard`], who: '- - - - + - - +' },
  purge: {
    make: announced,
    ask: (ref) => ['POST', `${API}/releases/${ref}/actions/purge`, { body: { reason: 'bad' } }],
    who: '- - - - + - - +',
  },
  'edit the app': { ask: () => ['PATCH', API, { body: { summary: 'x' } }], who: '- - - - + - - +' },
  'set the policy of a channel': {
    ask: () => ['PATCH', `${API}/channels/beta`, { body: { policy: { allowDowngrade: true } } }],
    who: '- - - - + - - +',
  },
  'create a token for the app': {
    ask: () => ['POST', '/api/v1/tokens', { body: { name: 'x', actions: ['publish'], apps: ['notes'] } }],
    who: '- - - - + - - +',
  },
  'revoke a token of the app': {
    make: async () => (await app.issue({ actions: ['publish'], apps: ['notes'] })).token.id,
    ask: (id) => ['DELETE', `/api/v1/tokens/${id}`],
    who: '- - - - + - - +',
  },
  'create a token for all apps': {
    ask: () => ['POST', '/api/v1/tokens', { body: { name: 'x', actions: ['publish'] } }],
    who: '- - - - - - - +',
  },
  'revoke a token of all apps': {
    make: async () => (await app.issue({ actions: ['publish'] })).token.id,
    ask: (id) => ['DELETE', `/api/v1/tokens/${id}`],
    who: '- - - - - - - +',
  },
  'create an app': {
    make: async () => `app-${++version}`,
    ask: (slug) => ['POST', '/api/v1/apps', { body: { slug } }],
    who: '- - - - - - - +',
  },
  'invite a person': {
    make: async () => `invited-${++version}`,
    ask: (name) => ['POST', '/api/v1/users', { body: { name } }],
    who: '- - - - - - - +',
  },
  'give a person a role': {
    make: personId,
    ask: (id) => ['PATCH', `/api/v1/users/${id}`, { body: { role: 'viewer' } }],
    who: '- - - - - - - +',
  },
  'remove a person': { make: personId, ask: (id) => ['DELETE', `/api/v1/users/${id}`], who: '- - - - - - - +' },
  'begin a draft': { ask: () => ['POST', `${API}/releases`, { body: { version: '99.0.0' } }], who: '- - - - - - - -' },
  upload: {
    ask: () => [
      'POST',
      '/api/v1/uploads',
      { body: { sizeBytes: 1, digest: `sha256:${'0'.repeat(64)}`, fileName: 'x' } },
    ],
    who: '- - - - - - - -',
  },
  seal: {
    make: async () => (await draft(app, token, 'notes', { version: `${++version}.0.0` }, [textFile('x')])).id,
    ask: (id) => ['POST', `${API}/releases/${id}/actions/publish`],
    who: '- - - - - - - -',
  },
}

const eventsSoFar = async () => (await admin('GET', '/api/v1/audit/head')).json.seq as number

for (const [name, row] of Object.entries(ROWS)) {
  test(`who may: ${name}`, async () => {
    const said: string[] = []
    for (const column of COLUMNS) {
      const made = (await row.make?.()) ?? ''
      const before = await eventsSoFar()
      const [method, path, ask = {}] = row.ask(made)
      const answer: Answer = await app.ask(method, path, { ...ask, ...asks[column] })
      if (answer.status < 300) {
        said.push('+')
        continue
      }
      assert.ok([401, 403, 404].includes(answer.status), `${column}: ${answer.status} ${answer.text}`)
      assert.equal(await eventsSoFar(), before, `${column} was refused, and changed something`)
      said.push('-')
    }
    assert.equal(said.join(' '), row.who, COLUMNS.join(', '))
  })
}

test('movers of a channel are roles and names of tokens, and no token has a role by its name', async () => {
  const path = `${API}/channels/guarded`
  const policy = (movers: string[]) => admin('PATCH', path, { body: { policy: { movers } } })
  const tries = async (ask: Ask) => {
    const tag = (await admin('GET', path)).headers.get('etag')!
    const to = (await admin('GET', path)).json.current === '0.1.0' ? '0.2.0' : '0.1.0'
    const moved = await app.ask('POST', `${path}/actions/promote`, {
      ...ask,
      headers: { 'If-Match': tag },
      body: { release: to },
    })
    return moved.status === 200 ? 'moved' : moved.json.code
  }
  await admin('PATCH', path, { body: { policy: { allowDowngrade: true } } })
  const named = { token: (await app.issue({ name: 'ci-notes', actions: ['promote'] })).secret }
  const roleLike = { token: (await app.issue({ name: 'manager', actions: ['promote'] })).secret }
  const who = { manager: asks.manager, admin: asks.admin, 'server manager': asks['server manager'], named, roleLike }
  const table: [string[], Record<keyof typeof who, boolean>][] = [
    [[], { manager: true, admin: true, 'server manager': true, named: true, roleLike: true }],
    [['manager'], { manager: true, admin: true, 'server manager': true, named: false, roleLike: false }],
    [['admin'], { manager: false, admin: true, 'server manager': false, named: false, roleLike: false }],
    [['ci-notes'], { manager: false, admin: false, 'server manager': false, named: true, roleLike: false }],
    [['ci-notes', 'manager'], { manager: true, admin: true, 'server manager': true, named: true, roleLike: false }],
  ]
  for (const [movers, expected] of table) {
    assert.equal((await policy(movers)).status, 200, movers.join())
    for (const [name, ask] of Object.entries(who)) {
      const isExpected = expected[name as keyof typeof who]
      assert.equal(await tries(ask), isExpected ? 'moved' : 'channel.mover', `${movers.join()} as ${name}`)
    }
  }
})
