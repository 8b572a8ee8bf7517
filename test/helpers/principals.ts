import assert from 'node:assert/strict'
import { createGrant, GRANT_MS, type GrantBasis } from '../../src/access/grants.ts'
import type { ReleaseId } from '../../src/model/ids.ts'
import type { Role } from '../../src/model/role.ts'
import { type MadeShare, shareOf } from './share-cookie.ts'
import { createTestApp, draft, release, type TestApp, type TestAppOptions } from './test-app.ts'

/**
 * Everybody who can ask, in the groups of the reviewed table, each with the letter that stands for him there. Apps of
 * the scene are `private`, `unlisted`, `public`, and `elsewhere`, which is no object.
 */
export const GROUPS = {
  /** No credential, and credentials that are none or none any more. */
  nobody: {
    none: 'n',
    malformed: 'm',
    expired: 'e',
    revoked: 'r',
    ended: 's',
    idle: 'i',
    disabled: 'd',
    'revoked-share': 'g',
    'expired-grant': 'x',
  },
  /** Tokens; `wrong-app` and `other-admin` are of `elsewhere` alone. */
  tokens: { 'wrong-app': 'w', read: 'r', publish: 'p', promote: 'm', branch: 'b', admin: 'a', 'other-admin': 'o' },
  /** Signed in without a right here: with no role at all, or as admin of `elsewhere`. */
  strangers: { 'no-role': 'z', 'other-role': 'o' },
  /** Signed in, with a role on the apps that are asked for. */
  onApps: { 'app-viewer': 'v', 'app-manager': 'm', 'app-admin': 'a' },
  /** Signed in, with a role on the server. */
  onServer: { viewer: 'v', manager: 'm', 'server-admin': 'a' },
  /** Nobody, with share links of channel `stable`, of release 1.0.0, or of channel `stable` of `elsewhere`. */
  shares: { 'share-channel': 'c', 'share-release': 'r', 'foreign-share': 'f' },
  /**
   * Nobody, with the grant of one file of release 1.0.0: of `notes.bin` by a right or by a share link, of what devices
   * install from, of its picture, of a file that is not asked for, or of `notes.bin` of `elsewhere`.
   */
  grants: {
    grant: 'g',
    'share-grant': 's',
    'manifest-grant': 'm',
    'icon-grant': 'i',
    'other-grant': 'o',
    'foreign-grant': 'f',
  },
} as const

type Groups = typeof GROUPS
export type Principal = { [G in keyof Groups]: keyof Groups[G] }[keyof Groups]
export const PRINCIPALS = Object.values(GROUPS).flatMap((group) => Object.keys(group)) as Principal[]

/** Principals that stand for a session that lives. */
export const SIGNED_IN = [GROUPS.strangers, GROUPS.onApps, GROUPS.onServer].flatMap((g) =>
  Object.keys(g),
) as Principal[]
/** Principals that stand for a token, dead ones too. */
export const BEARERS: Principal[] = ['malformed', 'expired', 'revoked', ...(Object.keys(GROUPS.tokens) as Principal[])]
/** Principals to whom the app `private` must look absent, on every route. */
export const UNENTITLED: Principal[] = [
  ...(Object.keys(GROUPS.nobody) as Principal[]),
  'wrong-app',
  'other-admin',
  'no-role',
  'other-role',
  'foreign-share',
  'other-grant',
  'foreign-grant',
]

export const VISIBILITIES = ['private', 'unlisted', 'public'] as const

export interface Credential {
  readonly token?: string
  readonly cookie?: string
  /** By app: what its addresses carry. */
  readonly grants?: Readonly<Record<string, string>>
}

export interface AccessScene {
  readonly app: TestApp
  /** A token that may do everything. */
  readonly admin: string
  /** The credential that the principal has. */
  of(principal: Principal): Credential
  /** One of the same kind that nobody else uses, for what ends it. */
  fresh(principal: Principal): Promise<Credential>
  /** Set ids and preview ids by app; what exists nowhere by `absent`. */
  readonly sets: Readonly<Record<string, string>>
  readonly previews: Readonly<Record<string, string>>
}

/** Apps with releases, drafts, previews and branch builds, and all principals. */
export async function accessScene(options: TestAppOptions = {}): Promise<AccessScene> {
  const app = await createTestApp(options)
  const { secret: admin } = await app.issue({ actions: ['admin'] })
  const releases: Record<string, ReleaseId> = {}
  const sets: Record<string, string> = { absent: '0'.repeat(32) }
  const previews: Record<string, string> = { absent: '1'.repeat(32) }
  for (const slug of [...VISIBILITIES, 'elsewhere']) {
    const visibility = slug === 'elsewhere' ? 'private' : slug
    const made = await app.ask('POST', '/api/v1/apps', { token: admin, body: { slug, visibility } })
    assert.equal(made.status, 201, made.text)
    const bytesOf = (text: string) => [{ fileName: 'notes.bin', bytes: new TextEncoder().encode(text) }]
    const announced = await release(app, admin, slug, { version: '1.0.0' }, bytesOf(slug))
    releases[slug] = announced.id
    sets[slug] = announced.setUrl.split('/').at(-1)
    // Announced too, so that it stays when a row of the table ends its preview.
    const { id } = await draft(app, admin, slug, { version: '1.1.0-rc.1' }, bytesOf(`${slug} preview`))
    const act = (action: string) =>
      app.ask('POST', `/api/v1/apps/${slug}/releases/${id}/actions/${action}`, { token: admin })
    await act('publish')
    const preview = await app.ask('POST', '/api/v1/previews', { token: admin, body: { app: slug, release: id } })
    assert.equal(preview.status, 201, preview.text)
    previews[slug] = preview.json.preview.id
    assert.equal((await act('announce')).status, 200)
    const moved = await app.ask('POST', `/api/v1/apps/${slug}/channels/stable/actions/promote`, {
      token: admin,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
    assert.equal(moved.status, 200, moved.text)
  }

  const onApps = (role: Role) => Object.fromEntries(VISIBILITIES.map((slug) => [slug, role]))
  const bearer = async (input: Parameters<TestApp['issue']>[0]): Promise<Credential> => {
    return { token: (await app.issue(input)).secret }
  }
  const signedIn = async (input: Parameters<TestApp['person']>[0]): Promise<Credential> => {
    return { cookie: (await app.person(input)).cookie }
  }
  const links = async (make: (slug: string) => Promise<MadeShare>): Promise<Credential> => {
    const made = await Promise.all(VISIBILITIES.map(make))
    return { cookie: made.map(({ cookie }) => cookie).join('; ') }
  }

  /** @param of whose grant the addresses of an app carry: its own unless told */
  const grants = async (
    file: string,
    basis: (slug: string) => GrantBasis | Promise<GrantBasis> = () => 'right',
    { of = (slug: string) => slug, agoMs = 0 } = {},
  ): Promise<Credential> => {
    const clock = { ...app.clock, now: () => app.clock.now() - agoMs }
    const made = VISIBILITIES.map(async (slug) => {
      const releaseId = releases[of(slug)]!
      return [slug, createGrant({ ...app.deps, clock }, { releaseId, file, basis: await basis(slug) })] as const
    })
    const own = Object.fromEntries(await Promise.all(made))
    // Whoever guesses at what is not there does so with what he has.
    return { grants: { ...own, absent: own.private! } }
  }

  async function fresh(principal: Principal): Promise<Credential> {
    const { deps } = app
    const at = new Date(deps.clock.now()).toISOString()
    switch (principal) {
      case 'none':
        return {}
      case 'malformed':
        return { token: `distc_${'0'.repeat(48)}` }
      case 'expired': {
        const expired = await bearer({ actions: ['admin'], expiresInDays: 1 })
        await app.clock.advance(2 * 86_400_000)
        return expired
      }
      case 'revoked': {
        const revoked = await bearer({ actions: ['admin'] })
        assert.equal((await app.ask('POST', '/api/v1/tokens/revoke-self', revoked)).status, 204)
        return revoked
      }
      case 'ended': {
        const { cookie, sessionId } = await app.person({ role: 'admin' })
        await deps.store.write((tx) => tx.deleteFrom('sessions').where('id', '=', sessionId).execute())
        return { cookie }
      }
      case 'idle': {
        const { cookie, sessionId } = await app.person({ role: 'admin' })
        const long = new Date(deps.clock.now() - 31 * 60_000).toISOString()
        await deps.store.write((tx) =>
          tx.updateTable('sessions').set({ last_seen_at: long }).where('id', '=', sessionId).execute(),
        )
        return { cookie }
      }
      case 'disabled': {
        const { cookie, user } = await app.person({ role: 'admin' })
        await deps.store.write((tx) =>
          tx.updateTable('users').set({ disabled_at: at }).where('id', '=', user.id).execute(),
        )
        return { cookie }
      }
      case 'revoked-share':
        return links(async (slug) => {
          const share = await shareOf(deps, { app: slug, channel: 'stable' })
          await deps.store.write((tx) =>
            tx.updateTable('shares').set({ revoked_at: at }).where('id', '=', share.id).execute(),
          )
          return share
        })
      case 'wrong-app':
        return bearer({ actions: ['publish', 'promote'], apps: ['elsewhere'] })
      case 'other-admin':
        return bearer({ actions: ['admin'], apps: ['elsewhere'] })
      case 'read':
      case 'publish':
      case 'promote':
      case 'branch':
      case 'admin':
        return bearer({ actions: [principal] })
      case 'no-role':
        return signedIn({})
      case 'other-role':
        return signedIn({ apps: { elsewhere: 'admin' } })
      case 'app-viewer':
        return signedIn({ apps: onApps('viewer') })
      case 'app-manager':
        return signedIn({ apps: onApps('manager') })
      case 'app-admin':
        return signedIn({ apps: onApps('admin') })
      case 'viewer':
      case 'manager':
        return signedIn({ role: principal })
      case 'server-admin':
        return signedIn({ role: 'admin' })
      case 'share-channel':
        return links((slug) => shareOf(deps, { app: slug, channel: 'stable' }))
      case 'share-release':
        return links((slug) => shareOf(deps, { app: slug, release: '1.0.0' }))
      case 'foreign-share':
        return { cookie: (await shareOf(deps, { app: 'elsewhere', channel: 'stable' })).cookie }
      case 'expired-grant':
        return grants('notes.bin', undefined, { agoMs: GRANT_MS })
      case 'grant':
        return grants('notes.bin')
      case 'share-grant':
        return grants('notes.bin', async (slug) => (await shareOf(deps, { app: slug, release: '1.0.0' })).id)
      case 'manifest-grant':
        return grants('manifest.plist')
      case 'icon-grant':
        return grants('icon.png')
      case 'other-grant':
        return grants('other.bin')
      case 'foreign-grant':
        return grants('notes.bin', undefined, { of: () => 'elsewhere' })
    }
  }

  const credentials = new Map<Principal, Credential>()
  // The one for which time passes goes first.
  credentials.set('expired', await fresh('expired'))
  for (const principal of PRINCIPALS) {
    if (principal !== 'expired') credentials.set(principal, await fresh(principal))
  }
  return { app, admin, sets, previews, fresh, of: (principal) => credentials.get(principal)! }
}
