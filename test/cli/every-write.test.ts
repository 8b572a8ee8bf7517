import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCommand } from '../../cli/commands.ts'
import { ACTIONS, type Action } from '../../src/access/policy.ts'
import { allRoutes } from '../../src/http/routes.ts'

/** The verb of `dist` for each route that changes something: whoever adds a route adds a row here. */
const VERBS: Readonly<Record<string, string>> = {
  'POST /api/v1/apps': 'app create',
  'PATCH /api/v1/apps/:app': 'app edit',
  'DELETE /api/v1/apps/:app': 'app delete',
  'POST /api/v1/apps/:app/releases': 'release create',
  'POST /api/v1/apps/:app/releases/:ref/artifacts': 'release attach',
  'DELETE /api/v1/apps/:app/releases/:ref/artifacts/:file': 'release detach',
  'POST /api/v1/apps/:app/releases/:ref/links': 'release link',
  'DELETE /api/v1/apps/:app/releases/:ref/links/:link': 'release unlink',
  'POST /api/v1/apps/:app/releases/:ref/actions/publish': 'release publish',
  'POST /api/v1/apps/:app/releases/:ref/actions/announce': 'release announce',
  'POST /api/v1/apps/:app/releases/:ref/actions/yank': 'release yank',
  'POST /api/v1/apps/:app/releases/:ref/actions/unyank': 'release unyank',
  'POST /api/v1/apps/:app/releases/:ref/actions/discard': 'release discard',
  'POST /api/v1/apps/:app/releases/:ref/actions/purge': 'release purge',
  'POST /api/v1/previews': 'preview create',
  'DELETE /api/v1/previews/:preview': 'preview end',
  'POST /api/v1/announcements': 'announcement create',
  'POST /api/v1/uploads': 'release attach',
  'PATCH /api/v1/uploads/:upload': 'release attach',
  'DELETE /api/v1/uploads/:upload': 'upload cancel',
  'PATCH /api/v1/apps/:app/channels/:channel': 'channel policy',
  'POST /api/v1/apps/:app/channels/:channel/actions/promote': 'channel promote',
  'POST /api/v1/apps/:app/channels/:channel/actions/rollback': 'channel rollback',
  'PUT /api/v1/apps/:app/branches/:branch/slots/:slot': 'branch push',
  'DELETE /api/v1/apps/:app/branches/:branch/slots/:slot': 'branch delete',
  'DELETE /api/v1/apps/:app/branches/:branch': 'branch delete',
  'POST /api/v1/tokens': 'token create',
  'DELETE /api/v1/tokens/:token': 'token revoke',
  'POST /api/v1/tokens/revoke-self': 'token revoke',
  'POST /api/v1/users': 'user create',
  'PATCH /api/v1/users/:user': 'user edit',
  'DELETE /api/v1/users/:user': 'user delete',
  'POST /api/v1/users/:user/actions/link': 'user link',
  'POST /api/v1/shares': 'share create',
  'DELETE /api/v1/shares/:share': 'share revoke',
}

/** Whether it is for whoever is signed in, and for no token: `dist` has none of the sessions that it is about. */
function isOfSessions(action: Action): boolean {
  const { tokens, role }: { readonly tokens: readonly string[]; readonly role: string | null } = ACTIONS[action]
  return role === 'user' && tokens.length === 0
}

const writes = allRoutes({ version: '0', assets: [] })
  .filter(({ method, path, action }) => method !== 'GET' && path.startsWith('/api/') && !isOfSessions(action))
  .map(({ method, path }) => `${method} ${path}`)

test('every write of the API has a verb of dist', () => {
  assert.ok(writes.length > 10)
  assert.deepEqual(
    writes.filter((route) => VERBS[route] === undefined),
    [],
  )
})

test('every row names a route and a command that exist', () => {
  assert.deepEqual(
    Object.keys(VERBS).filter((route) => !writes.includes(route)),
    [],
  )
  for (const verb of Object.values(VERBS)) assert.equal(findCommand(verb.split(' '))?.words, verb)
})
