import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistError } from '../errors.ts'
import type { Role } from '../model/role.ts'
import { TOKEN_ACTIONS, type Token, type TokenAction } from '../model/token.ts'
import { type Actor, ANONYMOUS, SYSTEM } from './actor.ts'
import {
  ACTIONS,
  type AccessObject,
  type Action,
  appObject,
  authorize,
  can,
  canWithin,
  type Decision,
  decide,
} from './policy.ts'

function holder(actions: TokenAction[], apps = ['*'], channels = ['*']): Actor {
  const token: Token = {
    id: 'tok_01jd3v6k8m01jd3v6k8m01jd3v',
    name: 't',
    actions,
    apps,
    channels,
    branches: {},
    createdAt: '2026-11-21T00:00:00.000Z',
    createdBy: 'system',
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  }
  return { kind: 'token', token }
}

function person(role: Role | null, apps: Readonly<Record<string, Role>> = {}): Actor {
  const user = { id: 'usr_01jd3v6k8m01jd3v6k8m01jd3v', name: 'ada', role, disabledAt: null, apps } as const
  const times = { createdAt: '2026-11-21T00:00:00.000Z', lastSeenAtMs: 0, confirmedAtMs: 0, expiresAtMs: 0 }
  return { kind: 'user', session: { id: 'ses_1', user, ...times }, shares: [] }
}

const app = (visibility: 'private' | 'unlisted' | 'public', slug = 'notes'): AccessObject => ({
  kind: 'app',
  slug,
  visibility,
})
const channel = (name: string): AccessObject => ({
  kind: 'channel',
  slug: 'notes',
  visibility: 'public',
  channel: name,
})
/** Asked of the server, never of an app. */
const ON_SERVER = /^(?:token|user|audit|upload)\./
const ALL = Object.keys(ACTIONS) as Action[]

test('decide() makes an absent app and a hidden one look the same, for every action and actor', () => {
  const actors = [ANONYMOUS, ...TOKEN_ACTIONS.map((action) => holder([action], ['other-*']))]
  for (const actor of actors) {
    for (const action of ALL) {
      assert.equal(decide(actor, action, app('private')), decide(actor, action, { kind: 'absent' }), action)
    }
  }
})

test('decide() grants an action only to the tokens of its row', () => {
  for (const action of ALL) {
    const granting: readonly string[] = ACTIONS[action].tokens
    if (granting.length === 0 || ON_SERVER.test(action)) continue
    for (const granted of TOKEN_ACTIONS) {
      const expected: Decision = granting.includes(granted) ? 'allow' : 'deny'
      assert.equal(decide(holder([granted]), action, app('private')), expected, `${granted}: ${action}`)
    }
  }
})

test('decide() lets anonymous visitors read what they may see, and nothing else', () => {
  for (const action of ALL) {
    const isRead = ['app.read', 'release.read', 'channel.read', 'branch.read', 'server.public', 'app.list'].includes(
      action,
    )
    assert.equal(decide(ANONYMOUS, action, app('public')), isRead ? 'allow' : 'unauthenticated', action)
    assert.equal(decide(ANONYMOUS, action, app('unlisted')), isRead ? 'allow' : 'unauthenticated', action)
  }
  assert.equal(decide(ANONYMOUS, 'release.read', app('private')), 'invisible')
})

test('decide() holds the app and channel scope of a token', () => {
  const narrow = holder(['admin'], ['notes'], ['beta-*'])
  assert.ok(can(narrow, 'app.edit', app('private')))
  assert.equal(decide(narrow, 'app.edit', app('private', 'notes2')), 'invisible')
  assert.equal(decide(narrow, 'app.edit', app('public', 'notes2')), 'deny')
  assert.ok(can(narrow, 'channel.promote', channel('beta-1')))
  assert.equal(decide(narrow, 'channel.promote', channel('stable')), 'deny')
  assert.ok(can(narrow, 'channel.read', channel('stable')), 'reading is not moving')
  assert.equal(decide(narrow, 'app.create', { kind: 'new-app', slug: 'other' }), 'deny')
  assert.ok(can(narrow, 'app.create', { kind: 'new-app', slug: 'notes' }))
})

test('decide() gives the whole log only to an admin of all apps', () => {
  assert.ok(can(holder(['admin']), 'audit.read_all', { kind: 'server' }))
  assert.equal(decide(holder(['admin'], ['notes']), 'audit.read_all', { kind: 'server' }), 'deny')
  assert.equal(decide(holder(['admin'], ['n*']), 'audit.read_all', { kind: 'server' }), 'deny')
  assert.equal(decide(ANONYMOUS, 'audit.read_all', { kind: 'server' }), 'unauthenticated')
})

test('decide() lets the host itself do everything', () => {
  for (const action of ALL) assert.equal(decide(SYSTEM, action, app('private')), 'allow')
})

test('authorize() throws 401, 403 or 404 with the codes of the table', () => {
  const codeOf = (run: () => void) => {
    try {
      run()
    } catch (error) {
      return error instanceof DistError ? error.code : error
    }
    return undefined
  }
  assert.equal(
    codeOf(() => authorize(ANONYMOUS, 'app.edit', app('public'))),
    'access.unauthenticated',
  )
  assert.equal(
    codeOf(() => authorize(holder(['read']), 'app.edit', app('public'))),
    'access.denied',
  )
  assert.equal(
    codeOf(() => authorize(ANONYMOUS, 'app.read', app('private'))),
    'app.not_found',
  )
  assert.equal(
    codeOf(() => authorize(ANONYMOUS, 'release.read', { kind: 'absent' }, 'release.not_found')),
    'release.not_found',
  )
  assert.equal(
    codeOf(() => authorize(holder(['admin']), 'app.edit', app('private'))),
    undefined,
  )
})

test('authorize() tells a missing action from an object out of scope', () => {
  const refusal = (actor: Actor, action: Action, object: AccessObject) => {
    try {
      authorize(actor, action, object)
    } catch (error) {
      if (error instanceof DistError && error.code === 'access.denied') return `${error.message}. ${error.hint}`
    }
    return undefined
  }
  const narrow = holder(['publish'], ['acme-*'], ['beta', 'pr-*'])
  assert.match(
    refusal(narrow, 'app.create', { kind: 'new-app', slug: 'other' }) ?? '',
    /the token covers acme-\*, not other\. /,
  )
  assert.match(refusal(narrow, 'app.edit', app('public')) ?? '', /does not have the action for it\. It needs "admin"$/)
  assert.match(
    refusal(holder(['promote'], ['*'], ['beta', 'pr-*']), 'channel.promote', channel('stable')) ?? '',
    /the token covers the channels beta, pr-\*, not stable\. /,
  )
  assert.match(
    refusal(holder(['admin'], ['notes']), 'audit.read_all', { kind: 'server' }) ?? '',
    /the token covers notes, and this is about all apps\. /,
  )
  assert.match(refusal(holder(['read']), 'audit.read_all', { kind: 'server' }) ?? '', /It needs "admin"$/)
})

test('an app is read by visibility first and by the scope after', () => {
  assert.ok(can(ANONYMOUS, 'app.read', appObject({ slug: 'notes', visibility: 'unlisted' })))
  assert.ok(!can(ANONYMOUS, 'app.read', appObject({ slug: 'notes', visibility: 'private' })))
  assert.ok(can(holder(['read'], ['no*']), 'app.read', appObject({ slug: 'notes', visibility: 'private' })))
})

test('what is about the whole server is for no token that is narrowed to some channels', () => {
  for (const action of ['user.manage', 'audit.read_all'] as const) {
    assert.equal(decide(holder(['admin']), action, { kind: 'server' }), 'allow')
    assert.equal(decide(holder(['admin'], ['*'], ['beta']), action, { kind: 'server' }), 'deny', action)
    assert.equal(decide(holder(['admin'], ['acme-*']), action, { kind: 'server' }), 'deny', action)
  }
})

test('a scope is managed by who has the action on all that it matches', () => {
  const all = { apps: ['*'], channels: ['*'] }
  const of = (...apps: string[]) => ({ apps, channels: ['*'] })
  const admin = person('admin')
  const adminOfNotes = person(null, { notes: 'admin', sync: 'manager' })
  assert.ok(canWithin(SYSTEM, 'token.manage', all))
  assert.ok(canWithin(admin, 'token.manage', all))
  assert.ok(canWithin(adminOfNotes, 'token.manage', of('notes')))
  for (const scope of [
    all,
    of('*'),
    of('note*'),
    of('notes', 'sync'),
    of('notes', '*'),
    of('sync'),
    of('other'),
    of(),
  ]) {
    assert.ok(!canWithin(adminOfNotes, 'token.manage', scope), scope.apps.join())
    assert.ok(!canWithin(person('manager'), 'token.manage', scope), scope.apps.join())
    assert.ok(!canWithin(ANONYMOUS, 'token.manage', scope))
  }
  const narrow = holder(['admin'], ['acme-*'], ['beta'])
  assert.ok(canWithin(narrow, 'token.manage', { apps: ['acme-notes'], channels: ['beta'] }))
  assert.ok(!canWithin(narrow, 'token.manage', of('acme-notes')))
  assert.ok(!canWithin(narrow, 'token.manage', { apps: ['*'], channels: ['beta'] }))
  assert.ok(!canWithin(holder(['publish']), 'token.manage', of('notes')))
})

test('decide() lets a grant read exactly one file, however visible its app is, and do nothing else anywhere', () => {
  const grant = { slug: 'notes', ref: '1.0.0', file: 'Notes.ipa', basis: 'right', share: null } as const
  const actor: Actor = { kind: 'grant', grant }
  const own: AccessObject = { kind: 'app', slug: 'notes', visibility: 'private', ref: '1.0.0', file: 'Notes.ipa' }
  assert.ok(can(actor, 'release.read', own))
  const others: AccessObject[] = [
    { ...own, file: 'notes.ipa' },
    { ...own, file: 'manifest.plist' },
    { ...own, file: '' },
    { kind: 'app', slug: 'notes', visibility: 'private', ref: '1.0.0' },
    { kind: 'app', slug: 'notes', visibility: 'private' },
    { ...own, ref: '1.0.1' },
    { ...own, slug: 'other' },
    { ...channel('stable'), visibility: 'private' } as AccessObject,
    { kind: 'branch', slug: 'notes', visibility: 'private', branch: 'Notes.ipa' },
    { kind: 'absent' },
    { kind: 'server' },
    { kind: 'new-app', slug: 'notes' },
  ]
  for (const action of ALL) {
    for (const object of others) assert.equal(decide(actor, action, object), decide(ANONYMOUS, action, object), action)
    if (action !== 'release.read') assert.equal(decide(actor, action, own), decide(ANONYMOUS, action, own), action)
  }
  assert.ok(!canWithin(actor, 'token.manage', { apps: ['notes'], channels: ['*'] }))
})
